"""Credentials: values that cannot print themselves, and the forms in which a request carries them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import final

from chatcert.names import variable_name
from chatcert.openapi.contract import Credential

MASK_LENGTH = 8
"""A run of this many characters of a credential counts as the credential (a shorter one identifies nobody)."""

OTHER_HEADER = "X-Auth-Credential"


@final
class Secret:
    """A credential's value. Every way of printing it shows a mask; ``reveal`` is the one way out."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the wire and for the masker only."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(•••)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return "•••"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a credential is not written anywhere: pass its environment variable instead")


class Expression(str):
    """A text for a shell to fill in between double quotes; made here, of variables' names and nothing foreign."""

    __slots__ = ()


class Inexpressible(Exception):
    """A form that makes no difference for this credential (a case change of a value without letters)."""


@dataclass(frozen=True, slots=True)
class Carried:
    """How one credential travels in one request.

    Attributes:
        headers, query, cookies: name and real value pairs.
        shown: the same headers, queries and cookies, values masked.
        presented: the altered value, if one is sent.
        shell: the same as shell expressions, for a curl line.
    """

    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    cookies: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    shown: tuple[tuple[str, str], ...] = ()
    presented: str = field(default="", repr=False)
    shell: tuple[tuple[str, Expression | str], ...] = ()


def mask(name: str, form: str = "valid") -> str:
    """What stands in place of a credential wherever something is written."""
    return f"«{name}»" if form == "valid" else f"«{name} {form}»"


def carry(
    credential: Credential,
    secret: Secret,
    form: str,
    variable: str,
    other: Secret | None = None,
    other_variable: str = "",
) -> Carried:
    """One credential in one form.

    Args:
        form: ``valid`` or the kind of mistake (see ``contract.authentication``).
        variable: name of its environment variable, for the curl line.
        other: another credential's value, for ``swapped``; ``other_variable`` names its environment variable.

    Raises:
        Inexpressible: the form would leave the value as it is.
    """
    value = secret.reveal()
    if form == "missing":
        return Carried()
    if form == "query":
        names = dict.fromkeys((credential.name, "access_token", "api_key", "token"))
        pairs = tuple((name, value) for name in names)
        return Carried(
            query=pairs,
            shown=tuple((n, mask(credential.scheme)) for n in names),
            shell=tuple((n, Expression(f"${variable}")) for n in names),
        )
    if form == "other-header":
        return Carried(
            headers=((OTHER_HEADER, value), ("Authorization", f"Bearer {value}")),
            shown=((OTHER_HEADER, mask(credential.scheme)), ("Authorization", f"Bearer {mask(credential.scheme)}")),
            shell=((OTHER_HEADER, Expression(f"${variable}")), ("Authorization", Expression(f"Bearer ${variable}"))),
        )
    altered, shell = _altered(value, form, variable, other)
    if altered == value and form not in _UNALTERED:
        raise Inexpressible(f"the configured {credential.scheme} has no other spelling of the kind {form!r}")
    name = {"name-lower": credential.name.lower(), "name-upper": credential.name.upper()}.get(form, credential.name)
    written = _written(credential, altered, form)
    shown = _written(credential, mask(credential.scheme, "valid" if form in _UNALTERED else form), form, shown=True)
    line = _in_shell(credential, f"${other_variable}" if form == "swapped" and other_variable else shell, form)
    presented = altered if altered != value else ""
    if form == "duplicated":
        wrong = _written(credential, _wrong(value), form)
        return Carried(
            headers=((name, written), (name, wrong)),
            shown=(
                (name, _written(credential, mask(credential.scheme), form, shown=True)),
                (name, _written(credential, mask(credential.scheme, "wrong"), form, shown=True)),
            ),
            presented=_wrong(value),
            shell=((name, line), (name, _in_shell(credential, "wrong-credential", form))),
        )
    if credential.location == "query":
        return Carried(query=((name, written),), shown=((name, shown),), presented=presented, shell=((name, line),))
    if credential.location == "cookie":
        return Carried(cookies=((name, written),), shown=((name, shown),), presented=presented, shell=((name, line),))
    return Carried(headers=((name, written),), shown=((name, shown),), presented=presented, shell=((name, line),))


def carry_headers(headers: Mapping[str, str | Secret], vendor: str) -> Carried:
    """Headers that every request has besides; for a secret one, a curl line names its environment variable."""
    secret = {name: value for name, value in headers.items() if isinstance(value, Secret)}
    real = tuple((n, v.reveal() if isinstance(v, Secret) else v) for n, v in headers.items())
    return Carried(
        headers=real,
        shown=tuple((n, mask(n) if n in secret else v) for n, v in real),
        shell=tuple((n, Expression(f"${variable_name(vendor, n)}") if n in secret else v) for n, v in real),
    )


_UNALTERED = (
    "valid",
    "no-scheme",
    "basic-scheme",
    "other-scheme",
    "scheme-lower",
    "scheme-upper",
    "name-lower",
    "name-upper",
    "duplicated",
)


def _altered(value: str, form: str, variable: str, other: Secret | None) -> tuple[str, str]:
    """The value in its altered form, and a shell expression that comes near it."""
    braced = "${" + variable
    match form:
        case "empty":
            return "", ""
        case "wrong":
            return _wrong(value), "wrong-credential"
        case "corrupted":
            middle = len(value) // 2
            changed = "0" if value[middle : middle + 1] != "0" else "1"
            return value[:middle] + changed + value[middle + 1 :], f"{braced}%??}}zz"
        case "truncated":
            return value[:-1], f"{braced}%?}}"
        case "extended":
            return f"{value}x", f"{braced}}}x"
        case "prefix":
            kept = min(MASK_LENGTH, max(len(value) - 2, 1))
            return value[:kept] + _wrong(value)[kept:], f"{braced}:0:{kept}}}wrong"
        case "case":
            return value.swapcase(), f"{braced}^^}}"
        case "swapped":
            return (other.reveal() if other is not None else value), f"${variable}"
        case _:
            return value, f"${variable}"


def _wrong(value: str) -> str:
    """A value of the same length and character classes that tells nothing about the real one."""
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


def _written(credential: Credential, value: str, form: str, *, shown: bool = False) -> str:
    """A value with its scheme, as it stands in the header."""
    if credential.kind == "apiKey" or form == "no-scheme":
        return value
    if credential.kind == "basic" or form == "basic-scheme":
        plain = value if credential.kind == "basic" else f"{value}:"
        return f"Basic {plain}" if shown else f"Basic {base64.b64encode(plain.encode()).decode()}"
    scheme = {"scheme-lower": "bearer", "scheme-upper": "BEARER", "other-scheme": "Token"}.get(form, "Bearer")
    return f"{scheme} {value}".strip()


def _in_shell(credential: Credential, value: str, form: str) -> Expression:
    """A shell expression with its scheme; basic credentials are packed by the shell."""
    if credential.kind == "basic" or (credential.kind == "bearer" and form == "basic-scheme"):
        plain = value if credential.kind == "basic" else f"{value}:"
        return Expression(f"""Basic $(printf %s "{plain}" | base64 | tr -d '\\n')""")
    return Expression(_written(credential, value, form, shown=True))
