"""Pages that are followed to the letter: their commands are run in order, and print what the pages say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
SECONDS = 120
PORT = "8765"


@dataclass(frozen=True)
class Block:
    """What a console block shows: commands, each with what it prints."""

    steps: tuple[tuple[str, str], ...]

    @property
    def is_run(self) -> bool:
        """Whether it shows what comes of it: what does not is an example of what else there is."""
        return any(printed for _, printed in self.steps)


def blocks(page: Path) -> list[Block]:
    """The console blocks of a page."""
    found = re.findall(r"```console\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    return [Block(tuple(re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", text, re.MULTILINE))) for text in found]


def pattern(printed: str) -> re.Pattern[str]:
    """What an output that a page shows looks like: ``…`` is anything, and lines of it if it stands alone."""
    return re.compile("".join(
        r"(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
        for line in plain(printed).splitlines()
    ))  # fmt: skip


def plain(printed: str) -> str:
    """An output without the blanks at the end of its lines, empty lines around it or twice, and the length of rules."""
    lines = (re.sub(r"={3,}", "===", line).rstrip() for line in printed.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder of their own.

    Attributes:
        port: the one that is used instead of the page's, since others may follow it at the same time.
        environment: the variables of their shell.
    """

    folder: Path
    port: str
    environment: dict[str, str] = field(default_factory=dict)
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def follow(self, page: Path) -> list[int]:
        """Run every block that shows what comes of it; returns the exit status of each command."""
        return [
            status
            for block in blocks(page)
            if block.is_run
            for command, printed in block.steps
            if not command.startswith("python -m pip ")
            for status in [self._run(command.replace(PORT, self.port), printed.replace(PORT, self.port))]
        ]

    def _run(self, command: str, printed: str) -> int:
        words = shlex.split(command)
        if words[0] == ".":
            lines = (self.folder / words[1]).read_text(encoding="utf-8").splitlines()
            self.environment |= dict(shlex.split(line)[1].split("=", 1) for line in lines)
            return 0
        if words[0] in ("chatcert", "pytest"):
            more = ["-p", "no:cacheprovider"] if words[0] == "pytest" else []
            words = [sys.executable, "-m", *words, *more]
        if words[2:4] == ["chatcert", "mock"]:
            shown, status = self._serve([*words, "--port", self.port], len(printed.strip().splitlines())), 0
        else:
            done = subprocess.run(words, cwd=self.folder, env=self.environment, capture_output=True, text=True,
                                  check=False, timeout=SECONDS)  # fmt: skip
            shown, status = done.stdout + done.stderr, done.returncode
        assert pattern(printed).fullmatch(plain(shown)), f"$ {command}\n{shown}"
        return status

    def _serve(self, words: list[str], lines: int) -> str:
        """Start a server, and wait until it has said what it says and answers."""
        server = subprocess.Popen(words, cwd=self.folder, env=self.environment, stdout=subprocess.PIPE)
        self.servers.append(server)
        assert server.stdout is not None
        said = b"".join(server.stdout.readline() for _ in range(lines)).decode()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    break
        return said


@pytest.fixture
def reader(tmp_path: Path, clean: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Somebody with a fresh copy of the repository; the program itself is not copied, which would compile it anew."""
    folder = tmp_path / "chatcert"
    left_out = shutil.ignore_patterns("__pycache__")
    for name in ("specs", "tests/contract", "docs/examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    reader = Reader(folder, port, {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    yield reader
    for server in reader.servers:
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=SECONDS)


def test_adding_a_vendor(reader: Reader) -> None:
    """Whoever follows the page has a vendor, reports, a matrix, and a breach found at a server of their own."""
    page = DOCS / "adding-a-vendor.md"
    assert all(block.is_run for block in blocks(page))

    assert [0, 0, 0, 0, 0, 0, 0, 1, 1] == reader.follow(page)

    assert {"parley", "agencii", "matrix.html"} <= {path.name for path in (reader.folder / "reports").iterdir()}
    assert 3 == len(list((reader.folder / "specs" / "parley").iterdir()))


def test_getting_started(reader: Reader) -> None:
    """Whoever follows the page has a report on a server that is right, and one on a server that is not."""
    assert [0, 0, 0, 0, 1, 1, 0] == reader.follow(DOCS / "getting-started.md")
    assert (reader.folder / "reports" / "agencii" / "report.html").is_file()


def test_pattern_is_strict() -> None:
    """What a page shows is compared line by line; only ``…`` stands for something else."""
    shown = "one\ntwo … four\n…\nlast\n"
    assert pattern(shown).fullmatch("one\ntwo 3 four\nx\ny\nlast\n")
    assert pattern(shown).fullmatch("one\ntwo  four\nlast\n")
    assert not pattern(shown).fullmatch("one\ntwo 3 five\nlast\n")
    assert not pattern(shown).fullmatch("one\ntwo 3 four\nlast\nmore\n")
    assert not pattern(shown).fullmatch("zero\none\ntwo 3 four\nlast\n")
