"""What the figures were measured on and with; nothing that tells one machine from another of its kind."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from speed.bench import ROOT

PACKAGES = ("chatcert", "schemathesis", "hypothesis", "httpx", "starlette", "uvicorn", "pytest")
PRISM = ROOT / "bench" / "prism" / "node_modules" / "@stoplight" / "prism-cli" / "package.json"


def machine() -> str:
    """The machine in one line."""
    parts = [
        f"{os.cpu_count()} cores",
        processor(),
        f"{platform.system()} {platform.machine()}",
        f"Python {platform.python_version()}",
    ]
    return ", ".join(part for part in parts if part)


def processor() -> str:
    """Return the model of the processor; empty if it is unknown."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return " ".join(next(named, "").split())


def versions() -> dict[str, str]:
    """Return the versions of all programs that take part; ``none`` for one that is not installed."""
    found = {name: version(name) for name in PACKAGES}
    try:
        found["prism"] = str(json.loads(PRISM.read_text(encoding="utf-8"))["version"])
    except (OSError, ValueError):
        found["prism"] = "none"
    found["node"] = _said("node", "--version").removeprefix("v") or "none"
    output = _said("wrk", "-v").split()
    found["wrk"] = output[1] if len(output) > 1 else "none"
    return found


def _said(command: str, argument: str) -> str:
    """The first line that a command prints, whatever its exit status: wrk tells its version and fails."""
    path = shutil.which(command)
    if path is None:
        return ""
    done = subprocess.run([path, argument], capture_output=True, text=True, check=False, timeout=30)
    return (done.stdout or done.stderr).partition("\n")[0].strip()
