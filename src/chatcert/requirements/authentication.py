"""Authentication: a request without valid credentials is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.openapi.contract import Contract, Credential
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import Authenticates, CredentialForm, Guards, SeparatesAccounts
from chatcert.requirements.draft import Draft
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

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
VALUE_FORMS = {
    CredentialForm.PRECEDED: "is refused when something precedes it",
    CredentialForm.UNDEFINED: "must not be the word undefined",
    CredentialForm.NULL: "must not be the word null",
    CredentialForm.LONG: "is refused without a server error when it has 8 kB",
    CredentialForm.NON_ASCII: "is refused without a server error when it is not ASCII",
    CredentialForm.JWT_SHAPED: "is refused without a server error when it is an unsigned token that we made",
    CredentialForm.INJECTION: "is refused without a server error when it is a condition in SQL that is true",
}
"""Values that nobody sends on purpose but an attacker, and programs whose variable has no value."""
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
    CredentialForm.PRECEDED: "A request is refused when something precedes each credential",
    CredentialForm.UNDEFINED: "A request is refused when each credential is the word undefined",
    CredentialForm.NULL: "A request is refused when each credential is the word null",
    CredentialForm.LONG: "Credentials of 8 kB are refused without a server error",
    CredentialForm.NON_ASCII: "Credentials that are not ASCII are refused without a server error",
    CredentialForm.JWT_SHAPED: "Unsigned tokens that we made are refused without a server error",
    CredentialForm.INJECTION: "Conditions in SQL that are true are refused without a server error",
}
"""What is required of requests in which all credentials have the same wrong form."""
_ALWAYS_TOGETHER = (CredentialForm.MISSING, CredentialForm.QUERY)
"""Forms in which all credentials are sent together, also where each of them is needed."""
_ODDITIES = {
    Oddity.TRAILING_SLASH: "when its path ends with another slash",
    Oddity.DOUBLED_SLASH: "when a slash in its path is doubled",
    Oddity.UPPER_CASE: "when a segment of its path is in capitals",
    Oddity.PERCENT_ENCODED: "when a letter of its path is percent-encoded",
    Oddity.PATH_PARAMETER: "when a parameter follows its path after a semicolon",
    Oddity.SUFFIX: "when its path ends with .json",
    Oddity.DOT_SEGMENT: "when its path has the segment /./",
    Oddity.REWRITTEN: "when headers of gateways name the path in place of its own",
    Oddity.PROXY_HEADERS: "for what headers of gateways say of its origin, its user, its path or its method",
    Oddity.METHOD_OVERRIDE: "when it is a GET that stands for another method",
    Oddity.LARGE_BODY: "when its body is large",
    Oddity.NO_BODY: "when it has no body",
    Oddity.CONTENT_TYPE: "when its media type is another one",
}
_SOURCE = "OWASP API2:2023 Broken Authentication"
_DOCUMENTED = (CredentialForm.MISSING, CredentialForm.WRONG)
"""Forms of which the document itself says that they are refused."""


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``authentication``: each credential is wrong while the others are valid.

    Where ``security`` lists the others as an alternative, they may be enough: what is binding then is that a request is
    refused in which none is right. Where a request is valid without the credential, only a wrong one counts.
    """
    contract = draft.contract
    together = contract.chosen_alternative().schemes
    for credential in contract.credentials:
        if contract.is_superfluous(credential):
            yield _ignorable(draft, credential)
            continue
        for form, predicate in _forms(credential).items():
            make = _replaceable if credential.has_alternative else _needed
            yield make(draft, credential, form, predicate)
        if len(together) > 1 and credential.scheme in together:
            make = _replaceable if credential.has_alternative else _needed
            yield make(draft, credential, CredentialForm.SWAPPED, "does not count when it is the value of another")
        if credential.is_jwt:
            yield from _token(draft, credential)
    if len(together) > 1 and not contract.serves_anonymous:
        yield from _all(draft, [credential for credential in contract.credentials if credential.scheme in together])
    if together and not contract.serves_anonymous:
        yield from _unusual(draft)
        if resource_names(contract):
            yield _other_account(draft)


def _unusual(draft: Draft) -> Iterator[Requirement]:
    """Derive that nothing is served without valid credentials, whatever else is unusual about a request."""
    for oddity, when in _ODDITIES.items():
        yield draft.make(
            f"auth/unusual/{oddity}",
            Kind.AUTHENTICATION,
            Guards(oddity),
            f"A request without valid credentials is not served {when}",
            level=Level.MUST,
            provenance=Provenance.SECURITY,
            pointer=draft.contract.credentials[0].pointer,
            source=_SOURCE,
            rank=Rank.LOCKING,
            cost=Cost(2, from_standard=True),
            intrusive=True,
        )


def _other_account(draft: Draft) -> Requirement:
    return draft.make(
        "auth/other-account",
        Kind.AUTHENTICATION,
        SeparatesAccounts(),
        "What exists for one account is not served with the credentials of another account",
        level=Level.MUST,
        provenance=Provenance.SECURITY,
        pointer=draft.contract.credentials[0].pointer,
        source="OWASP API1:2023 Broken Object Level Authorization",
        rank=Rank.LOCKING,
        cost=Cost(3 + len(resource_names(draft.contract)) + len(draft.contract.credentials), from_standard=True),
        intrusive=True,
    )


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
            **_order_of(form),
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
        **_order_of(form),
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
        **_order_of(form),
    )


def _all(draft: Draft, credentials: list[Credential]) -> Iterator[Requirement]:
    are_alternatives = any(credential.has_alternative for credential in credentials)
    shared = [form for form in _ALL if all(form in _forms(credential) for credential in credentials)]
    for form in shared if are_alternatives else _ALWAYS_TOGETHER:
        if form not in shared:
            continue
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
            **_order_of(form),
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
        **_order_of(CredentialForm.SWAPPED, alone=False),
    )


def _order_of(form: CredentialForm, *, alone: bool = True) -> dict[str, Any]:
    """Return when requests with one form of a credential are sent: all but missing and wrong ones last.

    Args:
        alone: whether the other credentials are valid.
    """
    if form in _DOCUMENTED:
        return {}
    from_standard = form in VALUE_FORMS or (alone and form is CredentialForm.SWAPPED)
    return {"rank": Rank.LOCKING, "intrusive": True, "cost": Cost(1, from_standard=from_standard)}


def _forms(credential: Credential) -> dict[CredentialForm, str]:
    forms = FORMS | VALUE_FORMS
    if credential.location == "query":
        del forms[CredentialForm.QUERY]
    if credential.kind == "bearer":
        return forms | _BEARER_FORMS
    if credential.kind == "apiKey" and credential.location == "header":
        return forms | _KEY_FORMS
    return forms
