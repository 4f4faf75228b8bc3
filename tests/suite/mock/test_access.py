"""Who is let in."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatcert.openapi.contract import Contract

from .calling import Caller

WRONG: dict[str, Callable[[str], str]] = {
    "empty": lambda secret: "",
    "shorter": lambda secret: secret[:-1],
    "longer": lambda secret: secret + "x",
    "beginning": lambda secret: secret[:8] + "0" * (len(secret) - 8),
    "other case": lambda secret: secret.swapcase(),
    "one character": lambda secret: ("A" if secret[0] != "A" else "B") + secret[1:],
    "another": lambda secret: "wrong-credential",
    "non-ASCII": lambda secret: secret + "é",
    "a list": lambda secret: f"{secret}, {secret}",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_values(contract: Contract, caller: Caller, wrong: str) -> None:
    """Each credential has to be the right one, even while all others are."""
    for credential in contract.credentials:
        secret = caller.backend.secrets[credential.scheme]
        value = caller.credentials[credential.name].replace(secret, WRONG[wrong](secret))
        headers = [(name, right) for name, right in caller.credentials.items() if name != credential.name]

        response = caller.post(headers=[*headers, (credential.name, value.encode().decode("latin-1"))])

        assert contract.refusal_statuses[0] == response.status_code


def test_missing(contract: Contract, caller: Caller) -> None:
    """Every credential is needed: one of two is not enough."""
    for name in caller.credentials:
        headers = {other: value for other, value in caller.credentials.items() if other != name}

        assert contract.refusal_statuses[0] == caller.post(headers=headers).status_code


def test_swapped() -> None:
    """Right values in each other's place are wrong."""
    from chatcert.vendors import open_vendor

    caller = Caller(open_vendor("polyai"))
    names, values = zip(*caller.credentials.items(), strict=True)

    assert 401 == caller.post(headers=dict(zip(names, reversed(values), strict=True))).status_code


def test_twice(contract: Contract, caller: Caller) -> None:
    """A credential that comes twice is refused, even if it is right both times."""
    for pair in caller.credentials.items():
        response = caller.post(headers=[*caller.credentials.items(), pair])

        assert contract.refusal_statuses[0] == response.status_code


def test_other_places(contract: Contract, caller: Caller) -> None:
    """A credential in the query or in another header does not count."""
    for name, value in caller.credentials.items():
        others = [(other, right) for other, right in caller.credentials.items() if other != name]
        secret = value.rpartition(" ")[2]
        query = f"{caller.path}?{name}={secret}&token={secret}&access_token={secret}"

        assert contract.refusal_statuses[0] == caller.post(headers=others, path=query).status_code
        assert contract.refusal_statuses[0] == caller.post(headers=[*others, ("X-Other", secret)]).status_code


def test_scheme(contract: Contract, caller: Caller) -> None:
    """The scheme is needed and compared without regard to case; header names are, too."""
    for credential in contract.credentials:
        if credential.kind == "bearer":
            secret = caller.backend.secrets[credential.scheme]
            for scheme in ("bearer", "BEARER", "Bearer"):
                assert caller.post(headers={credential.name: f"{scheme} {secret}"}).is_success
            for wrong in (secret, f"Basic {secret}", f"Bearer{secret}", f"Token {secret}"):
                response = caller.post(headers={credential.name: wrong})
                assert contract.refusal_statuses[0] == response.status_code
                assert response.headers["www-authenticate"].startswith("Bearer")
    assert caller.post(headers={name.upper(): value for name, value in caller.credentials.items()}).is_success


def test_secrets_differ_and_mix(contract: Contract, caller: Caller) -> None:
    """Credentials are random, with upper and lower case letters and digits."""
    other = Caller(contract)
    for scheme, secret in caller.backend.secrets.items():
        assert secret != other.backend.secrets[scheme]
        assert any(c.isupper() for c in secret)
        assert any(c.islower() for c in secret)
        assert any(c.isdigit() for c in secret)


def test_secrets_are_not_printed(caller: Caller) -> None:
    """The backend does not show its credentials."""
    for secret in caller.backend.secrets.values():
        assert secret not in repr(caller.backend)
