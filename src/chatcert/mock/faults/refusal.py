"""Faults in what a server refuses: a keyword that it does not enforce, a payload that it reads all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.call import MISSING, Call
from chatcert.mock.faults.deviations import Fault, SchemaEdit
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.faults.json_mistakes import mistake
from chatcert.mock.faults.relaxation import relaxations
from chatcert.mock.payload import Malformed, read_form, read_json
from chatcert.openapi.contract import Body, Parameter
from chatcert.openapi.fields import walk
from chatcert.requirements.check import Refuses, RefusesPayload
from chatcert.requirements.requirement import Requirement

FAMILY = "validation"


def validation_faults(draft: FaultDraft) -> Iterator[Fault]:
    """One fault or more for every requirement that an invalid request is refused."""
    body = draft.contract.body
    fields = {f.path: f.schema for f in walk(body.schema, "")} if body is not None else {}
    for requirement, check in draft.of_kind(Refuses):
        if check.place != "body":
            yield from _parameter(draft, requirement, check)
        elif body is not None:
            subject = "/".join(check.path) or "the body"
            for variant, text, edit in relaxations(fields.get(check.path, {}), check.path, check.keyword, subject):
                yield draft.make(requirement, FAMILY, variant, text, schemas=(edit,))
    for requirement, payload in draft.of_kind(RefusesPayload):
        if body is not None:
            text, reader = _reader(payload.form, body)
            yield draft.make(requirement, FAMILY, "", text, readers=(reader,))


def _parameter(draft: FaultDraft, requirement: Requirement, check: Refuses) -> Iterator[Fault]:
    name = check.path[0]
    parameter = next(p for p in draft.contract.parameters if p.name == name and p.location == check.place)

    def made(variant: str, text: str, change: Callable[[Parameter], Parameter]) -> Fault:
        def edit(other: Parameter) -> Parameter:
            return change(other) if (other.name, other.location) == (name, check.place) else other

        return draft.make(requirement, FAMILY, variant, text, parameters=(edit,))

    if check.keyword == "required":
        yield made("", f"the parameter {name} may be left out", lambda other: replace(other, required=False))
        return
    for variant, text, relax in relaxations(parameter.schema, (), check.keyword, f"the parameter {name}"):
        yield made(variant, text, _with_schema(relax))


def _with_schema(edit: SchemaEdit) -> Callable[[Parameter], Parameter]:
    return lambda parameter: replace(parameter, schema=edit(parameter.schema))


def _reader(form: str, body: Body) -> tuple[str, Callable[[Call, Any], Any]]:
    """What a server with a lenient reader does, and that reader."""
    if form in ("text-plain", "form", "xml"):
        media_type = {"text-plain": "text/plain", "form": "application/x-www-form-urlencoded"}.get(
            form, "application/xml"
        )
        return f"a body of type {media_type} is read", lambda call, valid: _whatever(call, media_type, body, valid)
    if form in ("absent", "empty", "white-space"):
        return (
            f"a body that is {form} counts as a valid one",
            lambda call, valid: valid if _emptiness(call) == form else MISSING,
        )
    return f"a JSON text with the mistake {form!r} is read", lambda call, valid: _mended(call, form, valid)


def _emptiness(call: Call) -> str:
    if call.body:
        return "" if call.body.strip() else "white-space"
    return "absent" if call.header("content-type") is None else "empty"


def _whatever(call: Call, media_type: str, body: Body, valid: Any) -> Any:
    if (call.header("content-type") or "").partition(";")[0].strip().lower() != media_type:
        return MISSING
    try:
        return read_json(call.body)
    except Malformed:
        pass
    if "form" in media_type:
        try:
            return read_form(call.body, media_type, body.schema) or valid
        except Malformed:
            return MISSING
    return valid


def _mended(call: Call, form: str, valid: Any) -> Any:
    """What a lenient parser makes of a text that is wrong in the way of ``form``; ``MISSING`` of any other text."""
    if "json" not in (call.header("content-type") or "json").lower():
        return MISSING
    try:
        text = call.body.decode("utf-8")
    except UnicodeDecodeError:
        return MISSING
    found, value = mistake(text)
    if found != form:
        return MISSING
    return valid if value is MISSING else value
