"""Faults that break *refusal*: a keyword is not enforced, or a malformed payload is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reason
from chatcert.mock.deviation.blind_validation import LARGE, blind_to, takes_for_right
from chatcert.mock.deviation.deviations import CallTest, SchemaEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.lenient_readers import lenient_reader
from chatcert.mock.deviation.malformed_requests import breaks_schema, is_malformed
from chatcert.mock.deviation.schema_relaxation import relaxations
from chatcert.mock.faults.acceptance import is_read, of_media_type
from chatcert.mock.known_resources import values_at
from chatcert.mock.service import statuses_of
from chatcert.openapi.contract import Body, Parameter, Schema
from chatcert.openapi.schemas.alternatives import specialised
from chatcert.openapi.schemas.branch_choice import values_of_branch
from chatcert.openapi.schemas.branched_fields import branched_fields
from chatcert.openapi.schemas.fields import Choice, shown_path, walk
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.requirements.check import (
    AnswerGroup,
    Answers,
    Beside,
    Refuses,
    RefusesBeside,
    RefusesInMediaType,
    RefusesNear,
    RefusesPayload,
    RefusesRepeated,
    Rule,
    Withstands,
)
from chatcert.requirements.refusal import EMPTY, MALFORMED
from chatcert.requirements.requirement import Kind, Requirement

SERVER_ERROR = "response/any/no-server-error"


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault or more for every requirement that an invalid request is refused."""
    body = draft.contract.body
    found = branched_fields(body.schema, "") if body is not None else ()
    fields = {(f.path, f.choices): f.schema for f in found}
    for requirement, check in draft.family(Kind.REFUSAL, Refuses):
        if check.place != "body":
            yield from _parameter(draft, requirement, check)
        elif body is not None:
            subject = "/".join(check.path) or "the body"
            flat = fields.get((check.path, check.choices), {})
            for variant, text, edit in relaxations(flat, check.path, check.keyword, subject):
                relaxed = _in_alternative(edit, check.choices) if check.choices else edit
                yield draft.make(requirement, variant, text, *_broken_with(subject, check.keyword), schemas=(relaxed,))
    for requirement, payload in draft.family(Kind.REFUSAL, RefusesPayload):
        if body is not None:
            text, reader = lenient_reader(payload.form, body)
            yield draft.make(requirement, "", text, readers=(reader,))
    for requirement, beside in draft.family(Kind.REFUSAL, RefusesBeside):
        if beside.circumstance is Beside.LATER_ENTRY and not any(ANY in c.path for _, c in draft.checks(Refuses)):
            continue  # nothing is wrong with any entry
        for variant, text, test in blind_to(draft.contract, beside.circumstance):
            large = _beyond_large(draft) if beside.circumstance is Beside.LONG_NEIGHBOUR else ()
            yield draft.make(requirement, variant, text, *large, unchecked=(test,))
    yield from _media_types(draft)
    for requirement, near in draft.family(Kind.REFUSAL, RefusesNear):
        text, test = takes_for_right(draft.contract, near)
        name = "/".join(near.path)
        also = [f"request/body/{name}/{word}" for word in ("required", "enum", "near-miss", "key-case")]
        yield draft.make(requirement, "", text, *also, unchecked=(test,))
    for requirement, repeated in draft.family(Kind.REFUSAL, RefusesRepeated):
        yield from _repeated(draft, requirement, repeated)
    yield from _crashes(draft)
    yield from _refused_with_success(draft)


def _media_types(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults of a server that validates no bodies of one further media type, or of none of them."""
    body = draft.contract.body
    found = [*draft.family(Kind.REFUSAL, RefusesInMediaType)] if body is not None else []
    known = [(requirement, check) for requirement, check in found if body and is_read(body, check.media_type)]
    for requirement, check in known:
        if body is not None and check.choices:
            name = "/".join(shown_path(check.choices[-1].path, check.choices))
            text = f"a body of the media type {check.media_type} that is meant to be {name} is not validated"
            yield draft.make(requirement, "", text, unchecked=(_meant(body, check),))
    read = [(requirement, check.media_type) for requirement, check in known if not check.choices]
    for requirement, media_type in read:
        text = f"a body of the media type {media_type} is not validated"
        yield draft.make(requirement, "", text, unchecked=(of_media_type(media_type),))
    for requirement, _ in read[:1] if len(read) > 1 else ():
        yield draft.make(
            requirement,
            "each",
            "media types after the first are not validated",
            *(other.path for other, _ in read),
            unchecked=tuple(of_media_type(media_type) for _, media_type in read),
        )


def _meant(body: Body, check: RefusesInMediaType) -> CallTest:
    """Return a test of calls: whether a body is meant to be an alternative: by its name, or by a field of its own."""
    schema, choices, is_of_type = body.content[check.media_type], check.choices, of_media_type(check.media_type)
    place, last = choices[-1].path, choices[-1]
    fields = [f for f in branched_fields(schema, "") if f.choices and len(f.path) == len(place) + 1]
    beside = {f.path for f in fields if f.choices[:-1] == choices[:-1] and f.choices[-1] != last}
    own = [f.path for f in fields if f.choices == choices and f.path not in beside]

    def test(call: Call, sent: Any, backend: Backend) -> bool:
        if not is_of_type(call, sent, backend):
            return False
        is_named = any(True for _ in values_of_branch(sent, schema, schema, choices))
        return is_named or any(True for path in own for _ in values_at(sent, path))

    return test


def _beyond_large(draft: FaultDraft) -> list[str]:
    """Return the paths of the requirements that are tested with so large a body that it is not validated."""
    body = draft.contract.body
    fields = branched_fields(body.schema, "") if body is not None else ()
    return [f"request/body/{f.name}/maxLength" for f in fields if f.schema.get("maxLength", 0) > LARGE // 4]


def _broken_with(subject: str, keyword: str) -> tuple[str, ...]:
    """Return the paths of the requirements on the same field that a server without one keyword may break as well."""
    others = {"minLength": (EMPTY,), EMPTY: ("minLength", "pattern", "format")}.get(keyword, ())
    return tuple(f"request/body/{subject}/{other}" for other in others)


def _repeated(draft: FaultDraft, requirement: Requirement, check: RefusesRepeated) -> Iterator[Fault]:
    """Yield the faults of a server that does not refuse a value in use, or not in the documented way."""
    name, statuses = "/".join(check.path), statuses_of(draft.contract)
    yield draft.make(
        requirement, "served", f"a {name} that is in use is served", repeated_served=((check.place, check.path),)
    )
    if check.status is not None and check.status != statuses[Reason.INVALID]:
        invalid = statuses[Reason.INVALID]
        yield draft.make(
            requirement,
            "status",
            f"a {name} that is in use is refused with {invalid}",
            *(other.path for other, _ in draft.family(Kind.REFUSAL, RefusesRepeated)),
            statuses=((Reason.IN_USE, invalid),),
        )
    yield draft.make(
        requirement,
        "crash",
        f"a {name} that is in use ends in a server error",
        *(other.path for other, _ in draft.family(Kind.REFUSAL, RefusesRepeated)),
        statuses=((Reason.IN_USE, statuses[Reason.CRASH]),),
    )


def _in_alternative(edit: SchemaEdit, choices: tuple[Choice, ...]) -> SchemaEdit:
    """Return an edit that also takes what keeps to chosen alternatives but for what ``edit`` relaxes in them."""

    def taken(whole: Schema) -> Schema:
        relaxed = edit(specialised(whole, choices, alone=False))
        definitions = {"$defs": whole["$defs"]} if "$defs" in whole else {}
        either = [{key: value for key, value in part.items() if key != "$defs"} for part in (whole, relaxed)]
        return {"anyOf": either, **definitions}

    return taken


def _parameter(draft: FaultDraft, requirement: Requirement, check: Refuses) -> Iterator[Fault]:
    name = check.path[0]
    parameter = next(p for p in draft.contract.parameters if p.name == name and p.location == check.place)

    def made(variant: str, text: str, change: Callable[[Parameter], Parameter]) -> Fault:
        def edit(other: Parameter) -> Parameter:
            return change(other) if (other.name, other.location) == (name, check.place) else other

        return draft.make(requirement, variant, text, parameters=(edit,))

    path = check.path[1:]
    if check.keyword == "required" and not path:
        yield made("", f"the parameter {name} may be left out", lambda other: replace(other, required=False))
        return
    fields = {f.path: f.schema for f in walk(parameter.schema, "")}
    subject = f"the parameter {' '.join(check.path)}"
    for variant, text, relax in relaxations(fields.get(path, {}), path, check.keyword, subject):
        yield made(variant, text, _with_schema(relax))


def _with_schema(edit: SchemaEdit) -> Callable[[Parameter], Parameter]:
    return lambda parameter: replace(parameter, schema=edit(parameter.schema))


def _crashes(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults of a server that fails on invalid requests instead of refusing them."""
    hostile = [SERVER_ERROR, *draft.paths(Withstands)]
    invalid = [requirement for requirement, check in draft.checks(Refuses) if check.place == "body"]
    if invalid:
        yield draft.make(
            invalid[0],
            "any-crash",
            "a body that breaks its schema ends in a server error",
            *(requirement.path for requirement in invalid),
            *hostile,
            crashes=(breaks_schema(draft.contract),),
        )
    malformed = [requirement for requirement, check in draft.checks(RefusesPayload) if check.form in MALFORMED]
    if malformed:
        yield draft.make(
            malformed[0],
            "any-crash",
            "a body that is no JSON ends in a server error",
            *(requirement.path for requirement in malformed),
            "request/body/absent",
            "request/body/empty",
            "request/body/white-space",
            *hostile,
            crashes=(is_malformed,),
        )


def _refused_with_success(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the fault of refusing with the status of a success; only where the page documents no error at all."""
    contract = draft.contract
    refusals = [requirement for check in (Refuses, RefusesPayload) for requirement, _ in draft.checks(check)]
    judged = any((check.status, check.rule) == (AnswerGroup.INVALID, Rule.STATUS) for _, check in draft.checks(Answers))
    known = any(answer.refusal is not None for answer in contract.successes)  # then it is not a fault
    if contract.documents_errors or not refusals or not judged or known:
        return
    success = int(contract.successes[0].status) if contract.successes else 200
    of_success = [r.path for r in draft.requirements.values() if r.path.startswith(f"response/{success}")]
    yield draft.make(
        refusals[0],
        "success",
        f"an invalid request is refused with status {success}",
        *(r.path for r in refusals),
        *of_success,
        statuses=((Reason.INVALID, success),),
    )
