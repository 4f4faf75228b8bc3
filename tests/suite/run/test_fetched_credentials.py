"""Whole runs whose credentials a real authorisation server gives: renewed in time, and never written anywhere."""

from __future__ import annotations

import base64
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import quote

import pytest

from chatcert.mock.backend import Backend, environment
from chatcert.mock.server import create_app
from chatcert.vendors import open_vendor

VENDOR = "agencii"
OWN = "CHATCERT_AGENCII_BEARER_AUTH"


@pytest.fixture
def issuers(peers: ModuleType) -> ModuleType:
    """The module with a real authorisation server."""
    return importlib.import_module(f"{peers.__name__}.issuer")


@pytest.fixture
def guarded(
    issuers: ModuleType, switchboard: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Puts an issuer and the check of its tokens in front of a mock; gives both, and the variables of a client."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    running: list[Any] = []

    def start(seconds: float, **more: Any) -> Any:
        contract = open_vendor(VENDOR)
        backend = Backend.of(contract, 1)
        issuer = issuers.Issuer(seconds, **more).__enter__()
        running.append(issuer)
        known = {one.name.lower(): (backend.secrets[one.scheme], "chats") for one in contract.credentials}
        switchboard.app = issuers.Checked(create_app([contract], backends={VENDOR: backend}), issuer, known)
        variables = {name: value for name, value in environment(contract, backend).items() if OWN not in name}
        variables |= {
            f"{OWN}_TOKEN_URL": f"{issuer.url}/token",
            f"{OWN}_CLIENT_ID": issuers.CLIENT,
            f"{OWN}_CLIENT_SECRET": issuers.SECRET,
            f"{OWN}_AUDIENCE": "chats",
        }
        return SimpleNamespace(issuer=issuer, url=f"{switchboard.address}/{VENDOR}", variables=variables)

    yield start
    for issuer in running:
        issuer.__exit__()


def leaks(folder: Path, text: str, values: list[str]) -> list[str]:
    """The files below a folder that hold a secret in a usual encoding, and the output if it does."""
    forms = {form.encode() for value in values for form in _forms(value)}
    contents = {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()} | {"": text.encode()}
    return [name for name, content in contents.items() if any(form in content for form in forms)]


def _forms(value: str) -> Iterator[str]:
    raw = value.encode()
    yield from (value, value.upper(), quote(value, safe=""), raw.hex(), ",".join(map(str, raw)))
    for before in range(3):
        yield base64.b64encode(bytes(before) + raw).decode()[4:-4]


@pytest.mark.slow
def test_tokens_are_renewed_during_a_run(certify: Any, guarded: Any) -> None:
    """A conformant server is found so although its tokens last two seconds; no file holds any of them."""
    server = guarded(2)
    run = certify(VENDOR, "--url", server.url, "--rate", "40", variables=server.variables)
    origin = run.report(VENDOR)["credentials"][0]

    assert (0, "conformant") == (run.status, run.report(VENDOR)["outcome"])
    assert ("BearerAuth", "client_credentials") == (origin["name"], origin["kind"])
    assert (f"{server.issuer.url}/token", len(server.issuer.tokens)) == (origin["address"], origin["fetched"])
    assert 1 < origin["fetched"]
    assert "fetched" in (run.folder / VENDOR / "report.html").read_text(encoding="utf-8")
    assert [] == leaks(run.folder, run.text, server.issuer.values)


@pytest.mark.slow
def test_tokens_that_end_unannounced_cost_no_verdict(certify: Any, guarded: Any, verified: Any) -> None:
    """Where nobody says how long a token is valid, what was sent with a dead one is sent again, and does not count."""
    server = guarded(600, announced=False, uses=40)
    run = certify(VENDOR, "--url", server.url, variables=server.variables)
    report = run.report(VENDOR)

    assert (0, "conformant") == (run.status, report["outcome"])
    assert 0 < report["credentials"][0]["refused"] == report["credentials"][0]["fetched"] - 1
    assert [] == leaks(run.folder, run.text, server.issuer.values)
    assert 0 == verified(run.folder / VENDOR)


@pytest.fixture
def verified(capfd: pytest.CaptureFixture[str]) -> Callable[[Path], int]:
    """The exit status of ``chatcert verify``."""
    from chatcert.cli.main import main

    return lambda folder: main(["verify", str(folder)])


def test_a_plan_needs_no_token(certify: Any, guarded: Any) -> None:
    """``--plan`` fetches nothing, and writes nothing, not even a folder."""
    server = guarded(60)
    planned = certify(VENDOR, "--url", server.url, "--plan", variables=server.variables)

    assert (0, []) == (planned.status, server.issuer.requests)
    assert not planned.folder.exists()
    assert "requests" in planned.text


def test_an_issuer_that_refuses_is_named(certify: Any, guarded: Any) -> None:
    """Without a token nothing is sent: exit status 78, and a line with the token address and its status."""
    server = guarded(60)
    variables = server.variables | {f"{OWN}_CLIENT_SECRET": "another-secret-9fQ2"}
    run = certify(VENDOR, "--url", server.url, variables=variables)

    assert 78 == run.status
    assert f"no token: {server.issuer.url}/token answers with status 401 (invalid_client)" in " ".join(run.text.split())
    assert [] == leaks(run.folder, run.text, ["another-secret-9fQ2"])
