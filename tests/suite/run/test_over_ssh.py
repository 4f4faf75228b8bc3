"""pytest-xdist over ssh: workers on another machine, which share neither network, files nor environment with us.

The other machine is this one in other namespaces: a network that has its own loopback and nothing else, and a file
system on which the folder of the reports is another one. sshd runs there for one connection, without privileges.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[3]
VENDOR = "agencii"
SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
SECONDS = 60
USER = 1000

INSIDE = """\
set -e
ip link set lo up
mount -t tmpfs tmpfs {hidden}
mount --bind {folder}/passwd /etc/passwd
exec unshare --user --map-user={user} --map-group={user} {sshd} -i -f {folder}/sshd_config
"""

SERVER = """\
HostKey {folder}/host
AuthorizedKeysFile {folder}/key.pub
AuthenticationMethods publickey
StrictModes no
UsePAM no
PidFile none
LogLevel ERROR
"""

CLIENT = """\
Host *
  ProxyCommand unshare --user --map-root-user --net --mount /bin/sh {folder}/inside
  User far
  IdentityFile {folder}/key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  BatchMode yes
  LogLevel ERROR
  ExitOnForwardFailure yes
  RemoteForward 127.0.0.1:{port} 127.0.0.1:{port}
"""


def _missing() -> str:
    """Why there can be no other machine here; empty where there can."""
    for program in ("ssh", "ssh-keygen", "unshare", "ip", "mount"):
        if shutil.which(program) is None:
            return f"there is no {program}"
    if SSHD is None:
        return "there is no sshd"
    inner = f"ip link set lo up && mount -t tmpfs tmpfs /mnt && unshare --user --map-user={USER} true"
    tried = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "--mount", "/bin/sh", "-c", inner],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"namespaces cannot be made: {tried.stderr.strip()}" if tried.returncode else ""


@dataclass(frozen=True)
class Run:
    """A run that has ended: its exit status, everything that it said, and the folder of its reports."""

    status: int
    text: str
    folder: Path

    def report(self, vendor: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / vendor / "report.json").read_text(encoding="utf-8"))
        return found

    def words(self, vendor: str) -> dict[str, str]:
        return {row["id"]: row["verdict"] for row in self.report(vendor)["requirements"]}


@dataclass(frozen=True)
class Machine:
    """Another machine.

    Attributes:
        folder: what ssh and sshd need; nothing of it is the reports' folder.
        python: the command that runs Python there, with an installed chatcert.
    """

    folder: Path
    python: str

    def worker(self, *more: str, name: str = "far") -> tuple[str, str]:
        """The option that puts a worker there."""
        parts = (
            f"ssh={name}",
            f"ssh_config={self.folder}/ssh_config",
            f"python={self.python}",
            f"chdir={self.folder}/work",
            *more,
        )
        return "--tx", "//".join(parts)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with chatcert as an installation puts it in place."""
    folder = tmp_path_factory.mktemp("installed")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "chatcert", folder / "chatcert", ignore=ignored)
    shutil.copytree(ROOT / "specs", folder / "chatcert" / "specs", ignore=ignored)
    shutil.copytree(ROOT / "tests" / "contract", folder / "chatcert" / "contract_tests", ignore=ignored)
    return folder


@pytest.fixture
def machine(tmp_path: Path, installed: Path, mock: Any) -> Machine:
    """Another machine, on which the address of the mock leads to the mock."""
    if reason := _missing():
        pytest.skip(reason)
    folder = tmp_path / "far"
    (folder / "work").mkdir(parents=True)
    (tmp_path / "pytest").mkdir()
    for name in ("host", "key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    values = {
        "folder": folder,
        "hidden": tmp_path / "pytest",
        "user": USER,
        "sshd": SSHD,
        "port": urlsplit(mock.url).port,
    }
    for name, text in (("inside", INSIDE), ("sshd_config", SERVER), ("ssh_config", CLIENT)):
        (folder / name).write_text(text.format(**values))
    (folder / "passwd").write_text(f"far:x:{USER}:{USER}::{folder}:/bin/sh\n")
    (folder / "known_hosts").write_text("* " + (folder / "host.pub").read_text())
    return Machine(folder, f"env PYTHONPATH={installed} {sys.executable}")


@pytest.fixture
def spread(started: Any, tmp_path: Path, installed: Path) -> Callable[..., Run]:
    """Runs the contract tests of an installed chatcert under pytest-xdist, with the controller here."""

    def run(*arguments: str, variables: dict[str, str] | None = None) -> Run:
        folder = tmp_path / "pytest"
        fixed = (
            "--pyargs",
            "chatcert.contract_tests",
            f"--vendor={VENDOR}",
            "--profile=quick",
            "--chatcert-seed=1",
            "-p",
            "no:cacheprovider",
            f"--report-dir={folder}",
            "--dist=load",
            "-v",
        )
        process = started("pytest", *fixed, *arguments, variables={"PYTHONPATH": str(installed), **(variables or {})})
        status = process.wait(SECONDS)
        return Run(status, (tmp_path / "output-0").read_text(encoding="utf-8"), folder)

    return run


def test_a_worker_on_another_machine_counts_like_any_other(
    machine: Machine, spread: Any, certify: Any, mock: Any
) -> None:
    """A worker over ssh and one beside the controller give the verdicts and the evidence of a run on one machine."""
    url, variables = f"{mock.url}/{VENDOR}", dict(mock.environment)
    alone = certify(VENDOR, "--url", url, variables=variables)

    run = spread(
        *machine.worker("id=there"), "--tx=popen//id=here", f"--url={url}", "--max-requests=1000", variables=variables
    )

    assert (0, 0) == (alone.status, run.status), run.text
    assert alone.words(VENDOR) == run.words(VENDOR)
    assert run.report(VENDOR)["complete"]
    evidence = (run.folder / VENDOR / "evidence.jsonl").read_text(encoding="utf-8")
    sent_for = {json.loads(line)["requirement"] for line in evidence.splitlines()}
    for place in ("here", "there"):
        done = re.findall(rf"\[{place}\].* PASSED \S+\[(\S+)\]", run.text)
        assert sent_for & set(done), place
    everything = run.text.encode() + b"".join(p.read_bytes() for p in run.folder.rglob("*") if p.is_file())
    for name in ("CHATCERT_AGENCII_BEARER_AUTH",):
        assert variables[name].encode() not in everything


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "elsewhere"])
def test_what_a_worker_lacks_is_told_in_one_line(
    spread: Any, tmp_path: Path, counting_url: Any, *, elsewhere: bool
) -> None:
    """A worker without credentials ends the run before anything is sent: exit 78, the variable named, no report."""
    url, came = counting_url

    run = spread(f"--tx=popen//chdir={tmp_path}" if elsewhere else "--tx=popen", f"--url={url}")

    assert 78 == run.status, run.text
    assert 1 == run.text.count("CHATCERT_AGENCII_BEARER_AUTH"), run.text
    assert "INTERNALERROR" not in run.text
    assert [] == came
    assert not (run.folder / VENDOR / "report.json").exists()
