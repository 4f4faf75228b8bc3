"""Writing: every file, whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.cases.case import Expectation
from chatcert.exceptions import SuiteError
from chatcert.judge.verdict import VerdictKind
from chatcert.report import writer
from chatcert.report.builder import build_report
from chatcert.report.evidence_file import evidence_of
from chatcert.report.reader import read_report
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Role, Sent, TransportError

TEXTS = st.text(max_size=20)
HEADERS = st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)
EXCHANGES = st.builds(
    Exchange,
    number=st.integers(1, 10**6),
    case=TEXTS,
    requirement=TEXTS,
    expectation=st.sampled_from(Expectation),
    role=st.sampled_from(Role),
    sent=st.builds(Sent, TEXTS, TEXTS, TEXTS, HEADERS, st.none() | st.binary(max_size=30)),
    started=st.floats(0, 2e9),
    seconds=st.floats(0, 1e3),
    received=st.none() | st.builds(Received, st.integers(100, 599), HEADERS, st.binary(max_size=30), TEXTS),
    error=st.none() | st.builds(TransportError, st.sampled_from(ErrorKind), TEXTS),
    edit=st.text(st.characters(), max_size=20),
    leaks=st.lists(TEXTS, max_size=2).map(tuple),
)


def left_behind(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder, by its path within."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_run_leaves_every_view_behind(samples: ModuleType, tmp_path: Path) -> None:
    """All views are there, and nothing of the work on them."""
    path = samples.write(tmp_path / "deep" / "acme", samples.report_input())

    assert tmp_path / "deep" / "acme" / "report.json" == path
    assert {
        "report.json",
        "report.html",
        "junit.xml",
        "ctrf.json",
        "report.sarif",
        "summary.md",
        "badge.svg",
        "statement.intoto.json",
        "evidence.jsonl",
        "created.jsonl",
        "evidence.har",
        "allure-results",
        "allurerc.json",
    } == {entry.name for entry in path.parent.iterdir()}


def test_writing_again_replaces_everything(samples: ModuleType, tmp_path: Path) -> None:
    """A second report leaves nothing of the first one, and the same report the same bytes."""
    samples.write(tmp_path, samples.report_input(count=9))
    samples.write(tmp_path, samples.report_input({1: VerdictKind.FAIL}, count=3))
    first = left_behind(tmp_path)

    samples.write(tmp_path, samples.report_input({1: VerdictKind.FAIL}, count=3))

    assert first == left_behind(tmp_path)
    assert 3 == sum(name.endswith("-result.json") for name in first)


def test_a_failure_on_the_way_leaves_the_old_report_whole(
    samples: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the last view cannot be written, none has changed."""
    samples.write(tmp_path, samples.report_input())
    before = left_behind(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writer, "write_allure", full)

    with pytest.raises(SuiteError, match="No space left on device"):
        samples.write(tmp_path, samples.report_input({0: VerdictKind.FAIL}))
    assert before == left_behind(tmp_path)


def test_a_folder_that_cannot_be_is_one_clear_line(samples: ModuleType, tmp_path: Path) -> None:
    """Where a file is in the way of the folder, the error says where and what to do."""
    (tmp_path / "taken").write_text("", encoding="utf-8")

    for folder in (tmp_path / "taken", tmp_path / "taken" / "acme"):
        with pytest.raises(SuiteError, match="choose another --report-dir") as caught:
            samples.write(folder, samples.report_input())
        assert str(caught.value).startswith(f"{folder}: ")


def test_no_payload_stops_the_writing(samples: ModuleType, tmp_path: Path, payload: str) -> None:
    """Whatever a server sends, every file is written and the report reads back."""
    source = samples.hostile_input(payload)

    report = read_report(samples.write(tmp_path, source))

    assert build_report(source) == report
    (tmp_path / "report.html").read_text(encoding="utf-8")


def test_evidence_is_one_exchange_a_line_in_order(samples: ModuleType, tmp_path: Path) -> None:
    """Whatever order exchanges ended in, their lines follow their numbers."""
    key = "acme/request/body/field0/required"
    exchanges = [samples.exchange(2, key, edit="a\u2028b\n"), samples.exchange(1, key)]

    samples.write(tmp_path, samples.report_input(exchanges=exchanges))

    lines = (tmp_path / "evidence.jsonl").read_text(encoding="utf-8").splitlines()
    assert [1, 2] == [json.loads(line)["number"] for line in lines]
    assert exchanges[0] == Exchange.from_dict(json.loads(lines[1]))


@given(exchanges=st.lists(EXCHANGES, max_size=3))
def test_evidence_reads_back_the_same(exchanges: list[Exchange]) -> None:
    """Exchanges come back from their lines as they were."""
    lines = evidence_of(exchanges).splitlines()

    assert exchanges == [Exchange.from_dict(json.loads(line)) for line in lines]
