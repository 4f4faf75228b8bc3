"""Pages that are followed to the letter: their commands are run in order, and print what the pages say."""

from __future__ import annotations

import json
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

from chatcert import vendors
from chatcert.cli.main import main

pytestmark = pytest.mark.slow

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
    """What an output that a page shows looks like: ``…`` is anything, and lines of it if it stands alone.

    A page shows what a terminal does, with aligned columns and wrapped texts; in a pipe, tabs stand between the columns
    and nothing is wrapped. The words are the same.
    """
    return re.compile("".join(map(_line_pattern, plain(printed).splitlines())))


def _line_pattern(line: str) -> str:
    if line == "…":
        return r"(?:.*\n)*"
    if line.strip() and not line.strip(" ─"):
        return ""  # the line below the headings of a table
    return r"\s*" + ".*".join(r"[ \t]+".join(map(re.escape, part.split())) for part in line.split("…")) + r"\s+"


def plain(printed: str) -> str:
    """An output without the blanks at the end of its lines, empty lines around it or twice, and the length of rules."""
    lines = (re.sub(r"={3,}", "===", line).rstrip() for line in printed.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") + "\n"


@dataclass
class Reader:
    """Somebody who does what a page says, in a folder of their own.

    Servers are processes; what comes to an end by itself runs in this one, which spares it the imports.

    Attributes:
        port: the one that is used instead of the page's, since others may follow it at the same time.
    """

    folder: Path
    port: str
    shell: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]
    servers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def follow(self, page: Path) -> list[int]:
        """Run every block that shows what comes of it; returns the exit status of each command."""
        return [
            self._run(command.replace(PORT, self.port), printed.replace(PORT, self.port))
            for block in blocks(page)
            if block.is_run
            for command, printed in block.steps
            if not command.startswith("python -m pip ")
        ]

    def _run(self, command: str, printed: str) -> int:
        words = shlex.split(command)
        self.capture.readouterr()
        shown, status = "", 0
        match words:
            case [".", name]:
                for line in (self.folder / name).read_text(encoding="utf-8").splitlines():
                    self.shell.setenv(*shlex.split(line)[1].split("=", 1))
            case ["chatcert", "mock", *_]:
                shown = self._serve([*words, "--port", self.port], len(printed.strip().splitlines()))
            case ["chatcert", *arguments]:
                status = main(arguments)
            case ["pytest", *arguments]:
                status = int(pytest.main([*arguments, "-p", "no:cacheprovider", "-p", "no:xdist"]))
            case _:
                status = subprocess.run(words, cwd=self.folder, check=False, timeout=SECONDS).returncode
        vendors._open_folder.cache_clear()  # a command of its own process would have opened them anew
        shown += "".join(self.capture.readouterr())
        assert pattern(printed).fullmatch(plain(shown)), f"$ {command}\n{shown}"
        return status

    def _serve(self, words: list[str], lines: int) -> str:
        """Start a server, and wait until it has said what it says and answers."""
        server = subprocess.Popen([sys.executable, "-m", *words], cwd=self.folder, stdout=subprocess.PIPE)
        self.servers.append(server)
        assert server.stdout is not None
        printed = b"".join(server.stdout.readline() for _ in range(lines)).decode()
        end = time.monotonic() + SECONDS
        while time.monotonic() < end and server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    break
        return printed


@pytest.fixture
def reader(tmp_path: Path, clean: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Reader]:
    """Somebody with a fresh copy of the repository, apart from the program itself."""
    folder = tmp_path / "chatcert"
    left_out = shutil.ignore_patterns("__pycache__")
    for name in ("specs", "tests/contract", "docs/examples"):
        shutil.copytree(ROOT / name, folder / name, ignore=left_out)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    clean.chdir(folder)
    clean.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    reader = Reader(folder, port, clean, capfd)
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


def test_own_rules(reader: Reader) -> None:
    """Whoever follows the page has two own rules, one of which a server breaks, and verifies with and without them."""
    assert [0, 0, 0, 0, 0, 0, 1, 0, 0] == reader.follow(DOCS / "own-rules.md")

    report = json.loads((reader.folder / "reports" / "parley" / "report.json").read_text(encoding="utf-8"))
    assert "conformant" == report["outcome"]


def test_own_rules_on_the_page_are_those_of_the_file() -> None:
    """The page shows the file of rules as it is."""
    shown = (DOCS / "own-rules.md").read_text(encoding="utf-8").partition("```python\n")[2].partition("```")[0]
    assert (DOCS / "examples" / "parley_rules.py").read_text(encoding="utf-8") == shown


def test_pattern_is_strict() -> None:
    """What a page shows is compared line by line; only ``…`` stands for something else."""
    shown = "one\ntwo … four\n…\nlast\n"
    assert pattern(shown).fullmatch("one\ntwo 3 four\nx\ny\nlast\n")
    assert pattern(shown).fullmatch("one\ntwo  four\nlast\n")
    assert not pattern(shown).fullmatch("one\ntwo 3 five\nlast\n")
    assert not pattern(shown).fullmatch("one\ntwo 3 four\nlast\nmore\n")
    assert not pattern(shown).fullmatch("zero\none\ntwo 3 four\nlast\n")
