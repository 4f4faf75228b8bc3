"""Every command that a page shows is one that works: its options, environments, vendors, profiles and faults exist."""

from __future__ import annotations

import configparser
import re
import shlex
from functools import cache
from pathlib import Path

import pytest
from _pytest.config import get_config

from chatcert.cases.profile import profile_named
from chatcert.cli.main import build_parser, main
from chatcert.mock.faults import faults_of
from chatcert.requirements.requirement import Kind
from chatcert.vendors import known_vendors, open_vendor

ROOT = Path(__file__).resolve().parents[3]
FOLLOWED = {ROOT / "docs" / "adding-a-vendor.md", ROOT / "docs" / "own-rules.md"}
"""The pages whose every command is run, about a vendor that is there only then: see test_walkthroughs.py."""
PAGES = sorted(
    {*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docs/decisions/*.md"), *ROOT.glob("[!.]*/README.md")}
    - FOLLOWED
)
PROGRAMS = {"chatcert", "pytest", "python", "tox", "export", ".", "podman", "kubectl", "sed", "pre-commit"}
INSTALLED = (["."], ["tox"], ["pre-commit"], ["--no-deps", "--no-build-isolation", "--editable", "."])
"""What pages tell people to install, besides the files in requirements/."""
CHEAP = ("vendors", "requirements", "faults")


@cache
def _lines() -> list[str]:
    """The command lines that pages show in console blocks."""
    blocks = [b for page in PAGES for b in re.findall(r"```console\n(.*?)```", page.read_text("utf-8"), re.DOTALL)]
    return [line for block in blocks for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE)]


def _commands(program: str) -> list[str]:
    """The commands of all pages that begin with one program, each once."""
    parts = [part.strip() for line in _lines() for part in line.split("&&")]
    return [part for part in dict.fromkeys(parts) if part.split()[0] == program]


@pytest.fixture(scope="module")
def tox() -> configparser.ConfigParser:
    """The content of tox.ini."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    return parser


def test_no_other_program() -> None:
    """Pages use no program but those whose commands are tested below, the shell, pre-commit, and a cluster's tools."""
    assert {line.split()[0] for line in _lines()} <= PROGRAMS
    assert {"chatcert", "pytest", "tox"} <= {line.split()[0] for line in _lines()}


def _understood(arguments: list[str]) -> None:
    """Fails unless our parser takes the arguments, and the vendors, profiles and faults in them exist."""
    options = build_parser().parse_args(arguments)
    vendors = getattr(options, "vendors", [])
    names = vendors if isinstance(vendors, list) else []
    assert set(names) <= set(known_vendors())
    if hasattr(options, "profile") and isinstance(options.profile, str):
        profile_named(options.profile)
    known = {fault.id for vendor in names for fault in faults_of(open_vendor(vendor))}
    assert set(getattr(options, "fault", [])) <= known


@pytest.mark.parametrize("command", _commands("chatcert"))
def test_chatcert_command(command: str) -> None:
    """The command line is understood, and the vendors, profiles and faults in it exist."""
    _understood(shlex.split(command)[1:])


@pytest.mark.parametrize("page", [*PAGES, *sorted(FOLLOWED)], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_command_in_a_sentence(page: Path) -> None:
    """A command that a sentence or a table names exists, and so do the options that it is given there."""
    parsers = next(iter(build_parser()._subparsers._group_actions)).choices  # type: ignore[union-attr]
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for name, rest in re.findall(r"`(?:chatcert )?(\w+)((?: [^`]*)?)`", text):
        if f"`chatcert {name}{rest}`" in text or (name in parsers and rest.startswith(" --")):
            assert name in parsers
            parsers[name].complete()
            steps = parsers[name]._subparsers
            choices = steps._group_actions[0].choices if steps is not None else {}
            parser = choices.get((rest.split() or [""])[0], parsers[name])
            known = set(parser._option_string_actions)
            assert set(re.findall(r"(?<= )--[\w-]+", rest)) <= known


@pytest.mark.parametrize("command", [c for c in _commands("chatcert") if c.split()[1] in CHEAP and "--spec" not in c])
def test_listing_command(
    command: str, clean: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Commands that only list something really run."""
    clean.chdir(tmp_path)
    status = main(shlex.split(command)[1:])
    out, err = capfd.readouterr()

    assert (0, "") == (status, err)
    assert out


@pytest.mark.parametrize("command", _commands("pytest"))
def test_pytest_command(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest with our plugin understands the command line, and what it names is there."""
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    config = get_config()
    config.pluginmanager.load_setuptools_entrypoints("pytest11")
    config.pluginmanager.import_plugin("chatcert.pytest_plugin.hooks")
    options = config._parser.parse(shlex.split(command)[1:])

    assert set(options.chatcert_vendor or []) <= set(known_vendors())
    if options.chatcert_profile:
        profile_named(options.chatcert_profile)
    if not options.pyargs:
        assert all((ROOT / place).exists() for place in options.file_or_dir)
    else:
        assert ["chatcert.contract_tests"] == options.file_or_dir
    words = set(re.findall(r"\w+", options.markexpr)) - {"and", "or", "not"}
    assert words <= {*known_vendors(), *(kind.value for kind in Kind)}


def _sections(tox: configparser.ConfigParser) -> dict[str, str]:
    """The section of each environment that tox.ini names, a factor list taken apart."""
    names = {}
    for section in tox.sections():
        for name in re.findall(r"[\w-]+", section.partition(":")[2]):
            names[name] = section
    return names


@pytest.mark.parametrize("command", _commands("tox") + _commands("python"))
def test_tox_command(command: str, tox: configparser.ConfigParser) -> None:
    """The environment exists, and what is handed on to chatcert is understood."""
    words = shlex.split(command)
    if words[:3] == ["python", "-m", "pip"]:
        assert "install" == words[3]
        assert words[4:] in INSTALLED or all((ROOT / name).is_file() for name in words[5::2])
        assert words[4:] in INSTALLED or {"-r"} == set(words[4::2])
        return
    if words[:3] == ["python", "-m", "venv"]:
        return
    assert "tox" == words[0]
    if len(words) == 1:
        return
    assert "-e" == words[1]
    line = tox.get(_sections(tox)[words[2]], "commands").strip()
    assert words[3:4] in ([], ["--"])
    if words[4:] and line.startswith("chatcert "):
        start = re.sub(r"\{posargs.*\}", "", line).replace("{env_name}", words[2])
        _understood([*shlex.split(start)[1:], *words[4:]])


@pytest.mark.parametrize("page", [*PAGES, *sorted(FOLLOWED)], ids=lambda page: page.relative_to(ROOT).as_posix())
def test_tox_environments(page: Path, tox: configparser.ConfigParser) -> None:
    """Every tox environment that a page names, in a command or in a sentence, exists."""
    named = set(re.findall(r"tox -e ([\w-]+)", page.read_text(encoding="utf-8")))
    added = {"parley"} if page in FOLLOWED else set()
    assert named - added <= set(_sections(tox))
