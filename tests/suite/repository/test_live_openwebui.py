"""The run against a real Open WebUI, as far as it can be tried without one."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from chatcert.exceptions import ReachabilityError, SuiteError

FOLDER = Path("live") / "openwebui"
SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response({status}); self.send_header("Content-Length", "0"); self.end_headers()
print("the server speaks", flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[-1])), Handler).serve_forever()
"""


@pytest.fixture
def modules(root: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """A callable that imports one module of the script, which lies outside of every package."""
    import importlib

    monkeypatch.syspath_prepend(str(root / "live"))
    monkeypatch.syspath_prepend(str(root / FOLDER))
    for name in ("account", "installation", "run", "server"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module


def _names(path: Path) -> set[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [line.removesuffix("\\") for line in lines if re.match(r"[a-zA-Z0-9]", line)]
    return {canonicalize_name(Requirement(line).name) for line in found}


def test_what_is_left_out(root: Path) -> None:
    """Each override is a condition that never holds, and nothing of the kind is pinned; the server itself is."""
    lines = (root / FOLDER / "overrides.txt").read_text(encoding="utf-8").splitlines()
    overrides = [Requirement(line) for line in lines if line and not line.startswith("#")]
    pinned = _names(root / FOLDER / "requirements.txt")

    assert [] == [str(one) for one in overrides if one.marker is None or one.marker.evaluate()]
    assert {"torch", "transformers", "sentence-transformers", "chromadb"} <= {one.name for one in overrides}
    assert set() == pinned & {canonicalize_name(one.name) for one in overrides}
    assert _names(root / FOLDER / "requirements.in") <= pinned


@pytest.mark.parametrize("name", ["requirements", "uv"])
def test_pins_carry_hashes(root: Path, name: str) -> None:
    """Every pinned package carries a hash, and no file names a host to load it from."""
    text = (root / FOLDER / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")

    assert [] == [line for line in text.splitlines() if "==" not in line or "--hash=sha256:" not in line]
    assert "://" not in text


def test_environment(root: Path) -> None:
    """``tox -e live-openwebui`` runs the script, and plain ``tox`` does not."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(root / "tox.ini", encoding="utf-8")

    assert "live" not in tox.get("tox", "env_list")
    assert (FOLDER / "run.py").as_posix() in tox.get("testenv:live-openwebui", "commands")
    assert all(
        (FOLDER / f"{name}.txt").as_posix() in tox.get("testenv:lock", "commands") for name in ("requirements", "uv")
    )


def test_workflow(root: Path) -> None:
    """The workflow runs by hand and weekly, with read rights alone, and keeps what the run left."""
    text = (root / ".github" / "workflows" / "live-openwebui.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text.replace("\non:", "\ntriggers:"))
    steps = workflow["jobs"]["certify"]["steps"]

    assert {"workflow_dispatch", "schedule"} == set(workflow["triggers"])
    assert {"contents": "read"} == workflow["permissions"]
    assert "tox -e live-openwebui" in [step.get("run") for step in steps]
    assert all(re.search(r"@(v\d+|[0-9a-f]{40})$", step["uses"]) for step in steps if "uses" in step)


def test_help(root: Path) -> None:
    """The script tells what it does, what it needs and how it ends."""
    done = subprocess.run(
        [sys.executable, root / FOLDER / "run.py", "--help"],
        env={**os.environ, "PYTHONPATH": str(root / "live")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    wanted = {"--work-dir", "--report-dir", "--profile", "--seed", "disk", "ends with"}
    assert {word for word in wanted if word in done.stdout} == wanted


def test_full_disk(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """Too little disk space is reported before anything is loaded, with what is missing."""
    installation = modules("installation")

    installation.check_room(installation.NEEDED_BYTES, tmp_path)
    with pytest.raises(SuiteError, match=r"1\.0 GB are free, 0\.5 GB are missing"):
        installation.check_room(1_000_000_000, tmp_path)


def _broken_work(server: Any, folder: Path, status: int, seconds: float) -> list[str]:
    """Addresses of a server whose readiness is answered with ``status``, and on which the work breaks."""
    seen = []
    command = [sys.executable, "-c", SERVER.format(status=status)]
    with (
        suppress(ZeroDivisionError),
        server.running(command, server.variables(folder), folder, folder / "log", seconds) as url,
    ):
        seen.append(url)
        assert httpx.get(f"{url}/ready").is_success
        raise ZeroDivisionError
    return seen


def test_server_is_stopped(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """A server is ready when it says so, and gone afterwards, even where the work on it breaks."""
    (url,) = _broken_work(modules("server"), tmp_path, 200, 60)

    with pytest.raises(httpx.ConnectError):
        httpx.get(url)


@pytest.mark.slow
def test_server_that_is_never_ready(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """A server is not waited for longer than is said, and is gone afterwards."""
    with pytest.raises(ReachabilityError, match=r"not ready after 0\.5 s") as caught:
        _broken_work(modules("server"), tmp_path, 503, 0.5)

    with pytest.raises(httpx.ConnectError):
        httpx.get(caught.value.where)


def test_server_that_ends(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """A server that ends by itself is reported at once, with its last output."""
    server = modules("server")
    command = [sys.executable, "-c", "print('no such table'); raise SystemExit(3)"]

    with (
        pytest.raises(SuiteError, match="ended with 3: no such table"),
        server.running(command, server.variables(tmp_path), tmp_path, tmp_path / "log", 60),
    ):
        pass


def test_log_without_key(modules: Callable[[str], Any], tmp_path: Path) -> None:
    """The key stays out of the log that is kept, wherever the server has printed it."""
    log, kept = tmp_path / "log", tmp_path / "kept"
    log.write_bytes(b"GET /?a=sk-secret&b=sk-secret \xff\n")

    modules("run").keep_log(log, kept, "sk-secret")

    assert "GET /?a=(key)&b=(key) \ufffd\n" == kept.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ([(1, "not-conformant"), (0, "conformant")], 0),
        ([(0, "conformant-with-remarks"), (1, "not-conformant")], 0),
        ([(1, "not-conformant"), (75, "no-verdict")], 75),
        ([(78, "no-verdict"), (0, "conformant")], 78),
        ([(0, None), (0, "conformant")], 70),
        ([(1, "not-conformant"), (-9, None)], 70),
        ([(75, "conformant"), (0, "conformant")], 75),
    ],
)
def test_exit_status(modules: Callable[[str], Any], ends: list[tuple[int, str | None]], status: int) -> None:
    """The script succeeds where both certifications came to a verdict, and never because a report is missing."""
    run = modules("run")
    results = [run.Certified("served", code, {"outcome": outcome} if outcome else {}) for code, outcome in ends]

    assert status == run.exit_status(results)


@pytest.mark.parametrize(("name", "status"), [("documented", 0), ("served", 78)])
def test_a_documented_path_that_is_not_served_is_a_result(
    modules: Callable[[str], Any], name: str, status: int
) -> None:
    """It gets one answer, whatever is sent; at the path that is known to be served that is none."""
    run = modules("run")

    assert status == run.exit_status([run.Certified(name, 78, {"outcome": "no-verdict"})])
