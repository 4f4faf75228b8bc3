"""Blame by answers: what the same answers show that are unreadable, of another form, or written by one clock."""

from __future__ import annotations

from collections.abc import Sequence

from chatcert.judge.blame.failures import Failure, Folds, Run
from chatcert.judge.response import BROKEN_FRAMING
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Kind

_FORMS = (Rule.CONTENT_TYPE, Rule.JSON, Rule.SCHEMA, Rule.TYPE, Rule.FORMAT)
"""Rules on the form of an answer, without which it cannot hold what it has to."""


def garbled(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what fails because answers do not arrive whole under the rule that they do."""
    for cause in left:
        check = cause.requirement.check
        if not isinstance(check, Answers) or check.rule is not Rule.FRAMING:
            continue
        for failure in left:
            is_garbled = all(e.error is not None and e.error.kind in BROKEN_FRAMING for e in failure.exchanges)
            if is_garbled and failure.is_within(cause):
                yield failure, cause, "the answers that break it do not arrive whole"


def of_another_form(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what answers have to hold under the rule on their form that the same answers break."""
    for cause in left:
        form = cause.requirement.check
        if not isinstance(form, Answers) or form.rule not in _FORMS or form.header:
            continue
        for failure in left:
            check = failure.requirement.check
            if not isinstance(check, Answers) or check.status != form.status or check.header:
                continue
            is_later = check.rule not in _FORMS or _FORMS.index(check.rule) > _FORMS.index(form.rule)
            is_inside = check.path[: len(form.path)] == form.path and check.rule is not Rule.STATUS
            is_same = failure.is_within(cause) and (form.rule is not Rule.SCHEMA or cause.is_within(failure))
            if is_later and is_inside and is_same:
                yield failure, cause, "the answers that break it have another form than the documented one"


def with_one_clock(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the times that the same answers have wrong under the first of them."""
    for rule in (Rule.CLOCK, Rule.CLOCK_MOVES):
        clocks = [f for f in left if f.requirement.kind is Kind.RELATION and _rule(f) is rule]
        for failure in clocks[1:]:
            if failure.is_within(clocks[0]) and clocks[0].is_within(failure):
                yield failure, clocks[0], "the same answers have this time wrong too: one clock writes both"


def _rule(failure: Failure) -> Rule | None:
    check = failure.requirement.check
    return check.rule if isinstance(check, Answers) else None
