"""Faults that break *security*: answers that show stack traces or credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.deviation.deviations import ReplyEdit, ValueEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.service import statuses_of
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Kind, Requirement

TRACES = {
    "python": 'Traceback (most recent call last):\n  File "/srv/app/chats.py", line 42, in create_chat\n'
    "    owner = payload['owner']\nKeyError: 'owner'",
    "java": 'java.lang.NullPointerException: Cannot invoke "String.length()"\n'
    "\tat com.example.chats.ChatService.create(ChatService.java:87)\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
    "node": "TypeError: Cannot read properties of undefined (reading 'id')\n"
    "    at createChat (/srv/app/routes/chats.js:10:15)\n    at Layer.handle (/srv/app/router/layer.js:95:5)",
}


INTERNALS = (
    ("database", "a message of a database", 'duplicate key value violates unique constraint "chats_pkey"'),
    (
        "driver",
        "the exception of a database's driver",
        "psycopg2.errors.UndefinedColumn: column chats.owner is unknown",
    ),
    ("file", "the path of a file", "cannot load the validator of /srv/app/schemas/chat.yaml"),
    ("runtime", "a message of the language's runtime", "'NoneType' object has no attribute 'strip'"),
)
"""Internals that a refusal shows: the variant of the fault, what it is, and the message."""


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for the requirements that no answer shows a stack trace or a credential."""
    invalid = statuses_of(draft.contract)[Reason.INVALID]
    for requirement, check in draft.family(Kind.SECURITY, Answers):
        match check.rule:
            case Rule.NO_STACK_TRACE:
                for language, trace in TRACES.items():
                    text = f"a refusal shows a stack trace of {language}"
                    yield draft.make(requirement, language, text, values=(_with_message(invalid, _constant(trace)),))
            case Rule.NO_INTERNAL_DETAIL:
                for variant, what, text in INTERNALS:
                    description = f"a refusal shows {what}"
                    yield draft.make(
                        requirement, variant, description, values=(_with_message(invalid, _constant(text)),)
                    )
                yield draft.make(
                    requirement,
                    "success",
                    "an answer about a created chat shows the statement that wrote it to the database",
                    values=(_with_statement,),
                )
            case Rule.NO_CREDENTIAL:
                yield from _repeating(draft, requirement)


def _repeating(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    """Yield the faults of answers that repeat the credentials of their requests."""
    statuses, presented = statuses_of(draft.contract), _presented(draft.contract)
    text = "a bad request is answered with its credentials"
    yield draft.make(requirement, "refusal", text, values=(_with_message(statuses[Reason.INVALID], presented),))
    text = "bad credentials are repeated in their refusal"
    refusing = _with_message(statuses[Reason.CREDENTIALS], presented)
    yield draft.make(requirement, "unauthenticated", text, values=(refusing,))
    text = "every answer repeats the credentials in a header"
    yield draft.make(requirement, "header", text, replies=(_in_header(presented),))


def _constant(text: str) -> Callable[[Call], str]:
    return lambda call: text


def _presented(contract: Contract) -> Callable[[Call], str]:
    def message(call: Call) -> str:
        values = [
            value
            for c in contract.credentials
            for value in (call.header_values(c.name) if c.location == "header" else call.query_values(c.name))
        ]
        return f"refused for {' and '.join(values)}"

    return message


def _with_message(status: int, message: Callable[[Call], str]) -> ValueEdit:
    """Return an edit that replaces the message in answers of one status."""

    def edit(context: AnswerContext, value: Any) -> Any:
        if context.status != status:
            return value
        text = message(context.call)
        if not isinstance(value, dict):
            return text if isinstance(value, str) else value
        holders = [name for name, inner in value.items() if inner == context.message]
        return {**value, **dict.fromkeys(holders[:1] or ["detail"], text)}

    return edit


def _with_statement(context: AnswerContext, value: Any) -> Any:
    if context.message or not isinstance(value, dict):
        return value
    return {**value, "debug": {"sql": "INSERT INTO chats (id, owner) VALUES ($1, $2)", "rows": 1}}


def _in_header(message: Callable[[Call], str]) -> ReplyEdit:
    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        value = message(context.call).strip().encode("latin-1", "replace")
        return Reply(reply.status, reply.body, [*reply.headers, (b"x-request-credentials", value)], reply.announced)

    return edit
