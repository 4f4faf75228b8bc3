"""Faults in what a server gives away: stack traces and credentials."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.faults.deviations import Fault, ReplyEdit, ValueEdit
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.service import statuses_of
from chatcert.mock.world import World
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import Answers

FAMILY = "security"

TRACES = {
    "python": 'Traceback (most recent call last):\n  File "/srv/app/chats.py", line 42, in create_chat\n'
    "    owner = payload['owner']\nKeyError: 'owner'",
    "java": 'java.lang.NullPointerException: Cannot invoke "String.length()"\n'
    "\tat com.example.chats.ChatService.create(ChatService.java:87)\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
    "node": "TypeError: Cannot read properties of undefined (reading 'id')\n"
    "    at createChat (/srv/app/routes/chats.js:10:15)\n    at Layer.handle (/srv/app/router/layer.js:95:5)",
}


def security_faults(draft: FaultDraft) -> Iterator[Fault]:
    """Faults for the requirements that no answer shows a stack trace or a credential."""
    contract = draft.contract
    invalid = statuses_of(contract)[Reason.INVALID]
    for requirement, check in draft.of_kind(Answers):
        if check.rule == "no-stack-trace":
            for language, trace in TRACES.items():
                yield draft.make(
                    requirement,
                    FAMILY,
                    language,
                    f"a refusal shows a stack trace of {language}",
                    values=(_saying(invalid, _constantly(trace)),),
                )
        elif check.rule == "no-credential":
            presented = _presented(contract)
            yield draft.make(
                requirement,
                FAMILY,
                "refusal",
                "a bad request is told its credentials",
                values=(_saying(invalid, presented),),
            )
            yield draft.make(
                requirement,
                FAMILY,
                "unauthenticated",
                "bad credentials are repeated where refused",
                values=(_saying(statuses_of(contract)[Reason.CREDENTIALS], presented),),
            )
            yield draft.make(
                requirement,
                FAMILY,
                "header",
                "every answer repeats the credentials in a header",
                replies=(_in_header(presented),),
            )


def _constantly(text: str) -> Callable[[Call], str]:
    return lambda call: text


def _presented(contract: Contract) -> Callable[[Call], str]:
    def told(call: Call) -> str:
        values = [
            value
            for c in contract.credentials
            for value in (call.header_values(c.name) if c.location == "header" else call.query_values(c.name))
        ]
        return f"refused for {' and '.join(values)}"

    return told


def _saying(status: int, tell: Callable[[Call], str]) -> ValueEdit:
    """Puts a text in the place of the message of answers of one status."""

    def edit(moment: Moment, value: Any) -> Any:
        if moment.status != status:
            return value
        text = tell(moment.call)
        if not isinstance(value, dict):
            return text if isinstance(value, str) else value
        said = [name for name, inner in value.items() if inner == moment.message]
        return {**value, **dict.fromkeys(said[:1] or ["detail"], text)}

    return edit


def _in_header(tell: Callable[[Call], str]) -> ReplyEdit:
    def edit(moment: Moment, reply: Reply, world: World) -> Reply:
        value = tell(moment.call).strip().encode("latin-1", "replace")
        return Reply(reply.status, reply.body, [*reply.headers, (b"x-request-credentials", value)], reply.announced)

    return edit
