"""Authentication: a request without valid credentials is refused."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Credential
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import Authenticates, CredentialForm
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Kind, Level, Requirement

FORMS = {
    CredentialForm.MISSING: "is needed",
    CredentialForm.EMPTY: "must not be empty",
    CredentialForm.WRONG: "must be the right one",
    CredentialForm.CORRUPTED: "is refused when one character differs",
    CredentialForm.TRUNCATED: "is refused when its end is cut off",
    CredentialForm.EXTENDED: "is refused when something follows it",
    CredentialForm.PREFIX: "is refused when only its beginning is right",
    CredentialForm.CASE: "is compared with regard to case",
    CredentialForm.QUERY: "does not count in the query string",
}
_BEARER_FORMS = {
    CredentialForm.NO_SCHEME: "does not count without its scheme",
    CredentialForm.BASIC_SCHEME: "does not count as a basic credential",
    CredentialForm.OTHER_SCHEME: "does not count under an invented scheme",
}
_KEY_FORMS = {CredentialForm.OTHER_HEADER: "does not count in another header"}
_ALL = {
    CredentialForm.MISSING: "A request without any credential is refused",
    CredentialForm.EMPTY: "A request with empty credentials alone is refused",
    CredentialForm.WRONG: "A request with wrong credentials alone is refused",
    CredentialForm.CORRUPTED: "A request is refused when one character of each credential differs",
    CredentialForm.TRUNCATED: "A request is refused when the end of each credential is cut off",
    CredentialForm.EXTENDED: "A request is refused when something follows each credential",
    CredentialForm.PREFIX: "A request is refused when only the beginning of each credential is right",
    CredentialForm.CASE: "Credentials are compared with regard to case",
    CredentialForm.QUERY: "Credentials do not count in the query string",
    CredentialForm.OTHER_HEADER: "Credentials do not count in other headers",
}
"""What is required of requests in which all credentials have the same wrong form."""
_SOURCE = "OWASP API2:2023 Broken Authentication"
_DOCUMENTED = (CredentialForm.MISSING, CredentialForm.WRONG)
"""Forms of which the document itself says that they are refused."""


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``authentication``: each credential is wrong while the others are valid.

    Where ``security`` lists the others as an alternative, they may be enough: what is binding then is that a request is
    refused in which none is right.
    """
    credentials = draft.contract.credentials
    for credential in credentials:
        for form, predicate in _forms(credential).items():
            make = _replaceable if credential.has_alternative else _needed
            yield make(draft, credential, form, predicate)
    if len(credentials) > 1:
        yield from _all(draft, any(credential.has_alternative for credential in credentials))


def _needed(draft: Draft, credential: Credential, form: CredentialForm, predicate: str) -> Requirement:
    return draft.make(
        f"auth/{credential.name}/{form}",
        Kind.AUTHENTICATION,
        Authenticates(credential.scheme, form),
        f"The credential {credential.name} {predicate}",
        level=Level.MUST,
        provenance=Provenance.SCHEMA if form in _DOCUMENTED else Provenance.SECURITY,
        pointer=credential.pointer,
        source="" if form in _DOCUMENTED else _SOURCE,
    )


def _replaceable(draft: Draft, credential: Credential, form: CredentialForm, predicate: str) -> Requirement:
    """Return the requirement that a credential is checked although, by ``security``, another one is enough."""
    defect = next((d for d in draft.contract.defects if d.pointer.endswith("/security")), None)
    return draft.make(
        f"auth/{credential.name}/{form}",
        Kind.AUTHENTICATION,
        Authenticates(credential.scheme, form),
        f"The credential {credential.name} {predicate}, even beside another that is right",
        provenance=Provenance.INFERRED,
        pointer=defect.pointer if defect is not None else credential.pointer,
        source=f"Defect of the document: {defect.problem}" if defect is not None else "",
    )


def _all(draft: Draft, are_alternatives: bool) -> Iterator[Requirement]:
    credentials = draft.contract.credentials
    shared = [form for form in _ALL if all(form in _forms(credential) for credential in credentials)]
    for form in shared if are_alternatives else (CredentialForm.MISSING,):
        documented = form in _DOCUMENTED
        yield draft.make(
            f"auth/all/{form}",
            Kind.AUTHENTICATION,
            Authenticates("", form),
            _ALL[form],
            level=Level.MUST,
            provenance=Provenance.SCHEMA if documented else Provenance.SECURITY,
            pointer=credentials[0].pointer,
            source="" if documented else _SOURCE,
        )
    yield draft.make(
        "auth/all/swapped",
        Kind.AUTHENTICATION,
        Authenticates("", CredentialForm.SWAPPED),
        "One credential does not count in the place of another",
        level=Level.MUST,
        provenance=Provenance.SECURITY,
        pointer=credentials[0].pointer,
        source=_SOURCE,
    )


def _forms(credential: Credential) -> dict[CredentialForm, str]:
    forms = dict(FORMS)
    if credential.location == "query":
        del forms[CredentialForm.QUERY]
    if credential.kind == "bearer":
        return forms | _BEARER_FORMS
    if credential.kind == "apiKey" and credential.location == "header":
        return forms | _KEY_FORMS
    return forms
