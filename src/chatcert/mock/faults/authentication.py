"""Faults that break *authentication*: one wrong form of one credential is let in."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.mock.deviation.credential_forms import VALID
from chatcert.mock.deviation.deviations import Admission
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.requirements.authentication import FORMS
from chatcert.requirements.check import Authenticates
from chatcert.requirements.requirement import Kind

_DESCRIPTIONS = {
    "missing": "is not asked for",
    "empty": "may be empty",
    "wrong": "may be any value",
    "corrupted": "may differ in one character",
    "truncated": "may lack its end",
    "extended": "may be followed by anything",
    "prefix": "is compared by its beginning only",
    "case": "is compared without regard to case",
    "query": "is taken from the query string too",
    "no-scheme": "is taken without its scheme",
    "basic-scheme": "is taken under the scheme Basic",
    "other-scheme": "is taken under any scheme",
    "other-header": "is taken from any header",
    "swapped": "may stand in the place of another",
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


def _one(scheme: str, form: str) -> Admission:
    return lambda forms: all(seen == (form if name == scheme else VALID) for name, seen in forms.items())


def _all(form: str) -> Admission:
    return lambda forms: all(seen == form for seen in forms.values())
