"""What the judge says of a requirement, and what all verdicts together mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class VerdictKind(StrEnum):
    """The kinds of verdicts, worst first.

    ``not-run`` ranks above ``warn``: a requirement that was not tried may be broken, which weighs more than a remark.
    """

    ERROR = "error"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_RUN = "not-run"
    WARN = "warn"
    WAIVED = "waived"
    NOT_APPLICABLE = "not-applicable"
    PASS = "pass"


WORST_FIRST: Final = tuple(VerdictKind)
JUDGED: Final = (VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.WARN, VerdictKind.WAIVED)
"""Kinds that say whether a requirement is broken."""
UNJUDGED: Final = (VerdictKind.ERROR, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN)
"""Kinds of requirements that should have been judged and were not."""
NEEDS_REASON: Final = (*UNJUDGED, VerdictKind.NOT_APPLICABLE)
"""Kinds that a verdict gives a reason for."""
NOT_TESTED: Final = (VerdictKind.NOT_RUN, VerdictKind.NOT_APPLICABLE)
"""Kinds of requirements that no request has put to the test."""
NOT_FROM_EXCHANGES: Final = (VerdictKind.NOT_RUN, VerdictKind.ERROR)
"""Kinds that do not follow from the exchanges of a run."""


class Outcome(StrEnum):
    """What a report concludes."""

    CONFORMANT = "conformant"
    CONFORMANT_WITH_REMARKS = "conformant-with-remarks"
    NOT_CONFORMANT = "not-conformant"
    NO_VERDICT = "no-verdict"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in a form that a reader can check.

    Attributes:
        title: one line.
        expected: what the contract asks for.
        actual: what came.
        curl: a command that shows it again, the credential taken from its environment variable.
        exchanges: numbers of the exchanges that show it.
        occurrences: how many exchanges show it.
        observed: of how many that could have.
    """

    title: str
    expected: str
    actual: str
    curl: str = ""
    exchanges: tuple[int, ...] = ()
    occurrences: int = 0
    observed: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judge's word on one requirement.

    Attributes:
        cases: how many exchanges were judged.
        non_vacuous: how many of them could have shown a breach (the rest are vacuous).
        reason: why it is not-applicable, inconclusive, not-run, waived or an error; empty otherwise.
        exchanges: numbers of the judged exchanges.
        attempts: how often their requests were sent, those included that did not count.
    """

    requirement: str
    kind: VerdictKind
    cases: int = 0
    non_vacuous: int = 0
    reason: str = ""
    finding: Finding | None = None
    exchanges: tuple[int, ...] = field(default=())
    attempts: int = 0


OUTCOME_RULE = 1
"""Version of the rule below; a report names the one that gave its outcome."""


def outcome_of(words: Iterable[VerdictKind]) -> Outcome:
    """The outcome of a report: total, and monotone in every verdict.

    A breach is known however little else is. Without one, whatever could not be judged leaves no verdict, and
    nothing is conformant of which not a single requirement passed. *No verdict* and *not conformant* rank alike:
    neither is a certificate.
    """
    present = set(words)
    if VerdictKind.FAIL in present:
        return Outcome.NOT_CONFORMANT
    if VerdictKind.PASS not in present or present & {VerdictKind.ERROR, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN}:
        return Outcome.NO_VERDICT
    if present & {VerdictKind.WARN, VerdictKind.WAIVED}:
        return Outcome.CONFORMANT_WITH_REMARKS
    return Outcome.CONFORMANT


def exit_code_of(words: Iterable[VerdictKind], *, fail_on_warn: bool = False) -> int:
    """The process exit status that a set of verdicts leads to.

    0 conformant, 1 not conformant, 70 an error of ours, 75 no verdict.
    """
    present = set(words)
    outcome = outcome_of(present)
    if outcome is Outcome.NOT_CONFORMANT or (fail_on_warn and VerdictKind.WARN in present):
        return 1
    if VerdictKind.ERROR in present:
        return 70
    return 75 if outcome is Outcome.NO_VERDICT else 0
