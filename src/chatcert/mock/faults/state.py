"""Faults that break *state*: a request fares worse because of what came before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.deviation.deviations import CallTest, ReplyEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.intermittent import tenth_call
from chatcert.mock.service import statuses_of
from chatcert.mock.validators import predicate
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Accepts, Answers, KnowsResource, ServesAfter, Trigger
from chatcert.requirements.requirement import Kind, Requirement

EVERY_TIME = "state/every-time"
"""What breaks with any state: the same request is answered otherwise at another time."""
Remembered = Callable[[AnswerContext], bool]
_ALSO = {Trigger.REFUSAL: ("state/after-aborted-upload",)}
"""What breaks as well: of an upload that is broken off, a server has a broken body to refuse."""
LARGE = 1_000_000
"""Bytes from which a body is large."""


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for every requirement on state."""
    successes = [f"response/{answer.status}/status" for answer in draft.contract.successes]
    for requirement, _ in draft.family(Kind.STATE, Answers):
        yield from _now_and_then(draft, requirement, successes)
    for requirement, check in draft.family(Kind.STATE, ServesAfter):
        remembered, words = _triggers(draft)[check.trigger]
        also = [*successes, EVERY_TIME, *_ALSO.get(check.trigger, ())]
        edit, test = _once_after(remembered)
        text = f"the first request after {words} is refused"
        yield draft.make(requirement, "refused", text, *also, replies=(edit,), refusals=(test,))
        edit, test = _once_after(remembered)
        text = f"the first request after {words} ends in a server error"
        yield draft.make(requirement, "crash", text, *also, replies=(edit,), crashes=(test,))


def _now_and_then(draft: FaultDraft, requirement: Requirement, successes: list[str]) -> Iterator[Fault]:
    """Yield the faults that a request meets by the number of those before it."""
    text = "one in ten valid requests is refused"
    also = [*successes, *draft.paths(Accepts, KnowsResource)]
    yield draft.make(requirement, "refused", text, *also, intermittent=True, refusals=(tenth_call(),))
    text = "one in ten valid requests ends in a server error"
    yield draft.make(requirement, "crash", text, "accepts/required-only", intermittent=True, crashes=(tenth_call(),))


def _triggers(draft: FaultDraft) -> dict[Trigger, tuple[Remembered, str]]:
    statuses = statuses_of(draft.contract)
    root = draft.contract.body.schema if draft.contract.body is not None else {}
    is_valid = predicate(root, root)  # an invalid body may be refused with the same status
    return {
        Trigger.REFUSED_LOGIN: (lambda c: c.status == statuses[Reason.CREDENTIALS], "a refused login"),
        Trigger.REFUSAL: (lambda c: c.status == statuses[Reason.INVALID] and _is_broken(c.call), "a broken body"),
        Trigger.INVALID_BODY: (lambda c: c.status == statuses[Reason.INVALID] and _is_whole(c.call), "a wrong field"),
        Trigger.UNKNOWN_NAME: (
            lambda c: (
                c.status == statuses[Reason.UNKNOWN]
                and (not c.call.body or (c.body is not MISSING and is_valid(c.body)))
            ),
            "an unknown name",
        ),
        Trigger.OVERSIZED_BODY: (lambda c: c.call.oversized or len(c.call.body) > LARGE, "a large body"),
        Trigger.ABORTED_UPLOAD: (lambda c: _is_cut_off(c.call), "an upload that was broken off"),
    }


def _is_broken(call: Call) -> bool:
    return 0 < len(call.body) < LARGE and not _is_whole(call)


def _is_whole(call: Call) -> bool:
    try:
        json.loads(call.body)
    except (ValueError, RecursionError):
        return False
    return len(call.body) < LARGE


def _is_cut_off(call: Call) -> bool:
    length = call.header("content-length") or ""
    return length.isdigit() and int(length) > len(call.body) and not call.oversized


def _once_after(remembered: Remembered) -> tuple[ReplyEdit, CallTest]:
    """Return an edit that notices what is remembered, and the test that the next call with a body passes once."""
    pending: list[bool] = []
    fired: list[Call] = []

    def notice(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        if remembered(context) and context.call not in fired:
            pending[:] = [True]
        return reply

    def test(call: Call, body: Any, backend: Backend) -> bool:
        fares_worse = body is not MISSING and bool(pending) and pending.pop()
        fired[:] = [call] if fares_worse else []
        return fares_worse

    return notice, test
