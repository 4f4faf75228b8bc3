"""Plan the cases of refusal: each breaks one thing, and differs from an accepted request in that alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import chain, islice, product
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, RawBody, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.combined_faults import SingleFault, combined_faults, single_fault
from chatcert.cases.requests.encoding import form_text, json_bytes
from chatcert.cases.requests.form_fields import style_of
from chatcert.cases.requests.impossibility import Subject
from chatcert.cases.requests.malformed_payloads import NEEDS_MEMBERS, NO_PAYLOAD, malformed
from chatcert.cases.requests.media_types import in_media_type
from chatcert.cases.requests.near_misses import near_misses
from chatcert.cases.requests.parameter_styles import arrives, as_read, schema_of
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.requests.text_forms import is_ambiguous, is_form, is_json_in_form, is_text, read_form
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.cases.requests.valid_parameters import ValidParameter
from chatcert.cases.values.boundaries import AS_TEXT, breaking
from chatcert.cases.values.second_opinion import boundary_values
from chatcert.cases.values.single_faults import breaks_alone, built, described_beside, unknown_names, with_spare_item
from chatcert.openapi.contract import Parameter, Schema
from chatcert.openapi.schemas.alternatives import alternatives_of
from chatcert.openapi.schemas.branched_fields import branched_fields, rules_on_the_rest
from chatcert.openapi.schemas.fields import Choice, Field, flattened, walk_outside
from chatcert.openapi.schemas.formats import CHECKED
from chatcert.openapi.schemas.path_tokens import leads_to_one
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced
from chatcert.openapi.schemas.validator import Validator
from chatcert.requirements.check import (
    PayloadForm,
    Refuses,
    RefusesBeside,
    RefusesInMediaType,
    RefusesNear,
    RefusesPayload,
    RefusesRepeated,
)
from chatcert.requirements.draft import Draft
from chatcert.requirements.refusal import KEYWORDS, MOST_IN_ALTERNATIVE, MOST_IN_TYPE, SAME, breakable
from chatcert.requirements.requirement import Requirement
from chatcert.text import shorten

MAX_INNER = 40
"""Fields of a shared schema among whose keywords one is chosen that is broken at another place of it."""
MAX_LENGTH = 1_000_000
"""Characters of a text that generated suffixes are added to."""
MAX_FAULTS = 64
"""Single faults among which those are chosen that are combined with a circumstance."""
_MAX_LABEL = 48
_MOST_FOREIGN = 3
"""Properties of other alternatives of which one is tried at a time beside those of an alternative."""
_FALSY = (("integer", 0), ("boolean", False), ("string", ""))
"""Values that a server in a loosely typed language takes for no value; the empty array is among the boundary values."""
_INHERITED = ("constructor",)
"""A text that a server in JavaScript finds among the members of any object."""
_OF_TAGS = ("const", "enum", "discriminator")
"""Keywords of fields by which alternatives are told apart: what breaks them may be invalid as another one."""
_COMPOSED = ("oneOf", "anyOf", "not", "contains", "minContains", "maxContains", "dependentRequired")
"""Keywords for which values are built at once; for the others, only where no plain value breaks them alone."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the invalid requests that one requirement of refusal asks for."""
    match requirement.check:
        case RefusesPayload(form=form):
            yield from _payload(context.requests, requirement, form)
        case RefusesBeside(circumstance=circumstance):
            yield from combined_faults(context.requests, requirement, circumstance, _single_faults(context))
        case RefusesInMediaType() as check:
            yield from _in_media_type(context, requirement, check)
        case RefusesNear() as check:
            yield from near_misses(context.requests, requirement, check)
        case RefusesRepeated() as check:
            yield _repeated(context.requests, requirement, check)
        case Refuses(place="body") as check:
            yield from _body(context, requirement, check)
        case Refuses() as check:
            yield from _parameter(context.requests, requirement, check)


def subject(requirement: Requirement) -> Subject | None:
    """Return what a requirement of refusal needs a request to hold."""
    check = requirement.check
    if isinstance(check, RefusesRepeated):
        return Subject(check.place, check.path)
    return (
        Subject(check.place, check.path, check.choices, keyword=check.keyword) if isinstance(check, Refuses) else None
    )


def _repeated(requests: RequestBuilder, requirement: Requirement, check: RefusesRepeated) -> Case:
    """Return the request that repeats a value of its control; the other values that must be new are new."""
    name = check.path[0]
    if check.place == "body":
        body = requests.bodies.body_holding(check.path)
        control = requests.control_holding(check.path, body)
    elif requests.parameter(name, check.place).required:
        control = requests.control()
    else:
        request = requests.request_with_parameter(check.place, name, requests.parameter_value(name, check.place))
        control = requests.control(request, f"{check.place}/{name}/present")
    request = replace(control.request, repeats=((check.place, check.path),))
    return edited(requirement, request, Expectation.IN_USE, f"{check.path[-1]} as in an earlier request", control)


def _shared(context: PlanningContext, requirement: Requirement, check: Refuses) -> Iterator[Case]:
    """Yield requests in which a shared schema is broken at one more place: inside it, as far as it has an inside.

    A server that does not look at the value at all, or at its type alone, accepts them.
    """
    bodies, found = context.requests.bodies_of(check.choices), 0
    bodies.body_holding(check.path)  # without it, nothing inside it can be broken
    place = bodies.fields[check.path]
    inner = list(islice(walk_outside(place.schema, bodies.root, place.pointer, check.path), MAX_INNER))
    for field in inner:
        bodies.fields.setdefault(field.path, field)
    most = 1 + context.profile.examples
    for path, keyword in _telling(inner):
        with suppress(Unplannable):
            one = replace(check, path=path, keyword=keyword)
            case = next(
                (case for case in _breaking(context, requirement, one, check.choices) if case is not None), None
            )
            if case is not None:
                found += 1
                yield case
        if found >= most:
            return
    if not found:
        raise Unplannable("no request that breaks this and nothing else could be made")


def _telling(fields: list[Field]) -> list[tuple[tuple[str, ...], str]]:
    """Return the keywords of a schema and of what is inside it, those first that a shallow look does not see."""
    required = [((*field.path, name), "required") for field in fields for name in field.schema.get("required") or []]
    keywords = [keyword for keyword in KEYWORDS if keyword != "format"]  # which a server need not check
    inside = [(field.path, keyword) for field in fields for keyword in keywords if keyword in field.schema]
    types = [pair for pair in inside if pair[1] == "type"]
    return [*[pair for pair in inside if pair[1] != "type"], *required, *types[1:], *types[:1]]


def _body(context: PlanningContext, requirement: Requirement, check: Refuses) -> Iterator[Case]:
    if check.keyword == SAME:
        yield from _shared(context, requirement, check)
        return
    count = lost = 0
    reason: Unplannable | None = None
    ways = (check.choices, *([] if check.choices else context.requests.contexts))
    body = context.contract.body
    strict = (True, False) if body is not None and rules_on_the_rest(body.schema) else (False,)
    for is_strict, choices in product(strict, ways):
        try:
            for case in _breaking(context, requirement, check, choices, is_strict=is_strict):
                count += case is not None
                lost += case is None
                if case is not None:
                    yield case
        except Unplannable as why:
            reason = reason or why
        if count:
            return
    if reason is not None and not lost:
        raise reason
    if lost:
        raise Unplannable(
            "a form carries text only: a breach of this kind cannot be told from a valid field", Cause.CANNOT_BE_WRITTEN
        )
    raise Unplannable("a request that breaks this and nothing else")


def _breaking(
    context: PlanningContext,
    requirement: Requirement,
    own: Refuses,
    choices: tuple[Choice, ...],
    *,
    is_strict: bool = False,
) -> Iterator[Case | None]:
    """Yield the cases that break a keyword in a body of chosen alternatives; ``None`` for one that a form loses.

    Args:
        is_strict: whether bodies are left out that break anything else, be it because of what is broken.
    """
    requests, bodies, check = context.requests, context.requests.bodies_of(choices), replace(own, choices=choices)
    path = check.path
    form = is_form(requests.media_type)
    text = is_text(requests.media_type)
    if form and check.keyword == "null" and not is_json_in_form(path, bodies.root, requests.encoding):
        raise Unplannable("a form carries text only: it has no null", Cause.CANNOT_BE_WRITTEN)
    if text and check.keyword in ("null", "type"):
        raise Unplannable("the body is plain text or bytes: whatever is sent is a string", Cause.CANNOT_BE_WRITTEN)
    base = _base_body(requests, bodies, path)
    control = requests.control_holding(path, _control_body(requests, bodies, path, base), check.choices)
    base = requests.bodies.settled(base, keep=path)
    is_absent = check.keyword == "forbidden"
    concrete = bodies.path_to_new(path) if is_absent else bodies.concrete_path(path)
    if check.keyword == "format" and (name := str(bodies.fields[path].schema.get("format"))) not in CHECKED:
        raise Unplannable(
            f"the format {name} is none that can be checked: no text is certain not to have it", Cause.NOT_CHECKABLE
        )
    count = 0
    holder = bodies.fields.get(path[:-1] if check.keyword == "required" else path)
    around = holder.schema if holder is not None else {}
    values = _labelled_values(context, requirement, check)
    if check.keyword == "type" and context.most_cases == 1:  # what a lenient server takes, one without a check does too
        values = iter(sorted(values, key=lambda labelled: labelled[0] != AS_TEXT))
    rest = built(bodies, bodies.fields[path], check.keyword) if path in bodies.fields else ()
    for label, value in chain(values, ((label, value) for label, value in rest if not count)):
        whole = replaced(base, concrete, value) if concrete else value
        bodies_of_own = requests.bodies_of(own.choices)
        candidates = (whole, with_spare_item(whole, base, concrete))
        alone = (one for one in candidates if breaks_alone(bodies_of_own, one, concrete, check.keyword, around))
        body = next(alone, MISSING)
        if body is MISSING:
            continue
        if is_strict and len(bodies.validator.broken_keywords(body)) > 1:
            continue
        if form and _is_lost_in_form(requests, body, concrete, check):
            yield None
            continue
        if text and not _is_breach(bodies.validator, form_text(body), check.keyword):
            continue
        count += 1
        subject = "/".join(path) or "the body"
        edit = f"{subject} left out" if value is MISSING else f"{subject}: {label}"
        yield edited(requirement, requests.request(JsonBody(body)), Expectation.REFUSED, edit, control)
        if count >= context.most_cases:
            return


def _is_breach(validator: Validator, value: Any, keyword: str) -> bool:
    """Return whether a value is invalid; for other keywords than ``format`` even to a server that checks no formats."""
    return not validator.is_valid(value) if keyword == "format" else validator.is_broken(value)


def _base_body(requests: RequestBuilder, bodies: ValidBodies, path: tuple[str, ...]) -> Any:
    """Return the valid body that is broken at ``path``."""
    held = path if path in bodies.fields else path[:-1]
    base = bodies.body_holding(held) if held else bodies.body()
    if held != path and isinstance(lookup(base, around := bodies.concrete_path(held)), list):  # it may be an object too
        value = bodies.value_of({"allOf": [bodies.fields[held].schema, {"type": "object"}]})
        if value is MISSING:
            raise Unplannable(f"an object at {'/'.join(held) or 'the body'}")
        base = replaced(base, around, value) if around else value
    if not is_form(requests.media_type) or not isinstance(base, dict):
        return base
    if len(path) == 2 and style_of(requests.encoding, path[0]) is not None:
        # The field would not be there at all without its only member.
        beside = (one for one in bodies.fields if len(one) == 2 and one[0] == path[0] and one != path)
        return next((body for one in beside if path[1] in (body := bodies.body_holding(one)).get(path[0], ())), base)
    return base if base.keys() - path[:1] else bodies.full_body()  # without its only field it would be no body at all


def _control_body(requests: RequestBuilder, bodies: ValidBodies, path: tuple[str, ...], base: Any) -> Any:
    """Return the valid neighbour of what breaks ``base`` at ``path``.

    A field that names a resource for which nothing is configured is left out of it: that such a value is of the wrong
    type can be tested, that a right one is accepted cannot.
    """
    if path and not bodies.is_configured(path[:1]):
        return requests.bodies.body()
    return requests.bodies.settled(base)


def _is_lost_in_form(requests: RequestBuilder, body: Any, path: tuple[str, ...], check: Refuses) -> bool:
    """Return whether a form writes this invalid body in a way that some server may read as a valid one."""
    bodies = requests.bodies
    read = read_form(body, bodies.root, requests.encoding)
    if not isinstance(body, dict) or bodies.validator.is_valid(read):
        return True
    if not path:
        return False
    if check.keyword == "type" and check.path in bodies.fields:
        # What arrives is text, which may be of the right type though it is wrong otherwise.
        types = bodies.validator.part({"type": list(bodies.fields[check.path].types)})
        value = lookup(read, path)
        if value is MISSING or types.is_valid(value):
            return True
    top = bodies.fields.get(path[:1])
    return path[0] in body and top is not None and is_ambiguous(form_text(body[path[0]]), top.schema)


def _labelled_values(context: PlanningContext, requirement: Requirement, check: Refuses) -> Iterator[tuple[str, Any]]:
    """Yield values that may break one keyword: boundary values first, then generated ones."""
    if check.keyword == "required":
        yield "left out", MISSING
        return
    bodies = context.requests.bodies_of(check.choices)
    if check.keyword == "forbidden":
        described = context.requests.bodies.fields.get(check.path)
        value = bodies.value_of(described.schema if described is not None else described_beside(bodies, check.path))
        yield from [("there", value)] if value is not MISSING else []
        return
    if check.keyword == "discriminator":
        yield from unknown_names(bodies.fields.get(check.path), bodies.root)
        return
    field = bodies.fields[check.path]
    typical = bodies.typical_value(check.path) if check.path else bodies.body()
    yield from breaking(field, check.keyword, typical)
    if check.keyword in _COMPOSED:
        yield from built(bodies, field, check.keyword)
    if check.keyword == "additionalProperties" and isinstance(typical, dict):
        yield from _of_other_alternatives(context, check, typical)
    if context.profile.examples and not check.choices:
        if check.keyword != "type":  # ours have a value of every type
            for value in boundary_values(context.contract, check.path, check.keyword):
                yield f"{shorten(repr(value), _MAX_LABEL)}, a boundary of the schema", value
        yield from _generated(context, requirement, check.keyword, field)


def _of_other_alternatives(
    context: PlanningContext, check: Refuses, typical: dict[str, Any]
) -> Iterator[tuple[str, Any]]:
    """Yield an object with a property that only another alternative describes: nothing has evaluated it then."""
    body, bodies = context.contract.body, context.requests.bodies_of(check.choices)
    if body is None or bodies.fields[check.path].schema.get("unevaluatedProperties") is not False:
        return
    inside = (f for f in branched_fields(body.schema, body.schema_pointer) if f.choices and f.path[:-1] == check.path)
    foreign = (f for f in inside if f.path and leads_to_one(f.path[-1:]) and f.path[-1] not in typical)
    for field in islice(foreign, _MOST_FOREIGN):
        value = bodies.value_of(field.schema)
        if value is not MISSING:
            yield f"{field.path[-1]}, which another alternative describes", {**typical, field.path[-1]: value}


def _generated(
    context: PlanningContext, requirement: Requirement, keyword: str, field: Field
) -> Iterator[tuple[str, Any]]:
    values, limit = context.invalid_values, field.schema.get(keyword)
    match keyword:
        case "type":
            falsy = [value for kind, value in _FALSY if kind not in field.types]
            for value in (*falsy, *values.of_other_type(field.types, requirement.id)[len(falsy) :]):
                yield shorten(repr(value), _MAX_LABEL), value
        case "maxLength" if isinstance(limit, int) and limit < MAX_LENGTH:
            for number, suffix in enumerate(values.suffixes(requirement.id)):
                yield f"{limit + number + 1} or more characters", ("b" * limit) + suffix
        case "enum" | "const" | "pattern":
            words = values.words(requirement.id)
            for word in (*(_INHERITED if keyword == "enum" else ())[: len(words)], *words)[: len(words)]:
                yield shorten(repr(word), _MAX_LABEL), word


def _single_faults(context: PlanningContext) -> list[SingleFault]:
    """Return the first fault of each requirement on a field of the body, alternatives left out."""
    found: list[SingleFault] = []
    for one in context.requirements:
        check = one.check
        if isinstance(check, Refuses) and check.place == "body" and check.path and not check.choices:
            fault = single_fault(check.path, check.keyword, context.plan(one).cases)
            found += [fault] if fault is not None else []
        if len(found) >= MAX_FAULTS:
            break
    return found


def _in_media_type(context: PlanningContext, requirement: Requirement, own_check: RefusesInMediaType) -> Iterator[Case]:
    """Yield invalid bodies in another media type, by its own schema: of each keyword first, then of each other field.

    The control of each is the valid body in that media type that it was made from.
    """
    media_type, choices = own_check.media_type, own_check.choices
    accepted = in_media_type(context.requests, requirement, media_type, choices)  # raises where no body can be written
    requests = context.requests.of_media_type(media_type)
    own = replace(context, contract=requests.contract, requests=requests)
    assert requests.contract.body is not None, "a media type is that of a body"
    every = [one for one in breakable(Draft(requests.contract), requests.contract.body) if one.choices == choices]
    tags = {one.path for one in every if one.keyword in _OF_TAGS}
    checks = sorted(every, key=lambda one: bool(choices) and one.path in tags)[:MAX_FAULTS]
    count, met = 0, set[str | tuple[str, ...]]()
    for check, mark in [*((one, one.keyword) for one in checks), *((one, one.path) for one in checks)]:
        case = next(_if_any(_body(own, requirement, check)), None) if mark not in met else None
        if case is None or case.control is None:
            continue
        met |= {check.keyword, check.path}
        control = replace(
            case.control,
            id=f"shared/media-type/{media_type}/{case.control.request.key}",
            requirement=requirement.id.replace("/request/", "/accepts/", 1),
            control=accepted.control if accepted.control is not None else context.requests.control(),
        )
        count += 1
        yield replace(case, edit=f"{case.edit}, in {media_type}", control=control)
        if count == (MOST_IN_ALTERNATIVE if choices else MOST_IN_TYPE):
            return
    if not count:
        raise Unplannable(f"no invalid body of {media_type} can be told from a valid one", Cause.CANNOT_BE_WRITTEN)


def _if_any(cases: Iterator[Case]) -> Iterator[Case]:
    with suppress(Unplannable):
        yield from cases


def _payload(requests: RequestBuilder, requirement: Requirement, form: PayloadForm) -> Iterator[Case]:
    if form in NO_PAYLOAD and requests.bodies.may_be_empty_form:
        raise Unplannable("a form without fields is valid, and as bytes it is no body at all", Cause.CANNOT_BE_WRITTEN)
    body, control = requests.bodies.body(), requests.control()
    if body == {} and form in NEEDS_MEMBERS:
        body, control = requests.bodies.full_body(), requests.full_control()
    for label, data in malformed(form, json_bytes(body), _with_nan(requests, body)):
        headers = {} if data is None else {"Content-Type": requests.media_type or "application/json"}
        request = requests.request(None if data is None else RawBody(data), headers=headers)
        yield edited(requirement, request, Expectation.REFUSED, label, control)


def _with_nan(requests: RequestBuilder, body: Any) -> bytes:
    """Return the body with NaN where a string is due: wrong whether a server reads NaN as a number or not at all."""
    if isinstance(body, dict):
        for name in body:
            field = requests.bodies.fields.get((name,))
            if field is not None and field.schema.get("type") == "string":
                return json_bytes({**body, name: "@@nan@@"}).replace(b'"@@nan@@"', b"NaN")
    return b"NaN"


def _parameter(requests: RequestBuilder, requirement: Requirement, check: Refuses) -> Iterator[Case]:
    name, location = check.path[0], check.place
    parameter, control = requests.parameter(name, location), requests.control()
    if check.keyword == "required" and len(check.path) == 1:
        request = requests.request_with_parameter(location, name, MISSING)
        yield edited(requirement, request, Expectation.REFUSED, f"{name} left out", control)
        return
    for label, changed in _broken_parameters(ValidParameter(parameter), parameter, check):
        request = requests.request_with_parameter(location, name, changed)
        yield edited(requirement, request, Expectation.REFUSED, f"{' '.join(check.path)}{label}", control)


def _broken_parameters(values: ValidParameter, parameter: Parameter, check: Refuses) -> Iterator[tuple[str, Any]]:
    """Yield values of a parameter that break one keyword, at it or in it, and nothing else; built ones if need be."""
    path = check.path[1:]
    if check.keyword == "required":
        absent = (replaced(base, concrete, MISSING) for base, concrete in values.beside_others(path))
        around = values.fields[path[:-1]].schema
        broken = (one for one in absent if _is_broken_parameter(values, parameter, one, path, check.keyword, around))
        yield from ((" left out", one) for one in islice(broken, 1))
        return
    base, concrete = values.holding(path)
    field, count = values.fields[path], 0
    own = chain(breaking(field, check.keyword, lookup(base, concrete)), _beyond_each(values, field, check.keyword))
    rest = ((label, value) for label, value in built(values, field, check.keyword) if not count)
    for label, value in chain(own, rest):
        if not parameter.media_type and isinstance(value, bool | None):
            continue
        whole = replaced(base, concrete, value) if concrete else value
        candidates = (whole, with_spare_item(whole, base, concrete))
        for changed in candidates:
            if _is_broken_parameter(values, parameter, changed, concrete, check.keyword, field.schema):
                count += 1
                yield f": {label}", changed
                break


def _beyond_each(values: ValidParameter, field: Field, keyword: str) -> Iterator[tuple[str, Any]]:
    """Yield values just beyond the limits of each alternative: no requirement of a parameter is inside one."""
    for alternatives in alternatives_of(field.schema) if keyword in ("oneOf", "anyOf") else ():
        for index in alternatives.values if alternatives.keyword == keyword else ():
            branch = replace(field, schema=flattened(alternatives.branches[index], values.root))
            for inner in KEYWORDS:
                if inner in branch.schema and inner != "type":
                    yield from islice(breaking(branch, inner, values.value_of(branch.schema)), 2)


def _is_broken_parameter(
    values: ValidParameter,
    parameter: Parameter,
    changed: Any,
    place: tuple[str, ...],
    keyword: str,
    around: Schema,
) -> bool:
    """Return whether a value of a parameter arrives, and breaks one keyword and nothing else for whoever reads it."""
    if not arrives(parameter, changed) or _is_ambiguous_parameter(parameter, changed):
        return False
    return breaks_alone(values, as_read(parameter, changed), place, keyword, around)


def _is_ambiguous_parameter(parameter: Parameter, value: Any) -> bool:
    """Return whether servers may read the text of a parameter differently."""
    if parameter.media_type or isinstance(value, list | dict):
        return False
    return is_ambiguous(form_text(value), schema_of(parameter))
