"""Verdicts on requirements, their findings, and the outcome that all verdicts of a run lead to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from chatcert.judge.claims import Claim


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
BREACHES: Final = (VerdictKind.FAIL, VerdictKind.WARN)
"""Kinds of broken requirements that no waiver covers."""
REMARKS: Final = (VerdictKind.WARN, VerdictKind.WAIVED)
"""Kinds that leave an outcome conformant, with remarks."""
UNJUDGED: Final = (VerdictKind.ERROR, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN)
"""Kinds of requirements that should have been judged and were not."""
NEEDS_REASON: Final = (*UNJUDGED, VerdictKind.NOT_APPLICABLE)
"""Kinds that a verdict gives a reason for."""
NOT_TESTED: Final = (VerdictKind.NOT_RUN, VerdictKind.NOT_APPLICABLE)
"""Kinds of requirements that no request has put to the test."""
NOT_FROM_EXCHANGES: Final = (VerdictKind.NOT_RUN, VerdictKind.ERROR)
"""Kinds that do not follow from the exchanges of a run."""


class Outcome(StrEnum):
    """The conclusion of a report."""

    CONFORMANT = "conformant"
    CONFORMANT_WITH_REMARKS = "conformant-with-remarks"
    NOT_CONFORMANT = "not-conformant"
    NO_VERDICT = "no-verdict"


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in a form that a reader can reproduce.

    Attributes:
        title: one line.
        expected: what the contract requires.
        actual: what the server answered.
        curl: commands that reproduce it, a line each; they take the credentials from environment variables.
        exchanges: numbers of exchanges that show it, the smallest one first.
        occurrences: how many exchanges show it.
        observed: how many exchanges could have shown it.
        cause: what the server answered, without what differs from case to case.
        also: findings on the same requirement with another cause, each with its own exchanges.
        claims: what the finding says of exchanges.
        request_id: the correlation id of the first of the exchanges; empty where it had none.
    """

    title: str
    expected: str
    actual: str
    curl: str = ""
    exchanges: tuple[int, ...] = ()
    occurrences: int = 0
    observed: int = 0
    cause: str = ""
    also: tuple[Finding, ...] = ()
    claims: tuple[Claim, ...] = field(default=(), repr=False)
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement on one requirement.

    Attributes:
        cases: how many exchanges were judged.
        non_vacuous: how many of them could have shown a breach.
        reason: why it is not-applicable, inconclusive, not-run, waived or an error; of a pass, what is worth knowing.
        exchanges: numbers of the judged exchanges.
        attempts: how often their requests were sent, repeated ones included.
        claims: what the reason says of exchanges.
    """

    requirement: str
    kind: VerdictKind
    cases: int = 0
    non_vacuous: int = 0
    reason: str = ""
    finding: Finding | None = None
    exchanges: tuple[int, ...] = field(default=())
    attempts: int = 0
    claims: tuple[Claim, ...] = field(default=(), repr=False)


OUTCOME_RULE = 1
"""Version of ``outcome_of``; a report names the version that its outcome rests on."""
SELECTION_RULE = 2
"""The version where the profile left requirements of a large document out: they are no part of the kinds."""


def outcome_of(kinds: Iterable[VerdictKind], *, left_out: bool = False) -> Outcome:
    """Return the outcome of a report, a total function that is monotone in every verdict.

    One breach suffices for *not conformant*. Without a breach, a requirement that could not be judged leaves no
    verdict, and so does a run in which no requirement passed. *No verdict* and *not conformant* rank alike: neither is
    a certificate.

    Args:
        left_out: whether the profile left requirements out before anything was sent, which ``kinds`` does not have.
            That is a remark at the least, so that the outcome is never plainly *conformant*.
    """
    present = set(kinds)
    if VerdictKind.FAIL in present:
        return Outcome.NOT_CONFORMANT
    if VerdictKind.PASS not in present or present & {*UNJUDGED}:
        return Outcome.NO_VERDICT
    if left_out or present & {*REMARKS}:
        return Outcome.CONFORMANT_WITH_REMARKS
    return Outcome.CONFORMANT


def exit_code_of(kinds: Iterable[VerdictKind], *, fail_on_warn: bool = False) -> int:
    """Return the exit status of the process: 0 conformant, 1 not conformant, 70 an error of ours, 75 no verdict.

    Args:
        fail_on_warn: whether a recommendation that is not followed counts as not conformant.
    """
    present = set(kinds)
    outcome = outcome_of(present)
    if outcome is Outcome.NOT_CONFORMANT or (fail_on_warn and VerdictKind.WARN in present):
        return 1
    if VerdictKind.ERROR in present:
        return 70
    return 75 if outcome is Outcome.NO_VERDICT else 0


def worst_exit(codes: Iterable[int]) -> int:
    """Return one exit status for several vendors: a breach before our own error, configuration, no verdict, success."""
    order = (1, 70, 78, 2, 75, 65, 5, 0)
    present = set(codes)
    return next((code for code in order if code in present), 0)
