"""Faults of the family security: answers that show stack traces or credentials."""

from __future__ import annotations

import pytest

from chatcert.openapi.contract import Contract

from .calling import Caller
from .fault_lookup import fault_named


@pytest.mark.parametrize(("language", "part"), [("python", "Traceback"), ("java", "at java.base"), ("node", ".js:10")])
def test_stack_traces_show(contract: Contract, language: str, part: str) -> None:
    """A refusal shows a stack trace."""
    caller = Caller(contract, fault_named(contract.vendor, f"response/any/no-stack-trace/{language}"))

    assert part in caller.post(5).text
    assert part not in caller.post().text


def test_credentials_show(contract: Contract) -> None:
    """An answer repeats a credential: in a refusal, where it is not accepted, or in a header."""

    def caller(variant: str) -> Caller:
        return Caller(contract, fault_named(contract.vendor, f"response/any/no-credential/{variant}"))

    refusing, header, unauthenticated = caller("refusal"), caller("header"), caller("unauthenticated")
    wrong = {name: f"{value}-wrong" for name, value in unauthenticated.credentials.items()}

    assert all(secret in refusing.post(5).text for secret in refusing.credentials.values())
    assert all(secret in str(header.post().headers) for secret in header.credentials.values())
    assert all(value in unauthenticated.post(headers=wrong).text for value in wrong.values())
