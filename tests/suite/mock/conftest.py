"""Fixtures for the tests of the bundled server."""

from __future__ import annotations

import pytest

from chatcert.openapi.contract import Contract
from chatcert.vendors import known_vendors, open_vendor

from .calling import Caller


@pytest.fixture(params=known_vendors())
def contract(request: pytest.FixtureRequest) -> Contract:
    """The contract of each bundled vendor in turn."""
    return open_vendor(request.param)


@pytest.fixture
def caller(contract: Contract) -> Caller:
    """Somebody who calls a faithful mock of that contract."""
    return Caller(contract)
