"""One rule of the catalogue on one documented answer, and the faults that break this rule only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.call import Reason, Reply
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.json_edits import changed_at
from chatcert.mock.deviation.malformed_requests import breaks_schema
from chatcert.mock.service import statuses_of
from chatcert.openapi.contract import OF_SUCCESS, Answer, Contract, Schema
from chatcert.openapi.schemas import pointer
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.requirements.check import Answers, Refuses, Rule, Withstands
from chatcert.requirements.requirement import Kind, Requirement

WrongValue = Callable[[AnswerContext, Any], Any]
"""Given the context of an answer and the right value of a member, returns a wrong one."""


class AnswerRule:
    """One rule on one documented answer.

    Args:
        provoking: the deviations that make the mock give this answer.

    Attributes:
        root: the standalone schema of the answer's body.
        fields: the schema of each field of the answer, by its path.
        schema: the schema of the field that the rule is about.
        subject: the name of that field, for descriptions.
    """

    def __init__(
        self,
        draft: FaultDraft,
        requirement: Requirement,
        check: Answers,
        answer: Answer,
        provoking: Mapping[str, Any],
    ) -> None:
        self.draft, self.requirement, self.check, self.answer = draft, requirement, check, answer
        self._provoking = provoking
        self.root: Schema = answer.schema or {}
        self.fields = _schemas_in(self.root)
        self.schema = self.fields.get(check.path, {})
        self.subject = "/".join(check.path) or "the body"

    @property
    def is_success(self) -> bool:
        """Return whether the rule applies to answers to valid requests."""
        return self.check.status.startswith(OF_SUCCESS)

    def make(self, variant: str, text: str, *also: str, **deviations: Any) -> Fault:
        """Return a fault that breaks this rule.

        Args:
            also: paths of further rules on the same answer that break with it.
            deviations: fields of ``Deviations``, and ``intermittent``.
        """
        others = [f"response/{self.answer.status}/{path}" for path in also]
        if "crashes" in self._provoking:
            others += ["response/any/no-server-error", *self.draft.paths(Refuses, Withstands)]
        description = text if self.is_success else f"in answers of status {self.answer.status}, {text}"
        return self.draft.make(self.requirement, variant, description, *others, **{**self._provoking, **deviations})

    def reply_fault(self, variant: str, text: str, change: Callable[[Reply], Reply]) -> Fault:
        """Return the fault of changing the whole reply."""
        return self.make(
            variant,
            text,
            replies=(lambda context, reply, backend: change(reply) if self._covers(context) else reply,),
        )

    def body_fault(self, variant: str, text: str, change: Callable[[Any], Any], *also: str) -> Fault:
        """Return the fault of changing the whole body."""
        return self.make(
            variant,
            text,
            *also,
            values=(lambda context, body: change(body) if self._covers(context) else body,),
        )

    def value_fault(self, variant: str, text: str, wrong: WrongValue, *also: str) -> Fault:
        """Return the fault of changing the value at the path of the rule."""

        def edit(context: AnswerContext, body: Any) -> Any:
            if not self._covers(context):
                return body
            return changed_at(body, self.check.path, lambda value: wrong(context, value))

        return self.make(variant, text, *also, values=(edit,))

    def value_fault_beside(self, text: str, other: tuple[str, ...], wrong: Callable[[Any], Any]) -> Fault:
        """Return the fault of replacing the value by one that is made from the value at another path."""

        def edit(context: AnswerContext, body: Any) -> Any:
            reference = pointer.lookup(body, other)
            if not self._covers(context) or reference is pointer.MISSING:
                return body
            return changed_at(body, self.check.path, lambda value: wrong(reference))

        return self.make("", text, values=(edit,))

    def _covers(self, context: AnswerContext) -> bool:
        """Return whether the rule applies to an answer. Streams have their own rules, except on status and headers."""
        is_around = self.check.header or self.check.rule in (Rule.STATUS, Rule.FRAMING, Rule.CONTENT_TYPE)
        if context.stream != self.check.stream and (self.check.stream or not is_around):
            return False
        return self.draft.contract.answer_for(context.status) is self.answer


def rules_on_answers(draft: FaultDraft, kind: Kind) -> Iterator[AnswerRule]:
    """Yield the rules of one family on documented answers that the mock can give."""
    answers = {answer.status: answer for answer in draft.contract.answers}
    for requirement, check in draft.family(kind, Answers):
        answer = answers.get(check.status)
        if answer is None or check.rule in (Rule.REFUSAL, Rule.NAMES_FIELD):
            continue
        if check.status.startswith(OF_SUCCESS):
            if answer is draft.contract.successes[0]:
                yield AnswerRule(draft, requirement, check, answer, {})
            continue
        provoking = _provoking(draft.contract, answer)
        if provoking is not None:
            yield AnswerRule(draft, requirement, check, answer, provoking)


def _provoking(contract: Contract, answer: Answer) -> dict[str, Any] | None:
    """Return the deviations with which the mock gives an error answer; ``None`` where no client can ask for it."""
    statuses = statuses_of(contract)
    for reason in (Reason.INVALID, Reason.CREDENTIALS, Reason.UNKNOWN, Reason.METHOD, Reason.MEDIA_TYPE, Reason.SIZE):
        if contract.answer_for(statuses[reason]) is answer:
            return {}
    if answer.status.isdigit() and int(answer.status) in contract.refusal_statuses:
        return {"statuses": ((Reason.CREDENTIALS, int(answer.status)),)}
    if answer.status.isdigit() and int(answer.status) in contract.bad_request_statuses:
        return {"statuses": ((Reason.INVALID, int(answer.status)),)}
    if answer.status == str(statuses[Reason.CRASH]) and contract.body is not None:
        return {"crashes": (breaks_schema(contract),)}
    return None


@memoise_by_identity(maxsize=64)
def _schemas_in(root: Schema) -> dict[tuple[str, ...], Schema]:
    """Return the schema of each field of an answer, by its path; every rule on the answer needs them."""
    return {field.path: field.schema for field in walk(root, "")}
