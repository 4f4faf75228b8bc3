"""Authentication: a request without valid credentials is refused."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Contract, Credential
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
JWT_FORMS = {
    CredentialForm.UNSIGNED: "is refused with alg none and without a signature",
    CredentialForm.FOREIGN_SIGNED: "is refused when another key has signed it",
    CredentialForm.EXPIRED: "is refused after its time",
    CredentialForm.OTHER_AUDIENCE: "is refused when it is meant for another audience",
}
_JWT_SOURCES = {
    CredentialForm.UNSIGNED: "RFC 8725 section 3.2",
    CredentialForm.FOREIGN_SIGNED: "RFC 8725 section 3.3",
    CredentialForm.EXPIRED: "RFC 7519 section 4.1.4",
    CredentialForm.OTHER_AUDIENCE: "RFC 7519 section 4.1.3",
}
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
    refused in which none is right. Where a request is valid without the credential, only a wrong one counts.
    """
    contract = draft.contract
    for credential in contract.credentials:
        if contract.is_superfluous(credential):
            yield _ignorable(draft, credential)
            continue
        for form, predicate in _forms(credential).items():
            make = _replaceable if credential.has_alternative else _needed
            yield make(draft, credential, form, predicate)
        if credential.is_jwt:
            yield from _token(draft, credential)
    together = contract.chosen_alternative().schemes
    if len(together) > 1 and not contract.serves_anonymous:
        yield from _all(draft, [credential for credential in contract.credentials if credential.scheme in together])


def id_of(contract: Contract, credential: Credential) -> str:
    """Return the segment of an id that stands for a credential: its name, or its scheme if another has that name."""
    first = next(c for c in contract.credentials if c.name.lower() == credential.name.lower())
    return credential.name if first is credential else credential.scheme


def _token(draft: Draft, credential: Credential) -> Iterator[Requirement]:
    """Derive what is refused of a JSON Web Token; a recommendation where the document shows a token that is none."""
    place = f"{credential.pointer}/bearerFormat"
    defect = next((d for d in draft.contract.defects if d.pointer == place), None)
    is_doubtful = defect is not None or credential.has_alternative
    for form, predicate in JWT_FORMS.items():
        source = _JWT_SOURCES[form] + (f"; defect of the document: {defect.problem}" if defect is not None else "")
        yield draft.make(
            f"auth/{id_of(draft.contract, credential)}/{form}",
            Kind.AUTHENTICATION,
            Authenticates(credential.scheme, form),
            f"The token in {credential.name} {predicate}",
            level=Level.SHOULD if is_doubtful else Level.MUST,
            provenance=Provenance.SECURITY,
            pointer=credential.pointer,
            source=source,
        )


def _ignorable(draft: Draft, credential: Credential) -> Requirement:
    return draft.make(
        f"auth/{id_of(draft.contract, credential)}/{CredentialForm.WRONG}",
        Kind.AUTHENTICATION,
        Authenticates(credential.scheme, CredentialForm.WRONG),
        f"A wrong {credential.name} is refused, although a request without it is served",
        provenance=Provenance.INFERRED,
        pointer=credential.pointer,
    )


def _needed(draft: Draft, credential: Credential, form: CredentialForm, predicate: str) -> Requirement:
    return draft.make(
        f"auth/{id_of(draft.contract, credential)}/{form}",
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
        f"auth/{id_of(draft.contract, credential)}/{form}",
        Kind.AUTHENTICATION,
        Authenticates(credential.scheme, form),
        f"The credential {credential.name} {predicate}, even beside another that is right",
        provenance=Provenance.INFERRED,
        pointer=defect.pointer if defect is not None else credential.pointer,
        source=f"Defect of the document: {defect.problem}" if defect is not None else "",
    )


def _all(draft: Draft, credentials: list[Credential]) -> Iterator[Requirement]:
    are_alternatives = any(credential.has_alternative for credential in credentials)
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
