"""Every command that a page shows is one that works, and every table says what is so."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatcert import exceptions
from chatcert.cases.profile import profile_named
from chatcert.cli import _parser
from chatcert.contract.requirements import Kind
from chatcert.judge.verdict import Word
from chatcert.mock.faults import faults_of
from chatcert.mock.world import World, environment
from chatcert.vendors import bundled_vendors, open_vendor

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("*/README.md")])
CHEAP = ("vendors", "requirements", "faults")


def _lines() -> Iterator[str]:
    """The command lines that pages show in console blocks."""
    for page in PAGES:
        for block in re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            yield from re.findall(r"^\$ (.*)$", block, re.MULTILINE)


def _commands(program: str) -> list[str]:
    """The commands of all pages that begin with one program, each once."""
    parts = [part.strip() for line in _lines() for part in line.split("&&")]
    return [part for part in dict.fromkeys(parts) if part.split()[0] == program]


def test_no_other_program() -> None:
    """Pages use no program but those whose commands are tested below, and the shell."""
    assert {line.split()[0] for line in _lines()} <= {"chatcert", "pytest", "python", "tox", "export"}


@pytest.mark.parametrize("command", _commands("chatcert"))
def test_chatcert_command(command: str) -> None:
    """The command line is understood, and the vendors, profiles and faults in it exist."""
    options = _parser().parse_args(shlex.split(command)[1:])
    vendors = getattr(options, "vendors", [])
    assert set(vendors) <= set(bundled_vendors())
    if hasattr(options, "profile"):
        profile_named(options.profile)
    known = {fault.id for vendor in vendors for fault in faults_of(open_vendor(vendor))}
    assert set(getattr(options, "fault", [])) <= known


@pytest.mark.parametrize("command", [c for c in _commands("chatcert") if c.split()[1] in CHEAP and "--spec" not in c])
def test_listing_command(door: Callable[..., Any], command: str) -> None:
    """Commands that only list something really run."""
    left = door(*shlex.split(command)[1:])
    assert (left.status, left.err) == (0, "")
    assert left.out


@pytest.mark.parametrize("command", [c for c in _commands("pytest") if "contract" in c and "--pyargs" not in c])
def test_pytest_command(tmp_path: Path, command: str) -> None:
    """The command line is understood, and it selects something."""
    arguments = [*shlex.split(command)[1:], "--collect-only", "-q", "-p", "no:cacheprovider", "--report-dir", tmp_path]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    line = [sys.executable, "-m", "pytest", *arguments]
    done = subprocess.run(line, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_tox_environments(page: Path) -> None:
    """Every tox environment that a page names exists."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    known = {name for section in parser.sections() for name in re.findall(r"[\w-]+", section.partition(":")[2])}
    assert set(re.findall(r"tox -e ([\w-]+)", page.read_text(encoding="utf-8"))) <= known


LINKS = {
    f"{page.relative_to(ROOT).as_posix()}:{place}": (page, place)
    for page in PAGES
    for place in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))
    if "://" not in place
}


@pytest.mark.parametrize(("page", "place"), LINKS.values(), ids=LINKS)
def test_link(page: Path, place: str) -> None:
    """Every link to a file of the repository leads to one."""
    assert (page.parent / place).exists()


@pytest.mark.parametrize("vendor", bundled_vendors())
def test_variables(vendor: str) -> None:
    """The table of variables has all those of each vendor, and no other."""
    contract = open_vendor(vendor)
    row = next(line for line in README.splitlines() if line.startswith(f"| `{vendor}` |"))
    assert set(environment(contract, World.of(contract))) == set(re.findall(r"`(CHATCERT_\w+)`", row))


def test_verdict_words() -> None:
    """The table of verdicts has every word."""
    assert {word.value for word in Word} <= set(re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE))


def test_exit_statuses() -> None:
    """The table of exit statuses has all that errors and verdicts lead to."""
    errors = [value for value in vars(exceptions).values() if isinstance(value, type)]
    codes = {error.exit_code for error in errors if issubclass(error, exceptions.ChatcertError)} | {0, 1}
    assert codes == {int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)}


def test_markers() -> None:
    """The list of kinds is complete."""
    passage = README.partition("kinds of\nrequirements:")[2].partition(". ")[0]
    assert [kind.value for kind in Kind] == re.findall(r"`(\w+)`", passage)
