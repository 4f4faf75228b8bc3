"""The verdict that the rulings on one requirement add up to."""

from __future__ import annotations

from collections.abc import Iterable

from chatcert.judge.claims import Claim
from chatcert.judge.findings import finding_of
from chatcert.judge.ruling import MAX_SHOWN, Ruling
from chatcert.judge.verdict import Finding, Verdict, VerdictKind
from chatcert.openapi.contract import Contract
from chatcert.requirements.requirement import Level, Requirement


def verdict_of(
    requirement: Requirement,
    rulings: Iterable[Ruling],
    contract: Contract,
    *,
    absent: str | Claim,
    missing: VerdictKind,
) -> Verdict:
    """Return the verdict that all rulings on a requirement add up to.

    A breach outweighs a doubt, and a doubt outweighs whatever complies.

    Args:
        absent: the reason where every ruling is vacuous, or the claim that states it.
        missing: the kind of verdict in that case.
    """
    rulings = list(rulings)
    breaches = [ruling for ruling in rulings if ruling.is_breach]
    doubt = next((ruling.doubt for ruling in rulings if ruling.doubt), "")
    non_vacuous = sum(not ruling.vacuous for ruling in rulings)
    finding: Finding | None = None
    remarks: tuple[Claim, ...] = ()
    reason = ""
    if breaches:
        binding = [ruling for ruling in breaches if (ruling.level or requirement.level) is Level.MUST]
        kind = VerdictKind.FAIL if binding else VerdictKind.WARN
        finding = finding_of(requirement, binding or breaches, rulings, contract)
    elif doubt:
        kind, reason = VerdictKind.INCONCLUSIVE, doubt
    elif not non_vacuous:
        kind, reason = missing, str(absent)
    else:
        kind = VerdictKind.PASS
        remarks = tuple(dict.fromkeys(ruling.remark for ruling in rulings if ruling.remark is not None))
        reason = "; ".join(map(str, remarks))
    return Verdict(
        requirement.id,
        kind,
        cases=len(rulings),
        non_vacuous=non_vacuous,
        reason=reason,
        finding=finding,
        exchanges=tuple(ruling.exchange.number for ruling in rulings)[:MAX_SHOWN],
        attempts=sum(ruling.exchange.attempt for ruling in rulings if ruling.exchange.final),
        claims=remarks
        or ((absent,) if kind is missing and reason == str(absent) and not isinstance(absent, str) else ()),
    )
