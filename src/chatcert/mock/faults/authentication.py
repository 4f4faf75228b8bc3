"""Faults that break *authentication*: one wrong form of one credential is let in."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.mock.deviation.deviations import Admission
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.openapi.contract import Contract, Credential
from chatcert.requirements.authentication import FORMS
from chatcert.requirements.check import Authenticates, CredentialForm
from chatcert.requirements.requirement import Kind

_DESCRIPTIONS = {
    CredentialForm.MISSING: "is not asked for",
    CredentialForm.EMPTY: "may be empty",
    CredentialForm.WRONG: "may be any value",
    CredentialForm.CORRUPTED: "may differ in one character",
    CredentialForm.TRUNCATED: "may lack its end",
    CredentialForm.EXTENDED: "may be followed by anything",
    CredentialForm.PREFIX: "is compared by its beginning only",
    CredentialForm.CASE: "is compared without regard to case",
    CredentialForm.QUERY: "is taken from the query string too",
    CredentialForm.NO_SCHEME: "is taken without its scheme",
    CredentialForm.BASIC_SCHEME: "is taken under the scheme Basic",
    CredentialForm.OTHER_SCHEME: "is taken under any scheme",
    CredentialForm.OTHER_HEADER: "is taken from any header",
    CredentialForm.UNSIGNED: "may be a token without a signature",
    CredentialForm.FOREIGN_SIGNED: "may be a token that another key has signed",
    CredentialForm.EXPIRED: "may be an expired token",
    CredentialForm.OTHER_AUDIENCE: "may be a token for another audience",
    CredentialForm.SWAPPED: "may stand in the place of another",
}


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault for every requirement that a wrong credential is refused."""
    for requirement, check in draft.family(Kind.AUTHENTICATION, Authenticates):
        if check.scheme:
            credential = next(c for c in draft.contract.credentials if c.scheme == check.scheme)
            admission, subject = _one(draft.contract, credential, check.form), credential.name
        else:
            together = draft.contract.chosen_alternative().schemes
            admission, subject = _all(together, check.form), "every credential"
        text = f"{subject} {_DESCRIPTIONS.get(check.form, FORMS.get(check.form, check.form))}"
        yield draft.make(requirement, "", text, admissions=(admission,))


def _one(contract: Contract, credential: Credential, form: CredentialForm) -> Admission:
    """Let a credential in one form in; those of its alternative have to be right, and those elsewhere missing."""
    scheme = credential.scheme
    together = next(a.schemes for a in contract.alternatives if scheme in a.schemes)
    place = (credential.location, credential.name.lower())
    wanted = {
        c.scheme: CredentialForm.VALID if c.scheme in together else CredentialForm.MISSING
        for c in contract.credentials
        if c.scheme in together or (c.location, c.name.lower()) != place
    } | {scheme: form}
    return lambda forms: all(forms[name] == expected for name, expected in wanted.items())


def _all(schemes: tuple[str, ...], form: CredentialForm) -> Admission:
    return lambda forms: all(forms[name] == form for name in schemes)
