"""Recognise in which form each credential of a call came: valid, or wrong in one of the ways that are tested."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from urllib.parse import unquote_to_bytes

from chatcert.mock.call import Call
from chatcert.openapi.contract import Contract, Credential
from chatcert.requirements.check import CredentialForm


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
