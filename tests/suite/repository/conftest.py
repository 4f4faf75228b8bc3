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
class Result:
    """The exit status of a command, and what it printed."""

    status: int
    out: str
    err: str


@pytest.fixture
def run_command(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Result]:
    """A callable that runs one ``chatcert`` command in an empty folder, with none of our variables set."""
    for name in [name for name in os.environ if name.startswith("CHATCERT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Result:
        capfd.readouterr()
        try:
            status = main(arguments)
        except SystemExit as exited:
            status = int(exited.code or 0)
        captured = capfd.readouterr()
        return Result(status, captured.out, captured.err)

    return run
