"""Values of credentials as people paste them, and forged tokens."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from chatcert.openapi.contract import Credential
from chatcert.transport.credentials import foreign_signatures
from chatcert.transport.credentials.credential_values import recognised
from chatcert.transport.credentials.token_forms import claims_of, foreign_signed, unsigned

BEARER = Credential("a", "bearer", "header", "Authorization", "")
BASIC = Credential("a", "basic", "header", "Authorization", "")
KEY = Credential("a", "apiKey", "header", "X-Key", "")
COOKIE = Credential("a", "apiKey", "cookie", "sid", "")
RAW = Credential("a", "apiKey", "header", "Authorization", "")


@pytest.mark.parametrize(
    ("credential", "text", "value", "removed"),
    [
        (BEARER, "abc.def", "abc.def", ""),
        (BEARER, "Bearer abc", "abc", "the word Bearer before it"),
        (BEARER, "bearer  abc", "abc", "the word Bearer before it"),
        (BEARER, "Bearerabc", "Bearerabc", ""),
        (BEARER, "Authorization: Bearer abc", "abc", "the header's name Authorization and the word Bearer before it"),
        (BEARER, "'abc'\n", "abc", "white space around it and quotes around it"),
        (BEARER, '"abc', '"abc', ""),
        (KEY, '"abc"', "abc", "quotes around it"),
        (KEY, "x-key: abc", "abc", "the header's name X-Key"),
        (KEY, "Bearer abc", "Bearer abc", ""),
        (RAW, "Token abc", "Token abc", ""),
        (COOKIE, "sid=abc=", "abc=", "the cookie's name"),
        (COOKIE, "abc", "abc", ""),
        (BASIC, "a:b", "a:b", ""),
        (BASIC, "Basic YTpi", "a:b", "the word Basic before it and base64, which a request adds by itself"),
        (BASIC, "YTpi", "a:b", "base64, which a request adds by itself"),
        (BASIC, "no-pair", "no-pair", ""),
    ],
)
def test_what_is_around_a_credential(credential: Credential, text: str, value: str, removed: str) -> None:
    """Quotes, line breaks, names and schemes are no part of it; a raw key may hold anything."""
    assert (value, removed) == recognised(credential, text)


def _packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _token(algorithm: str) -> str:
    return f"{_packed({'alg': algorithm, 'kid': '1'})}.{_packed({'sub': 'anna'})}.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text", ["sk-1234", "a.b.c", "", "..", f"{_packed([])}.{_packed({})}.eA", _token("HS256")[:-12]]
)
def test_what_is_no_token(text: str) -> None:
    """A text is a token only with a header that names an algorithm, with claims and a signature."""
    assert (None, None, None) == (claims_of(text), unsigned(text), foreign_signed(text))


def test_an_unsigned_token_keeps_its_claims() -> None:
    """Its header says that there is no signature, and there is none."""
    header, claims, signature = str(unsigned(_token("RS256"))).split(".")

    assert b'{"alg":"none","typ":"JWT"}' == base64.urlsafe_b64decode(header + "=")
    assert (_token("RS256").split(".")[1], "") == (claims, signature)


@pytest.mark.parametrize(
    "algorithm", ["HS256", "HS512", "RS256", "RS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "none", "RS999"]
)
def test_a_foreign_signature_is_a_real_one(algorithm: str) -> None:
    """Header and claims stay, and the signature has the form that the algorithm asks for; unknown ones have none."""
    forged = foreign_signed(_token(algorithm))
    sizes = {"HS256": 32, "HS512": 64, "RS256": 256, "RS384": 256, "PS512": 256, "ES256": 64, "ES384": 96, "ES512": 132}
    if algorithm in ("none", "RS999"):
        assert None is forged
        return
    start, _, signature = str(forged).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))

    assert _token(algorithm).rpartition(".")[0] == start
    assert sizes.get(algorithm, 64) == len(raw)


def test_an_rsa_signature_holds_for_the_foreign_key() -> None:
    """A server that took the key from the token itself would find the signature right."""
    start, _, signature = str(foreign_signed(_token("RS256"))).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    key = foreign_signatures._rsa_key().public_key()

    key.verify(raw, start.encode(), padding.PKCS1v15(), hashes.SHA256())
