"""Blame of remarks: several remarks on one credential that is not asked for are one remark."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from chatcert.judge.ruling import Ruling
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.requirements.check import Authenticates, CredentialForm
from chatcert.requirements.requirement import Requirement

FOLDED_REMARK = "it follows from the remark on "
"""How the reason of a requirement begins that a remark on another one decides as well."""

Judge = Callable[[Requirement], Iterable[Ruling]]


def fold_remarks(
    requirements: Mapping[str, Requirement], verdicts: Mapping[str, Verdict], judge: Judge
) -> dict[str, Verdict]:
    """Return the verdicts with the remarks that say the same of a credential folded under the first of them.

    A credential that may be left out beside another one is not looked at there: whatever its value is, the request is
    served. No more can be required of it then, so that the other requirements on it are *not applicable*.

    Args:
        verdicts: of one vendor, by requirement id.
        judge: gives the rulings on a requirement.
    """
    served = list(_served(requirements, verdicts, judge))
    left_out = {check.scheme: name for name, check in served if check.form is CredentialForm.MISSING}
    if not left_out:
        return dict(verdicts)
    first = next(iter(left_out.values()))
    found = dict(verdicts)
    for name, check in served:
        if check.scheme in left_out and name != first:
            is_alike = check.form is CredentialForm.MISSING
            why = (
                "each of the credentials may be left out" if is_alike else "a request without the credential is served"
            )
            reason = f"{FOLDED_REMARK}{first}: {why}"
            found[name] = replace(found[name], kind=VerdictKind.NOT_APPLICABLE, reason=reason, finding=None, claims=())
    return found


def _served(
    requirements: Mapping[str, Requirement],
    verdicts: Mapping[str, Verdict],
    judge: Judge,
) -> Iterator[tuple[str, Authenticates]]:
    """Yield the requirements on forms of one credential that are broken by successes alone, as a remark."""
    for name, verdict in verdicts.items():
        check = requirements[name].check
        if verdict.kind is not VerdictKind.WARN or not isinstance(check, Authenticates) or not check.scheme:
            continue
        breaches = [ruling.exchange for ruling in judge(requirements[name]) if ruling.is_breach]
        if breaches and all(exchange.succeeded for exchange in breaches):
            yield name, check
