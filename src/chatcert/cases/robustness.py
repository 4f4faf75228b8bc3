"""Plan the cases of robustness: hostile but well-framed input in a field, a parameter, the payload or the headers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import chain
from typing import Any

from chatcert.cases.case import Case, Expectation, RawBody, Request, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.hostile import (
    BEYOND_DOUBLES,
    DEBUGGING,
    DEPTH,
    GREAT_DOUBLE,
    HEADERS,
    KEYS,
    PATH_VALUES,
    VALUES,
    nested,
    payloads,
    with_nesting,
    with_number,
)
from chatcert.cases.requests.impossibility import Subject
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.path_tokens import leads_to_one
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced
from chatcert.openapi.values.request_markers import free_texts
from chatcert.requirements.check import CredentialForm, Rule, Withstands
from chatcert.requirements.requirement import Requirement
from chatcert.requirements.robustness import NESTING

LONG_AGO: dict[str, Any] = {"seconds": 1, "date-time": "2001-02-03T04:05:06Z"}
"""Times that no new chat has, by the unit of a clock."""
CHOSEN = "chosen-by-the-client"
"""A text for a field that the client must not choose."""
_MAX_KEY = 1000
"""Characters of a hostile text that is also sent as the name of a member."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the hostile requests that one requirement asks for.

    A rule that is judged over every answer of the run needs no hostile request of its own: a valid one is enough.
    """
    check, requests = requirement.check, context.requests
    if not isinstance(check, Withstands):
        yield requests.control()
        return
    match check.place:
        case "headers":
            labelled = _hostile_headers(requests)
            if context.profile.unusual:
                labelled = chain(labelled, _debugging(requests))
        case "payload":
            labelled = chain(_hostile_payloads(context), _assigning(context))
        case "nesting":
            labelled = _nested_payloads(requests, int(check.path[0]))
            if int(check.path[0]) == NESTING[-1] < context.profile.levels:
                labelled = chain(labelled, _nested_payloads(requests, context.profile.levels))
        case "body":
            labelled = _hostile_field(context, check.path)
        case _:
            labelled = _hostile_parameter(requests, check.place, check.path[0])
    for edit, request in labelled:
        yield edited(requirement, request, Expectation.ANY, edit, requests.control())


def subject(requirement: Requirement) -> Subject | None:
    """Return the field in which a requirement of robustness needs a request to hold something."""
    check = requirement.check
    if not isinstance(check, Withstands) or check.place in ("headers", "payload", "nesting"):
        return None
    return Subject(check.place, check.path)


def _hostile_headers(requests: RequestBuilder) -> Iterator[tuple[str, Request]]:
    for label, headers in HEADERS:
        yield label, requests.request(headers=dict(headers))
    for credential in requests.contract.credentials:
        if credential.location == "header" and credential.scheme in requests.carried.schemes:
            yield (
                f"{credential.name} twice",
                requests.request(credentials={credential.scheme: CredentialForm.DUPLICATED}),
            )


def _debugging(requests: RequestBuilder) -> Iterator[tuple[str, Request]]:
    """Yield a valid request with query parameters by which developers let a server tell more than it should."""
    documented = {parameter.name for parameter in requests.contract.parameters}
    query = {name: "1" for name in DEBUGGING if name not in documented}
    yield f"query parameters {', '.join(query)}", requests.request(query=query)


def _hostile_payloads(context: PlanningContext) -> Iterator[tuple[str, Request]]:
    requests = context.requests
    body = requests.bodies.body()
    for label, data, content_type in payloads(body, _with_large_number(context, body)):
        headers = {"Content-Type": content_type} if content_type else {}
        yield label, requests.request(RawBody(data), headers=headers)


def _with_large_number(context: PlanningContext, body: Any) -> tuple[str, bytes]:
    """Return a body with a number that is infinite as a double, and its label.

    Unless the profile allows it, no chat may come of that: the body is invalid, or else the number is finite.
    """
    members = body if isinstance(body, dict) else {}
    bodies = [members, *({k: v for k, v in members.items() if k != name} for name in members)]
    is_valid = context.requests.bodies.whole.is_valid
    refused = (
        body if context.profile.infinite else next((one for one in bodies if not is_valid({**one, "y": 1.5})), None)
    )
    if refused is not None:
        return "a number beyond doubles", with_number(refused, "1e400")
    if not is_valid([{"y": 1.5}]):
        return "a number beyond doubles, in an array", b'[{"y":1e400}]'
    return "a number close to the greatest double", with_number(body, "1e308")


def _assigning(context: PlanningContext) -> Iterator[tuple[str, Request]]:
    """Yield a valid body with fields of an answer in it and in its objects, and values that no client may choose."""
    body, answers = _with_objects(context.requests.bodies), context.contract.successes
    if not context.profile.unusual or not isinstance(body, dict) or not answers:
        return
    chosen = {
        field.path[0]: value
        for field in walk(answers[0].schema or {}, answers[0].schema_pointer)
        if len(field.path) == 1 and field.path not in context.requests.bodies.fields
        for value in [_chosen_by_client(field.schema)]
        if value is not MISSING
    }
    if chosen:
        inside = {name: {**chosen, **value} if isinstance(value, dict) else value for name, value in body.items()}
        yield "fields of an answer", context.requests.request({**inside, **chosen})


def _with_objects(bodies: ValidBodies) -> Any:
    """Return the smallest valid body with the optional fields that are objects."""
    optional = [name for name in bodies.optional_names if "object" in bodies.fields[(name,)].types]
    with suppress(Unplannable):
        return bodies.body(*optional)
    return bodies.body()


def _chosen_by_client(schema: Schema) -> Any:
    """Return a value that a field of an answer must not have, if it is new or fixed for a new chat, or the time."""
    clock = schema.get("x-chatcert-clock")
    if isinstance(clock, dict):
        return LONG_AGO.get(str(clock.get("unit")), MISSING)
    initial = schema.get("x-chatcert-initial")
    if isinstance(initial, dict):
        value = initial.get("value")
        return not value if isinstance(value, bool) else {CHOSEN: True} if isinstance(value, dict) else CHOSEN
    named = any(f"x-chatcert-{rule}" in schema for rule in (Rule.UNIQUE, Rule.CONSTANT))
    return CHOSEN if named and schema.get("type") == "string" else MISSING


def _nested_payloads(requests: RequestBuilder, levels: int) -> Iterator[tuple[str, Request]]:
    """Yield valid bodies with nested arrays in a member more, and in a member more of each field that is an object.

    A body that is an array has them in an item more. A parser reads all of them. A serialiser meets those of the
    fields, where an answer holds what it was sent.
    """
    bodies = requests.bodies
    bases: list[tuple[tuple[str, ...], Any]] = [((), bodies.body())]
    for path, field in bodies.fields.items():
        if len(path) == 1 and leads_to_one(path) and "object" in field.types and "string" not in field.types:
            with suppress(Unplannable):  # a field that no body can hold
                bases.append((path, bodies.body_holding(path)))
    headers = {"Content-Type": requests.media_type.replace("*/*", "application/json")}
    for path, base in bases:
        if not path or isinstance(lookup(base, path), dict):
            request = requests.request(RawBody(with_nesting(base, path, levels)), headers=headers)
            more = (
                "a member more" if isinstance(base, dict) else "an item more" if isinstance(base, list) else "the body"
            )
            yield f"{levels:,} levels of nesting in {'/'.join(path) or more}", request


def _hostile_parameter(requests: RequestBuilder, location: str, name: str) -> Iterator[tuple[str, Request]]:
    for label, value in PATH_VALUES:
        if location in ("header", "cookie") and (not value.isprintable() or not value.isascii()):
            continue
        yield f"{name}: {label}", requests.request_with_parameter(location, name, value)


def _hostile_field(context: PlanningContext, path: tuple[str, ...]) -> Iterator[tuple[str, Request]]:
    """Yield requests with a hostile value in a field, as many as the profile has; an object gets some with all in it.

    A number that is infinite as a double is sent where the schema refuses it, and elsewhere if the profile allows it.
    """
    requests, most = context.requests, context.profile.hostile
    bodies = _bodies_holding(requests, path)
    base, concrete = bodies.body_holding(path), bodies.concrete_path(path)
    field, name = bodies.fields[path], "/".join(path)
    is_json = "json" in requests.media_type
    is_object = "object" in field.types and "string" not in field.types
    great = _with_hostile_member(bodies.typical_value(path), GREAT_DOUBLE[1]) if is_object else GREAT_DOUBLE[1]
    is_kept = not context.profile.infinite and bodies.whole.is_valid(replaced(base, concrete, great))
    values = [GREAT_DOUBLE if one is BEYOND_DOUBLES and is_kept else one for one in VALUES]
    sent = [(label, value) for label, value in values if is_json or isinstance(value, str)]
    for label, value in sent[:most]:
        hostile = nested(DEPTH) if "nesting" in label else value
        if is_object:
            hostile = _with_hostile_member(bodies.typical_value(path), hostile)
        yield f"{name}: {label}", requests.request(replaced(base, concrete, hostile))
    if is_object:
        typical = bodies.typical_value(path)
        members = typical if isinstance(typical, dict) else {}
        as_values = {f"key {number}": value for number, (_, value) in enumerate(values)}
        as_keys = {value: label for label, value in values if isinstance(value, str) and len(value) < _MAX_KEY}
        as_keys |= dict.fromkeys(KEYS, "an odd key")
        as_keys |= {
            other[0]: "a key like a field" for other in bodies.fields if len(other) == 1 and leads_to_one(other)
        }
        if most >= len(values) and any(isinstance(member, dict | list) for member in members.values()):
            marked = {free[len(path) :] for free in free_texts(requests.contract) if free[: len(path)] == path}
            for label, changed in _changed_inside(members, marked):
                yield f"{name}: {label}", requests.request(replaced(base, concrete, changed))
        for label, hostile in (("all of these at once", as_values), ("all of these as keys", as_keys)):
            yield f"{name}: {label}", requests.request(replaced(base, concrete, {**members, **hostile}))


def _changed_inside(members: dict[str, Any], marked: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, Any]]:
    """Yield an object with other values inside: as many names as before, and what they say does not fit together.

    Args:
        marked: where a text may carry the marker of its request, by which its chat is known again.
    """
    yield "nothing in it but empty values", _emptied(members)
    others = _with_other_values(members)
    for place in marked:
        others = others if (text := lookup(members, place)) is MISSING else replaced(others, place, text)
    yield "other texts and numbers in it", others
    if (spoken := _spoken_by_another(members)) != members:
        yield "messages of another role in it", spoken


def _with_other_values(value: Any) -> Any:
    """Return a value in which each text is another one, and each number the next one; nothing refers to anything."""
    if isinstance(value, dict):
        return {name: _with_other_values(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_other_values(item) for item in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"other {value}" if isinstance(value, str) else value + 1 if is_number else value


def _spoken_by_another(value: Any) -> Any:
    """Return a value in which whoever has a role has one that chats know besides user and assistant."""
    if isinstance(value, dict):
        inner = {name: _spoken_by_another(member) for name, member in value.items()}
        return {**inner, "role": "system"} if isinstance(value.get("role"), str) else inner
    return [_spoken_by_another(item) for item in value] if isinstance(value, list) else value


def _emptied(value: Any) -> Any:
    """Return a value with its names, but with empty texts and lists, and with maps without entries."""
    if isinstance(value, dict):
        is_map = bool(value) and all(isinstance(member, dict) for member in value.values())
        return {} if is_map else {name: _emptied(member) for name, member in value.items()}
    return type(value)() if isinstance(value, str | list) else value


def _bodies_holding(requests: RequestBuilder, path: tuple[str, ...]) -> ValidBodies:
    """Return what builds bodies with a field: some fields can be there beside one alternative only."""
    for choices in requests.contexts:
        try:
            requests.bodies.body_holding(path)
        except Unplannable:
            with suppress(Unplannable, KeyError):
                requests.bodies_of(choices).body_holding(path)
                return requests.bodies_of(choices)
    return requests.bodies


def _with_hostile_member(typical: Any, value: Any) -> Any:
    """Return an object with a hostile value in a member of its own, and a hostile text in place of its first text."""
    members = dict(typical) if isinstance(typical, dict) else {}
    first = next((name for name, member in members.items() if isinstance(member, str)), None)
    if first is not None and isinstance(value, str):
        members[first] = value
    return {**members, "chatcert": value}
