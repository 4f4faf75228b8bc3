"""The forms in which a request carries a credential: as real values and masked."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from chatcert.openapi.contract import Credential
from chatcert.requirements.check import CredentialForm
from chatcert.transport.credentials.secret_values import MASK_LENGTH, Secret, mask
from chatcert.transport.credentials.token_forms import UNSIGNED_TOKEN, foreign_signed, unsigned

OTHER_HEADER: Final = "X-Auth-Credential"
"""A header that no document names, for a credential that is sent in the wrong one."""

QUERY_NAMES: Final = ("access_token", "api_key", "token")
"""Usual names of query parameters that hold a credential, besides the credential's own name."""

_UNALTERED: Final = frozenset(
    {
        CredentialForm.VALID,
        CredentialForm.NO_SCHEME,
        CredentialForm.BASIC_SCHEME,
        CredentialForm.OTHER_SCHEME,
        CredentialForm.SCHEME_LOWER,
        CredentialForm.SCHEME_UPPER,
        CredentialForm.NAME_LOWER,
        CredentialForm.NAME_UPPER,
        CredentialForm.DUPLICATED,
    }
)
"""Forms that leave the value itself as it is."""

_SCHEMES: Final = {
    CredentialForm.SCHEME_LOWER: "bearer",
    CredentialForm.SCHEME_UPPER: "BEARER",
    CredentialForm.OTHER_SCHEME: "Token",
}

_TOKEN_FORMS: Final = frozenset({CredentialForm.UNSIGNED, CredentialForm.FOREIGN_SIGNED})
"""Forms that only a JSON Web Token has."""


INJECTION: Final = "' OR '1'='1"
"""A condition that is true wherever a value is written into a query between quotes."""

_LITERAL: Final = {
    CredentialForm.UNDEFINED: "undefined",
    CredentialForm.NULL: "null",
    CredentialForm.JWT_SHAPED: UNSIGNED_TOKEN,
    CredentialForm.INJECTION: INJECTION,
}
"""Values that have nothing of the valid one."""

_HARMLESS: Final = frozenset(
    {
        *_LITERAL,
        CredentialForm.PRECEDED,
        CredentialForm.LONG,
        CredentialForm.NON_ASCII,
        CredentialForm.OTHER_ACCOUNT,
    }
)
"""Forms of which an answer may repeat what is not the valid value itself."""

LONG: Final = 8192
"""Characters of a very long value."""

NOT_ASCII: Final = "é"


class Inexpressible(Exception):
    """This credential has no such form, for example no other case where the value holds no letter."""


@dataclass(frozen=True, slots=True)
class Carried:
    """What one credential adds to one request.

    Attributes:
        headers, query, cookies: pairs of name and real value.
        masked: the same headers, query parameters and cookies, values masked.
        presented: the altered value, where one is sent.
    """

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    masked: tuple[tuple[str, str], ...] = ()
    presented: str = field(default="", repr=False)


def carry(
    credential: Credential,
    secret: Secret,
    form: CredentialForm,
    other: Secret | None = None,
    taken: Collection[tuple[str, str]] = (),
) -> Carried:
    """Put one credential into a request, in one form.

    Args:
        other: another configured value, for the forms ``swapped``, ``expired`` and ``other-audience``.
        taken: places that the document has, as location and name in lower case: where the wrong place is one of them,
            it is not a wrong one, so nothing is put there.

    Raises:
        Inexpressible: the form does not differ from the valid value.
    """
    value = secret.reveal()
    if form == CredentialForm.MISSING:
        return Carried()
    if form == CredentialForm.QUERY:
        return _in_query(credential, value, taken)
    if form == CredentialForm.OTHER_HEADER:
        return _in_other_header(credential, value, taken)
    altered = _altered(value, form, other)
    if form is CredentialForm.LONG and value in altered:
        altered = "a" * LONG
    if form in _TOKEN_FORMS and altered == value:
        raise Inexpressible(f"the configured {credential.scheme} is not a signed JSON Web Token that could be forged")
    if altered == value and form not in _UNALTERED:
        raise Inexpressible(f"the configured {credential.scheme} has no other spelling of the kind {form!r}")
    if form == CredentialForm.DUPLICATED:
        return _twice(credential, value)
    name = credential.name
    if form in (CredentialForm.NAME_LOWER, CredentialForm.NAME_UPPER):
        name = name.lower() if form == CredentialForm.NAME_LOWER else name.upper()
    label = mask(credential.scheme, "valid" if form in _UNALTERED else form)
    pair = ((name, _with_scheme(credential, altered, form)),)
    return Carried(
        headers=pair if credential.location not in ("query", "cookie") else (),
        query=pair if credential.location == "query" else (),
        cookies=pair if credential.location == "cookie" else (),
        masked=((name, _with_scheme(credential, label, form, readable=True)),),
        presented=altered if altered != value and form not in _HARMLESS else "",
    )


def carry_headers(headers: Mapping[str, str | Secret]) -> Carried:
    """Put a target's own headers into a request."""
    secret = {name for name, value in headers.items() if isinstance(value, Secret)}
    real = tuple((n, v.reveal() if isinstance(v, Secret) else v) for n, v in headers.items())
    return Carried(
        headers=real,
        masked=tuple((n, mask(n) if n in secret else v) for n, v in real),
    )


def _in_query(credential: Credential, value: str, taken: Collection[tuple[str, str]]) -> Carried:
    names = [n for n in dict.fromkeys((credential.name, *QUERY_NAMES)) if ("query", n.lower()) not in taken]
    return Carried(
        query=tuple((name, value) for name in names),
        masked=tuple((name, mask(credential.scheme)) for name in names),
    )


def _in_other_header(credential: Credential, value: str, taken: Collection[tuple[str, str]]) -> Carried:
    label = mask(credential.scheme)
    real, masked = [(OTHER_HEADER, value)], [(OTHER_HEADER, label)]
    if ("header", "authorization") not in taken:
        real.append(("Authorization", f"Bearer {value}"))
        masked.append(("Authorization", f"Bearer {label}"))
    return Carried(headers=tuple(real), masked=tuple(masked))


def _twice(credential: Credential, value: str) -> Carried:
    """A header that is sent twice, first with the valid value and then with a wrong one."""
    form, name, wrong = CredentialForm.DUPLICATED, credential.name, wrong_value(value)
    labels = mask(credential.scheme), mask(credential.scheme, "wrong")
    return Carried(
        headers=((name, _with_scheme(credential, value, form)), (name, _with_scheme(credential, wrong, form))),
        masked=tuple((name, _with_scheme(credential, label, form, readable=True)) for label in labels),
        presented=wrong,
    )


def _altered(value: str, form: CredentialForm, other: Secret | None) -> str:
    match form:
        case CredentialForm.EMPTY:
            return ""
        case CredentialForm.WRONG:
            return wrong_value(value)
        case CredentialForm.CORRUPTED:
            middle = len(value) // 2
            changed = "0" if value[middle : middle + 1] != "0" else "1"
            return value[:middle] + changed + value[middle + 1 :]
        case CredentialForm.TRUNCATED:
            return value[:-1]
        case CredentialForm.EXTENDED:
            return f"{value}x"
        case CredentialForm.PRECEDED:
            return f"x{value}"
        case _ if form in _LITERAL:
            return _LITERAL[form]
        case CredentialForm.LONG:
            return (wrong_value(value) * LONG)[:LONG]
        case CredentialForm.NON_ASCII:
            return f"{wrong_value(value)}{NOT_ASCII}"
        case CredentialForm.PREFIX:
            kept = min(MASK_LENGTH, max(len(value) - 2, 1))
            return value[:kept] + wrong_value(value)[kept:]
        case CredentialForm.CASE:
            return value.swapcase()
        case CredentialForm.UNSIGNED:
            return unsigned(value) or value
        case CredentialForm.FOREIGN_SIGNED:
            return foreign_signed(value) or value
        case (
            CredentialForm.SWAPPED
            | CredentialForm.EXPIRED
            | CredentialForm.OTHER_AUDIENCE
            | CredentialForm.OTHER_ACCOUNT
        ):
            return other.reveal() if other is not None else value
        case _:
            return value


def wrong_value(value: str) -> str:
    """Return another value of the same length and kinds of characters, from which the real one cannot be inferred.

    It is the same for the same value every time.
    """
    digest = hashlib.sha256(b"chatcert wrong credential" + value.encode()).digest()
    letters = "abcdefghijklmnopqrstuvwxyz"
    result = []
    for index, character in enumerate(value):
        number = digest[index % len(digest)] + index
        if character.isdigit():
            result.append(str(number % 10))
        elif character.isalpha():
            letter = letters[number % 26]
            result.append(letter.upper() if character.isupper() else letter)
        else:
            result.append(character)
    wrong = "".join(result)
    return wrong if wrong != value else wrong[::-1] + "x"


def _with_scheme(credential: Credential, value: str, form: CredentialForm, *, readable: bool = False) -> str:
    """A value behind its authentication scheme, as it stands in the header (RFC 7617, RFC 6750).

    Args:
        readable: leave a basic credential unencoded, for a mask.
    """
    if credential.kind == "apiKey" or form == CredentialForm.NO_SCHEME:
        return value
    if credential.kind == "basic" or form == CredentialForm.BASIC_SCHEME:
        plain = value if credential.kind == "basic" else f"{value}:"
        return f"Basic {plain}" if readable else f"Basic {base64.b64encode(plain.encode()).decode()}".strip()
    return f"{_SCHEMES.get(form, 'Bearer')} {value}".strip()
