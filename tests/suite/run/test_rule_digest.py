"""The digest of an installed rule: which changes make it another rule."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatcert.own_rules.rule_source import digest_of_bytes, digest_of_plugin

FILES = {
    "__init__.py": "",
    "rules.py": "from . import words\n\ndef judge():\n    from acme_own.late import LIMIT\n    return LIMIT\n",
    "words.py": "from .parts.ids import SAFE\n",
    "late.py": "LIMIT = 4\n",
    "parts/__init__.py": "",
    "parts/ids.py": "SAFE = 1\n",
    "unused.py": "NOTHING = 0\n",
    "alone.py": "import json\n",
}


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str | None]]:
    """Returns the digest of a module of a package, of which one file has a further line."""
    folder = tmp_path / "acme_own"
    monkeypatch.syspath_prepend(tmp_path)

    def compute(changed: str = "", module: str = "rules") -> str | None:
        for name, text in FILES.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text + ("# changed\n" if name == changed else ""), encoding="utf-8")
        importlib.invalidate_caches()
        return digest_of_plugin(importlib.import_module(f"acme_own.{module}"))

    yield compute
    for name in [name for name in sys.modules if name.partition(".")[0] == "acme_own"]:
        del sys.modules[name]


@pytest.mark.parametrize(
    "name", ["__init__.py", "rules.py", "words.py", "late.py", "parts/__init__.py", "parts/ids.py"]
)
def test_what_a_rule_imports_from_its_package_is_covered(digest: Callable[..., str | None], name: str) -> None:
    """A change to the module, or to one that it imports from its package, at whatever time, is another digest."""
    assert digest() != digest(name)


@pytest.mark.parametrize("name", ["unused.py", "alone.py"])
def test_the_rest_of_the_package_is_not(digest: Callable[..., str | None], name: str) -> None:
    """A module that no rule imports changes nothing."""
    assert digest() == digest(name)


def test_a_single_module_has_the_digest_of_its_file() -> None:
    """A module outside any package has the digest that ``--rules`` gives the same file."""
    path = Path(importlib.import_module("colorsys").__file__ or "")

    assert digest_of_bytes(path.read_bytes()) == digest_of_plugin(sys.modules["colorsys"])


def test_a_module_without_source_has_none() -> None:
    """What was compiled into the interpreter has no source that a report could name."""
    assert digest_of_plugin(sys) is None
