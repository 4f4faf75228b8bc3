"""Faults that break *isolation*: answers that show what other requests held."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Reason, Reply
from chatcert.mock.deviation.deviations import ReplyEdit, ValueEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.service import statuses_of
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import flattened, walk
from chatcert.openapi.schemas.pointer import lookup
from chatcert.openapi.values.request_markers import free_texts
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Kind

Text = Callable[[AnswerContext], str]


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults of answers that show texts of earlier requests."""
    texts = free_texts(draft.contract)
    text = _text_of(texts or _names(draft.contract))
    statuses = statuses_of(draft.contract)
    for requirement, check in draft.family(Kind.ISOLATION, Answers):
        if check.rule is Rule.NO_OTHER_REQUEST:
            shown = "text of the request that was served" if texts else "name that was unknown"
            yield draft.make(
                requirement,
                "refusal",
                f"a refusal shows the {shown} before it",
                values=(_remembering(text, from_errors=not texts, in_errors=True),),
            )
            yield draft.make(
                requirement,
                "header",
                "a header shows the text of the request before it",
                replies=(_in_header(text),),
            )
            if not _has_text(draft.contract, texts):
                continue
            yield draft.make(
                requirement,
                "credentials",
                "an answer about a created chat shows the text of a request with bad credentials",
                values=(_remembering(text, from_errors=True, in_errors=False, only=statuses[Reason.CREDENTIALS]),),
            )
        else:
            yield draft.make(
                requirement,
                "",
                "an answer about a created chat shows the text of the chat before it",
                values=(_remembering(text, from_errors=False, in_errors=False),),
            )


def _names(contract: Contract) -> tuple[tuple[str, ...], ...]:
    """Return the fields of a body that name something, of which an unknown name is known again."""
    if contract.body is None:
        return ()
    fields = walk(contract.body.schema, contract.body.schema_pointer)
    return tuple(field.path for field in fields if "x-chatcert-resource" in field.schema)


def _has_text(contract: Contract, paths: tuple[tuple[str, ...], ...]) -> bool:
    """Return whether every request has a text: those with bad credentials have no optional fields."""
    schema = contract.body.schema if contract.body is not None else {}
    required = flattened(schema, schema).get("required") or ()
    return any(path[0] in required for path in paths)


def _text_of(paths: tuple[tuple[str, ...], ...]) -> Text:
    def text(context: AnswerContext) -> str:
        try:
            body = json.loads(context.call.body or b"null")
        except (ValueError, RecursionError):
            return ""
        found = (lookup(body, path) for path in paths)
        return next((value for value in found if isinstance(value, str)), "")

    return text


def _remembering(text: Text, *, from_errors: bool, in_errors: bool, only: int = 0) -> ValueEdit:
    """Return an edit that shows the last text of other requests as a member of its own.

    Args:
        from_errors: whether texts of refused requests are remembered, rather than those of served ones.
        in_errors: whether errors show them, rather than successes.
        only: the status of the refused requests whose texts are remembered.
    """
    last = ""

    def edit(context: AnswerContext, value: Any) -> Any:
        nonlocal last
        shown, is_error = last, bool(context.message)
        if is_error is from_errors and only in (0, context.status):
            last = text(context) or last
        if is_error is not in_errors or not shown or not isinstance(value, dict):
            return value
        return {**value, "previous": shown}

    return edit


def _in_header(text: Text) -> ReplyEdit:
    last = ""

    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        nonlocal last
        shown = last.encode("ascii", "replace")
        last = text(context) or last
        printable = bytes(byte if 32 <= byte < 127 else 63 for byte in shown)[:200]
        return Reply(reply.status, reply.body, [*reply.headers, (b"x-context", printable)], reply.announced)

    return edit
