"""Faults that break *authentication*: one wrong form of one credential is let in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call
from chatcert.mock.deviation.deviations import Admission, CallTest
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.unguarded import unguarded
from chatcert.mock.deviation.wrong_credentials import MANY
from chatcert.openapi.contract import Contract, Credential
from chatcert.requirements.authentication import FORMS
from chatcert.requirements.check import Authenticates, CredentialForm, SeparatesAccounts
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
    CredentialForm.PRECEDED: "may be preceded by anything",
    CredentialForm.UNDEFINED: "may be the word undefined",
    CredentialForm.NULL: "may be the word null",
    CredentialForm.LONG: "may be anything of 8 kB",
    CredentialForm.NON_ASCII: "may be anything that is not ASCII",
    CredentialForm.JWT_SHAPED: "may be any unsigned token",
    CredentialForm.INJECTION: "is written into a query as it is",
}
_CRASHES = {
    CredentialForm.LONG: ("a header of more than 4 kB is a server error", lambda value: len(value) > MANY),
    CredentialForm.NON_ASCII: ("a header that is not ASCII is a server error", lambda value: not value.isascii()),
    CredentialForm.JWT_SHAPED: ("an unsigned token is a server error", lambda value: b"eyJhbGciOiJub25lI" in value),
    CredentialForm.INJECTION: ("an apostrophe in a header is a server error", lambda value: b"'" in value),
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
        if check.form in _CRASHES and _is_first(draft.contract, check.scheme):
            text, is_odd = _CRASHES[check.form]
            others = _same_form(draft, check.form)
            yield draft.make(requirement, "crash", text, *others, crashes=(_crash(is_odd),))
    yield from unguarded(draft)
    for requirement, _ in draft.family(Kind.AUTHENTICATION, SeparatesAccounts):
        text = "the names of one account are served with the credentials of another"
        yield draft.make(requirement, "", text, unknown_served=(_is_of_an_account,))


def _is_of_an_account(call: Call, body: Any, backend: Backend) -> bool:
    """Return whether a call holds the name of a thing that exists for one of the accounts."""
    text = f"{call.path} {call.query.decode('latin-1')} {call.body.decode('utf-8', 'replace')}"
    return any(str(value) in text for value in (*backend.resources.values(), *backend.others.values()))


def _is_first(contract: Contract, scheme: str) -> bool:
    """Return whether a credential travels in a header, and no other one is enough beside it."""
    together = contract.chosen_alternative().schemes
    credential = next((c for c in contract.credentials if c.scheme == scheme), None)
    return credential is not None and credential.location == "header" and scheme == together[0]


def _same_form(draft: FaultDraft, form: CredentialForm) -> list[str]:
    return [requirement.path for requirement, check in draft.checks(Authenticates) if check.form is form]


def _crash(is_odd: Callable[[bytes], bool]) -> CallTest:
    return lambda call, body, backend: any(is_odd(value) for _, value in call.headers)


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
