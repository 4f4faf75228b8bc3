"""The history file: appended by one write, whole or closed, and each bad line named."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.exceptions import InputFileError, SuiteError, UsageError
from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import build_report
from chatcert.report.history import MAX_RUNS, RunRecord, append_history, check_history, read_history
from chatcert.report.reader import check_report, schema_of


@pytest.fixture
def row(samples: ModuleType) -> RunRecord:
    """The row of a run in which two requirements failed."""
    return RunRecord.of(
        build_report(samples.report_input({0: VerdictKind.FAIL, 2: VerdictKind.FAIL, 3: VerdictKind.WARN}))
    )


def test_a_row_is_what_the_report_says(row: RunRecord) -> None:
    """Outcome, totals and failing requirements are the report's own."""
    assert ("acme", "2026-01-01T10:00:10.000Z", "not-conformant") == (row.vendor, row.finished, row.outcome)
    assert ("acme/request/body/field0/required", "acme/request/body/field2/required") == row.failing
    assert (8, 2, 1, 5) == tuple(row.totals[word] for word in ("requirements", "fail", "warn", "pass"))
    assert (8, 10.0) == (row.requests, row.seconds)


def test_a_row_remembers_what_the_server_calls_itself(row: RunRecord, samples: ModuleType, tmp_path: Path) -> None:
    """Names and versions that the server reports are kept, each once and sorted, and only where there are any."""
    report = build_report(samples.report_input())
    report["subject"]["reported"] = {"X-Version": ["2.1", "2.0"]}
    append_history(tmp_path / "history.jsonl", RunRecord.of(report))

    assert {"X-Version": ["2.0", "2.1"]} == read_history(tmp_path / "history.jsonl", "acme")[0].reported
    assert "reported" not in row.to_dict()


def test_rows_come_back_in_order_by_vendor(row: RunRecord, tmp_path: Path) -> None:
    """Each vendor's rows are its own, oldest first, as they were; a file that is not there has none."""
    path = tmp_path / "history.jsonl"
    assert [] == read_history(path, "acme")
    rows = [replace(row, requests=number, vendor=vendor) for number, vendor in enumerate(("acme", "b", "acme"))]
    for each in rows:
        append_history(path, each)

    assert [rows[0], rows[2]] == read_history(path, "acme")
    assert [rows[1]] == read_history(path, "b")


@settings(max_examples=30)
@given(
    words=st.lists(st.sampled_from(VerdictKind), max_size=8),
    host=st.text(max_size=10),
    seconds=st.floats(0, 1e9),
)
def test_any_row_reads_back_the_same(samples: ModuleType, words: list[VerdictKind], host: str, seconds: float) -> None:
    """What is written as a line is read as the same row, whatever stands in it."""
    report = build_report(samples.report_input(dict(enumerate(words)), count=len(words)))
    row = replace(RunRecord.of(report), host=host, seconds=seconds)

    assert row == RunRecord.from_dict(json.loads(json.dumps(row.to_dict())))


def test_nothing_that_is_there_is_rewritten(row: RunRecord, tmp_path: Path) -> None:
    """A file only grows: what was there before is its beginning."""
    path = tmp_path / "history.jsonl"
    append_history(path, row)
    before = path.read_bytes()

    append_history(path, row)

    assert before + before == path.read_bytes()


@pytest.mark.parametrize("cut", [1, 20, 200])
def test_a_line_that_was_cut_short_is_passed_over(row: RunRecord, tmp_path: Path, cut: int) -> None:
    """The rows around it are read, before the next run closes it and after."""
    path = tmp_path / "history.jsonl"
    append_history(path, row)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:cut])

    assert [row] == read_history(path, "acme")
    append_history(path, row)
    append_history(path, row)

    assert [row, row, row] == read_history(path, "acme")
    assert 4 == len(path.read_bytes().splitlines())


def test_a_row_that_lost_only_its_line_break_is_closed_too(row: RunRecord, tmp_path: Path) -> None:
    """A line without an end may be half of one: it is not taken for a run, and no run is taken for it."""
    path = tmp_path / "history.jsonl"
    append_history(path, row)
    path.write_bytes(path.read_bytes().rstrip())

    append_history(path, replace(row, requests=1))

    assert [1] == [each.requests for each in read_history(path, "acme")]


def test_many_runs_may_share_a_file(row: RunRecord, tmp_path: Path) -> None:
    """Rows that are appended at once are all there, each whole."""
    path = tmp_path / "history.jsonl"
    rows = [replace(row, requests=number) for number in range(40)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda each: append_history(path, each), rows))

    assert list(range(40)) == sorted(each.requests for each in read_history(path, "acme"))


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b"{}", b'{"schema": "chatcert-history/2"}', b"\xff", b"[" * 100_000, b"null"],
    ids=["empty", "cut", "list", "object", "other-schema", "binary", "deep", "null"],
)
def test_a_bad_line_is_named_by_its_number(row: RunRecord, tmp_path: Path, line: bytes) -> None:
    """Whatever stands in it, the error is one line, and the run does not begin."""
    path = tmp_path / "history.jsonl"
    append_history(path, row)
    path.write_bytes(path.read_bytes() + line + b"\n" + path.read_bytes())

    for read in (lambda: read_history(path, "other"), lambda: check_history(path)):
        with pytest.raises(InputFileError) as caught:
            read()
        assert str(caught.value).startswith(f"{path}:2: ")
        assert "\n" not in str(caught.value)


def test_a_row_with_an_endless_figure_is_no_row(row: RunRecord, tmp_path: Path) -> None:
    """No figure gets into a report that JSON cannot hold."""
    path = tmp_path / "history.jsonl"
    path.write_text(json.dumps(row.to_dict() | {"seconds": 7.25}).replace("7.25", "1e999") + "\n", encoding="ascii")

    with pytest.raises(InputFileError, match=":1: "):
        read_history(path, "acme")


def test_a_file_that_cannot_be_written_is_reported_before_the_run(tmp_path: Path) -> None:
    """A folder in its place, or none to be in, is a mistake on the command line."""
    for path in (tmp_path, tmp_path / "none" / "history.jsonl"):
        with pytest.raises(UsageError, match="--history"):
            check_history(path)


def test_a_full_disk_is_reported(row: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row that was not written, or not whole, is an error of the run, and no row for the next one."""
    path = tmp_path / "history.jsonl"
    with pytest.raises(SuiteError):
        append_history(tmp_path, row)
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:100]))

    with pytest.raises(SuiteError, match="not written whole"):
        append_history(path, row)

    monkeypatch.undo()
    append_history(path, row)
    assert [row] == read_history(path, "acme")


def test_a_report_holds_earlier_runs(samples: ModuleType, row: RunRecord) -> None:
    """They are part of the report's schema, and a report of a first run has none."""
    report = build_report(samples.report_input(history=(row, row)))

    assert [row.to_dict()] * 2 == report["history"]
    assert "history" not in build_report(samples.report_input())
    assert "maxItems" in schema_of()["properties"]["history"]
    assert MAX_RUNS == schema_of()["properties"]["history"]["maxItems"]
    assert check_report(report | {"history": [row.to_dict()] * (MAX_RUNS + 1)})
