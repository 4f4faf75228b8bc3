"""Fixtures for the tests of the repository itself."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from chatcert.cli.main import main


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def build(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A callable that builds one kind of wheel with the project's own build backend; no network is needed."""

    def build(version: str) -> Path:
        folder = tmp_path_factory.mktemp(version)
        return Path(next(iter(WheelBuilder(str(root)).build(directory=str(folder), versions=[version]))))

    return build


@pytest.fixture(scope="session")
def wheel(build: Callable[[str], Path]) -> zipfile.ZipFile:
    """The wheel that is published."""
    return zipfile.ZipFile(build("standard"))


@pytest.fixture(scope="session")
def installed(wheel: zipfile.ZipFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what an installation of the wheel puts in place."""
    folder = tmp_path_factory.mktemp("installed")
    wheel.extractall(folder)
    return folder


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
