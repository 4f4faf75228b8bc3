"""Whole runs of ``chatcert certify`` against the bundled mock, plain, with a fault or with a manner."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from behaviour import library
from behaviour.comparing import varying
from behaviour.formats import Formats, formats_of, united

FAULTS = 60
MANNERS = 20
PROCESSES = 2
SECONDS = 180
TELLING = 6
"""Length from which a text that is the value of a variable stands for the variable."""
CERTIFY = ("--profile", "quick", "--seed", "1")
STARTED = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)?")
ADDRESS = re.compile(r"127\.0\.0\.1:\d+")


@dataclass(frozen=True, slots=True)
class Server:
    """A mock of one vendor.

    Attributes:
        kind: ``plain``, ``fault`` or ``manner``.
        name: the id of the fault or manner; the vendor where it is plain.
    """

    vendor: str
    kind: str
    name: str

    @property
    def subject(self) -> str:
        """The name in records."""
        return f"{self.kind} {self.name}"


def servers(catalogues: Mapping[str, Any]) -> list[Server]:
    """The plain mocks, and a selection of faults and manners that stays as it is when others are added.

    Args:
        catalogues: the section of that name of a record.
    """
    vendors = library.vendors()
    faults = [Server(vendor, "fault", name) for vendor in vendors for name in catalogues[vendor]["faults"]]
    manners = [Server(vendor, "manner", name) for vendor in vendors for name in catalogues[vendor]["manners"]]
    plain = [Server(vendor, "plain", vendor) for vendor in vendors]
    return [*plain, *_selected(faults, FAULTS), *_selected(manners, MANNERS)]


def _selected(every: Iterable[Server], count: int) -> list[Server]:
    """A selection that is spread over vendors, and over the areas that the third segment of an id names."""
    ranks: dict[tuple[str, ...], int] = {}
    ranked = []
    for server in sorted(every, key=lambda one: hashlib.sha256(one.name.encode()).hexdigest()):
        area = (server.vendor, *server.name.split("/")[2:3]) if server.kind == "fault" else (server.vendor,)
        ranks[area] = ranks.get(area, 0) + 1
        ranked.append((ranks[area], len(ranked), server))
    return sorted((server for _, _, server in sorted(ranked)[:count]), key=lambda server: server.name)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: nothing that would change what it does, and no cache on disk."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATCERT_", "PYTEST_"))}
    return kept | {"CHATCERT_CACHE_DIR": "", "COLUMNS": "200"} | dict(more or {})


def status_of(command: Sequence[str | Path], folder: Path, variables: Mapping[str, str] | None = None) -> int | str:
    """Return the exit status of a command, or a text if it does not end."""
    try:
        return subprocess.run(
            command,
            env=environment(variables),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        ).returncode
    except subprocess.TimeoutExpired:
        return "does not end"


@contextmanager
def mock(server: Server) -> Iterator[tuple[str, dict[str, str]]]:
    """A mock in a process of its own: its address, and the variables with which it is reached."""
    fault = [f"--{server.kind}", server.name] if server.kind != "plain" else []
    command = [sys.executable, "-m", "chatcert.mock", "--vendor", server.vendor, "--seed", "1", "--stdin-watch", *fault]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()) as process:
        try:
            assert process.stdout is not None
            reported = json.loads(process.stdout.readline())
            yield f"{reported['url']}/{server.vendor}", reported["environment"]
        finally:
            process.kill()


def certified(server: Server) -> tuple[dict[str, Any], Formats]:
    """One run, and the form of what it leaves on disk."""
    with tempfile.TemporaryDirectory() as folder, mock(server) as (url, variables):
        command = ["certify", server.vendor, "--url", url, *CERTIFY, "--report-dir", folder]
        status = status_of([sys.executable, "-m", "chatcert", *command], Path(folder), variables)
        place = Path(folder) / server.vendor
        return {"status": status, **outcome_of(place / "report.json", variables)}, formats_of(place)


def under_pytest() -> dict[str, dict[str, Any]]:
    """The contract tests under pytest, which certify every vendor against the mock."""
    root = library.checkout()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", root / "tests" / "contract", "-q", "-p", "no:cacheprovider"]
        command += ["--rootdir", root, "--profile", "quick", "--chatcert-seed", "1", "--report-dir", folder]
        status = status_of(command, root)
        return {
            f"pytest {vendor}": {"status": status, **outcome_of(Path(folder) / vendor / "report.json", {})}
            for vendor in library.vendors()
        }


def outcome_of(report: Path, variables: Mapping[str, str]) -> dict[str, Any]:
    """What a report concludes, without what depends on clock and chance."""
    if not report.exists():
        return {"outcome": "no report"}
    reported = json.loads(report.read_text(encoding="utf-8"))
    rows = reported["requirements"]
    return {
        "outcome": reported["outcome"],
        "verdicts": {row["id"]: row["verdict"] for row in rows},
        "reasons": {row["id"]: _settled(row["reason"], variables) for row in rows if row["reason"]},
        "findings": {
            row["id"]: {name: _settled(row["finding"][name], variables) for name in ("title", "expected", "actual")}
            for row in rows
            if row["finding"] is not None
        },
    }


def _settled(text: str, variables: Mapping[str, str]) -> str:
    """Return a text with placeholders for the address, times and the names of the mock's resources."""
    for name, value in sorted(variables.items()):
        text = text.replace(value, f"<{name}>") if len(value) >= TELLING else text
    return ADDRESS.sub("<address>", STARTED.sub("<time>", text))


def certified_all(catalogues: Mapping[str, Any]) -> tuple[dict[str, Any], Formats]:
    """Every run twice, so that what varies from run to run is marked as such, and the forms of all reports."""
    chosen = servers(catalogues)
    with ThreadPoolExecutor(PROCESSES) as pool:
        pytest_runs = [pool.submit(under_pytest) for _ in range(2)]
        done = list(pool.map(certified, [*chosen, *chosen]))
    first, second = ({**run.result()} for run in pytest_runs)
    for into, results in ((first, done[: len(chosen)]), (second, done[len(chosen) :])):
        into |= {server.subject: result for server, (result, _) in zip(chosen, results, strict=True)}
    return varying(first, second), united(forms for _, forms in done)
