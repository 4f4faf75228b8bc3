"""Resource: a request that names something that does not exist is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import walk
from chatcert.requirements.check import KnowsResource, ResourceForm
from chatcert.requirements.draft import Draft, source_of
from chatcert.requirements.requirement import Cost, Kind, Requirement

_ARTICLES = {ResourceForm.UNKNOWN: "An unknown", ResourceForm.MALFORMED: "A malformed"}


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``resource``."""
    for place, path, pointer, extension, optional in resources_of(draft):
        name = "/".join(path)
        for form, article in _ARTICLES.items():
            yield draft.make(
                f"resource/{name}/{form}",
                Kind.RESOURCE,
                KnowsResource(place, path, form, extension.get("unknown") == "either", optional),
                f"{article} {name} is not served",
                provenance=Provenance.STATED,
                pointer=pointer,
                source=source_of(extension),
                cost=Cost(2),
            )


def resources_of(draft: Draft) -> Iterator[tuple[str, tuple[str, ...], str, Mapping[str, Any], bool]]:
    """Yield each parameter and field that names a resource: place, path, pointer, extension and whether optional."""
    for parameter in draft.contract.parameters:
        if parameter.resource is not None:
            yield parameter.location, (parameter.name,), parameter.pointer, parameter.resource, not parameter.required
    body = draft.contract.body
    if body is not None:
        for field in walk(body.schema, body.schema_pointer):
            extension = field.schema.get("x-chatcert-resource")
            if isinstance(extension, dict):
                yield "body", field.path, field.pointer, extension, not field.required
