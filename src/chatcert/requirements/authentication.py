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
_DOCUMENTED = (CredentialForm.MISSING, CredentialForm.WRONG)
"""Forms of which the document itself says that they are refused."""


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``authentication``: each credential is wrong while the others are valid."""
    credentials = draft.contract.credentials
    for credential in credentials:
        for form, predicate in _forms(credential).items():
            yield draft.make(
                f"auth/{credential.name}/{form}",
                Kind.AUTHENTICATION,
                Authenticates(credential.scheme, form),
                f"The credential {credential.name} {predicate}",
                level=Level.MUST,
                provenance=Provenance.SCHEMA if form in _DOCUMENTED else Provenance.SECURITY,
                pointer=credential.pointer,
                source="" if form in _DOCUMENTED else "OWASP API2:2023 Broken Authentication",
            )
    if len(credentials) > 1:
        yield draft.make(
            "auth/all/missing",
            Kind.AUTHENTICATION,
            Authenticates("", CredentialForm.MISSING),
            "A request without any credential is refused",
            pointer=credentials[0].pointer,
        )
        yield draft.make(
            "auth/all/swapped",
            Kind.AUTHENTICATION,
            Authenticates("", CredentialForm.SWAPPED),
            "One credential does not count in the place of another",
            level=Level.MUST,
            provenance=Provenance.SECURITY,
            pointer=credentials[0].pointer,
            source="OWASP API2:2023 Broken Authentication",
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
