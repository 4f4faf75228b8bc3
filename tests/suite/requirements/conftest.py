"""Fixtures for the tests of requirements: what is derived from a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Requirement

Derived = Callable[..., dict[str, Requirement]]


@pytest.fixture
def requirements(contract: Contract) -> list[Requirement]:
    """All requirements of each bundled vendor in turn."""
    return list(derive(contract).requirements.values())


@pytest.fixture
def derived(changed: Callable[..., dict[str, Any]]) -> Derived:
    """The requirements of the flawless document with other values at some pointers, by path."""

    def derive_changed(changes: dict[str, Any] | None = None) -> dict[str, Requirement]:
        catalogue = derive(read_contract(changed(changes or {}), vendor="v", where=""))
        return {requirement.path: requirement for requirement in catalogue.requirements.values()}

    return derive_changed
