"""Faults that show now and then: one in ten created chats is answered wrongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import MISSING, Call, Reply
from chatcert.mock.faults.deviations import CallTest, Fault, ReplyEdit, ValueEdit
from chatcert.mock.faults.edits import changed_at
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.faults.relation import Telling
from chatcert.mock.world import World
from chatcert.requirements.check import Accepts, Answers, KnowsResource

FAMILY = "constancy"
EVERY = 10

_VARIANT = "one-in-ten"


def constancy_faults(draft: FaultDraft) -> Iterator[Fault]:
    """Faults in every tenth success."""
    for requirement, check in draft.of_kind(Answers):
        success = check.status.startswith("2")
        if check.rule == "no-server-error":
            yield draft.make(
                requirement,
                FAMILY,
                _VARIANT,
                "one in ten valid requests ends in a server error",
                "accepts/required-only",
                crashes=(_tenth_call(),),
            )
        elif success and check.rule == "status":
            yield draft.make(
                requirement,
                FAMILY,
                _VARIANT,
                "one in ten created chats is answered with 202",
                replies=(_tenth_reply(lambda reply: Reply(202, reply.body, reply.headers)),),
            )
            hit = [other.path for kind in (Accepts, KnowsResource) for other, _ in draft.of_kind(kind)]
            yield draft.make(
                requirement,
                FAMILY,
                f"{_VARIANT}-refused",
                "one in ten valid requests is refused",
                *hit,
                refusals=(_tenth_call(),),
            )
        elif success and check.rule in ("promised", "required"):
            yield draft.make(
                requirement,
                FAMILY,
                _VARIANT,
                f"one in ten answers lacks {'/'.join(check.path)}",
                values=(_tenth_value(check.path, lambda moment, value: MISSING),),
            )
        elif success and check.rule == "unique":
            yield draft.make(
                requirement,
                FAMILY,
                _VARIANT,
                f"one in ten answers repeats {'/'.join(check.path)}",
                values=(_repeating(check.path),),
            )


def _tenth_call() -> CallTest:
    numbers = count(1)

    def test(call: Call, body: Any, world: World) -> bool:
        return body is not MISSING and next(numbers) % EVERY == 0

    return test


def _tenth_reply(change: Callable[[Reply], Reply]) -> ReplyEdit:
    numbers = count(1)

    def edit(moment: Moment, reply: Reply, world: World) -> Reply:
        return change(reply) if not moment.message and next(numbers) % EVERY == 0 else reply

    return edit


def _tenth_value(path: tuple[str, ...], tell: Telling) -> ValueEdit:
    numbers = count(1)

    def edit(moment: Moment, body: Any) -> Any:
        if moment.message or next(numbers) % EVERY:
            return body
        return changed_at(body, path, lambda value: tell(moment, value))

    return edit


def _repeating(path: tuple[str, ...]) -> ValueEdit:
    numbers = count(1)
    last: list[Any] = []

    def edit(moment: Moment, body: Any) -> Any:
        if moment.message:
            return body

        def tell(value: Any) -> Any:
            told = last[0] if last and next(numbers) % EVERY == 0 else value
            last[:] = [told]
            return told

        return changed_at(body, path, tell)

    return edit
