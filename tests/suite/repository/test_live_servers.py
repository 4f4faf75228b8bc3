"""The certification of real servers, as far as it can be tried without them."""

from __future__ import annotations

import configparser
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chatcert.exceptions import SuiteError
from chatcert.openapi.reading import read_contract

FOLDER = Path("live") / "servers"
PACKAGES = {"adk": "google-adk", "langgraph": "langgraph-cli", "synapse": "matrix-synapse"}


@pytest.fixture
def modules(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A callable that imports one module of the script, which lies outside of every package."""
    monkeypatch.syspath_prepend(str(root / "live"))
    monkeypatch.syspath_prepend(str(root / FOLDER))
    for name in ("processes", "run", "servers"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module


@pytest.mark.parametrize(("name", "package"), PACKAGES.items())
def test_packages_are_pinned(root: Path, name: str, package: str) -> None:
    """Every package carries a hash, no file names a host to load it from, and the server is among them."""
    text = (root / FOLDER / name / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    pinned = {canonicalize_name(Requirement(line.partition("--hash")[0]).name) for line in lines}

    assert [] == [line for line in lines if "==" not in line or "--hash=sha256:" not in line]
    assert "://" not in text
    assert package in pinned


def test_environments(root: Path) -> None:
    """Each server has an environment of tox, which plain ``tox`` does not run, and is pinned with the others."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(root / "tox.ini", encoding="utf-8")

    assert "live" not in tox.get("tox", "env_list")
    assert tox.get("live-servers", "run").startswith(f"python {(FOLDER / 'run.py').as_posix()} ")
    for name in PACKAGES:
        assert f"{{[live-servers]run}} {name} {{posargs}}" == tox.get(f"testenv:live-{name}", "commands")
        assert (FOLDER / name / "requirements.txt").as_posix() in tox.get("testenv:lock", "commands")


def test_workflow(root: Path) -> None:
    """The workflow runs by hand and weekly, for each server, with read rights alone, and keeps the reports."""
    text = (root / ".github" / "workflows" / "live-servers.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text.replace("\non:", "\ntriggers:"))
    job = workflow["jobs"]["certify"]

    assert {"workflow_dispatch", "schedule"} == set(workflow["triggers"])
    assert {"contents": "read"} == workflow["permissions"]
    commands = [step.get("run") for step in job["steps"]]
    assert all(f"tox -e live-{name}" in commands for name in PACKAGES)
    assert all(re.search(r"@[0-9a-f]{40}$", step["uses"]) for step in job["steps"] if "uses" in step)


def test_help(root: Path) -> None:
    """The script says what it does, what it needs and how it ends."""
    done = subprocess.run(
        [sys.executable, root / FOLDER / "run.py", "--help"],
        env={**os.environ, "PYTHONPATH": str(root / "live")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    wanted = {"--work-dir", "--report-dir", "--profile", "--seed", "package index", "ends with", *PACKAGES}
    assert {word for word in wanted if word in done.stdout} == wanted


def test_a_server_that_ends_is_reported(
    modules: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """One that cannot start ends the run with its last line; nothing is certified, and no report is left."""
    run, servers = modules("run"), modules("servers")
    command = [sys.executable, "-c", "raise SystemExit('no database')"]
    server = servers.Server(
        "ends", "none", "POST /chats", lambda *_: servers.Prepared(command, {}), lambda *_: tmp_path, lambda *_: {}
    )
    monkeypatch.setattr(run, "install", lambda server, folder: folder)
    options = SimpleNamespace(work_dir=tmp_path, report_dir=tmp_path / "reports", profile="quick", seed=1)

    with pytest.raises(SuiteError, match="ended with 1: no database"):
        run.certify(server, options)
    assert not options.report_dir.exists()


def test_no_server_gets_out_of_this_machine(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """Each listens on loopback alone, under a home of its own, and its libraries find a proxy that is not there."""
    servers = modules("servers")
    variables = servers.environment(tmp_path)

    assert (str(tmp_path), servers.NOBODY, servers.NOBODY) == tuple(
        variables[name] for name in ("HOME", "HTTP_PROXY", "HTTPS_PROXY")
    )
    for name in ("adk", "langgraph"):
        folder = tmp_path / name
        folder.mkdir()
        command = servers.SERVERS[name].prepare(folder, tmp_path / "bin", 4711, "secret").command
        assert ["127.0.0.1", "4711"] == [command[command.index(option) + 1] for option in ("--host", "--port")]


def test_synapse_listens_on_loopback(
    modules: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its configuration names no other server, and no rate limit that a run could reach."""
    servers = modules("servers")
    monkeypatch.setattr(servers.subprocess, "run", lambda *_, **__: SimpleNamespace(returncode=0))

    servers.SERVERS["synapse"].prepare(tmp_path, tmp_path / "bin", 4711, "secret")

    settings = yaml.safe_load((tmp_path / "homeserver.yaml").read_text(encoding="utf-8"))
    assert [["127.0.0.1"]] == [one["bind_addresses"] for one in settings["listeners"]]
    assert ([], [], False) == tuple(
        settings[name] for name in ("trusted_key_servers", "federation_domain_whitelist", "report_stats")
    )
    assert servers.UNBOUNDED == settings["rc_room_creation"]


def test_the_transcribed_document_has_the_operation(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """The page of Matrix, transcribed, is a document with the named operation and its two credentials."""
    server = modules("servers").SERVERS["synapse"]
    document = yaml.safe_load(server.document("", tmp_path).read_text(encoding="utf-8"))

    contract = read_contract(document, vendor=server.name, where="openapi.yaml")

    assert server.operation == f"{contract.method} {contract.path}"
    assert {"accessTokenQuery", "accessTokenBearer"} == {
        name for alternative in contract.alternatives for name in alternative.schemes
    }


@pytest.mark.parametrize("name", ["adk", "langgraph"])
def test_a_server_without_its_document_is_reported(
    modules: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """What the server publishes is taken as it is; a version that publishes nothing is named as such."""
    servers = modules("servers")
    answers = [httpx.Response(200, content=b'{"openapi": "3.1.0"}'), httpx.Response(404)]
    monkeypatch.setattr(servers.httpx, "get", lambda *_, **__: answers.pop(0))

    file = servers.SERVERS[name].document("http://127.0.0.1:9", tmp_path)

    assert b'{"openapi": "3.1.0"}' == file.read_bytes()
    with pytest.raises(SuiteError, match="status 404"):
        servers.SERVERS[name].document("http://127.0.0.1:9", tmp_path)


@pytest.mark.parametrize(("ended", "status"), [(0, 0), (1, 0), (75, 75), (78, 78), (70, 70), (-9, -9)])
def test_exit_status(modules: Callable[[str], Any], ended: int, status: int) -> None:
    """The run succeeds where there was a verdict, whichever it is."""
    assert status == modules("run").exit_status(ended)
