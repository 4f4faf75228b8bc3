"""Pages: how their templates are compiled."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import FileSystemBytecodeCache

from chatcert.report.views.page import escaping_environment

VIEWS = "chatcert.report.views"


def test_compiled_templates_are_kept_where_bytecode_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A second environment finds the template that the first one has compiled, in Python's own folder for bytecode."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    source = Path(sys.modules[VIEWS].__file__ or "").resolve()
    (tmp_path / source.parent.relative_to(source.anchor)).mkdir(parents=True)
    filters = dict.fromkeys(("count", "command", "anchor", "duration"), str)
    first, second = escaping_environment(VIEWS, **filters), escaping_environment(VIEWS, **filters)
    assert isinstance(second.bytecode_cache, FileSystemBytecodeCache)

    first.get_template("matrix.html")
    second.compile = lambda *_: pytest.fail("it is compiled again")  # type: ignore[method-assign,assignment]

    assert "matrix.html" == second.get_template("matrix.html").name
    assert [VIEWS.rpartition(".")[2]] == [path.parent.name for path in tmp_path.rglob("__jinja2_*")]


@pytest.mark.parametrize("why", ["told-not-to", "no-folder"])
def test_nothing_is_kept_where_python_keeps_no_bytecode(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, why: str
) -> None:
    """Where Python was told to write no bytecode, or has no place for it, templates are compiled in memory."""
    monkeypatch.setattr(sys, "dont_write_bytecode", why == "told-not-to")
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path / "missing") if why == "no-folder" else None)

    assert escaping_environment(VIEWS).bytecode_cache is None
