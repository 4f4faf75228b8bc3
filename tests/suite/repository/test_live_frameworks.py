"""The certification of servers built with real frameworks, as far as it can be tried without them."""

from __future__ import annotations

import configparser
import importlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import SuiteError
from chatcert.vendors import known_vendors

FOLDER = Path("live") / "frameworks"
LISTENS = """
import socket, subprocess, sys, time
listening = socket.create_server(("127.0.0.1", int(sys.argv[1])))
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]).pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def modules(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A callable that imports one module of the script, which lies outside of every package."""
    monkeypatch.syspath_prepend(str(root / "live"))
    monkeypatch.syspath_prepend(str(root / FOLDER))
    for name in ("packages", "processes", "run", "serving", "stacks"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module


def test_python_packages_are_pinned(root: Path) -> None:
    """Every package carries a hash, and no file names a host to load it from."""
    text = (root / FOLDER / "requirements.txt").read_text(encoding="utf-8").replace("\\\n", " ")

    assert [] == [line for line in text.splitlines() if "==" not in line or "--hash=sha256:" not in line]
    assert "://" not in text
    for name in ("aiohttp", "django", "django-ninja", "fastapi", "flask", "litestar"):
        assert re.search(rf"^{name}==", text, re.MULTILINE), name


def test_node_packages_are_pinned(root: Path) -> None:
    """Every package of the lock file has a digest and no address, and the frameworks are among them."""
    folder = root / FOLDER / "node"
    packages = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((folder / "package.json").read_text(encoding="utf-8"))["dependencies"]
    pinned = {path.removeprefix("node_modules/"): one for path, one in packages.items() if path}

    assert [] == [path for path, one in pinned.items() if not one["integrity"].startswith("sha512-")]
    assert [] == [path for path, one in pinned.items() if "resolved" in one]
    assert {"@nestjs/core", "express", "express-openapi-validator", "fastify"} <= wanted.keys() <= pinned.keys()


def test_environment(root: Path) -> None:
    """``tox -e frameworks`` runs the script, and plain ``tox`` does not."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(root / "tox.ini", encoding="utf-8")

    assert "frameworks" not in tox.get("tox", "env_list")
    assert (FOLDER / "run.py").as_posix() in tox.get("testenv:frameworks", "commands")
    assert (FOLDER / "requirements.txt").as_posix() in tox.get("testenv:lock", "commands")


def test_each_vendor_is_served_by_two_stacks(modules: Callable[[str], Any]) -> None:
    """Each page is served in two ways at least, and one of the servers stands behind TLS."""
    stacks = modules("stacks").STACKS
    served = Counter(stack.vendor for stack in stacks)

    assert set(known_vendors()) == set(served)
    assert min(served.values()) >= 2
    assert len(stacks) == len({stack.name for stack in stacks}) == 8
    assert any(stack.behind_tls for stack in stacks)


def test_help(root: Path) -> None:
    """The help says what the script does, what it needs and its exit statuses."""
    done = subprocess.run(
        [sys.executable, root / FOLDER / "run.py", "--help"],
        env={**os.environ, "PYTHONPATH": str(root / "live")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    wanted = {"--work-dir", "--report-dir", "--profile", "--seed", "nginx", "fastapi", "ends with"}
    assert {word for word in wanted if word in done.stdout} == wanted


def test_a_program_that_is_missing_is_named(
    modules: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without Node.js nothing is installed, and one line says what is missing."""
    packages = modules("packages")
    monkeypatch.setattr(packages.shutil, "which", lambda name, path="": None)

    with pytest.raises(SuiteError, match="node is not on PATH"):
        packages.install(tmp_path / "work")
    assert not (tmp_path / "work").exists()


def test_a_server_is_stopped_with_its_workers(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """Whatever fails while it serves, the process and its child processes end."""
    processes = modules("processes")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    log = tmp_path / "log"
    command = [sys.executable, "-c", LISTENS, str(port)]

    with suppress(ZeroDivisionError), processes.running(command, dict(os.environ), tmp_path, log, port):
        worker = _worker_in(log)
        assert _is_running(worker)
        raise ZeroDivisionError

    deadline = time.monotonic() + 10  # a signal takes effect a moment after it was sent
    while _is_running(worker) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _is_running(worker)


def test_a_server_that_ends_is_reported_with_its_last_lines(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """A server that ends while it starts is not waited for, and its last lines are reported."""
    processes = modules("processes")
    command = [sys.executable, "-c", "raise SystemExit('no database')"]

    with (
        pytest.raises(SuiteError, match="ended with 1: no database"),
        processes.running(command, dict(os.environ), tmp_path, tmp_path / "log", 9),
    ):
        pass


def test_the_worst_end_counts(modules: Callable[[str], Any]) -> None:
    """The exit status of the run is the worst of its certifications."""
    run = modules("run")
    stack = modules("stacks").STACKS[0]

    assert [0, 1, 75] == [
        run.exit_status([run.Certified(stack, status, {}) for status in statuses])
        for statuses in ([0, 0], [0, 1], [1, 75])
    ]


def _worker_in(log: Path) -> int:
    """The process id that the server prints as soon as it has started its worker."""
    deadline = time.monotonic() + 10
    while not log.read_text(encoding="utf-8").strip() and time.monotonic() < deadline:
        time.sleep(0.05)
    return int(log.read_text(encoding="utf-8"))


def _is_running(process: int) -> bool:
    """Whether a process is there and is not a zombie that nobody has waited for yet."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
