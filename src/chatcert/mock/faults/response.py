"""Faults in what comes back: one rule of one documented answer broken each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import MISSING, Reason, Reply
from chatcert.mock.faults.deviations import Fault, ReplyEdit
from chatcert.mock.faults.edits import changed_at
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.faults.relation import Telling, earlier, wrong_relations
from chatcert.mock.faults.robustness import invalid_test
from chatcert.mock.faults.violations import violations
from chatcert.mock.service import statuses_of
from chatcert.mock.validators import predicate
from chatcert.mock.world import World, resource_places
from chatcert.openapi import pointer
from chatcert.openapi.contract import Answer, Contract, Schema
from chatcert.openapi.fields import walk
from chatcert.openapi.memoise import once
from chatcert.requirements.check import Accepts, Answers, Refuses, RefusesPayload, Withstands
from chatcert.requirements.requirement import Requirement

_RELATIONS = ("unique", "equals", "initial", "clock", "clock-moves", "constant", "promised")
_REPLIES = ("status", "framing", "content-type", "json")
_GREATER = ("milliseconds", "nanoseconds")
"""Units in which a time is so great a number that whatever must not be before it is."""

Concerned = Callable[[Moment], bool]


def answer_faults(draft: FaultDraft) -> Iterator[Fault]:
    """One fault or more for every rule on documented answers that the mock gives."""
    for requirement, check in draft.of_kind(Answers):
        answer = next((a for a in draft.contract.answers if a.status == check.status), None)
        if answer is None:
            continue
        success = check.status.startswith("2")
        if success and answer is not draft.contract.successes[0]:
            continue
        more = {} if success else _brought_about(draft.contract, answer)
        if more is not None:
            family = "status" if check.rule == "status" else "response" if success else "errors"
            yield from _Rule(draft, requirement, check, answer, family, more).faults()


def _brought_about(contract: Contract, answer: Answer) -> dict[str, Any] | None:
    """What the mock has to do so that it gives an error answer at all; ``None`` where no client can ask for it."""
    statuses = statuses_of(contract)
    for reason in (Reason.INVALID, Reason.CREDENTIALS, Reason.UNKNOWN, Reason.METHOD, Reason.MEDIA_TYPE, Reason.SIZE):
        if contract.answer_for(statuses[reason]) is answer:
            return {}
    if answer.status.isdigit() and int(answer.status) in contract.refusal_statuses:
        return {"statuses": ((Reason.CREDENTIALS, int(answer.status)),)}
    if answer.status.isdigit() and int(answer.status) in contract.bad_request_statuses:
        return {"statuses": ((Reason.INVALID, int(answer.status)),)}
    if answer.status == str(statuses[Reason.CRASH]) and contract.body is not None:
        return {"crashes": (invalid_test(contract),)}
    return None


@once(most=64)
def _schemas_in(root: Schema) -> dict[tuple[str, ...], Schema]:
    """The schema of each field of an answer, by its path; every rule on the answer asks for them."""
    return {field.path: field.schema for field in walk(root, "")}


class _Rule:
    """The faults of one rule on one answer."""

    def __init__(
        self,
        draft: FaultDraft,
        requirement: Requirement,
        check: Answers,
        answer: Answer,
        family: str,
        more: dict[str, Any],
    ) -> None:
        self._draft, self._requirement, self._check, self._answer = draft, requirement, check, answer
        self._family, self._more = family, more
        self._root: Schema = answer.schema or {}
        self._base = f"response/{answer.status}"
        self._fields = _schemas_in(self._root)
        self._flat = self._fields.get(check.path, {})
        self._subject = "/".join(check.path) or "the body"

    def faults(self) -> Iterator[Fault]:
        rule = self._check.rule
        if rule in _REPLIES:
            for variant, text, reply in self._replies(rule):
                made = self._made(variant, text, replies=(self._of_this_answer(reply),))
                if rule == "framing":  # what does not arrive whole was not accepted either
                    valid = tuple(other.id for other, _ in self._draft.of_kind(Accepts))
                    made = replace(made, breaks=(*made.breaks, *valid))
                yield made
        elif rule in _RELATIONS:
            for variant, words, tell in wrong_relations(rule, self._flat, self._root, self._free_text()):
                if self._is_right(rule, variant):
                    continue
                if variant == "stale" or rule != "clock" or not self._is_referred_to() or variant in _GREATER:
                    yield self._value(variant, f"{self._subject} is {words}", tell, *self._ordered(rule, variant))
        elif rule == "not-before":
            yield self._before()
        elif rule == "required":
            yield self._value("", f"{self._subject} is left out", lambda moment, value: MISSING, "schema")
        elif rule == "schema":
            yield self._whole("", "the body is an array", lambda value: [value], *self._members())
        elif rule == "informative":
            yield from self._silent()
        else:
            yield from self._keyword(rule)

    def _made(self, variant: str, text: str, *also: str, **departures: Any) -> Fault:
        others = [f"{self._base}/{path}" for path in also]
        if "crashes" in self._more:
            others += ["response/any/no-server-error"]
            kinds = (Refuses, Withstands)
            others += [other.path for kind in kinds for other, _ in self._draft.of_kind(kind)]
        shown = text if self._family != "errors" else f"in answers of status {self._answer.status}, {text}"
        return self._draft.make(
            self._requirement, self._family, variant, shown, *others, **{**self._more, **departures}
        )

    def _concerns(self, moment: Moment) -> bool:
        return self._draft.contract.answer_for(moment.status) is self._answer

    def _of_this_answer(self, edit: Callable[[Reply], Reply]) -> ReplyEdit:
        return lambda moment, reply, world: edit(reply) if self._concerns(moment) else reply

    def _value(self, variant: str, text: str, tell: Telling, *also: str) -> Fault:
        def edit(moment: Moment, body: Any) -> Any:
            if not self._concerns(moment):
                return body
            return changed_at(body, self._check.path, lambda value: tell(moment, value))

        return self._made(variant, text, *also, values=(edit,))

    def _whole(self, variant: str, text: str, change: Callable[[Any], Any], *also: str) -> Fault:
        def edit(moment: Moment, body: Any) -> Any:
            return change(body) if self._concerns(moment) else body

        return self._made(variant, text, *also, values=(edit,))

    def _replies(self, rule: str) -> Iterator[tuple[str, str, Callable[[Reply], Reply]]]:
        match rule:
            case "status":
                documented = {a.status for a in self._draft.contract.successes}
                for status in (200, 201, 202):
                    if str(status) not in documented and "2XX" not in documented:
                        yield str(status), f"a created chat is answered with {status}", _with_status(status)
            case "framing":
                yield (
                    "",
                    "the body is shorter than announced",
                    lambda reply: Reply(reply.status, reply.body[:-1], reply.headers, len(reply.body)),
                )
            case "content-type":
                yield "text", "the body is said to be text/html", _with_type(b"text/html; charset=utf-8")
                yield "missing", "the body's media type is not said", _with_type(b"")
            case _:
                yield (
                    "truncated",
                    "the JSON text breaks off",
                    lambda reply: Reply(reply.status, reply.body[:-1], reply.headers),
                )
                yield (
                    "trailing",
                    "something follows the JSON text",
                    lambda reply: Reply(reply.status, reply.body + b"\nOK", reply.headers),
                )
                yield (
                    "page",
                    "the body is an HTML page",
                    lambda reply: Reply(reply.status, b"<!doctype html><title>Oops</title>", reply.headers),
                )

    def _keyword(self, keyword: str) -> Iterator[Fault]:
        fits = predicate(self._flat, self._root)
        for variant, words, change in violations(self._flat, keyword):
            if keyword == "format" or not _always_fits(fits, change, self._flat):
                also = self._relations() if keyword == "type" else ()
                made = self._value(variant, f"{self._subject} is {words}", _ignoring_moment(change), "schema", *also)
                yield replace(made, breaks=(*made.breaks, *self._links())) if keyword == "type" else made

    def _silent(self) -> Iterator[Fault]:
        required = self._root.get("required") or []

        def emptied(value: Any) -> Any:
            return dict.fromkeys(required, "") if isinstance(value, dict) else value

        yield self._whole("", "nothing is told", emptied)

    def _before(self) -> Fault:
        other = pointer.tokens_of(str((self._check.detail or {}).get("field", "")))

        def edit(moment: Moment, body: Any) -> Any:
            reference = pointer.lookup(body, other)
            if not self._concerns(moment) or reference is pointer.MISSING:
                return body
            return changed_at(body, self._check.path, lambda value: earlier(reference))

        return self._made("", f"{self._subject} is earlier than {'/'.join(other)}", values=(edit,))

    def _free_text(self) -> bool:
        """Whether this member repeats a part of the request in which a client may write what it likes."""
        expression = str((self._check.detail or {}).get("expression", "")) if self._check.rule == "equals" else ""
        if not expression.startswith(("$request.body", "$request.query", "$request.header")):
            return False
        path = pointer.tokens_of(expression.partition("#")[2])
        return all(path != place.path for place in resource_places(self._draft.contract) if place.refuses_unknown)

    def _is_right(self, rule: str, variant: str) -> bool:
        """Whether a wrong value is the right one here after all: the example's status in answers of that status."""
        example = str(self._flat.get("example", ""))
        return rule == "equals" and variant == "fixed" and example == self._answer.status

    def _is_referred_to(self) -> bool:
        """Whether another time must not be before this one, so that this one alone must not move ahead."""
        here = pointer.join("", *self._check.path)
        rules = [schema.get("x-chatcert-not-before") for schema in self._fields.values()]
        return any(isinstance(rule, dict) and rule.get("field") == here for rule in rules)

    def _relations(self) -> list[str]:
        """The other rules on the same member, none of which a value of another type can keep."""
        rules = ("enum", "const", "format", "unique", "equals", "initial", "clock", "clock-moves", "not-before")
        return [f"{'/'.join(self._check.path)}/{rule}" for rule in rules]

    def _links(self) -> list[str]:
        """The requirements that what one answer tells is of use in the next request."""
        if not self._check.status.startswith("2"):
            return []
        return [other.id for other, inner in self._draft.of_kind(Accepts) if inner.variation == "link"]

    def _members(self) -> list[str]:
        """The rules that something has to be there."""
        paths = ("/".join(path) for path in self._fields if path)
        return ["informative", *(f"{path}/{rule}" for path in paths for rule in ("promised", "required"))]

    def _ordered(self, rule: str, variant: str) -> Iterator[str]:
        """What else breaks where a member is missing, or a time is not where others expect it."""
        if variant == "dropped" and self._check.path[-1] in (self._fields[self._check.path[:-1]].get("required") or []):
            yield "schema"
        if variant in ("empty", "blank"):
            yield f"{'/'.join(self._check.path)}/unique"
        if rule == "clock-moves" and "x-chatcert-not-before" in self._flat:
            yield f"{'/'.join(self._check.path)}/not-before"
        if variant in _GREATER and self._is_referred_to():
            yield from (f"{'/'.join(path)}/not-before" for path in self._fields)


def _always_fits(fits: Callable[[Any], bool], change: Callable[[Any], Any], flat: Schema) -> bool:
    """Whether a change leaves a value valid; what depends on the value is tried on a plain one."""
    samples: dict[str, Any] = {"string": "text", "array": [], "object": {}, "integer": 1, "number": 1, "boolean": True}
    declared = flat.get("type")
    kind = declared[0] if isinstance(declared, list) else declared
    sample = (flat.get("enum") or [samples.get(str(kind), "text")])[0]
    return fits(change(sample))


def _ignoring_moment(change: Callable[[Any], Any]) -> Telling:
    return lambda moment, value: change(value)


def _with_status(status: int) -> Callable[[Reply], Reply]:
    return lambda reply: Reply(status, reply.body, reply.headers)


def _with_type(media_type: bytes) -> Callable[[Reply], Reply]:
    named = [(b"content-type", media_type)] if media_type else []
    return lambda reply: Reply(
        reply.status, reply.body, [*named, *(h for h in reply.headers if h[0] != b"content-type")]
    )


def wrong_refusals(draft: FaultDraft) -> Iterator[Fault]:
    """Faults in how a server refuses, whatever it says: the status and the kind of body."""
    contract = draft.contract
    for requirement, check in draft.of_kind(Answers):
        match check.status, check.rule:
            case "invalid", "status":
                told = contract.documented(400, 422) or not contract.documents_errors
                if not told:
                    continue  # the page names errors, and none for this: any refusal will do
                yield draft.make(
                    requirement,
                    "errors",
                    "conflict",
                    "an invalid request is answered with 409",
                    statuses=((Reason.INVALID, 409),),
                )
                refusals = [r for kind in (Refuses, RefusesPayload) for r, _ in draft.of_kind(kind)]
                if refusals and not contract.documents_errors:
                    yield from _refused_with_success(draft, refusals)
            case "invalid", "json-object":
                yield draft.make(
                    requirement,
                    "errors",
                    "text",
                    "an invalid request is refused with plain text",
                    replies=(_in_words(contract, Reason.INVALID, b"text/plain"),),
                )
            case "unauthenticated", "no-html":
                yield draft.make(
                    requirement,
                    "errors",
                    "",
                    "bad credentials are refused with a page for a browser",
                    replies=(_in_words(contract, Reason.CREDENTIALS, b"text/html"),),
                )
            case "unauthenticated", "status":
                yield draft.make(
                    requirement,
                    "errors",
                    "hidden",
                    "bad credentials are answered with 404",
                    statuses=((Reason.CREDENTIALS, 404),),
                )


def _refused_with_success(draft: FaultDraft, refusals: list[Requirement]) -> Iterator[Fault]:
    contract = draft.contract
    success = int(contract.successes[0].status) if contract.successes else 200
    base = f"response/{success}"
    others = [r.path for r in draft.requirements.values() if r.path.startswith(base)]
    yield draft.make(
        refusals[0],
        "errors",
        "success",
        f"an invalid request is told so with {success}",
        *(r.path for r in refusals),
        *others,
        statuses=((Reason.INVALID, success),),
    )


def _in_words(contract: Contract, reason: Reason, media_type: bytes) -> ReplyEdit:
    status = statuses_of(contract)[reason]

    def edit(moment: Moment, reply: Reply, world: World) -> Reply:
        if moment.status != status:
            return reply
        words = f"<!doctype html><title>{moment.message}</title>" if b"html" in media_type else moment.message
        return Reply(reply.status, words.encode(), [(b"content-type", media_type + b"; charset=utf-8")])

    return edit
