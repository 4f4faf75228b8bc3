"""Fixtures for the tests of the register: registers whose entries rest on no report, made once for a module."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.register.register_folder import RegisterFolder

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def synthetic() -> Iterator[ModuleType]:
    """The module that makes registers of any size."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "bench"))
        yield import_module("registers.synthetic")


@pytest.fixture(scope="module")
def original(synthetic: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A register with two vendors, an auditor and a buyer, and one entry of each vendor; no test writes to it."""
    parties = {"vendor": ("acme", "other"), "auditor": ("audit",), "challenger": ("buyer",)}
    made = synthetic.make_register(tmp_path_factory.mktemp("original"), parties)
    made.add(
        [
            synthetic.certificate(made, "acme"),
            synthetic.certificate(made, "other", verdicts={"warn": ["other/request/body/field0/maxLength"]}),
        ]
    )
    return made


@pytest.fixture
def made(original: Any, synthetic: ModuleType, tmp_path: Path) -> Any:
    """A copy of that register for one test, with all its keys."""
    shutil.copytree(original.path, tmp_path / "register")
    return synthetic.Made(RegisterFolder(tmp_path / "register"), dict(original.keys))


@pytest.fixture
def key_files(made: Any, tmp_path: Path) -> Callable[..., list[str]]:
    """Write the private keys of roles and parties to files; returns the options that name them."""

    def options(*roles: str) -> list[str]:
        found = []
        for role in roles:
            for number, key in enumerate(made.keys[role]):
                path = tmp_path / f"{role}-{number}.key"
                path.write_bytes(key.pem())
                found += ["--key", str(path)]
        return found

    return options
