"""Faults that break *error*: a refusal has a wrong status or a wrong body."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.deviation.answer_rule import rules_on_answers
from chatcert.mock.deviation.deviations import CallTest, ReplyEdit, ValueEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.wrong_answers import wrong_answers
from chatcert.mock.service import Service, statuses_of
from chatcert.mock.validators import Validator
from chatcert.openapi.contract import Contract
from chatcert.openapi.refusal_marks import part_of
from chatcert.openapi.schemas.pointer import MISSING, tokens_of
from chatcert.requirements.check import AnswerGroup, Answers, KnowsResource, Rule
from chatcert.requirements.requirement import Kind, Requirement


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault or more for every rule on the answers to refused requests."""
    for rule in rules_on_answers(draft, Kind.ERROR):
        yield from wrong_answers(rule)
    for requirement, check in draft.family(Kind.ERROR, Answers):
        if check.rule is Rule.DOCUMENTED_STATUS:
            yield from _undocumented(draft, requirement)
        if check.rule is Rule.TWO_FAULTS and draft.contract.credentials and not draft.contract.serves_anonymous:
            text = "a body that is not JSON ends in a server error where no credentials came with it"
            yield draft.make(requirement, "", text, crashes=(_has_neither(draft.contract),))
        if check.rule is Rule.NAMES_FIELD:
            yield from _misnaming(draft, requirement, check)
        if check.rule is Rule.REFUSAL:
            yield from _refusal(draft, requirement, check)
        match check.status:
            case AnswerGroup.INVALID:
                yield from _invalid(draft, requirement, check.rule)
            case AnswerGroup.UNAUTHENTICATED:
                yield from _unauthenticated(draft, requirement, check.rule)


def _has_neither(contract: Contract) -> CallTest:
    names = [credential.name.lower() for credential in contract.credentials]

    def test(call: Call, body: Any, backend: Backend) -> bool:
        if any(call.header(name) for name in names) or not call.body:
            return False
        try:
            json.loads(call.body)
        except (ValueError, RecursionError):
            return True
        return False

    return test


def _refusal(draft: FaultDraft, requirement: Requirement, check: Answers) -> Iterator[Fault]:
    """Yield the faults of a refusal with the status of a success that does not have its form."""
    answer = next(answer for answer in draft.contract.successes if answer.status == check.status)
    status, path = int(answer.status), tokens_of(str((answer.refusal or {})["pointer"]))
    provoking = () if statuses_of(draft.contract)[Reason.INVALID] == status else ((Reason.INVALID, status),)
    changes: tuple[tuple[str, str, Callable[[Any], Any]], ...] = (
        ("empty", "says nothing else", lambda value: MISSING),
        ("type", "has members of other types", lambda value: 5 if isinstance(value, str | dict | list) else "no"),
    )
    composer, _ = Service(draft.contract, Backend.of(draft.contract, 0)).error(status)
    context = AnswerContext(Call(draft.contract.method, "/", {}, b"", []), MISSING, status, 0.0, "not valid")
    validator = Validator(part_of(answer, refused=True))
    for variant, text, change in changes:
        edit = _edit_of_refusals(status, path[0], change)
        if not validator.accepts(edit(context, composer.compose(context))):
            yield draft.make(
                requirement,
                variant,
                f"a refusal with status {status} {text}",
                statuses=provoking,
                values=(edit,),
            )


def _edit_of_refusals(status: int, kept: str, change: Callable[[Any], Any]) -> ValueEdit:
    """Return an edit of all members of a refusal with one status but for the one that tells it."""

    def edit(context: AnswerContext, body: Any) -> Any:
        if not context.message or context.status != status or not isinstance(body, dict):
            return body
        members = {name: value if name == kept else change(value) for name, value in body.items()}
        return {name: value for name, value in members.items() if value is not MISSING}

    return edit


def _invalid(draft: FaultDraft, requirement: Requirement, rule: str) -> Iterator[Fault]:
    contract = draft.contract
    match rule:
        case Rule.STATUS if contract.documented(400, 422) or not contract.documents_errors:
            # Where the page documents errors, and none for invalid requests, any refusal is right.
            yield draft.make(
                requirement,
                "conflict",
                "an invalid request is answered with 409",
                statuses=((Reason.INVALID, 409),),
            )
        case Rule.JSON_OBJECT:
            yield draft.make(
                requirement,
                "text",
                "an invalid request is refused with plain text",
                replies=(_as_text(contract, Reason.INVALID, b"text/plain"),),
            )


def _unauthenticated(draft: FaultDraft, requirement: Requirement, rule: str) -> Iterator[Fault]:
    match rule:
        case Rule.NO_HTML:
            yield draft.make(
                requirement,
                "",
                "bad credentials are refused with a page for a browser",
                replies=(_as_text(draft.contract, Reason.CREDENTIALS, b"text/html"),),
            )
        case Rule.STATUS:
            yield draft.make(
                requirement,
                "hidden",
                "bad credentials are answered with 404",
                statuses=((Reason.CREDENTIALS, 404),),
            )


def _undocumented(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    """Yield the faults of statuses that the document does not have and that have no rule of their own."""
    contract, statuses = draft.contract, statuses_of(draft.contract)
    if contract.documented(statuses[Reason.UNKNOWN]) and draft.paths(KnowsResource):
        yield draft.make(
            requirement,
            "unknown",
            "what does not exist is answered with 418",
            *draft.paths(KnowsResource),
            statuses=((Reason.UNKNOWN, 418),),
        )
    if contract.documented(*contract.bad_request_statuses):
        yield draft.make(
            requirement,
            "invalid",
            "an invalid request is answered with 406",
            *(path for path in draft.paths(Answers) if path.endswith(("/status", "/schema"))),
            statuses=((Reason.INVALID, 406),),
        )


def _misnaming(draft: FaultDraft, requirement: Requirement, check: Answers) -> Iterator[Fault]:
    """Yield the faults of errors that name another field than the one that is wrong."""
    for variant, text, name in (
        ("constant", "an error names the same field, whichever is wrong", "unrelated"),
        ("internal", "an error names a field of the database", "col_7"),
    ):

        def edit(context: AnswerContext, value: Any, other: str = name) -> Any:
            answer = draft.contract.answer_for(context.status)
            if not context.field or answer is None or answer.status != check.status:
                return value
            return _renamed(value, context.field, other)

        yield draft.make(requirement, variant, text, values=(edit,))


def _renamed(value: Any, field: str, other: str) -> Any:
    """Return an error in which another field is named, in messages too."""
    parts = [part for part in field.split(".") if len(part) > 1]
    if isinstance(value, str):
        for part in (field, *parts):
            value = value.replace(part, other)
        return value
    if isinstance(value, dict):
        return {other if name == field else name: _renamed(inner, field, other) for name, inner in value.items()}
    return [_renamed(inner, field, other) for inner in value] if isinstance(value, list) else value


def _as_text(contract: Contract, reason: Reason, media_type: bytes) -> ReplyEdit:
    """Return an edit that refuses for one reason with text of another media type than JSON."""
    status = statuses_of(contract)[reason]

    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        if context.status != status:
            return reply
        is_page = b"html" in media_type
        text = f"<!doctype html><title>{context.message}</title>" if is_page else context.message
        kept = [header for header in reply.headers if header[0] != b"content-type"]
        return Reply(reply.status, text.encode(), [(b"content-type", media_type + b"; charset=utf-8"), *kept])

    return edit
