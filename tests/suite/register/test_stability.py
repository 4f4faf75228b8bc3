"""Which verdicts flip although nothing changed that explains it, and which replica alone is wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.judge.verdict import VerdictKind
from chatcert.register.replicas import suspects, suspicion
from chatcert.register.stability import Night, nights_of, stability_of
from chatcert.report.history import RunRecord, append_history
from chatcert.transport.exchange import Received

SAME = ("spec", "overlay", "catalogue", "", "0.2.0", "quick")
DIGESTS: Any = {name: f"sha256:{number:064}" for number, name in enumerate(("spec", "overlay", "catalogue"))}


def night(number: int, *failing: str, same: tuple[str, ...] = SAME, place: str = "url host") -> Night:
    return Night(f"2026-06-{number:02}T02:00:00.000Z", same, place, frozenset(failing))


def record(number: int, *failing: str, **changes: Any) -> RunRecord:
    made = RunRecord(
        vendor="acme",
        finished=f"2026-06-{number:02}T02:00:00.000Z",
        outcome="conformant",
        mode="url",
        host="api.acme.example",
        profile="quick",
        suite="0.2.0",
        totals={"requirements": 9, **dict.fromkeys(VerdictKind, 0), "pass": 9},
        failing=failing,
        digests=DIGESTS,
        requests=1,
        seconds=1.0,
    )
    return replace(made, **changes)


def test_what_flips_is_named_with_its_numbers() -> None:
    """A requirement that comes and goes is named with flips and failures; one that always fails, or never, is not."""
    found = stability_of([night(1, "a", "b"), night(2, "b"), night(3, "a", "b"), night(4, "b")])

    assert found == {
        "nights": 4,
        "since": "2026-06-01T02:00:00.000Z",
        "flaky": [{"requirement": "a", "flips": 3, "nights": 4, "failed": 2}],
    }


@pytest.mark.parametrize(
    "second",
    [
        night(2, "a", same=("another document", *SAME[1:])),
        night(2, "a", same=(*SAME[:3], "2.0", *SAME[4:])),
        night(2, "a", same=(*SAME[:5], "thorough")),
        night(2, "a", place="url elsewhere"),
    ],
)
def test_a_change_that_explains_it_is_no_flip(second: Night) -> None:
    """Another document, product version, profile or place begins anew."""
    assert stability_of([night(1), second]) is None
    found = stability_of([night(1), second, replace(second, finished="2026-06-03T02:00:00.000Z")])
    assert found is not None
    assert [] == found["flaky"]


def test_one_run_says_nothing() -> None:
    """Without two runs to compare there is no stability, rather than a perfect one."""
    assert stability_of([]) is None
    assert stability_of([night(1, "a")]) is None


def test_the_history_file_is_read() -> None:
    """Runs with requirements that were not run tell nothing; a server says in headers which version it is."""
    later = record(2, "a", reported={"X-Version": ["2.0"], "Server": ["a", "b"]})
    nights = nights_of([record(1), later, record(3, totals={"requirements": 9, "not-run": 1})])

    assert ["", "Server: a, b; X-Version: 2.0"] == [one.circumstances[3] for one in nights]


def test_the_bundled_mock_is_one_place() -> None:
    """The port of the mock, which is another one each time, makes no other place."""
    first, second = nights_of([record(1, mode="mock", host="h:1"), record(2, mode="mock", host="h:2")])
    assert first.place == second.place


def test_the_command_names_flaky_requirements(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``register stability`` reads the file that certify --history writes."""
    for one in (record(1), record(2, "acme/accepts/required-only"), record(3)):
        append_history(tmp_path / "history.jsonl", one)
    options = ["--history", str(tmp_path / "history.jsonl"), "--vendor", "acme"]

    assert 0 == main(["register", "stability", *options])
    assert "acme/accepts/required-only: 2 flips, failed in 1 of 3" in capsys.readouterr().out
    assert 0 == main(["register", "stability", *options, "--format", "json"])
    assert 2 == json.loads(capsys.readouterr().out)["result"]["stability"]["flaky"][0]["flips"]
    assert 2 == main(["register", "stability"])
    assert "give --history FILE" in capsys.readouterr().err


@pytest.fixture(scope="module")
def samples() -> ModuleType:
    """The builders of sample reports."""
    spec = spec_from_file_location("report_samples", Path(__file__).parents[1] / "report" / "samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def observed(samples: ModuleType, answers: Sequence[tuple[bool, dict[str, str]]], step: float = 1.0) -> Any:
    """A report on one requirement, and its exchanges: whether each breaks it, and the headers of its answer."""
    exchanges = [
        replace(
            samples.exchange(number, "acme/x"),
            started=1_780_000_000 + step * number,
            received=Received(200, tuple(headers.items()), b""),
        )
        for number, (_, headers) in enumerate(answers, 1)
    ]
    broken = [number for number, (bad, _) in enumerate(answers, 1) if bad]
    finding = {"occurrences": len(broken), "exchanges": broken, "also": []} if broken else None
    numbers = [one.number for one in exchanges]
    return {"requirements": [{"id": "acme/x", "exchanges": numbers, "finding": finding}]}, exchanges


def test_a_replica_that_alone_is_wrong_is_named(samples: ModuleType) -> None:
    """All breaches come from one of three replicas, and no other answer does."""
    answers = [(number % 3 == 0, {"X-Served-By": f"b{number % 3}"}) for number in range(12)]

    (found,) = suspects(*observed(samples, answers))
    assert "acme/x: all 4 answers that break it have x-served-by 'b0'; none of the 8 others breaks it" == suspicion(
        found
    )


def test_a_deployment_during_the_run_is_named(samples: ModuleType) -> None:
    """Without a header that tells them apart, breaches from one moment on are laid to a deployment."""
    (found,) = suspects(*observed(samples, [(number >= 6, {}) for number in range(12)]))
    assert "a time from 2026-05-28T20:26:47.000Z on, as if another version was deployed then" in suspicion(found)

    (found,) = suspects(*observed(samples, [(number < 6, {}) for number in range(12)]))
    assert "a time up to" in suspicion(found)


@pytest.mark.parametrize(
    "answers",
    [
        [(number % 3 == 0, {"X-Served-By": f"b{number % 2}"}) for number in range(12)],  # both replicas break it
        [(number == 0, {"X-Served-By": f"b{number}"}) for number in range(3)],  # one in three is a coincidence
        [(number % 3 == 0, {"X-Request-Id": f"{number}"}) for number in range(12)],  # names no server
        [(number in (0, 3, 6), {"X-Build": "b1" if number in (0, 3, 6, 9) else "b2"}) for number in range(12)],
        [(True, {"X-Build": "b1"}) for _ in range(12)],  # all of them break it
        [(False, {"X-Build": "b1"}) for _ in range(12)],
    ],
)
def test_nobody_is_blamed_without_a_clear_split(samples: ModuleType, answers: Any) -> None:
    """Two wrong replicas, a coincidence, a header of no server, or a replica that is right as well: no name."""
    assert [] == suspects(*observed(samples, answers))
