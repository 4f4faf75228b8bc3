"""Recognise in which form each credential of a call came: valid, or wrong in one of the ways that are tested."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from difflib import SequenceMatcher
from urllib.parse import unquote_to_bytes

from chatcert.mock.call import Call
from chatcert.openapi.contract import Contract, Credential

VALID = "valid"


def forms_of(contract: Contract, secrets: Mapping[str, str]) -> Callable[[Call], dict[str, str]]:
    """Return a function that gives, for a call, the form of each credential by its scheme; ``""`` if not recognised."""
    return lambda call: {c.scheme: _form(c, secrets[c.scheme], call, secrets) for c in contract.credentials}


def _form(credential: Credential, secret: str, call: Call, secrets: Mapping[str, str]) -> str:
    presented = _presented(credential, call)
    written = base64.b64encode(secret.encode()).decode() if credential.kind == "basic" else secret
    if not presented:
        if credential.location != "query" and secret.encode() in unquote_to_bytes(call.query):
            return "query"
        if any(secret.encode() in value for _, value in call.headers):
            return "other-header"
        return "missing"
    if len(presented) > 1:
        return ""
    value = presented[0]
    if credential.kind == "apiKey":
        return _value_form(value, secret, credential, secrets)
    scheme, _, token = value.strip().partition(" ")
    if value.strip() == written:
        return "no-scheme"
    if scheme.lower() != credential.kind:
        encoded = {base64.b64encode(text.encode()).decode() for text in (secret, secret + ":", ":" + secret)}
        if scheme.lower() == "basic":
            return "basic-scheme" if token.strip() in {secret, *encoded} else ""
        return "other-scheme" if token.strip() == written else ""
    if credential.kind == "basic":
        try:
            token = base64.b64decode(token, validate=True).decode()
        except ValueError:
            return ""
    return _value_form(token.strip(), secret, credential, secrets)


def _value_form(value: str, secret: str, credential: Credential, secrets: Mapping[str, str]) -> str:
    if value == secret:
        return VALID
    if not value:
        return "empty"
    if any(value == other for scheme, other in secrets.items() if scheme != credential.scheme):
        return "swapped"
    if len(value) == len(secret) and sum(a != b for a, b in zip(value, secret, strict=True)) == 1:
        return "corrupted"
    if value.casefold() == secret.casefold():
        return "case"
    if value.startswith(secret):
        return "extended"
    if secret.startswith(value):
        return "truncated" if 2 * len(value) > len(secret) else "prefix"
    return "prefix" if value[:4] == secret[:4] else "wrong" if _unlike(value, secret) else ""


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
