"""Faults that break *state*: a request fares worse because of what came before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.deviation.deviations import CallTest, ReplyEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.service import statuses_of
from chatcert.openapi.pointer import MISSING
from chatcert.requirements.check import ServesAfter, Trigger
from chatcert.requirements.requirement import Kind

Remembered = Callable[[AnswerContext], bool]
_ALSO = {Trigger.REFUSAL: ("state/after-aborted-upload",)}
"""What breaks as well: of an upload that is broken off, a server has a broken body to refuse."""
LARGE = 1_000_000
"""Bytes from which a body is large."""


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for every requirement on state."""
    successes = [f"response/{answer.status}/status" for answer in draft.contract.successes]
    for requirement, check in draft.family(Kind.STATE, ServesAfter):
        remembered, words = _triggers(draft)[check.trigger]
        also = [*successes, *_ALSO.get(check.trigger, ())]
        edit, test = _once_after(remembered)
        text = f"the first request after {words} is refused"
        yield draft.make(requirement, "refused", text, *also, replies=(edit,), refusals=(test,))
        edit, test = _once_after(remembered)
        text = f"the first request after {words} ends in a server error"
        yield draft.make(requirement, "crash", text, *also, replies=(edit,), crashes=(test,))


def _triggers(draft: FaultDraft) -> dict[Trigger, tuple[Remembered, str]]:
    statuses = statuses_of(draft.contract)
    return {
        Trigger.REFUSED_LOGIN: (lambda c: c.status == statuses[Reason.CREDENTIALS], "a refused login"),
        Trigger.REFUSAL: (lambda c: c.status == statuses[Reason.INVALID] and _is_broken(c.call), "a broken body"),
        Trigger.OVERSIZED_BODY: (lambda c: c.call.oversized or len(c.call.body) > LARGE, "a large body"),
        Trigger.ABORTED_UPLOAD: (lambda c: _is_cut_off(c.call), "an upload that was broken off"),
    }


def _is_broken(call: Call) -> bool:
    return 0 < len(call.body) < LARGE and not call.body.rstrip().endswith((b"}", b"]"))


def _is_cut_off(call: Call) -> bool:
    length = call.header("content-length") or ""
    return length.isdigit() and int(length) > len(call.body) and not call.oversized


def _once_after(remembered: Remembered) -> tuple[ReplyEdit, CallTest]:
    """Return an edit that notices what is remembered, and the test that the next call with a body passes once."""
    pending: list[bool] = []

    def notice(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        if remembered(context):
            pending[:] = [True]
        return reply

    def test(call: Call, body: Any, backend: Backend) -> bool:
        return body is not MISSING and bool(pending) and pending.pop()

    return notice, test
