"""ctrf.json, in which nothing that was not judged looks passed; ``ctrf/published.py`` holds it against the schema."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest

from chatcert.judge.verdict import UNJUDGED, VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.ctrf import render_ctrf

EXPECTED = {
    VerdictKind.PASS: "passed",
    VerdictKind.WARN: "passed",
    VerdictKind.FAIL: "failed",
    VerdictKind.ERROR: "other",
    VerdictKind.INCONCLUSIVE: "other",
    VerdictKind.NOT_RUN: "other",
    VerdictKind.NOT_APPLICABLE: "skipped",
    VerdictKind.WAIVED: "skipped",
}


def document_of(source: ReportInput) -> dict[str, Any]:
    """The document of a report, as it is written."""
    text = json.dumps(render_ctrf(build_report(source), source.exchanges), allow_nan=False)
    document: dict[str, Any] = json.loads(text)
    return document


@pytest.mark.parametrize("word", VerdictKind)
def test_every_verdict_has_its_status(samples: ModuleType, word: VerdictKind) -> None:
    """What could not be judged is neither passed nor failed, and then the run is not healthy."""
    results = document_of(samples.report_input({0: word}))["results"]
    test = results["tests"][0]

    assert ("acme/request/body/field0/required", EXPECTED[word], word) == (
        test["name"],
        test["status"],
        test["rawStatus"],
    )
    assert ["chatcert.acme", "acceptance"] == test["suite"]
    assert (word not in {*UNJUDGED, VerdictKind.FAIL}) == results["environment"]["healthy"]


def test_the_summary_counts_the_tests(samples: ModuleType) -> None:
    """A dashboard that trusts the summary sees what one that counts the tests sees."""
    results = document_of(samples.report_input(dict(enumerate(VerdictKind))))["results"]

    statuses = [test["status"] for test in results["tests"]]
    for status in ("passed", "failed", "skipped", "pending", "other"):
        assert statuses.count(status) == results["summary"][status]
    assert 8 == results["summary"]["tests"]
    assert 10_000 == results["summary"]["stop"] - results["summary"]["start"]
    assert 250 == results["tests"][0]["duration"]


def test_no_payload_breaks_the_document(samples: ModuleType, payload: str) -> None:
    """Whatever a server sends, the document is valid UTF-8 and names the same tests."""
    harmless, document = document_of(samples.hostile_input("harmless")), document_of(samples.hostile_input(payload))

    names = [[test["status"] for test in one["results"]["tests"]] for one in (harmless, document)]
    assert names[0] == names[1]
    assert json.dumps(document, ensure_ascii=False).encode()


def test_a_failure_carries_what_is_needed_to_see_it_again(samples: ModuleType) -> None:
    """Clause, expectation, answer and command are in the trace, and the numbers of its exchanges beside it."""
    test = document_of(samples.report_input({0: VerdictKind.FAIL}))["results"]["tests"][0]

    assert "because of this" == test["message"]
    assert {"exchanges": [1]} == test["extra"]
    for word in ("Clause:", "Expected:", "Actual:", "Try it:", "#1"):
        assert word in test["trace"]
