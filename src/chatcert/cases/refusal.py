"""Cases of invalid requests: each breaks one thing, and differs from an accepted request in that thing alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.cases.boundaries import breaking
from chatcert.cases.builder import Builder
from chatcert.cases.case import Case, Expectation, JsonBody, RawBody
from chatcert.cases.encoding import form_text, json_bytes
from chatcert.cases.planner import Planner, Unplannable
from chatcert.cases.text_forms import is_ambiguous, is_form, read_form, read_text
from chatcert.openapi.fields import Field, flattened
from chatcert.openapi.pointer import MISSING, lookup
from chatcert.openapi.validator import validator_for
from chatcert.requirements.check import Refuses, RefusesPayload
from chatcert.requirements.requirement import Requirement
from chatcert.text import shorten

MAX_CASES = 16


def cases(planner: Planner, requirement: Requirement, check: Refuses | RefusesPayload) -> Iterator[Case]:
    """The invalid requests that one refusal requirement asks for."""
    if isinstance(check, RefusesPayload):
        yield from _payload(planner, requirement, check.form)
    elif check.place == "body":
        yield from _body(planner, requirement, check)
    else:
        yield from _parameter(planner, requirement, check)


def _body(planner: Planner, requirement: Requirement, check: Refuses) -> Iterator[Case]:
    instances = planner.instances
    form = is_form(planner.contract.body.media_type) if planner.contract.body is not None else False
    if form and check.keyword == "null":
        raise Unplannable("a form carries text only: it has no null")
    path = check.path
    optional_parent = path if path in instances.fields else path[:-1]
    base = instances.body_with(optional_parent) if optional_parent else instances.body()
    if form and isinstance(base, dict) and not base.keys() - path[:1]:  # an empty form is no body at all
        base = instances.body(*instances.optional)
    control = planner.control_with(path, _control_body(planner, path, base))
    concrete = instances.concrete(path)
    found = unsayable = 0
    for label, value in _candidates(planner, requirement, check):
        body = planner.altered(base, concrete, value) if concrete else value
        if instances.validator.is_valid(body):
            continue
        if form and _is_lost(planner, body, concrete, check):
            unsayable += 1
            continue
        found += 1
        subject = "/".join(path) or "the body"
        edit = f"{subject} left out" if value is MISSING else f"{subject}: {label}"
        yield planner.edited(requirement, planner.request(JsonBody(body)), Expectation.REFUSED, edit, control)
        if found >= MAX_CASES:
            return
    if not found and unsayable:
        raise Unplannable("a form carries text only: a breach of this kind cannot be told from a valid field")
    if not found:
        raise Unplannable("no request breaks this alone: the rest of the schema allows every candidate")


def _is_lost(planner: Planner, body: Any, place: tuple[str, ...], check: Refuses) -> bool:
    """Whether a form says this body in a way in which some server may read a valid one."""
    instances = planner.instances
    read = read_form(body, instances.root)
    if not isinstance(body, dict) or instances.validator.is_valid(read):
        return True
    if not place:
        return False
    if check.keyword == "type" and check.path in instances.fields:
        # What arrives is text, which may be of the right type though it is wrong otherwise.
        types = instances.validator.part({"type": list(instances.fields[check.path].types)})
        found = lookup(read, place)
        if found is MISSING or types.is_valid(found):
            return True
    top = instances.fields.get(place[:1])
    return place[0] in body and top is not None and is_ambiguous(form_text(body[place[0]]), top.schema)


def _control_body(planner: Planner, path: tuple[str, ...], base: Any) -> Any:
    """The valid neighbour. Where the field names something that is not configured, it is left out there.

    A name that nobody gave us can still be of the wrong type; the rest of the body stays valid.
    """
    instances = planner.instances
    if len(path) >= 1 and instances.resource_at(path[:1]) is not None and path[0] not in planner.resources:
        return instances.body()
    return base


def _candidates(planner: Planner, requirement: Requirement, check: Refuses) -> Iterator[tuple[str, Any]]:
    if check.keyword == "required":
        yield "left out", MISSING
        return
    instances = planner.instances
    field = instances.fields[check.path]
    typical = instances.typical(check.path) if check.path else instances.body()
    yield from breaking(field, check.keyword, typical)
    if planner.profile.examples:
        if check.keyword != "type":  # of which every type has been named above
            for value in planner.boundary_values(check.path, check.keyword):
                yield f"{shorten(repr(value), 48)}, a boundary of the schema", value
        yield from _examples(planner, requirement, check.keyword, field)


def _examples(planner: Planner, requirement: Requirement, keyword: str, field: Field) -> Iterator[tuple[str, Any]]:
    pool, limit = planner.pool, field.schema.get(keyword)
    match keyword:
        case "type":
            values = pool.of_other_type(field.types, requirement.id)
        case "maxLength" if isinstance(limit, int) and limit < 1_000_000:
            for number, tail in enumerate(pool.tails(requirement.id)):
                yield f"{limit + number + 1} or more characters", ("b" * limit) + tail
            return
        case "enum" | "const" | "pattern":
            values = pool.words(requirement.id)
        case _:
            return
    for value in values:
        yield shorten(repr(value), 48), value


def _payload(planner: Planner, requirement: Requirement, form: str) -> Iterator[Case]:
    body = planner.instances.body()
    valid = json_bytes(body)
    media_type = planner.contract.body.media_type if planner.contract.body is not None else "application/json"
    control = planner.control()
    if form in ("absent", "empty", "white-space") and planner.instances.may_be_nothing:
        raise Unplannable("a form without fields is valid, and as bytes it is no body at all")
    if body == {} and form in ("truncated", "missing-comma", "nan", "form", "trailing-comma", "single-quotes"):
        full = planner.instances.body(*planner.instances.optional)
        control, valid, body = planner.control(planner.request(full), "all-fields"), json_bytes(full), full
    sent: list[tuple[str, bytes | None, str | None]]
    match form:
        case "truncated":
            sent = [(f"cut off after {len(valid) // 2} bytes", valid[: len(valid) // 2], media_type)]
        case "unclosed":
            sent = [("without its closing brace", valid[:-1], media_type)]
        case "garbage":
            sent = [("plain words", b"this is no JSON", media_type), ("XML", b"<chat><id>1</id></chat>", media_type)]
        case "trailing-bytes":
            sent = [
                ("a letter after it", valid + b" x", media_type),
                ("a second brace", valid + b"}", media_type),
                ("a second object", valid + valid, media_type),
            ]
        case "missing-comma":
            sent = [("two members without a comma", b'{"a" 1 "b":2' + valid[1:], media_type)]
        case "nan":
            sent = [("NaN in place of a value", _with_nan(planner, body), media_type)]
        case "trailing-comma":
            sent = [("a comma after the last member", valid[:-1] + b",}", media_type)]
        case "comment":
            sent = [("a comment", b"/* a comment */" + valid, media_type)]
        case "single-quotes":
            sent = [("single quotes", valid.replace(b'"', b"'"), media_type)]
        case "control-character":
            sent = [
                (
                    "a line break inside a string",
                    valid[:-1] + (b"," if len(valid) > 2 else b"") + b'"x":"a\nb"}',
                    media_type,
                )
            ]
        case "text-plain":
            sent = [("Content-Type: text/plain", valid, "text/plain")]
        case "xml":
            sent = [("Content-Type: application/xml", valid, "application/xml")]
        case "form":
            form_type = "application/x-www-form-urlencoded"
            pairs = "&".join(f"{k}={form_text(v)}" for k, v in body.items()) if isinstance(body, dict) else "a=b"
            sent = [("JSON that says it is a form", valid, form_type), ("a form", pairs.encode(), form_type)]
        case "absent":
            sent = [("no body", None, None)]
        case "empty":
            sent = [("a body of 0 bytes", b"", media_type)]
        case _:
            sent = [("white space", b" \n", media_type)]
    unsupported = form in ("text-plain", "xml", "form")
    for label, data, content_type in sent:
        request = planner.request(
            None if data is None else RawBody(data),
            headers={"Content-Type": content_type} if content_type else {},
        )
        expectation = Expectation.UNSUPPORTED if unsupported else Expectation.REFUSED
        yield planner.edited(requirement, request, expectation, label, control)


def _with_nan(planner: Planner, body: Any) -> bytes:
    """The body with NaN where a string is due: wrong whether NaN is read as a number or not at all."""
    if isinstance(body, dict):
        for name in body:
            field = planner.instances.fields.get((name,))
            if field is not None and field.schema.get("type") == "string":
                return json_bytes({**body, name: "@@nan@@"}).replace(b'"@@nan@@"', b"NaN")
    return b"NaN"


def _parameter(planner: Planner, requirement: Requirement, check: Refuses) -> Iterator[Case]:
    name = check.path[0]
    parameter = planner.parameter(name, check.place)
    control = planner.control()
    if check.keyword == "required":
        request = planner.request_with(check.place, name, MISSING)
        yield planner.edited(requirement, request, Expectation.REFUSED, f"{name} left out", control)
        return
    flat = flattened(parameter.schema, parameter.schema)
    field = Field(check.path, flat, parameter.required, parameter.pointer)
    validator = validator_for(parameter.schema)
    typical = Builder(parameter.schema, name).first(parameter.schema, name)
    for label, value in breaking(field, check.keyword, typical):
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            continue
        sent = form_text(value)
        if validator.is_valid(read_text(sent, flat)) or is_ambiguous(sent, flat):
            continue
        if check.place != "query" and (not sent.strip() or "/" in sent or not sent.isascii()):
            continue
        if check.place in ("header", "cookie") and (sent != sent.strip() or not sent.isprintable() or ";" in sent):
            continue
        request = planner.request_with(check.place, name, sent)
        yield planner.edited(requirement, request, Expectation.REFUSED, f"{name}: {label}", control)
