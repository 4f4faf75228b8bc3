"""Write valid bodies in the other media types that a document accepts."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, Unplannable
from chatcert.cases.planning_context import edited
from chatcert.cases.requests.part_types import check_can_be_made, sent_types, usual_type
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.requests.text_forms import read_form
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.openapi.body_types import FORMS, can_be_written, holds_any_bytes
from chatcert.openapi.contract import Body
from chatcert.openapi.schemas.fields import Choice, shown_path
from chatcert.requirements.check import Accepts
from chatcert.requirements.requirement import Requirement


def in_media_type(
    requests: RequestBuilder, requirement: Requirement, media_type: str, choices: tuple[Choice, ...] = ()
) -> Case:
    """Return the smallest valid request with its body in the given media type, not in the usual one.

    Args:
        choices: the alternatives of this media type that its body is.

    Raises:
        Unplannable: no valid body can be written in this media type.
    """
    of_type = requests.of_media_type(media_type)
    if not of_type.bodies.exist and not of_type.bodies.unwritten_type:
        raise Unplannable(f"a valid body of {media_type}")
    bodies = of_type.bodies_of(choices) if choices else of_type.bodies
    value = bodies.body_holding(choices[-1].path) if choices else bodies.body()
    assert requests.contract.body is not None, "a media type is that of a body"
    _check(value, of_type.bodies, requests.contract.body, media_type)
    request = requests.request(JsonBody(value), headers={"Content-Type": media_type})
    edit = f"Content-Type: {media_type}"
    if choices:
        edit += f", {'/'.join(shown_path(choices[-1].path, choices))}"
    return edited(requirement, request, Expectation.ACCEPTED, edit, requests.control())


def with_part_type(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Case:
    """Return the smallest valid request that holds a part of a multipart form, in one of its listed media types.

    Raises:
        Unplannable: no such form, or no such part of it, can be made.
    """
    (media_type, name, listed), body = check.value, requests.contract.body
    assert body is not None, "a part is that of a body"
    encoding, form = body.encodings.get(media_type, {}), body.content[media_type]
    sent = sent_types(encoding, name, form)[listed]
    check_can_be_made(listed, sent)
    is_usual = media_type == requests.media_type
    bodies = requests.bodies if is_usual else requests.of_media_type(media_type).bodies
    value = bodies.body_holding((name,))
    _check(value, bodies, body, media_type)
    part_types = {} if sent == usual_type(encoding, name, form) else {name: sent}
    request = requests.request(
        JsonBody(value, part_types=part_types), headers=None if is_usual else {"Content-Type": media_type}
    )
    return edited(requirement, request, Expectation.ACCEPTED, f"{name}: Content-Type: {sent}", requests.control())


def _check(value: Any, bodies: ValidBodies, body: Body, media_type: str) -> None:
    """Raise ``Unplannable`` where a value cannot be written in a media type."""
    base = media_type.partition(";")[0].strip().lower()
    if "*" in base:
        raise Unplannable(
            f"{media_type} is a range of media types, none of which the document names", Cause.NOT_SUPPORTED
        )
    if "xml" in base:
        raise Unplannable(f"chatcert writes no XML, so {media_type} is not tested", Cause.NOT_SUPPORTED)
    if not can_be_written(base):
        raise Unplannable(f"chatcert writes no {base}, so {media_type} is not tested", Cause.NOT_SUPPORTED)
    if base in FORMS:
        read = read_form(value, bodies.root, body.encodings.get(media_type))
        if not isinstance(value, dict) or not bodies.validator.is_valid(read):
            raise Unplannable("a form carries text only: it cannot say a valid body", Cause.CANNOT_BE_WRITTEN)
        if not value and base == "multipart/form-data":
            raise Unplannable(
                "the smallest valid body is empty, and a multipart form has a part at least", Cause.CANNOT_BE_WRITTEN
            )
    elif "json" not in base and not holds_any_bytes(base) and not (base.startswith("text/") and isinstance(value, str)):
        raise Unplannable(
            f"chatcert writes no {base} of this schema, so {media_type} is not tested", Cause.NOT_SUPPORTED
        )
