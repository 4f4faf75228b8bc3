"""Requirements that nobody without the right credentials is served."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Credential
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Authenticates, Kind, Level, Requirement

FORMS = {
    "missing": "is needed",
    "empty": "must not be empty",
    "wrong": "must be the right one",
    "corrupted": "is refused when one character differs",
    "truncated": "is refused when its end is cut off",
    "extended": "is refused when something follows it",
    "prefix": "is refused when only its beginning is right",
    "case": "is compared with regard to case",
    "query": "does not count in the query string",
}
_BEARER_FORMS = {
    "no-scheme": "does not count without its scheme",
    "basic-scheme": "does not count as a basic credential",
    "other-scheme": "does not count under an invented scheme",
}
_KEY_FORMS = {"other-header": "does not count in another header"}


def authentication(draft: Draft) -> Iterator[Requirement]:
    """Every requirement of the kind ``authentication``: each credential alone, the others valid."""
    credentials = draft.contract.credentials
    for credential in credentials:
        for form, words in _forms(credential).items():
            yield draft.make(
                f"auth/{credential.name}/{form}",
                Kind.AUTHENTICATION,
                Authenticates(credential.scheme, form),
                f"The credential {credential.name} {words}",
                level=Level.MUST,
                provenance=Provenance.SCHEMA if form in ("missing", "wrong") else Provenance.SECURITY,
                pointer=credential.pointer,
                source="" if form in ("missing", "wrong") else "OWASP API2:2023 Broken Authentication",
            )
    if len(credentials) > 1:
        yield draft.make(
            "auth/all/missing",
            Kind.AUTHENTICATION,
            Authenticates("", "missing"),
            "A request without any credential is refused",
            pointer=credentials[0].pointer,
        )
        yield draft.make(
            "auth/all/swapped",
            Kind.AUTHENTICATION,
            Authenticates("", "swapped"),
            "One credential does not count in the place of another",
            level=Level.MUST,
            provenance=Provenance.SECURITY,
            pointer=credentials[0].pointer,
            source="OWASP API2:2023 Broken Authentication",
        )


def _forms(credential: Credential) -> dict[str, str]:
    forms = dict(FORMS)
    if credential.location == "query":
        del forms["query"]
    if credential.kind == "bearer":
        return forms | _BEARER_FORMS
    if credential.kind == "apiKey" and credential.location == "header":
        return forms | _KEY_FORMS
    return forms
