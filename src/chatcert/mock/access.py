"""Access control: every credential must have its exact value, in its documented place and scheme."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping

from chatcert.mock.call import Call
from chatcert.openapi.contract import Contract, Credential


class AccessControl:
    """Checks the credentials of calls.

    Args:
        secrets: the valid credential of each security scheme.
    """

    def __init__(self, contract: Contract, secrets: Mapping[str, str]) -> None:
        self._checks = {c.scheme: _CredentialCheck(c, secrets[c.scheme]) for c in contract.credentials}
        self._alternatives = [a.schemes for a in contract.alternatives if not a.is_contradicted]
        schemes = dict.fromkeys(c.kind.capitalize() for c in contract.credentials if c.kind != "apiKey") or ["ApiKey"]
        self.challenges = [(b"www-authenticate", f'{scheme} realm="{contract.vendor}"'.encode()) for scheme in schemes]

    def problem(self, call: Call) -> str:
        """Return why the call is not authenticated; empty if it is.

        One alternative is enough. What is sent beside it has to be right nevertheless.
        """
        problems = {name: check.problem(call) for name, check in self._checks.items()}
        for schemes in self._alternatives:
            places = {self._checks[name].place for name in schemes}
            others = [c for name, c in self._checks.items() if name not in schemes and c.place not in places]
            is_met = not any(problems[name] for name in schemes)
            if is_met and not any(check.is_presented(call) and check.problem(call) for check in others):
                return ""
        return next((problem for problem in problems.values() if problem), "")


class _CredentialCheck:
    def __init__(self, credential: Credential, secret: str) -> None:
        self._credential = credential
        self.place = (credential.location, credential.name.lower())
        self._name = credential.name.lower().encode("latin-1", "replace")
        self._scheme = b"" if credential.kind == "apiKey" else credential.kind.encode()
        expected = secret.encode()
        self._expected = base64.b64encode(expected) if credential.kind == "basic" else expected

    def is_presented(self, call: Call) -> bool:
        """Return whether a call carries anything in the place of the credential."""
        return bool(self._presented(call))

    def problem(self, call: Call) -> str:
        presented = self._presented(call)
        name = self._credential.name
        if len(presented) != 1:
            return f"{name} was sent more than once" if presented else f"{name} is needed"
        value = presented[0]
        if self._scheme:
            scheme, _, value = value.partition(b" ")
            if scheme.lower() != self._scheme:
                return f"{name} must use the scheme {self._scheme.decode().capitalize()}"
            value = value.lstrip(b" ")
        return "" if hmac.compare_digest(value, self._expected) else f"{name} is not accepted"

    def _presented(self, call: Call) -> list[bytes]:
        match self._credential.location:
            case "header":
                return [value for key, value in call.headers if key == self._name]
            case "query":
                return [value.encode() for value in call.query_values(self._credential.name)]
            case _:
                return [value.encode("latin-1") for value in call.cookie_values(self._credential.name)]
