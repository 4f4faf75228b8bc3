"""Install the frameworks: Python's with pip, those of Node.js with npm, each package checked by its hash."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from stacks import Places

from chatcert.exceptions import SuiteError

HERE = Path(__file__).resolve().parent
SECONDS = 600.0
"""How long one step of an installation may take."""


def install(folder: Path) -> Places:
    """Install what requirements.txt and package-lock.json pin below ``folder``; return where it is.

    Raises:
        SuiteError: a program is missing, or an installation failed.
    """
    for program, package in (("node", "Node.js 20 or later"), ("npm", "npm"), ("nginx", "nginx")):
        if shutil.which(program, path=_path()) is None:
            raise SuiteError(f"{program} is not on PATH", where="PATH", hint=f"install {package}")
    environment, node = folder / "python", folder / "node"
    if not (environment / "pyvenv.cfg").exists():
        _run([sys.executable, "-m", "venv", str(environment)])
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--require-hashes", "--requirement", str(HERE / "requirements.txt")])
    shutil.copytree(HERE / "node", node, dirs_exist_ok=True, ignore=shutil.ignore_patterns("node_modules", "build"))
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", str(node)])
    _run([str(node / "node_modules" / ".bin" / "tsc"), "--project", str(node)])
    return Places(environment / "bin", node)


def nginx() -> str:
    """Return the path of nginx, which Debian puts where only root looks."""
    return shutil.which("nginx", path=_path()) or "nginx"


def _path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, timeout=SECONDS)
    except (OSError, subprocess.SubprocessError) as error:
        raise SuiteError(str(error)[:300], where=command[0]) from None
