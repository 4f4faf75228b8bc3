"""Recognise in which form each credential of a call came: valid, or wrong in one of the ways that are tested."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from urllib.parse import unquote_to_bytes

from chatcert.mock.call import Call
from chatcert.openapi.contract import Contract, Credential
from chatcert.requirements.check import CONFIGURED_FORMS, CredentialForm, configured_as, of_other_account

MANY = 4096
"""Characters that no credential has."""
_UNSIGNED = "eyJhbGciOiJub25lI"
"""How a JSON Web Token begins whose header says that it is not signed."""


def forms_of(contract: Contract, secrets: Mapping[str, str]) -> Callable[[Call], dict[str, CredentialForm | None]]:
    """Return a function that gives the forms of the credentials of a call, by scheme; ``None`` if not recognised."""
    return lambda call: {c.scheme: _form(c, secrets[c.scheme], call, secrets) for c in contract.credentials}


def _form(credential: Credential, secret: str, call: Call, secrets: Mapping[str, str]) -> CredentialForm | None:
    presented = _presented(credential, call)
    written = base64.b64encode(secret.encode()).decode() if credential.kind == "basic" else secret
    if not presented:
        if credential.location != "query" and secret.encode() in unquote_to_bytes(call.query):
            return CredentialForm.QUERY
        if any(secret.encode() in value for _, value in call.headers):
            return CredentialForm.OTHER_HEADER
        return CredentialForm.MISSING
    if len(presented) > 1:
        return None
    value = presented[0]
    if credential.kind == "apiKey":
        return _value_form(value, secret, credential, secrets)
    scheme, _, token = value.strip().partition(" ")
    if value.strip() == written:
        return CredentialForm.NO_SCHEME
    if scheme.lower() != credential.kind:
        encoded = {base64.b64encode(text.encode()).decode() for text in (secret, secret + ":", ":" + secret)}
        if scheme.lower() == "basic":
            return CredentialForm.BASIC_SCHEME if token.strip() in {secret, *encoded} else None
        return CredentialForm.OTHER_SCHEME if token.strip() == written else None
    if credential.kind == "basic":
        try:
            token = base64.b64decode(token, validate=True).decode()
        except ValueError:
            return None
    return _value_form(token.strip(), secret, credential, secrets)


def _value_form(value: str, secret: str, credential: Credential, secrets: Mapping[str, str]) -> CredentialForm | None:
    if value == secret:
        return CredentialForm.VALID
    if not value:
        return CredentialForm.EMPTY
    if credential.is_jwt and (form := _token_form(value, secret, credential, secrets)) is not None:
        return form
    if value == secrets.get(of_other_account(credential.scheme)):
        return CredentialForm.OTHER_ACCOUNT
    if (odd := _odd_form(value, secret)) is not None:
        return odd
    if any(value == other for scheme, other in secrets.items() if scheme != credential.scheme):
        return CredentialForm.SWAPPED
    if len(value) == len(secret) and sum(a != b for a, b in zip(value, secret, strict=True)) == 1:
        return CredentialForm.CORRUPTED
    if value.casefold() == secret.casefold():
        return CredentialForm.CASE
    if value.startswith(secret):
        return CredentialForm.EXTENDED
    if secret.startswith(value):
        return CredentialForm.TRUNCATED if 2 * len(value) > len(secret) else CredentialForm.PREFIX
    return (
        CredentialForm.PREFIX if value[:4] == secret[:4] else CredentialForm.WRONG if _unlike(value, secret) else None
    )


def _odd_form(value: str, secret: str) -> CredentialForm | None:
    """Return the form of a value that hardly any client sends; ``None`` for all others."""
    if value in ("undefined", "null"):
        return CredentialForm(value)
    if len(value) > MANY:
        return CredentialForm.LONG
    if not value.isascii():
        return CredentialForm.NON_ASCII
    if value.startswith(_UNSIGNED) and value.endswith("."):
        return CredentialForm.JWT_SHAPED
    if "' or '" in value.lower():
        return CredentialForm.INJECTION
    return CredentialForm.PRECEDED if value.endswith(secret) else None


def _token_form(value: str, secret: str, credential: Credential, secrets: Mapping[str, str]) -> CredentialForm | None:
    """Return in which way a JSON Web Token with a whole header and whole claims is wrong, ``None`` if in none."""
    for form in CONFIGURED_FORMS:
        if value == secrets.get(configured_as(credential.scheme, form)):
            return form
    header, _, rest = value.partition(".")
    claims, _, signature = rest.partition(".")
    valid_header, valid_claims, valid_signature = secret.split(".")
    if claims != valid_claims:
        return None
    if not signature:
        return CredentialForm.UNSIGNED
    if header != valid_header or len(signature) != len(valid_signature):
        return None
    alike = sum(a == b for a, b in zip(signature, valid_signature, strict=True))
    return CredentialForm.FOREIGN_SIGNED if 2 * alike < len(signature) else None


def _unlike(value: str, secret: str) -> bool:
    return SequenceMatcher(None, value, secret, autojunk=False).find_longest_match().size < max(4, len(secret) // 2)


def _presented(credential: Credential, call: Call) -> list[str]:
    match credential.location:
        case "header":
            return call.header_values(credential.name)
        case "query":
            return call.query_values(credential.name)
        case _:
            return call.cookie_values(credential.name)
