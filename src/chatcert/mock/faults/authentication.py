"""Faults that break *authentication*: one wrong form of one credential is let in."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.mock.deviation.deviations import Admission
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
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
    CredentialForm.SWAPPED: "may stand in the place of another",
}


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault for every requirement that a wrong credential is refused."""
    for requirement, check in draft.family(Kind.AUTHENTICATION, Authenticates):
        if check.scheme:
            credential = next(c for c in draft.contract.credentials if c.scheme == check.scheme)
            admission, subject = _one(check.scheme, check.form), credential.name
        else:
            admission, subject = _all(check.form), "every credential"
        text = f"{subject} {_DESCRIPTIONS.get(check.form, FORMS.get(check.form, check.form))}"
        yield draft.make(requirement, "", text, admissions=(admission,))


def _one(scheme: str, form: CredentialForm) -> Admission:
    return lambda forms: all(seen == (form if name == scheme else CredentialForm.VALID) for name, seen in forms.items())


def _all(form: CredentialForm) -> Admission:
    return lambda forms: all(seen == form for seen in forms.values())
