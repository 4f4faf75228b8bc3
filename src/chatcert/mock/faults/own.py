"""Faults that break own rules: each rule brings its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reply
from chatcert.mock.deviation.deviations import Deviations, ReplyEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.requirements.check import Own
from chatcert.requirements.own_rule import AnswerEdit, InstalledRule, OwnAnswer, OwnRequest
from chatcert.requirements.requirement import Kind


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the fault of each own rule."""
    for requirement, check in draft.family(Kind.OWN, Own):
        text = f"answers break the own rule {check.installed.rule.name}"
        yield draft.make(requirement, "", text, replies=(_reply_edit(check.installed.rule.fault),))


def keeping(rules: Iterable[InstalledRule]) -> Deviations:
    """Return what a mock adds to its answers so that they keep own rules, where it does not keep them by itself."""
    edits = [installed.rule.keep for installed in rules]
    return Deviations(replies=tuple(_reply_edit(edit) for edit in edits if edit is not None))


def _reply_edit(edit: AnswerEdit) -> ReplyEdit:
    def edited(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        given = OwnAnswer(
            reply.status,
            {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in reply.headers},
            reply.body,
        )
        answer = edit(_request(context.call), given)
        if answer == given:
            return reply
        headers = [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in answer.headers.items()
        ]
        return Reply(answer.status, answer.body, headers)

    return edited


def _request(call: Call) -> OwnRequest:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in call.headers}
    return OwnRequest(call.method, call.path, call.query.decode("latin-1"), headers, call.body)
