"""``prism mock`` of Stoplight's Prism, installed from bench/prism by npm and checked by the hashes of its lock file."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chatcert.exceptions import SuiteError
from speed.bench import ROOT, Bench
from speed.process import finish, serving
from speed.servers import waited_for

FOLDER = ROOT / "bench" / "prism"
PROGRAM = FOLDER / "node_modules" / "@stoplight" / "prism-cli" / "dist" / "index.js"
SILENT = ("--verboseLevel", "silent")


def install(bench: Bench) -> None:
    """Install it, unless it is there already.

    Raises:
        SuiteError: Node.js or npm is missing, or the packages could not be had.
    """
    if not PROGRAM.exists():
        bench.tell("not timed: npm installs Prism, once")
        finish([found("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder=FOLDER)
        if not PROGRAM.exists():
            raise SuiteError("npm has not installed it", where="prism", hint="npm ci --prefix bench/prism")


@contextmanager
def prism(bench: Bench, document: Path, options: tuple[str, ...] = ()) -> Iterator[str]:
    """Serve a document; the block is given its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    log = bench.new_folder("prism") / "log"
    command = [found("node"), str(PROGRAM), "mock", "-h", "127.0.0.1", "-p", str(port), *options, str(document)]
    with serving(command, log=log, env={"NODE_ENV": ""}) as child:
        waited_for(log, child, lambda text: _answers(port))
        yield f"http://127.0.0.1:{port}"


def _answers(port: int) -> str | None:
    """Return whether Prism accepts connections; with its log off, it does not print that it is ready."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return "yes"
    except OSError:
        return None


def found(command: str) -> str:
    """Where a program of Node.js is.

    Raises:
        SuiteError: it is nowhere.
    """
    path = shutil.which(command)
    if path is None:
        raise SuiteError("not installed", where=command, hint="Debian has it: apt-get install nodejs npm")
    return os.fspath(path)
