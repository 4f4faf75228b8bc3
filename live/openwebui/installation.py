"""Open WebUI in an environment of its own: pip brings uv, uv the rest, and each package is checked by its hash."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from chatcert.exceptions import SuiteError

HERE = Path(__file__).resolve().parent
PYTHON = ">=3.11,<3.13"
"""What Open WebUI runs on."""
NEEDED_BYTES = 1_500_000_000
"""The environment takes 0.6 GB, what is downloaded for it as much again where both are on different disks."""


def install(folder: Path) -> Path:
    """Install what requirements.txt pins below ``folder``, unless it is there already; return the server's command.

    Raises:
        SuiteError: no room on the disk, or pip or uv failed.
    """
    server = folder / "server"
    command = server / "bin" / "open-webui"
    folder.mkdir(parents=True, exist_ok=True)
    if not command.exists():
        check_room(shutil.disk_usage(folder).free, folder)
    uv = _uv(folder / "uv")
    if not (server / "pyvenv.cfg").exists():
        _run([str(uv), "venv", "--quiet", "--python", PYTHON, str(server)])
    _run(
        [
            str(uv),
            "pip",
            "install",
            "--quiet",
            "--python",
            str(server / "bin" / "python"),
            "--require-hashes",
            "--override",
            str(HERE / "overrides.txt"),
            "--requirements",
            str(HERE / "requirements.txt"),
        ]
    )
    return command


def check_room(free: int, folder: Path) -> None:
    """Check that the disk has room for the packages.

    Args:
        free: bytes.

    Raises:
        SuiteError: it has not.
    """
    if free < NEEDED_BYTES:
        missing = (NEEDED_BYTES - free) / 1e9
        raise SuiteError(
            f"{free / 1e9:.1f} GB are free, {missing:.1f} GB are missing",
            where=str(folder),
            hint="make room, or name another folder with --work-dir",
        )


def _uv(folder: Path) -> Path:
    if not (folder / "bin" / "python").exists():
        _run([sys.executable, "-m", "venv", str(folder)])
    python = str(folder / "bin" / "python")
    _run(
        [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--requirement",
            str(HERE / "uv.txt"),
        ]
    )
    return folder / "bin" / "uv"


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise SuiteError(str(error), where=command[0]) from None
    if done.returncode != 0:
        output = " ".join((done.stderr or done.stdout).split())[-600:]
        raise SuiteError(f"ended with {done.returncode}: {output}", where=" ".join(command[:4]))
