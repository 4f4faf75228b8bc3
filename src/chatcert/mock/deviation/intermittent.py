"""Deviations that show in one of ten created chats."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reply
from chatcert.mock.deviation.deviations import CallTest, ReplyEdit, ValueEdit
from chatcert.mock.deviation.json_edits import changed_at
from chatcert.openapi.schemas.pointer import MISSING

EVERY = 10
VARIANT = "one-in-ten"


def tenth_call() -> CallTest:
    """Return a test that every tenth call with a body passes."""
    numbers = count(1)

    def test(call: Call, body: Any, backend: Backend) -> bool:
        return body is not MISSING and next(numbers) % EVERY == 0

    return test


def tenth_reply(change: Callable[[Reply], Reply]) -> ReplyEdit:
    """Return an edit that changes every tenth success."""
    numbers = count(1)

    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        return change(reply) if not context.message and next(numbers) % EVERY == 0 else reply

    return edit


def tenth_without(path: tuple[str, ...]) -> ValueEdit:
    """Return an edit that leaves out the member at ``path`` of every tenth success."""
    numbers = count(1)

    def edit(context: AnswerContext, body: Any) -> Any:
        if context.message or next(numbers) % EVERY:
            return body
        return changed_at(body, path, lambda value: MISSING)

    return edit


def tenth_repeating(path: tuple[str, ...]) -> ValueEdit:
    """Return an edit that repeats the previous value at ``path`` in every tenth success."""
    numbers = count(1)
    last: list[Any] = []

    def edit(context: AnswerContext, body: Any) -> Any:
        if context.message:
            return body

        def repeat(value: Any) -> Any:
            sent = last[0] if last and next(numbers) % EVERY == 0 else value
            last[:] = [sent]
            return sent

        return changed_at(body, path, repeat)

    return edit
