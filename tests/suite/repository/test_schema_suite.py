"""The comparison with the JSON-Schema-Test-Suite: what counts as a difference. Nothing is downloaded here."""

from __future__ import annotations

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The program that compares."""
    spec = spec_from_file_location("schema_suite", ROOT / "bench" / "schema_suite.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "schema_suite", module)
    spec.loader.exec_module(module)
    return module


def compared(program: ModuleType, folder: Path, schema: Any, *tests: tuple[Any, bool]) -> Any:
    """The comparison with a suite of one schema."""
    (folder / "tests" / "draft2020-12").mkdir(parents=True)
    group = {
        "description": "own",
        "schema": schema,
        "tests": [
            {"description": str(number), "data": data, "valid": valid} for number, (data, valid) in enumerate(tests)
        ],
    }
    (folder / "tests" / "draft2020-12" / "own.json").write_text(json.dumps([group]), encoding="utf-8")
    result = program.Comparison(folder)
    result.run(with_cases=True)
    return result


def test_what_agrees_is_counted(program: ModuleType, tmp_path: Path) -> None:
    """Pairs that agree, one that a format alone decides, and planned bodies that are right."""
    schema = {"type": "object", "required": ["at"], "properties": {"at": {"type": "string", "format": "date"}}}

    result = compared(program, tmp_path, schema, ({"at": "2026-01-02"}, True), ({}, False), ({"at": "now"}, True))

    assert [] == result.unlisted()
    assert (3, 3, 1, 0) == tuple(result.counts[name] for name in ("pairs", "agreeing", "open", "differing"))
    assert result.counts["accepted bodies"] > 3
    assert result.counts["refused bodies"] > 3
    assert len(program.EXCEPTIONS) == len(result.stale())


def test_what_differs_is_named(program: ModuleType, tmp_path: Path) -> None:
    """A pair that the suite sees otherwise, in either way, and a proof that it refutes."""
    result = compared(program, tmp_path, {"type": "string", "maxLength": 1}, ("ab", True), ("a", False))
    assert ["0: valid by the suite", "1: invalid by the suite"] == [one.what for one in result.unlisted()]

    result = compared(program, tmp_path / "more", {"type": "string", "enum": []}, ("ab", True))
    assert "refuted" in result.unlisted()[-1].what


def test_tox_runs_it() -> None:
    """``tox -e schema-suite`` runs the one command, and the page names it."""
    text = (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert "commands = python bench/schema_suite.py --work-dir {work_dir}/schema-suite {posargs}\n" in text
    assert "tox -e schema-suite" in (ROOT / "docs" / "schema-suite.md").read_text(encoding="utf-8")
