"""Plan the cases of acceptance: valid requests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import reduce
from itertools import chain, islice
from typing import Any
from zlib import crc32

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.body_changes import Blend
from chatcert.cases.requests.form_fields import style_of
from chatcert.cases.requests.impossibility import Subject, exactly
from chatcert.cases.requests.media_types import in_media_type, with_part_type
from chatcert.cases.requests.parameter_acceptance import parameter_cases
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.requests.text_forms import fits_its_styles, is_form, read_form
from chatcert.cases.requests.valid_bodies import Path, ValidBodies
from chatcert.cases.values.boundaries import at_limit
from chatcert.cases.values.limit_values import inside, mended, values_at_limit
from chatcert.cases.values.valid_samples import MEMBERS, OF_TYPE, TEXTS
from chatcert.openapi.contract import Alternative, Schema
from chatcert.openapi.distinct import distinct_at
from chatcert.openapi.schemas.fields import Field
from chatcert.openapi.schemas.path_tokens import is_open
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced
from chatcert.openapi.values.format_texts import is_surely
from chatcert.openapi.values.fresh_values import is_scarce
from chatcert.requirements.check import Accepts, Variation
from chatcert.requirements.requirement import Requirement
from chatcert.text import format_json

MAX_NEIGHBOURS = 64
"""Optional fields that are sent beside the one that is left out: each of them makes every such request longer."""

TYPED_ABSENCE = "no body, but a media type"
"""What differs in a request that says what its body is and has none."""

_OF_SEVERAL_KINDS = frozenset(
    (Variation.TEXT, Variation.CONTENT, Variation.BLANK, Variation.MIN_LENGTH, Variation.MAX_LENGTH)
)
"""Variations of which each value shows something else."""
_IMPOSSIBLE = "a valid request of this kind beside the other rules of the schema"


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the valid requests that one requirement of acceptance asks for."""
    check = requirement.check
    assert isinstance(check, Accepts)
    if check.place == "body":
        cases = _body(context.requests, requirement, check)
        is_cut = check.variation in _OF_SEVERAL_KINDS and context.most_cases < len(TEXTS)
        yield from islice(_turned(requirement, list(cases)) if is_cut else cases, context.most_cases)
        if check.variation is Variation.BODY_ABSENT and context.profile.unusual:
            yield _typed_absence(context.requests, requirement)
    else:
        yield from parameter_cases(context.requests, requirement, check)


def _turned(requirement: Requirement, cases: list[Case]) -> list[Case]:
    """Return cases so that others of them come first for other fields: where few are sent, each kind is for some."""
    start = crc32(requirement.id.encode()) % len(cases) if cases else 0
    return cases[start:] + cases[:start]


def subject(requirement: Requirement) -> Subject | None:
    """Return what a requirement of acceptance needs a request to hold."""
    check = requirement.check
    if not isinstance(check, Accepts):
        return None
    absent = check.variation is Variation.ABSENT
    return Subject(check.place, check.path, check.choices, _wanted(check), absent=absent)


def blend(requirement: Requirement) -> Blend:
    """Return how the values of a requirement of acceptance share a request with other values of the same field."""
    check = requirement.check
    match check.variation if isinstance(check, Accepts) else None:
        case Variation.TEXT:
            return Blend.TEXTS
        case Variation.PRESENT:
            return Blend.ANY
        case Variation.EXTRA:
            return Blend.PROPERTIES
        case Variation.CONTENT | Variation.TYPE | Variation.ENUM | Variation.NULL:
            return Blend.MEMBERS
        case _:
            return Blend.ALONE


def _wanted(check: Accepts) -> Schema:
    """Return the schema of the values that a requirement of acceptance is about."""
    match check.variation:
        case Variation.MIN_LENGTH | Variation.MAX_LENGTH | Variation.MIN_ITEMS | Variation.MAX_ITEMS:
            return exactly(check.variation, check.value)
        case Variation.MIN_PROPERTIES | Variation.MAX_PROPERTIES:
            return exactly(check.variation, check.value)
        case Variation.ENUM | Variation.MINIMUM | Variation.MAXIMUM:
            return {"const": check.value}
        case Variation.NULL:
            return {"type": "null"}
        case Variation.TYPE:
            return {"type": check.value}
        case Variation.TEXT | Variation.BLANK | Variation.CHARACTERS:
            return {"type": "string"}
        case Variation.CONTENT:
            return {"type": "object"}
        case _:
            return {}


def _body(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    match check.variation:
        case Variation.REQUIRED_ONLY:
            yield requests.control()
        case Variation.ALL_FIELDS:
            yield _all_fields(requests)
        case Variation.BODY_ABSENT:
            yield requests.control(requests.request(None), "body-absent")
        case Variation.BODY_EMPTY:
            yield _empty_body(requests)
        case Variation.CREDENTIALS:
            yield _alternative_credentials(requests, requirement, check)
        case Variation.MEDIA_TYPE:
            yield in_media_type(requests, requirement, str(check.value))
        case Variation.TYPED_ALTERNATIVE:
            yield in_media_type(requests, requirement, *check.value)
        case Variation.PART_TYPE:
            yield with_part_type(requests, requirement, check)
        case Variation.EXTRA:
            yield from _undocumented_property(requests, requirement)
        case Variation.ALTERNATIVE:
            yield from _alternative(requests, requirement, check)
        case Variation.ABSENT:
            yield _field_left_out(requests, requirement, check)
        case Variation.PRESENT:
            yield _field_present(requests, requirement, check)
        case _:
            yield from _field_values(requests, requirement, check)


def _all_fields(requests: RequestBuilder) -> Case:
    query = {
        parameter.name: requests.parameter_value(parameter.name, "query")
        for parameter in requests.contract.parameters
        if parameter.location == "query" and not parameter.required and not requests.is_unknown(parameter)
    }
    body = requests.bodies.full_body() if requests.contract.body is not None else None
    return requests.control(requests.request(body, query=query), "all-fields")


def _alternative_credentials(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Case:
    """Return the valid request that carries another alternative of ``security``."""
    requests.check_configured(*check.value)
    forms = requests.forms_of(Alternative(check.value))
    control = requests.control(requests.request(credentials=forms), requirement.id.partition("/accepts/")[2])
    return replace(control, control=requests.control()) if forms else control


def _empty_body(requests: RequestBuilder) -> Case:
    if not requests.bodies.validator.is_valid({}):
        raise Unplannable("an empty object that is valid")
    if requests.bodies.may_be_empty_form:
        raise Unplannable("a form without fields is no body at all", Cause.CANNOT_BE_WRITTEN)
    return requests.control(requests.request({}), "body-empty")


def _typed_absence(requests: RequestBuilder, requirement: Requirement) -> Case:
    """Return a request without a body that names its media type nevertheless, as many clients do every time."""
    headers = {"Content-Type": requests.media_type.replace("*/*", "application/json")}
    request, control = requests.request(None, headers=headers), requests.control(requests.request(None), "body-absent")
    return edited(requirement, request, Expectation.ACCEPTED, TYPED_ABSENCE, control)


def _undocumented_property(requests: RequestBuilder, requirement: Requirement) -> Iterator[Case]:
    body = requests.bodies.body()
    if isinstance(body, dict):
        for label, value in (("a string", "value"), ("an object", {"key": "value"})):
            edit = f"an undocumented property holding {label}"
            yield _confirmed(requests, requirement, {**body, "undocumented_property": value}, edit)


def _field_left_out(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Case:
    bodies, name = requests.bodies, check.path[0]
    field = bodies.fields[check.path]
    together = _neighbours(bodies.optional_names, name)
    control = requests.control(requests.request(bodies.body(*together)), "all-fields")
    body = bodies.body(*(other for other in together if other != name))
    if isinstance(body, dict) and name in body:
        body = bodies.value_of({"allOf": [bodies.root, {"properties": {name: False}}]})
        if not isinstance(body, dict):
            raise Unplannable(f"a valid request without {field.name}")
        control = requests.control()
    return _confirmed(requests, requirement, body, f"{field.name} left out", control=control)


def _alternative(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    """Yield a request of the alternative as small as it can be, and one with every field that it can hold."""
    bodies = requests.bodies_of(check.choices)
    smallest = bodies.body_holding(check.path)
    if smallest == requests.bodies.body():
        # Its control would be the same request, and say nothing of it.
        yield replace(
            _confirmed(requests, requirement, smallest, "the alternative of the smallest request"), control=None
        )
    else:
        yield requests.control_holding(check.path, smallest, check.choices)
    more = list(_optional_members(bodies, check.path, smallest))
    whole = reduce(_with_member, more, smallest)
    if not bodies.validator.is_valid(whole):  # some of them exclude each other
        whole = smallest
        for member in more:
            body = _with_member(whole, member)
            whole = body if bodies.validator.is_valid(body) else whole
    if whole != smallest:
        yield requests.control_holding(check.path, whole, check.choices)


def _optional_members(bodies: ValidBodies, path: Path, body: Any) -> Iterator[tuple[Path, Any]]:
    """Yield the place and a value of each optional member that an object of a body can hold, and does not hold."""
    for inner, field in bodies.fields.items():
        if inner[:-1] != path or not inner or field.required or is_open(inner[-1]) or not bodies.is_usable(inner):
            continue
        with suppress(Unplannable, IndexError, ValueError):
            place = (*bodies.concrete_path(path), inner[-1])
            if lookup(body, place) is MISSING:
                yield place, bodies.typical_value(inner)


def _with_member(body: Any, member: tuple[Path, Any]) -> Any:
    """Return a body with a member at a place; the body itself where no such member can be there."""
    with suppress(IndexError, ValueError):
        return replaced(body, *member)
    return body


def _neighbours(names: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return all optional fields; where there are very many, the block of them that ``name`` belongs to."""
    if len(names) <= MAX_NEIGHBOURS or name not in names:
        return names
    start = names.index(name) // MAX_NEIGHBOURS * MAX_NEIGHBOURS
    return names[start : start + MAX_NEIGHBOURS]


def _field_present(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Case:
    path, reason = check.path, Unplannable(_IMPOSSIBLE)
    for choices in (check.choices, *([] if check.choices else requests.contexts)):
        bodies = requests.bodies_of(choices)
        try:
            body = bodies.body_holding(path)
            break
        except (Unplannable, KeyError) as why:
            reason = why if isinstance(why, Unplannable) and choices == check.choices else reason
    else:
        raise reason
    name = bodies.fields[path].name
    if not bodies.is_usable(path):
        raise Unplannable(f"needs the name of an existing {name}, and none is configured", Cause.NOT_CONFIGURED)
    if lookup(body, bodies.concrete_path(path)) is MISSING:
        raise Unplannable(f"a valid request that holds {name}")
    configured = bodies.is_configured(path) and not bodies.is_unreachable(path)
    if configured and not check.choices and body != bodies.body():
        return requests.control_holding(path, body)
    # The smallest valid request may hold the field too, where one of several fields has to be there.
    expectation = Expectation.ACCEPTED if configured else Expectation.LIMIT
    control = _control_of(requests, check) if check.choices else None
    return _confirmed(requests, requirement, body, f"with {name}", expectation=expectation, control=control)


def _control_of(requests: RequestBuilder, check: Accepts) -> Case:
    """Return the smallest request of the alternatives that a field stands in."""
    place = check.choices[-1].path
    return requests.control_holding(place, requests.bodies_of(check.choices).body_holding(place), check.choices)


def _field_values(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    """Yield one request for each value that the field takes and the rest of the schema allows.

    Where no value can be beside the smallest request, it is tried beside each alternative.
    """
    reason = Unplannable(_IMPOSSIBLE)
    for choices in (check.choices, *([] if check.choices else requests.contexts)):
        found: list[Case] = []
        try:
            found = list(_values_beside(requests, requirement, replace(check, choices=choices)))
        except Unplannable as why:
            reason = why
        yield from found
        if found:
            return
    raise reason


def _values_beside(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    """Yield one request for each value that the field takes beside the alternatives that are chosen."""
    bodies, path = requests.bodies_of(check.choices), check.path
    is_styled = is_form(requests.media_type) and style_of(requests.encoding, path[0] if path else "") is not None
    if is_styled and check.variation is Variation.CONTENT:
        raise Unplannable("the style of this field in a form has flat, named members only", Cause.CANNOT_BE_WRITTEN)
    distinct = distinct_at(requests.contract, "body", path)
    scarce = 0
    base, concrete = bodies.body_holding(path), bodies.concrete_path(path)
    is_known = bodies.resource_at(path) is None or check.variation in (Variation.ENUM, Variation.NULL)
    expectation = Expectation.ACCEPTED if is_known else Expectation.LIMIT
    count = 0
    if path not in bodies.fields:
        return
    settled = bodies.settled(base)
    field = bodies.fields[path]
    rest = values_at_limit(bodies.samples, field, check)
    at_once = _labelled_values(requests, check, field)
    for label, value in chain(at_once, (more for more in rest if not count)):
        if check.variation is not Variation.ENUM and not is_surely(str(field.schema.get("format")), value):
            continue
        body = replaced(base, concrete, value)
        valid = bodies.whole if value is None else bodies.validator
        if not valid.is_valid(body):
            body = next(filter(valid.is_valid, mended(body, base, concrete)), body)
        if not valid.is_valid(body) or _is_lost_in_form(requests, body):
            continue
        if distinct is not None and value is not None and is_scarce(value, distinct.schema, distinct.root):
            scarce += 1
            continue
        count += 1
        control = _control_of(requests, check) if check.choices else requests.control()
        if control.request == requests.request(body):  # the alternative itself would be blamed for the value
            control = requests.control()
        if body != settled and bodies.is_configured(path[:1]):
            control = requests.control_holding(path, settled, check.choices)
        yield edited(requirement, requests.request(body), expectation, label, control)
        if control.request == requests.request(body) and expectation is Expectation.ACCEPTED:
            yield from _off_limit(requests, requirement, check, control)
    if scarce and not count:
        raise Unplannable("each value of it must be new, and there are too few of this kind", Cause.CANNOT_BE_WRITTEN)


def _off_limit(requests: RequestBuilder, requirement: Requirement, check: Accepts, control: Case) -> Iterator[Case]:
    """Yield the control with a value that is not at a limit at which its own value is, to send where it is refused."""
    bodies, path = requests.bodies_of(check.choices), check.path
    if (rule := inside(check)) is None or not isinstance(control.request.body, JsonBody):
        return
    value = bodies.value_of({"allOf": [bodies.fields[path].schema, rule]})
    body = replaced(control.request.body.value, bodies.concrete_path(path), value) if path else value
    if value is MISSING or not bodies.validator.is_valid(body) or _is_lost_in_form(requests, body):
        return
    edit = f"{'/'.join(path) or 'the body'} is not at its {check.variation}"
    yield replace(edited(requirement, requests.request(body), Expectation.ACCEPTED, edit, control), instead_of=control)


def _labelled_values(requests: RequestBuilder, check: Accepts, field: Field) -> list[tuple[str, Any]]:
    name, bodies = field.name or "the body", requests.bodies_of(check.choices)
    match check.variation:
        case Variation.TEXT:
            shortest, longest = field.schema.get("minLength", 0), field.schema.get("maxLength", 10_000)
            return [(f"{name}: {label}", text) for label, text in TEXTS if shortest <= len(text) <= longest]
        case Variation.CHARACTERS:
            return [(f"{name}: {format_json(check.value)}", check.value)]
        case Variation.CONTENT:
            typical = bodies.typical_value(check.path)
            members = typical if isinstance(typical, dict) else {}
            return [(f"{name}: {label}", {**members, **more}) for label, more in MEMBERS]
        case Variation.ENUM:
            shown = repr(check.value) if isinstance(check.value, str) else format_json(check.value)
            return [(f"{name} is {shown}", check.value)]
        case Variation.NULL:
            return [(f"{name} is null", None)]
        case Variation.BLANK:
            length = field.schema["minLength"]
            return [
                (f"{name} is {length} {'space' if length == 1 else 'spaces'}", " " * length),
                (f"{name} is line feeds", "\n" * length),
            ]
        case Variation.TYPE:
            return _values_of_type(requests, check, name)
        case _:
            limits = at_limit(field, check.variation, bodies.typical_value(check.path))
            return [(f"{name}: {label}", value) for label, value in limits]


def _values_of_type(requests: RequestBuilder, check: Accepts, name: str) -> list[tuple[str, Any]]:
    """Return the sample values of a type; where none of them is valid, also one that is built from the schema."""
    bodies = requests.bodies_of(check.choices)
    base, concrete = bodies.body_holding(check.path), bodies.concrete_path(check.path)
    schema = bodies.fields[check.path].schema
    branches = [schema, *(schema.get("anyOf") or ()), *(schema.get("oneOf") or ())]
    is_encoded = any("contentEncoding" in branch for branch in branches if isinstance(branch, dict))
    samples = () if is_encoded else OF_TYPE.get(str(check.value), ())
    labelled = [(f"{name} is {json.dumps(sample)}", sample) for sample in samples]
    if not any(bodies.validator.is_valid(replaced(base, concrete, sample)) for sample in samples):
        value = bodies.value_of({"allOf": [schema, {"type": check.value}]})
        if value is not MISSING:
            labelled.append((f"{name} is of type {check.value}", value))
    return labelled


def _confirmed(
    requests: RequestBuilder,
    requirement: Requirement,
    body: Any,
    edit: str,
    *,
    expectation: Expectation = Expectation.ACCEPTED,
    control: Case | None = None,
) -> Case:
    """Return a case with a body that the validator confirms.

    Raises:
        Unplannable: the body is not valid, or no longer once it is written as a form.
    """
    if not requests.bodies.validator.is_valid(body):
        raise Unplannable(_IMPOSSIBLE)
    if _is_lost_in_form(requests, body):
        raise Unplannable("a form carries text only: it cannot say this value", Cause.CANNOT_BE_WRITTEN)
    return edited(requirement, requests.request(body), expectation, edit, control or requests.control())


def _is_lost_in_form(requests: RequestBuilder, body: Any) -> bool:
    """Return whether a valid body is no longer valid once a form has turned its values into text."""
    if not is_form(requests.media_type):
        return False
    read = read_form(body, requests.bodies.root, requests.encoding)
    is_other = read != body and not requests.bodies.validator.is_valid(read)
    return is_other or not fits_its_styles(body, requests.bodies.root, requests.encoding)
