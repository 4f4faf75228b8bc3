"""Shell expressions for the masks in a recorded request: the environment variables that hold the credentials."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from chatcert.names import variable_name
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import CredentialForm, configured_as, of_other_account
from chatcert.transport.credentials.credential_forms import INJECTION, LONG, NOT_ASCII, OTHER_HEADER
from chatcert.transport.credentials.secret_values import MASK_LENGTH, mask
from chatcert.transport.credentials.token_forms import UNSIGNED_HEADER, UNSIGNED_TOKEN

MASK_START: Final = "«"
_MASK: Final = re.compile("«[^«»]+»")
_WRONG: Final = "wrong-credential"
"""What a command line sends in place of a wrong value."""
_FOREIGN_SIGNATURE: Final = "Zm9yZWlnbi1zaWduYXR1cmU"
"""The base64url form of ``foreign-signature``."""
_BASIC: Final = "Basic "


class Expression(str):
    """Text that a shell expands between double quotes. It is made here, of names of variables and escaped text only."""

    __slots__ = ()


class Expressions:
    """The expressions for the masks of one contract's credentials, and of secret headers of its target."""

    def __init__(self, contract: Contract) -> None:
        self._vendor = contract.vendor
        self._headers = {"authorization", "cookie", OTHER_HEADER.lower()}
        self._headers.update(credential.name.lower() for credential in contract.credentials)
        schemes = [credential.scheme for credential in contract.credentials]
        self._known = {
            mask(scheme, form): self._expression(scheme, form, schemes) for scheme in schemes for form in CredentialForm
        }

    def of_header(self, name: str, value: str) -> str:
        """Return the value of a header, as an ``Expression`` if it holds a mask.

        A header in which no credential is ever sent is left as it is: what looks like a mask there is the document's.
        """
        if value == mask(name):
            return Expression(f"${variable_name(self._vendor, name)}")
        return self.of(value) if name.lower() in self._headers else value

    def of(self, text: str) -> str:
        """Return a text, as an ``Expression`` if it holds a mask; the shell itself encodes a basic credential."""
        if self._known.keys().isdisjoint(_MASK.findall(text)):
            return text
        if text.startswith(_BASIC):
            plain = self._filled(text.removeprefix(_BASIC))
            return Expression(f"""{_BASIC}$(printf %s "{plain}" | base64 | tr -d '\\n')""")
        return Expression(self._filled(text).rstrip())

    def _filled(self, text: str) -> str:
        parts: list[str] = []
        done = 0
        for found in _MASK.finditer(text):
            expression = self._known.get(found[0])
            if expression is not None:
                parts += [literal(text[done : found.start()]), expression]
                done = found.end()
        return "".join([*parts, literal(text[done:])])

    def _expression(self, scheme: str, form: CredentialForm, schemes: Collection[str]) -> str:
        """Return an expression whose result is close to the value in an altered form."""
        variable = variable_name(self._vendor, scheme)
        braced = "${" + variable
        match form:
            case CredentialForm.EMPTY:
                return ""
            case CredentialForm.WRONG:
                return _WRONG
            case CredentialForm.CORRUPTED:
                return f"{braced}%??}}zz"
            case CredentialForm.TRUNCATED:
                return f"{braced}%?}}"
            case CredentialForm.EXTENDED:
                return f"{braced}}}x"
            case CredentialForm.PRECEDED:
                return f"x{braced}}}"
            case CredentialForm.UNDEFINED | CredentialForm.NULL:
                return str(form)
            case CredentialForm.JWT_SHAPED:
                return UNSIGNED_TOKEN
            case CredentialForm.INJECTION:
                return INJECTION
            case CredentialForm.LONG:
                return f"$(printf %{LONG}s | tr ' ' a)"
            case CredentialForm.NON_ASCII:
                return f"{_WRONG}{NOT_ASCII}"
            case CredentialForm.PREFIX:
                return f'$(printf %.{MASK_LENGTH}s "${variable}")wrong'
            case CredentialForm.CASE:
                return f"$(printf %s \"${variable}\" | tr 'a-zA-Z' 'A-Za-z')"
            case CredentialForm.SWAPPED:
                other = next((name for name in schemes if name != scheme), scheme)
                return f"${variable_name(self._vendor, other)}"
            case CredentialForm.UNSIGNED:
                return f'{UNSIGNED_HEADER}.$(printf %s "${variable}" | cut -d. -f2).'
            case CredentialForm.FOREIGN_SIGNED:
                return f'$(printf %s "${variable}" | cut -d. -f1,2).{_FOREIGN_SIGNATURE}'
            case CredentialForm.EXPIRED | CredentialForm.OTHER_AUDIENCE:
                return f"${variable_name(self._vendor, configured_as(scheme, form))}"
            case CredentialForm.OTHER_ACCOUNT:
                return f"${variable_name(self._vendor, of_other_account(scheme))}"
            case _:
                return f"${variable}"


def literal(text: str) -> str:
    """Escape a text for double quotes, so that the shell expands nothing in it."""
    return "".join(f"\\{character}" if character in '\\"`$' else character for character in text)
