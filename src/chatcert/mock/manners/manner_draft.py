"""Build the manners of one contract: ids, and edits of answers that stay within their schemas."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.call import Call, Reason
from chatcert.mock.deviation.deviations import ValueEdit
from chatcert.mock.manners.samples import Sample, samples
from chatcert.mock.manners.variations import Manner, Variations
from chatcert.mock.service import statuses_of
from chatcert.mock.validators import Predicate, Validator
from chatcert.openapi.contract import Answer, Contract, Schema
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING

Change = Callable[[Any], Any]
EditPlan = Iterable[tuple[tuple[str, ...], Change]]
EditPlanner = Callable[[Sequence[Field]], EditPlan]
"""Given the fields of one documented answer, returns what to change at which path."""

RULED = ("x-chatcert-equals", "x-chatcert-initial", "x-chatcert-constant", "x-chatcert-reply")
"""Rules that determine a value exactly."""

_SEEN_IN_SAMPLES = ("values", "answers")


@dataclass(frozen=True, slots=True)
class MannerDraft:
    """Builds the manners of one contract.

    Attributes:
        samples: exchanges with a plain mock of this contract.
    """

    contract: Contract
    samples: tuple[Sample, ...] = field(repr=False)

    @classmethod
    def of(cls, contract: Contract) -> MannerDraft:
        """Return a draft with samples of a plain mock of this contract."""
        return cls(contract, samples(contract))

    def make(self, name: str, description: str, **variations: Any) -> Manner:
        """Return a manner; ``variations`` are fields of ``Variations``."""
        return Manner(f"{self.contract.vendor}/manner/{name}", description, Variations(**variations))

    def shows(self, manner: Manner) -> bool:
        """Return whether a client can notice the manner: edits have to change a sample, all else is always noticed."""
        variations = manner.variations
        if any(getattr(variations, name) for name in Variations.__dataclass_fields__ if name not in _SEEN_IN_SAMPLES):
            return True
        return any(
            any(_written(edit(sample.context, sample.value)) != _written(sample.value) for edit in variations.values)
            or any(edit(bodiless(sample.call), sample.reply) != sample.reply for edit in variations.answers)
            for sample in self.samples
        )

    def edit(self, planner: EditPlanner, *, successes: bool = True, errors: bool = True) -> ValueEdit:
        """Return an edit of the fields that ``planner`` chooses; changes that would break the schema are left out."""
        known: dict[str, tuple[list[tuple[tuple[str, ...], Change]], Predicate]] = {}

        def edited(context: AnswerContext, body: Any) -> Any:
            if not (errors if context.message else successes):
                return body
            answer = self._answer(context.status)
            key = answer.status if answer is not None else ""
            if key not in known:
                schema: Schema = (answer.schema if answer is not None else None) or {}
                known[key] = list(planner(tuple(walk(schema, "")))), Validator(schema).accepts
            plan, accepts = known[key]
            for path, change in plan:
                changed = changed_everywhere(body, path, change)
                body = changed if accepts(changed) else body
            return body

        return edited

    def _answer(self, status: int) -> Answer | None:
        """Return the documented answer of a status; the one for bad requests if the status is undocumented."""
        found = self.contract.answer_for(status)
        return found or self.contract.answer_for(statuses_of(self.contract)[Reason.INVALID])


def changed_everywhere(value: Any, path: Sequence[str], change: Change) -> Any:
    """Return a copy of ``value`` with ``change`` applied at ``path``; a change to ``MISSING`` removes the member.

    ``*`` matches every item of an array and every member of an object.
    """
    if not path:
        return change(value)
    head, rest = path[0], path[1:]
    if isinstance(value, list) and head == ANY:
        items = [changed_everywhere(item, rest, change) for item in value]
        return [item for item in items if item is not MISSING]
    if isinstance(value, dict):
        members = {
            name: changed_everywhere(inner, rest, change) if head in (name, ANY) else inner
            for name, inner in value.items()
        }
        return {name: inner for name, inner in members.items() if inner is not MISSING}
    return value


def free(places: Sequence[Field]) -> list[Field]:
    """Return the fields whose values no rule determines, neither there nor above."""
    fixed = [place.path for place in places if any(rule in place.schema for rule in RULED)]
    return [place for place in places if not any(place.path[: len(path)] == path for path in fixed)]


def bodiless(call: Call) -> Call:
    """Return a call without its body and its path parameters, as edits of answers get it."""
    return Call(call.method, call.path, {}, call.query, call.headers)


def _written(value: Any) -> str:
    return json.dumps(value)
