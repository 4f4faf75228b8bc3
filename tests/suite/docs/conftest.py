"""Fixtures for the tests of the pages: what stands on them, and the vendor that their examples are about."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def example() -> Path:
    """The document that the pages' examples are about."""
    return ROOT / "docs" / "examples" / "parley.yaml"


@pytest.fixture(scope="session")
def table() -> Callable[[str], list[list[str]]]:
    """A callable that gives the rows of all tables in a text, without their heads, each as its cells."""

    def rows(text: str) -> list[list[str]]:
        found: list[list[str]] = []
        for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
            lines = [line for line in block.splitlines() if not re.fullmatch(r"\|(\s*:?-+:?\s*\|)+", line)]
            found += [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[1:]]
        return found

    return rows


@pytest.fixture
def clean(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without any variable of ours or pytest's, at one width and without colours."""
    for name in list(os.environ):
        if name.startswith(("CHATCERT_", "PYTEST_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    return monkeypatch
