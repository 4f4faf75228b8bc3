"""Fixtures for credentials that are fetched: an authorisation server, a private folder, live credentials."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.transport.credentials.credential_cache import private_folder
from chatcert.transport.credentials.credential_sources import CredentialSource, OAuthSource, SourceKind
from chatcert.transport.credentials.live_credentials import LiveCredentials
from chatcert.transport.credentials.secret_values import Secret

PEERS = Path(__file__).parents[2] / "peers"


@pytest.fixture(scope="session")
def issuers() -> ModuleType:
    """The module with a real authorisation server."""
    name = "peers_of_credentials"
    spec = spec_from_file_location(name, PEERS / "__init__.py", submodule_search_locations=[str(PEERS)])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return importlib.import_module(f"{name}.issuer")


@pytest.fixture
def issuer(issuers: ModuleType) -> Iterator[Any]:
    """An authorisation server whose tokens are valid for an hour."""
    with issuers.Issuer(3600) as running:
        yield running


@pytest.fixture
def source(issuers: ModuleType) -> Callable[..., OAuthSource]:
    """Makes the source of a token, by the grant client_credentials unless others are given."""

    def make(url: str, **more: Any) -> OAuthSource:
        given: dict[str, Any] = {
            "where": "[targets.t.credentials], apiKeyAuth",
            "grant": SourceKind.CLIENT_CREDENTIALS,
            "token_url": url,
            "client_id": issuers.CLIENT,
            "client_secret": Secret(issuers.SECRET),
        }
        return OAuthSource(**given | more)

    return make


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A folder in which this test alone shares credentials."""
    folder = private_folder({"XDG_RUNTIME_DIR": str(tmp_path)})
    assert folder is not None
    return folder


@pytest.fixture
def live(private: Path) -> Callable[..., LiveCredentials]:
    """Makes the credentials of a target, of which one has a source."""

    def make(source: CredentialSource, name: str = "apiKeyAuth", folder: Path | None = private) -> LiveCredentials:
        return LiveCredentials({}, {name: source}, lambda _, text: Secret(text), folder)

    return make
