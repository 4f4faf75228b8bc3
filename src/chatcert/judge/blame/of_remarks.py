"""Blame of remarks: several remarks on one credential that is not looked at are one remark."""

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


VALUES = frozenset(
    [
        *(CredentialForm.CORRUPTED, CredentialForm.TRUNCATED, CredentialForm.EXTENDED, CredentialForm.PREFIX),
        *(CredentialForm.CASE, CredentialForm.PRECEDED, CredentialForm.UNDEFINED, CredentialForm.NULL),
        *(CredentialForm.LONG, CredentialForm.NON_ASCII, CredentialForm.JWT_SHAPED, CredentialForm.UNSIGNED),
        CredentialForm.INJECTION,
        *(CredentialForm.FOREIGN_SIGNED, CredentialForm.EXPIRED, CredentialForm.OTHER_AUDIENCE, CredentialForm.SWAPPED),
    ]
)
"""Forms that are wrong values in the right place."""


_ALIKE = "the same is served for another credential"


def fold_remarks(
    requirements: Mapping[str, Requirement], verdicts: Mapping[str, Verdict], judge: Judge
) -> dict[str, Verdict]:
    """Return the verdicts with the remarks that say the same of a credential folded under the first of them.

    A credential that may be left out, or wrong, beside another one is not looked at there: whatever its value is, the
    request is served. No more can be required of it then, so that the other requirements on it are *not applicable*.
    So is a remark of the same form on another credential.

    Args:
        verdicts: of one vendor, by requirement id.
        judge: gives the rulings on a requirement.
    """
    served = {(check.scheme, check.form): name for name, check in _served(requirements, verdicts, judge)}
    first: dict[CredentialForm, str] = {}
    found = dict(verdicts)
    for (scheme, form), name in served.items():
        without, wrong = (served.get((scheme, cause)) for cause in (CredentialForm.MISSING, CredentialForm.WRONG))
        if without is not None and form is not CredentialForm.MISSING:
            cause, why = first.get(CredentialForm.MISSING, without), "a request without the credential is served"
        elif wrong is not None and form in VALUES:
            cause, why = first.get(CredentialForm.WRONG, wrong), "any value of the credential is served"
        elif form in first:
            cause, why = first[form], _ALIKE
        else:
            first[form] = name
            continue
        reason = f"{FOLDED_REMARK}{cause}: {why}"
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
