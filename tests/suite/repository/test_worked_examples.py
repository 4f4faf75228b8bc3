"""The worked examples of ARCHITECTURE.md, followed literally on a copy of the repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

SECONDS = 240
KIND, OPTION = "add a requirement kind", "add an option"
CHANGELOG = "CHANGELOG.md"
COPIED = ("src", "specs", "docs", "tests", "conftest.py", "pyproject.toml", "tox.ini", CHANGELOG)
INSTRUCTION = re.compile(
    r"^(?:\*\*\d+\.\*\* |And )?(?:`(?P<file>[\w./-]+)`|The same file), "
    r"(?:at its end|(?P<where>after|before|in place of) the line with `(?P<anchor>[^`]+)`):"
    r"[^`]*?(?:`[^`\n]+`[^`]*?)*\n\n```\w+\n(?P<block>.*?)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Edit:
    """One instruction of an example: lines that go into a file.

    Attributes:
        where: ``after``, ``before`` or ``in place of`` the first line with ``anchor``; empty for the end of the file.
    """

    file: str
    where: str
    anchor: str
    block: str

    def apply(self, folder: Path) -> None:
        """Edit the file of a copy."""
        path = folder / self.file
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if not self.where:
            lines.append(f"\n\n{self.block}")
        else:
            number = next(number for number, line in enumerate(lines) if self.anchor in line)
            first, last = {"after": (1, 1), "before": (0, 0), "in place of": (0, 1)}[self.where]
            lines[number + first : number + last] = [self.block]
        path.write_text("".join(lines), encoding="utf-8")


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    """The text of ARCHITECTURE.md."""
    return (root / "ARCHITECTURE.md").read_text(encoding="utf-8")


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of what the examples edit and run."""
    for name in COPIED:
        if (root / name).is_dir():
            shutil.copytree(root / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "samples"))
        else:
            shutil.copy(root / name, tmp_path / name)
    return tmp_path


def example(page: str, title: str) -> list[Edit]:
    """The instructions of one example in their order; each of its blocks belongs to one."""
    section = page.partition(f"## Example: {title}\n")[2].partition("\n## ")[0]
    edits = list(_edits(section))
    assert len(edits) == section.count("```") // 2
    return edits


def _edits(section: str) -> Iterator[Edit]:
    file = ""
    for found in INSTRUCTION.finditer(section):
        file = found["file"] or file
        yield Edit(file, found["where"] or "", found["anchor"] or "", found["block"])


def files(edits: list[Edit]) -> list[str]:
    """The files that an example changes, each once."""
    return list(dict.fromkeys(edit.file for edit in edits))


def run(copy: Path, *arguments: str) -> str:
    """Run a module of Python in a copy; return what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("CHATCERT_", "PYTEST_"))}
    environment["PYTHONPATH"] = os.pathsep.join([str(copy / "src"), *sys.path])
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(
        command, cwd=copy, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_add_a_requirement_kind(page: str, copy: Path) -> None:
    """The new requirement exists, an honest server complies with it, and a server that breaks it is found."""
    edits = example(page, KIND)
    assert 7 == len(files(edits))
    for edit in edits:
        edit.apply(copy)

    name = "response/any/no-private-address"
    assert f"agencii/{name}" in run(copy, "chatcert", "requirements", "agencii")
    assert f"agencii/fault/{name}" in run(copy, "chatcert", "faults", "agencii")
    assert "Conformant" in run(copy, "chatcert", "certify", "agencii", "--profile", "quick", "--fail-on", "warn")
    tests = ("tests/suite/judge/test_rules.py", "tests/suite/docs/test_requirement_kinds.py")
    faults = [f"tests/suite/run/test_faults.py::test_fault[{vendor}/fault/{name}]" for vendor in ("agencii", "polyai")]
    printed = run(copy, "pytest", "-q", "-p", "no:cacheprovider", *tests, *faults)
    assert " passed" in printed
    assert "skipped" not in printed


def test_add_an_option(page: str, copy: Path) -> None:
    """The new option is in the help, and its test passes; three files change besides the changelog."""
    edits = example(page, OPTION)
    assert 4 == len(files(edits))
    assert CHANGELOG == edits[-1].file
    for edit in edits:
        edit.apply(copy)

    assert "--silent" in run(copy, "chatcert", "certify", "--help")
    test = "tests/suite/run/test_certify.py::test_a_silent_run_prints_breaches_alone"
    assert "1 passed" in run(copy, "pytest", "-q", "-p", "no:cacheprovider", test)


@pytest.mark.parametrize("title", [KIND, OPTION])
def test_examples_are_not_in_the_product(page: str, root: Path, title: str) -> None:
    """An example adds something that is not there yet."""
    for edit in example(page, title):
        assert edit.block.strip() not in (root / edit.file).read_text(encoding="utf-8")
