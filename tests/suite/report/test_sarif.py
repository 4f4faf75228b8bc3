"""report.sarif: a valid log whose results point to the clause in the vendor's file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from chatcert.judge.verdict import UNJUDGED, VerdictKind
from chatcert.openapi.contract import SpecDefect
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.source_lines import SpecFile
from chatcert.report.views.sarif import MAX_CHARACTERS, render_sarif

SPEC = SpecFile(
    "specs/acme/openapi.yaml",
    "info:\n  title: Acme\ncomponents:\n  schemas:\n    Chat:\n      properties:\n        field0: {}\n"
    "        field1: {}\n",
)
LEVELS = {
    VerdictKind.FAIL: "error",
    VerdictKind.WARN: "warning",
    VerdictKind.WAIVED: "note",
    VerdictKind.ERROR: "warning",
    VerdictKind.INCONCLUSIVE: "warning",
    VerdictKind.NOT_RUN: "warning",
}

BEYOND_THE_MODEL = {"columnKind", "suppressions", "toolExecutionNotifications"}
"""Properties of the standard that the library has no field for."""


def run_of(source: ReportInput, spec: SpecFile | None = SPEC) -> dict[str, Any]:
    """The run of a log, after another library has read the log."""
    from sarif_pydantic import Sarif

    log = json.loads(json.dumps(render_sarif(build_report(source), spec), allow_nan=False))
    assert set(unknown(Sarif.model_validate(log))) <= BEYOND_THE_MODEL
    run: dict[str, Any] = log["runs"][0]
    return run


def unknown(value: Any) -> Iterator[str]:
    """Names of the properties that the library does not know."""
    if isinstance(value, BaseModel):
        yield from value.model_extra or {}
        for name in type(value).model_fields:
            yield from unknown(getattr(value, name))
    elif isinstance(value, list):
        for item in value:
            yield from unknown(item)


def reported(run: dict[str, Any]) -> list[dict[str, Any]]:
    """The results on requirements."""
    return [result for result in run["results"] if result["ruleId"] != "spec-defect"]


@pytest.mark.parametrize("word", VerdictKind)
def test_every_verdict_has_its_level(samples: ModuleType, word: VerdictKind) -> None:
    """Breaches are errors, other verdicts than a pass are listed, and what holds or does not apply is not."""
    results = reported(run_of(samples.report_input({0: word}, count=1)))

    assert ([LEVELS[word]] if word in LEVELS else []) == [result["level"] for result in results]
    assert (word is VerdictKind.WAIVED) == any("suppressions" in result for result in results)


@pytest.mark.parametrize("word", VerdictKind)
def test_a_log_without_errors_is_no_certificate_where_something_was_not_judged(
    samples: ModuleType, word: VerdictKind
) -> None:
    """The invocation is successful only where every requirement was judged, and else tells why at the level error."""
    invocation = run_of(samples.report_input({3: word}))["invocations"][0]

    assert (word not in UNJUDGED) == invocation["executionSuccessful"]
    notes = invocation.get("toolExecutionNotifications", [])
    assert (["error"] if word in UNJUDGED else []) == [note["level"] for note in notes]


@pytest.mark.parametrize("word", UNJUDGED)
def test_a_breach_does_not_hide_what_was_not_judged(samples: ModuleType, word: VerdictKind) -> None:
    """A run that found one breach and could not judge another requirement was not successful either."""
    assert (
        run_of(samples.report_input({0: VerdictKind.FAIL, 3: word}))["invocations"][0]["executionSuccessful"] is False
    )


def test_a_run_in_which_nothing_passed_was_not_successful(samples: ModuleType) -> None:
    """A run in which nothing was applicable has no verdict, and is not a success."""
    source = samples.report_input(dict.fromkeys(range(8), VerdictKind.NOT_APPLICABLE))

    assert run_of(source)["invocations"][0]["executionSuccessful"] is False


def test_a_result_points_to_its_clause(samples: ModuleType) -> None:
    """File, line and pointer are those of the clause, or of the nearest place that the file holds."""
    results = reported(run_of(samples.report_input({1: VerdictKind.FAIL, 5: VerdictKind.FAIL})))

    places = [result["locations"][0]["physicalLocation"] for result in results]
    assert ["specs/acme/openapi.yaml"] * 2 == [place["artifactLocation"]["uri"] for place in places]
    assert [8, 6] == [place["region"]["startLine"] for place in places]
    logical = results[0]["locations"][0]["logicalLocations"]
    assert [{"fullyQualifiedName": "/components/schemas/Chat/properties/field1"}] == logical


def test_a_result_says_what_the_other_views_say(samples: ModuleType) -> None:
    """Its message has the clause once, expected, actual, how often and the request id; the command is beside it."""
    report = build_report(samples.report_input({1: VerdictKind.FAIL}))
    row = next(row for row in report["requirements"] if row["finding"] is not None)
    assert row["finding"] is not None
    clause, asked = row["clause"]["text"], "5a43ab16-c3a9-5e16-9e87-fac17a093992"
    row["finding"] |= {"title": f"Broken: {clause}", "expected": "status 400", "actual": "status 201"}
    row["finding"] |= {"request_id": asked, "curl": "curl -i http://h/chats", "occurrences": 2, "observed": 3}
    result = reported(render_sarif(report, SPEC)["runs"][0])[0]

    says = f"{clause}; expected status 400; actual status 201; seen 2 of 3 times; request id {asked}"
    assert says == result["message"]["text"]
    assert ("curl -i http://h/chats", asked) == (result["properties"]["curl"], result["properties"]["requestId"])


def test_a_defect_of_the_document_is_a_note_at_its_place(samples: ModuleType) -> None:
    """Defects of the document are listed beside the findings on the server."""
    result = run_of(samples.report_input())["results"][0]

    assert ("spec-defect", "note", 1) == (
        result["ruleId"],
        result["level"],
        result["locations"][0]["physicalLocation"]["region"]["startLine"],
    )


@pytest.mark.parametrize("pointer", ["", "/absent", "/info/absent"])
def test_every_result_has_a_region(samples: ModuleType, pointer: str) -> None:
    """What the file does not hold is at the nearest place around it, the beginning of the file at last."""
    contract = samples.contract(defects=(SpecDefect(pointer, "It is not there."),))
    (result,) = run_of(samples.report_input(contract=contract))["results"]

    assert {"startLine": 1} == result["locations"][0]["physicalLocation"]["region"]


def test_without_the_file_there_are_no_lines(samples: ModuleType) -> None:
    """A file that is gone leaves the pointer alone, not a guess."""
    run = run_of(samples.report_input({0: VerdictKind.FAIL}), None)

    assert "artifacts" not in run
    assert all("physicalLocation" not in result["locations"][0] for result in run["results"])


def test_rules_are_those_that_results_name(samples: ModuleType) -> None:
    """Each result's rule is listed once, at the index that the result gives, and has no vendor's or field's name."""
    run = run_of(samples.report_input(dict(enumerate(VerdictKind))))

    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert len(rules) == len(set(rules))
    assert {result["ruleId"] for result in run["results"]} == set(rules)
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert "refusal/required" in rules


def test_a_fingerprint_is_the_requirement(samples: ModuleType) -> None:
    """Another day, verdict and text leave it alone, and no two results share one."""
    later = samples.facts(started=samples.STARTED + 86_400)
    first = run_of(samples.report_input({0: VerdictKind.FAIL, 1: VerdictKind.FAIL}))
    second = run_of(
        samples.report_input({0: VerdictKind.WARN, 1: VerdictKind.ERROR}, facts=later), SpecFile("x.yaml", "a: 1\n")
    )

    prints = [[result["partialFingerprints"] for result in reported(run)] for run in (first, second)]
    assert prints[0] == prints[1]
    assert prints[0][0] != prints[0][1]


def test_no_payload_makes_a_link_or_a_placeholder(samples: ModuleType, payload: str) -> None:
    """Hostile text leaves the log valid, its shape unchanged, its messages plain, visible and bounded."""
    run, harmless = run_of(samples.hostile_input(payload)), run_of(samples.hostile_input("harmless"))

    assert [result["level"] for result in harmless["results"]] == [result["level"] for result in run["results"]]
    for result in run["results"]:
        text = result["message"]["text"].replace("{{", "").replace("}}", "")
        assert text.isprintable()
        assert not {"{", "}"} & set(text)
        assert len(text) < 8 * MAX_CHARACTERS


def test_a_link_in_a_finding_is_none(samples: ModuleType) -> None:
    """Brackets stay, and what a viewer would take for a link to click does not."""
    text = "see [this](https://evil.example) {0}"
    source = samples.report_input(count=1)
    key = next(iter(source.verdicts))
    source.verdicts[key] = samples.verdict(key, VerdictKind.FAIL, text)

    message = reported(run_of(source))[0]["message"]["text"]

    assert "see [this] (https://evil.example) {{0}}" in message
    assert "](" not in message
