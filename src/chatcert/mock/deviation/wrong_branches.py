"""Break rules on an alternative of an answer, while the answer still names that alternative."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from chatcert.mock.deviation.answer_rule import AnswerRule
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.json_edits import changed_at
from chatcert.mock.deviation.schema_violation import violations
from chatcert.mock.examples import instance
from chatcert.openapi.schemas.alternatives import alternatives_of, chosen, field_at
from chatcert.openapi.schemas.branch_choice import values_of_branch
from chatcert.openapi.schemas.branched_fields import branched_fields
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Rule

Change = Callable[[Any], Any]


def wrong_branches(rule: AnswerRule) -> Iterator[Fault]:
    """Yield the faults that break one rule on an alternative, where the mock answers with that alternative."""
    for variant, text, path, change in _changes(rule):
        if _is_named_still(rule, path, change):
            yield rule.body_fault(variant, text, partial(changed_at, path=path, change=change))


def wrong_discriminators(rule: AnswerRule) -> Iterator[Fault]:
    """Yield the fault of a discriminator that names no alternative, where the mock answers with one that does."""
    body, path = instance(rule.root, rule.root, everything=True), rule.check.path
    meant = list(values_of_branch(body, rule.root, rule.root, rule.check.choices)) if rule.check.choices else [body]
    if meant and changed_at(body, path, _unnamed) != body:
        around = "/".join(path[:-1])
        also = [f"{around}/{keyword}" if around else keyword for keyword in (Rule.ONE_OF, Rule.ANY_OF)]
        text = f"{rule.subject} names no documented alternative"
        yield rule.body_fault("", text, partial(changed_at, path=path, change=_unnamed), "schema", *also)


def _unnamed(value: Any) -> Any:
    return "undocumented_kind" if isinstance(value, str) else value


def _changes(rule: AnswerRule) -> Iterator[tuple[str, str, tuple[str, ...], Change]]:
    """Yield ways to break the rule as (variant, description, place, change)."""
    path, subject = rule.check.path, rule.subject
    match rule.check.rule:
        case Rule.BRANCH:
            for number, other in enumerate(_others(rule)):
                yield str(number or ""), f"{subject} is two alternatives at once", path, _with(other)
        case Rule.REQUIRED:
            yield "", f"{subject} is left out", path, lambda value: MISSING
        case keyword:
            field = next(
                (
                    one
                    for one in branched_fields(rule.root, "")
                    if (one.path, one.choices) == (path, rule.check.choices)
                ),
                None,
            )
            for variant, text, change in violations(field.schema, keyword) if field is not None else ():
                yield variant, f"{subject} is {text}", path, change


def _with(other: dict[str, Any]) -> Change:
    return lambda value: {**other, **value} if isinstance(value, dict) else value


def _others(rule: AnswerRule) -> Iterator[dict[str, Any]]:
    """Yield objects of the other alternatives, where the alternatives are the outermost ones."""
    choice = rule.check.choices[-1]
    flat = field_at(rule.root, choice.path, rule.root) if len(rule.check.choices) == 1 else None
    if flat is None or choice.keyword != Rule.ONE_OF:
        return
    alternatives = alternatives_of(flat)[choice.slot]
    for number in alternatives.values:
        value = (
            instance(chosen(flat, alternatives, number, rule.root), rule.root) if number != choice.index else MISSING
        )
        if isinstance(value, dict):
            yield value


def _is_named_still(rule: AnswerRule, path: tuple[str, ...], change: Change) -> bool:
    """Return whether an answer that was changed still names the alternative, and breaks its schema."""
    body = instance(rule.root, rule.root, everything=True)
    wrong = changed_at(body, path, change)
    meant = list(values_of_branch(wrong, rule.root, rule.root, rule.check.choices))
    return body != wrong and any(
        not one.validator.is_valid(one.value) or any(other.is_valid(one.value) for other in one.others) for one in meant
    )
