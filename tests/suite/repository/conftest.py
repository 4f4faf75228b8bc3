"""Fixtures for the tests of the repository itself."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chatcert.cli.main import main


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Left:
    """How a command left: its exit status and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def door(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Left]:
    """A callable that runs one ``chatcert`` command in an empty folder, with none of our variables set."""
    for name in [name for name in os.environ if name.startswith("CHATCERT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Left:
        capfd.readouterr()
        try:
            status = main(arguments)
        except SystemExit as left:
            status = int(left.code or 0)
        captured = capfd.readouterr()
        return Left(status, captured.out, captured.err)

    return run
