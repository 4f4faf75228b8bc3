"""Faults of the family authentication: one wrong form of a credential is accepted."""

from __future__ import annotations

import pytest

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Authenticates,
)
from chatcert.transport.credentials.credential_forms import Inexpressible, carry
from chatcert.transport.credentials.secret_values import Secret

from .calling import Caller
from .fault_lookup import with_check


def send_form(caller: Caller, forms: dict[str, str]) -> bool:
    """Whether a request with its credentials in these forms is let in.

    Raises:
        Inexpressible: a form makes no difference here.
    """
    headers: list[tuple[str, str]] = []
    query: list[str] = []
    credentials = caller.contract.credentials
    for index, credential in enumerate(credentials):
        other = Secret(caller.backend.secrets[credentials[(index + 1) % len(credentials)].scheme])
        secret = Secret(caller.backend.secrets[credential.scheme])
        carried = carry(credential, secret, forms.get(credential.scheme, "valid"), other)
        headers += carried.headers
        query += [f"{name}={value}" for name, value in carried.query]
    path = caller.path + ("?" + "&".join(query) if query else "")
    return caller.post(headers=headers, path=path).is_success


@pytest.mark.slow
def test_credentials_are_let_in_one_form_each(contract: Contract) -> None:
    """A fault in authentication lets in its own form of its own credential, and no other form of any."""
    schemes = [credential.scheme for credential in contract.credentials]
    checks = [(fault, check) for fault, check in with_check(contract, Authenticates) if not fault.deviations.crashes]
    for fault, check in checks:
        caller = Caller(contract, fault)
        for _, tried in checks:
            try:
                let_in = send_form(caller, dict.fromkeys([tried.scheme] if tried.scheme else schemes, tried.form))
            except Inexpressible:
                continue
            assert (tried == check) == let_in, (fault.id, tried)
        assert send_form(caller, {})
