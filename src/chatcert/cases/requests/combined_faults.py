"""Combine single faults with circumstances that are valid in themselves, so that every pair of them meets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, RawBody, Request, Unplannable
from chatcert.cases.planning_context import edited
from chatcert.cases.requests.encoding import with_escaped_keys
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.openapi.existing_names import holds_name_or_code
from chatcert.openapi.schemas.path_tokens import ANY, leads_to_one
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced
from chatcert.requirements.beside_rules import MOST_FAULTS
from chatcert.requirements.check import Beside
from chatcert.requirements.requirement import Requirement

LONG = 20_000
"""Characters of a long field: more than the first buffer of any server holds."""
UNKNOWN = "undocumented_property"
_FIRST = "first_entry"
_REPLACED = ("required", "maxLength")
"""Keywords that a server may check of a field only where no other field does the work of that one."""
_BEFORE = (12, 1)
"""Valid entries before the one that is wrong: more than a server looks at that looks at the first ones only."""

_LABELS = {
    Beside.CHARSET: "a charset parameter",
    Beside.UNKNOWN_FIELD: "a property that the schema does not name",
    Beside.OTHER_FIELDS: "the optional fields",
    Beside.LONG_NEIGHBOUR: f"a text of {LONG:,} characters in another field",
    Beside.KEY_ORDER: "keys in another order",
    Beside.ESCAPED_KEYS: "keys written with escapes",
    Beside.LATER_ENTRY: "a valid entry before it",
    Beside.QUERY: "what it lacks in the query",
}


@dataclass(frozen=True, slots=True)
class SingleFault:
    """A body that breaks one keyword of one field.

    Attributes:
        case: the case that sends it alone.
        value: the body.
        valid: the body of its control.
    """

    path: tuple[str, ...]
    keyword: str
    case: Case
    value: dict[str, Any]
    valid: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Combination:
    """A fault in a circumstance.

    Attributes:
        marks: what has been met where the request is sent.
    """

    fault: SingleFault
    request: Request
    marks: frozenset[str]


def combined_faults(
    requests: RequestBuilder, requirement: Requirement, circumstance: Beside, faults: list[SingleFault]
) -> Iterator[Case]:
    """Yield invalid requests in a circumstance: each kind of fault, and each field, meets it at least once.

    The control of each of them is the request with the same fault alone.
    """
    if circumstance is Beside.LATER_ENTRY:
        faults = [fault for fault in faults if ANY in fault.path]
    start = [*Beside].index(circumstance) % max(1, len(faults))
    turned = faults[start:] + faults[:start]
    made = [
        _Combination(fault, found, marks)
        for fault in turned
        for naming, marks in _marked(fault, circumstance)
        if (found := _combined(requests, fault, circumstance, naming=naming))
    ]
    for fault, request in _covering(made):
        edit = f"{fault.case.edit}, beside {_LABELS[circumstance]}"
        yield edited(requirement, request, Expectation.REFUSED, edit, fault.case)
    if not made:
        raise Unplannable("no body has room for it beside a fault", Cause.NOTHING_TO_VARY)


def single_fault(path: tuple[str, ...], keyword: str, cases: Sequence[Case]) -> SingleFault | None:
    """Return the fault of the first of the cases that break a keyword of a field, if its body is a JSON object."""
    case = next(iter(cases), None)
    value, valid = (_json_of(case), _json_of(case.control)) if case is not None else (None, None)
    if case is None or not isinstance(value, dict) or not isinstance(valid, dict):
        return None
    return SingleFault(path, keyword, case, value, valid)


def _json_of(case: Case | None) -> Any:
    return case.request.body.value if case is not None and isinstance(case.request.body, JsonBody) else None


def _covering(made: Sequence[_Combination]) -> Iterator[tuple[SingleFault, Request]]:
    """Yield requests until every keyword and every field that is among them has been met, or they are too many."""
    left = [*made]
    met: set[str] = set()
    for _ in range(MOST_FAULTS):
        best = max(left, key=lambda one: len(one.marks - met), default=None)
        if best is None or not best.marks - met:
            return
        met = met.union(*(one.marks for one in left if one.request == best.request))
        left = [one for one in left if one.request != best.request]
        yield best.fault, best.request


def _marked(fault: SingleFault, circumstance: Beside) -> Iterator[tuple[bool, frozenset[str]]]:
    """Yield what a fault is to meet: whether other fields name what may not exist, and what it covers then.

    Beside other fields, one that stands for it may be among them, or a name of nothing may be refused in its place: a
    field that is missing meets both.
    """
    field = "/".join(fault.path)
    marks = frozenset((f"keyword {fault.keyword}", f"field {field}"))
    if circumstance is not Beside.OTHER_FIELDS or fault.keyword not in _REPLACED:
        yield True, marks
        return
    yield False, marks | {f"{fault.keyword} {field}"}
    if fault.keyword == "required":
        yield True, marks | {f"{fault.keyword} {field}, names"}


def _combined(requests: RequestBuilder, fault: SingleFault, circumstance: Beside, *, naming: bool) -> Request | None:
    """Return the request with a fault in a circumstance; ``None`` where there is none that has this fault alone.

    Args:
        naming: whether fields are among the other ones that may name what does not exist.
    """
    match circumstance:
        case Beside.CHARSET:
            headers = [pair for pair in fault.case.request.headers if pair[0].lower() != "content-type"]
            charset = ("Content-Type", f"{requests.media_type.replace('*/*', 'application/json')}; charset=utf-8")
            return replace(fault.case.request, headers=(*headers, charset))
        case Beside.ESCAPED_KEYS:
            data = with_escaped_keys(fault.value)
            return replace(fault.case.request, body=RawBody(data)) if fault.value else None
        case Beside.UNKNOWN_FIELD:
            body = {UNKNOWN: "value", **fault.value}
        case Beside.OTHER_FIELDS:
            body = _with_all_fields(requests, fault, naming=naming)
        case Beside.LONG_NEIGHBOUR:
            body = _with_long_neighbour(requests, fault)
        case Beside.KEY_ORDER:
            several = fault.value if len(fault.value) > 1 else _with_all_fields(requests, fault, naming=naming)
            body = dict(reversed(several.items()))
        case Beside.LATER_ENTRY:
            body = _with_entry_before(requests, fault)
        case Beside.QUERY:
            return _with_query(requests, fault)
    validator = requests.bodies.validator
    is_changed = list(body) != list(fault.value) or body != fault.value
    if not is_changed or not _is_same_fault(validator.broken_keywords(body), validator.broken_keywords(fault.value)):
        return None
    return replace(fault.case.request, body=JsonBody(body))


def _with_query(requests: RequestBuilder, fault: SingleFault) -> Request | None:
    """Return an invalid request with the text that its body lacks in the query, if it lacks one."""
    documented = {p.name for p in requests.contract.parameters if p.location == "query"}
    lacking = [name for name, value in fault.valid.items() if name not in fault.value and isinstance(value, str)]
    if fault.keyword != "required" or not lacking or documented & {*lacking}:
        return None
    added = tuple((name, fault.valid[name]) for name in lacking)
    return replace(fault.case.request, query=(*fault.case.request.query, *added))


def _is_same_fault(found: set[tuple[tuple[str, ...], str]], alone: set[tuple[tuple[str, ...], str]]) -> bool:
    """Return whether the same keywords are broken, be it in another entry of a list or map."""
    return sorted((len(at), keyword) for at, keyword in found) == sorted((len(at), keyword) for at, keyword in alone)


def _with_all_fields(requests: RequestBuilder, fault: SingleFault, *, naming: bool) -> dict[str, Any]:
    """Return the invalid body with the optional fields that it does not have.

    Args:
        naming: whether fields are among them that may name what does not exist, be it configured or not.
    """
    bodies = requests.bodies
    found = bodies.full_body()
    whole = dict(found) if isinstance(found, dict) else {}
    for path in bodies.fields if naming else ():
        if len(path) == 1 and leads_to_one(path) and path[0] not in whole and bodies.is_usable(path):
            with suppress(Unplannable):
                whole[path[0]] = bodies.typical_value(path)
    name = fault.path[0]
    others = {k: v for k, v in whole.items() if k != name}
    own = {name: fault.value[name]} if name in fault.value else {}
    merged = {**fault.value, **others, **own}
    return {key: merged[key] for key in dict.fromkeys([*whole, *fault.value]) if key in merged}


def _with_long_neighbour(requests: RequestBuilder, fault: SingleFault) -> dict[str, Any]:
    """Return the invalid body with a long text in another field, or in a property more where no field takes one."""
    text = "a long story, " * (LONG // 14)
    fields = dict(_long_fields(requests.bodies, text)) or {UNKNOWN: text}
    name = next((one for one in fields if one != fault.path[0]), None)
    if name is None:
        return fault.value
    return {name: fields[name], **{key: value for key, value in fault.value.items() if key != name}}


def _long_fields(bodies: ValidBodies, text: str) -> Iterator[tuple[str, Any]]:
    """Yield the top-level fields that take a long text, or a member with one, each with such a value."""
    for path, field in bodies.fields.items():
        if len(path) != 1 or not leads_to_one(path) or bodies.is_fixed(path) or "x-chatcert-prose" in field.schema:
            continue
        fits = bodies.validator.part(field.schema).is_valid
        if field.types == ("string",) and not holds_name_or_code(path) and fits(text):
            yield path[0], text
        elif field.types == ("object",):
            with suppress(Unplannable):
                typical = bodies.typical_value(path)
                value = {**typical, UNKNOWN: text} if isinstance(typical, dict) else None
                if value is not None and fits(value):
                    yield path[0], value


def _with_entry_before(requests: RequestBuilder, fault: SingleFault) -> dict[str, Any]:
    """Return the invalid body with a valid entry before the one that is wrong."""
    depth = fault.path.index(ANY)
    place = requests.bodies.concrete_path(fault.path)[: depth + 1]
    entries, valid = lookup(fault.value, place[:-1]), lookup(fault.valid, place)
    if valid is MISSING or not isinstance(entries, dict | list):
        return fault.value
    alone = requests.bodies.validator.broken_keywords(fault.value)
    for count in _BEFORE:
        names = [_FIRST, *(f"{_FIRST}_{number}" for number in range(2, count + 1))]
        before: Any = [valid] * count if isinstance(entries, list) else dict.fromkeys(names, valid)
        with_first = [*before, *entries] if isinstance(entries, list) else {**before, **entries}
        changed = replaced(fault.value, place[:-1], with_first)
        if isinstance(changed, dict) and _is_same_fault(requests.bodies.validator.broken_keywords(changed), alone):
            return changed
    return fault.value
