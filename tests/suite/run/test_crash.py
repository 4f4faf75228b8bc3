"""A run that is killed loses nothing that it had learnt: a valid report comes of it, and the rest can be done later."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.report.reader import read_report
from chatcert.transport.resilience.retry import RetryPolicy

pytestmark = pytest.mark.slow

VENDOR = "agencii"
JOBS = 2
AT_ONCE = 4
"""How many requests are sent together at most."""
UNPROVEN = RetryPolicy().control_interval + 1
"""Answers that no valid request has proven yet when a run is killed, and the control that proves them."""
MOMENTS = int(os.environ.get("KILL_MOMENTS", "3"))
"""How many runs are killed; each is given a time of its own, and they spread over the whole run."""


def ledger_lines(folder: Path) -> list[str]:
    """The whole lines of the ledger of a run that has not come to its end."""
    found = list(folder.glob(f"{VENDOR}/.run/*/certify.jsonl"))
    return found[0].read_text(encoding="utf-8").split("\n")[:-1] if found else []


def until_lines(folder: Path, count: int, process: Any) -> int:
    """Look at the ledger until it has so many lines or its process has ended; returns how many it has."""
    end = time.monotonic() + 60
    while (lines := len(ledger_lines(folder))) < count and process.poll() is None and time.monotonic() < end:
        time.sleep(0.001)
    return lines


def settled_cases(folder: Path) -> Counter[str]:
    """How often each case was sent to an answer that counts; those that are sent at once are sent all or none."""
    lines = (folder / VENDOR / "evidence.jsonl").read_text(encoding="ascii").splitlines()
    rows = [json.loads(line) for line in lines]
    return Counter(row["case"] for row in rows if row["final"] and row["role"] != "probe" and not row["overlapping"])


@pytest.fixture
def begun(started: Any, mock: Any) -> Any:
    """Begins a run against the mock in a process of its own."""

    def begin(folder: Path) -> Any:
        return started(
            "chatcert",
            "certify",
            VENDOR,
            "--url",
            f"{mock.url}/{VENDOR}",
            "--profile",
            "quick",
            "--seed",
            "1",
            "--jobs",
            JOBS,
            "--report-dir",
            folder,
            variables=dict(mock.environment),
        )

    return begin


def test_killed_runs_are_reported_and_gone_on_with(
    begun: Any, certify: Any, mock: Any, tmp_path: Path, capfd: Any
) -> None:
    """Killed at any time: a valid report that says what it lacks, and a second part that gives the same verdicts."""
    arguments = (VENDOR, "--url", f"{mock.url}/{VENDOR}", "--jobs", JOBS)
    whole = certify(*arguments, variables=dict(mock.environment))
    lines = 2 * whole.report(VENDOR)["requests"] + len(whole.words(VENDOR))
    width = int(0.9 * lines) // MOMENTS
    chance = random.Random(4)

    for part in range(MOMENTS):
        moment = part * width + chance.randrange(2, width)
        folder = tmp_path / f"killed-{part}"
        process = begun(folder)
        until_lines(folder, moment, process)
        process.kill()
        assert -signal.SIGKILL == process.wait(), (tmp_path / f"output-{part}").read_text()

        status = main(["report", str(folder)])
        report = read_report(folder / VENDOR / "report.json")
        assert (75, "no-verdict", False) == (status, report["outcome"], report["complete"]), moment
        assert "Incomplete" in capfd.readouterr().out
        words = {row["id"]: row["verdict"] for row in report["requirements"]}
        assert "not-run" in words.values()
        assert [] == [row["id"] for row in report["requirements"] if row["reason"] == "no answer could break this"]
        assert {"not-run", "inconclusive"} >= {
            word for name, word in words.items() if word != whole.words(VENDOR)[name]
        }
        assert {"report.json", "report.html", "junit.xml", "evidence.jsonl", "allure-results"} <= {
            entry.name for entry in (folder / VENDOR).iterdir()
        }

        rest = certify(*arguments, "--resume", variables=dict(mock.environment), folder=folder.name)
        assert (0, whole.words(VENDOR)) == (rest.status, rest.words(VENDOR)), (moment, rest.text)
        assert rest.report(VENDOR)["complete"]
        assert settled_cases(whole.folder) == settled_cases(folder)
        assert rest.report(VENDOR)["requests"] <= whole.report(VENDOR)["requests"] + UNPROVEN + JOBS + AT_ONCE
        assert not (folder / VENDOR / ".run").exists()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_says_what_it_leaves(
    begun: Any, mock: Any, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    """Ctrl-C or SIGTERM: one line that names the report and the way to go on, an incomplete report, the right exit."""
    folder = tmp_path / "stopped"
    process = begun(folder)
    until_lines(folder, 60, process)

    process.send_signal(number)

    assert status == process.wait(60)
    said = (tmp_path / "output-0").read_text(encoding="utf-8").splitlines()
    assert 1 == len(said), said
    assert f"{VENDOR}: interrupted by {number.name}" in said[0]
    assert f"chatcert certify {VENDOR} --url {mock.url}/{VENDOR} --profile quick --seed 1" in said[0]
    assert str(folder / VENDOR / "report.html") in said[0]
    assert "--resume" in said[0]
    report = read_report(folder / VENDOR / "report.json")
    assert ("no-verdict", False) == (report["outcome"], report["complete"])
    assert 60 <= len(ledger_lines(folder))


def test_a_pytest_run_that_is_killed_is_reported_too(start_killed_pytest: Any, capfd: Any) -> None:
    """What a killed pytest run has sent is reported the same way; the command line cannot go on with it."""
    folder = start_killed_pytest()

    assert 75 == main(["report", str(folder / VENDOR)])
    report = read_report(folder / VENDOR / "report.json")
    assert report["requests"]
    assert not report["complete"]
    assert "Incomplete" in capfd.readouterr().out
    assert 78 == main(["certify", VENDOR, "--url", "http://127.0.0.1:9", "--report-dir", str(folder), "--resume"])
    assert "one of pytest" in capfd.readouterr().err


@pytest.fixture
def start_killed_pytest(started: Any, mock: Any, tmp_path: Path) -> Any:
    """Kills a run under pytest once it has sent some requests."""

    def run() -> Path:
        process = started(
            "pytest",
            "tests/contract",
            "-p",
            "no:cacheprovider",
            "--profile",
            "quick",
            "--vendor",
            VENDOR,
            "--url",
            f"{mock.url}/{VENDOR}",
            "--report-dir",
            tmp_path / "pytest",
            variables=dict(mock.environment),
        )
        end = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < end:
            if sum(path.stat().st_size for path in tmp_path.glob(f"pytest/{VENDOR}/.run/*/main.jsonl")) > 50_000:
                break
            time.sleep(0.001)
        process.kill()
        assert -signal.SIGKILL == process.wait(), (tmp_path / "output-0").read_text()
        return tmp_path / "pytest"

    return run
