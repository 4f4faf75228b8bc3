"""Requirements on unknown resources, hostile input and other methods."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.fields import ANY, walk
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.draft import Draft, source_of
from chatcert.requirements.requirement import Kind, KnowsResource, Level, Method, Requirement, Withstands

METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def resources(draft: Draft) -> Iterator[Requirement]:
    """Every requirement of the kind ``resource``."""
    for place, path, pointer, extension in _resources(draft):
        name = "/".join(path)
        undecided = extension.get("unknown") == "either"
        for form in ("unknown", "malformed"):
            yield draft.make(
                f"resource/{name}/{form}",
                Kind.RESOURCE,
                KnowsResource(place, path, form, undecided),
                f"{'An unknown' if form == 'unknown' else 'A malformed'} {name} is not served",
                provenance=Provenance.STATED,
                pointer=pointer,
                source=source_of(extension),
            )


def _resources(draft: Draft) -> Iterator[tuple[str, tuple[str, ...], str, dict[str, object]]]:
    for parameter in draft.contract.parameters:
        if parameter.resource is not None:
            yield parameter.location, (parameter.name,), parameter.pointer, dict(parameter.resource)
    body = draft.contract.body
    if body is not None:
        for field in walk(body.schema, body.schema_pointer):
            extension = field.schema.get("x-chatcert-resource")
            if isinstance(extension, dict):
                yield "body", field.path, field.pointer, extension


def robustness(draft: Draft) -> Iterator[Requirement]:
    """Every requirement of the kind ``robustness`` that has cases of its own."""
    contract = draft.contract
    for parameter in contract.parameters:
        yield draft.make(
            f"robustness/{parameter.location}/{parameter.name}",
            Kind.ROBUSTNESS,
            Withstands(parameter.location, (parameter.name,)),
            f"Hostile values of {parameter.name} do no harm",
            level=Level.MUST,
            provenance=Provenance.HTTP,
            pointer=parameter.pointer,
            source="RFC 9110 section 15.6",
        )
    if contract.body is not None:
        for field in walk(contract.body.schema, contract.body.schema_pointer):
            if len(field.path) == 1 and field.path != (ANY,):
                yield draft.make(
                    f"robustness/body/{field.name}",
                    Kind.ROBUSTNESS,
                    Withstands("body", field.path),
                    f"Hostile values of {field.name} do no harm",
                    level=Level.MUST,
                    provenance=Provenance.HTTP,
                    pointer=field.pointer,
                    source="RFC 9110 section 15.6",
                )
        yield draft.make(
            "robustness/payload",
            Kind.ROBUSTNESS,
            Withstands("payload", ()),
            "Hostile payloads do no harm",
            level=Level.MUST,
            provenance=Provenance.HTTP,
            pointer=contract.body.pointer,
            source="RFC 9110 section 15.6",
        )
    yield draft.make(
        "robustness/headers",
        Kind.ROBUSTNESS,
        Withstands("headers", ()),
        "Unusual headers do no harm",
        level=Level.MUST,
        provenance=Provenance.HTTP,
        source="RFC 9110 section 15.6",
    )


def protocol(draft: Draft) -> Iterator[Requirement]:
    """Every requirement on HTTP methods."""
    others = [m for m in METHODS if m != draft.contract.method]
    for method in others:
        safe = method in SAFE_METHODS
        yield draft.make(
            f"protocol/method/{method}",
            Kind.PROTOCOL,
            Method(method),
            f"{method} creates no chat" if safe else f"{method} is refused and creates no chat",
            level=Level.MUST if safe else Level.SHOULD,
            provenance=Provenance.HTTP,
            pointer=draft.contract.operation_pointer,
            source="RFC 9110 section 9.2.1" if safe else "RFC 9110 section 15.5.6",
        )
    yield draft.make(
        "protocol/allow",
        Kind.PROTOCOL,
        Method("ALLOW"),
        "An answer of status 405 names the methods that are allowed",
        provenance=Provenance.HTTP,
        source="RFC 9110 section 15.5.6",
    )
