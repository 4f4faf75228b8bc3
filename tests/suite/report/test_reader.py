"""Reading a report back: the same content, and one clear line for whatever is not a report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from chatcert.exceptions import InputFileError
from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import build_report
from chatcert.report.reader import check_report, read_report, schema_of

BREAKS: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("its schema is", lambda report: report.update(schema="chatcert-report/99")),
    ("its schema is", lambda report: report.pop("schema")),
    ("extra", lambda report: report.update(extra=1)),
    ("vendor", lambda report: report.pop("vendor")),
    ("totals/pass", lambda report: report["totals"].update({"pass": -1})),
    ("totals: they do not count", lambda report: report["totals"].update({"pass": 3})),
    ("totals: they do not count", lambda report: report["requirements"].pop()),
    ("manifest: it does not count", lambda report: report["manifest"].update(requirements=9)),
    ("outcome: it does not follow", lambda report: report.update(outcome="conformant")),
    ("an id occurs twice", lambda report: report["requirements"][1].update(id=report["requirements"][0]["id"])),
    ("complete: it does not agree with what is missing", lambda report: report.update(missing=["something"])),
    ("complete: it does not agree with what is missing", lambda report: report.update(complete=False)),
    ("requirements/0/verdict", lambda report: report["requirements"][0].update(verdict="passed")),
    ("requirements/3/finding", lambda report: report["requirements"][3].update(finding=None)),
]


def test_a_written_report_reads_back_the_same(samples: ModuleType, tmp_path: Path) -> None:
    """What is written and read is what was built."""
    source = samples.report_input({0: VerdictKind.FAIL, 4: VerdictKind.NOT_APPLICABLE})

    assert build_report(source) == read_report(samples.write(tmp_path, source))


def test_the_published_schema_is_a_valid_schema(samples: ModuleType) -> None:
    """Another validator takes the schema, and agrees that a report keeps it."""
    jsonschema.Draft202012Validator.check_schema(schema_of())

    jsonschema.Draft202012Validator(schema_of()).validate(build_report(samples.report_input({3: VerdictKind.FAIL})))


@pytest.mark.parametrize(
    ("reported", "spoil"), BREAKS, ids=[f"{n}-{reported}" for n, (reported, _) in enumerate(BREAKS)]
)
def test_a_spoilt_report_is_refused(
    samples: ModuleType, reported: str, spoil: Callable[[dict[str, Any]], object]
) -> None:
    """Each contradiction or departure from the schema is named."""
    report = build_report(samples.report_input({3: VerdictKind.FAIL}))
    spoil(report)

    assert reported in check_report(report)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"schema": NaN}', b"[" * 200_000, b'{"schema": []}'],
    ids=["empty", "cut", "list", "null", "string", "binary", "nan", "deep", "odd-schema"],
)
def test_what_is_no_report_is_one_clear_line(tmp_path: Path, content: bytes) -> None:
    """Whatever the file holds, the error is one line that names it."""
    path = tmp_path / "report.json"
    path.write_bytes(content)

    with pytest.raises(InputFileError) as caught:
        read_report(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_missing_file_and_a_folder_are_one_clear_line(tmp_path: Path) -> None:
    """So is a path at which there is no file."""
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(InputFileError, match=r"give a report\.json"):
            read_report(path)


def test_a_hostile_report_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    """Control characters of a file that is not a report are not passed on."""
    path = tmp_path / "report.json"
    path.write_text(json.dumps({"schema": "\x1b[2J\nowned"}), encoding="utf-8")

    with pytest.raises(InputFileError) as caught:
        read_report(path)

    assert str(caught.value).isprintable()
