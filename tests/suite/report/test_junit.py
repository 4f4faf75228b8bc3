"""junit.xml: well-formed whatever a server sends, and its counts are right."""

from __future__ import annotations

from types import ModuleType
from xml.etree import ElementTree

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.junit import render_junit

EXPECTED = {
    VerdictKind.PASS: [],
    VerdictKind.WARN: ["system-out"],
    VerdictKind.FAIL: ["failure"],
    VerdictKind.ERROR: ["error"],
    VerdictKind.INCONCLUSIVE: ["error"],
    VerdictKind.NOT_RUN: ["error"],
    VerdictKind.NOT_APPLICABLE: ["skipped"],
    VerdictKind.WAIVED: ["skipped"],
}


def suite_of(source: ReportInput) -> ElementTree.Element:
    """The parsed test suite of a report."""
    suite = ElementTree.fromstring(render_junit(build_report(source), source.exchanges)).find("testsuite")
    assert suite is not None
    return suite


@pytest.mark.parametrize("word", VerdictKind)
def test_every_verdict_has_its_child(samples: ModuleType, word: VerdictKind) -> None:
    """Breaches are failures, what could not be judged is an error, what does not count is skipped."""
    case = suite_of(samples.report_input({0: word})).findall("testcase")[0]

    assert EXPECTED[word] == [child.tag for child in case]
    assert "chatcert.acme.acceptance" == case.get("classname")
    assert "acme/request/body/field0/required" == case.get("name")


def test_the_counts_are_those_of_the_children(samples: ModuleType) -> None:
    """A CI system that trusts the attributes sees what one that counts the elements sees."""
    suite = suite_of(samples.report_input(dict(enumerate(VerdictKind))))

    counts = {name: len(suite.findall(f"testcase/{name}")) for name in ("failure", "error", "skipped")}
    assert {"failure": 1, "error": 3, "skipped": 2} == counts
    assert ["8", "1", "3", "2"] == [suite.get(name) for name in ("tests", "failures", "errors", "skipped")]


def test_no_payload_breaks_the_document(samples: ModuleType, payload: str) -> None:
    """Control characters, surrogates and markup leave the XML well-formed and its shape unchanged."""
    harmless, suite = suite_of(samples.hostile_input("harmless")), suite_of(samples.hostile_input(payload))

    assert [element.tag for element in harmless.iter()] == [element.tag for element in suite.iter()]


def test_a_failure_carries_what_is_needed_to_see_it_again(samples: ModuleType) -> None:
    """Clause, expectation, answer and command are in the failure's text."""
    failure = suite_of(samples.report_input({0: VerdictKind.FAIL})).find("testcase/failure")

    assert failure is not None
    assert "because of this" == failure.get("message")
    for word in ("Clause:", "Expected:", "Actual:", "Try it:", "#1"):
        assert word in (failure.text or "")
