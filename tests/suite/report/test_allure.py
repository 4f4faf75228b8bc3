"""allure-results: stable, distinct histories, and the right status for every verdict."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.allure import BODY_LIMIT, allure_configuration, write_allure
from chatcert.transport.exchange import Received

STATUSES = {
    VerdictKind.PASS: "passed",
    VerdictKind.WARN: "passed",
    VerdictKind.FAIL: "failed",
    VerdictKind.ERROR: "broken",
    VerdictKind.INCONCLUSIVE: "broken",
    VerdictKind.NOT_RUN: "broken",
    VerdictKind.NOT_APPLICABLE: "skipped",
    VerdictKind.WAIVED: "skipped",
}


def results_of(folder: Path, source: ReportInput) -> dict[str, dict[str, Any]]:
    """All results that a report leaves in an empty folder, by requirement id."""
    folder.mkdir()
    write_allure(folder, build_report(source), source.exchanges)
    results = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*-result.json")]
    return {result["fullName"]: result for result in results}


def test_histories_are_distinct_and_stable(samples: ModuleType, tmp_path: Path) -> None:
    """Every requirement has a history of its own, the same on another day; its uuid is the run's."""
    first = results_of(tmp_path / "first", samples.report_input())
    later = samples.report_input({0: VerdictKind.FAIL}, facts=samples.facts(started=samples.STARTED + 86_400))
    second = results_of(tmp_path / "second", later)

    for name in ("historyId", "testCaseId", "uuid"):
        assert 8 == len({result[name] for result in first.values()})
    assert {key: result["historyId"] for key, result in first.items()} == {
        key: result["historyId"] for key, result in second.items()
    }
    assert not {result["uuid"] for result in first.values()} & {result["uuid"] for result in second.values()}


def test_the_same_report_gives_the_same_files(samples: ModuleType, tmp_path: Path) -> None:
    """Nothing in the folder is random."""
    for name in ("first", "second"):
        results_of(tmp_path / name, samples.report_input({0: VerdictKind.FAIL}))

    first, second = ({path.name: path.read_bytes() for path in (tmp_path / n).iterdir()} for n in ("first", "second"))
    assert first == second


@pytest.mark.parametrize("word", VerdictKind)
def test_every_verdict_has_its_status(samples: ModuleType, tmp_path: Path, word: VerdictKind) -> None:
    """What could not be judged is broken, never failed, passed or skipped."""
    result = next(iter(results_of(tmp_path / "results", samples.report_input({0: word}, count=1)).values()))

    assert STATUSES[word] == result["status"]
    message = result.get("statusDetails", {}).get("message", "")
    assert message.startswith(f"{word.value}: ") == (word is not VerdictKind.PASS)


def test_labels_place_a_requirement(samples: ModuleType, tmp_path: Path) -> None:
    """Epic is the vendor, feature the kind, story the requirement, severity follows from the level."""
    results = results_of(tmp_path / "results", samples.report_input())

    labels = {label["name"]: label["value"] for label in results["acme/request/body/field2/required"]["labels"]}
    assert ["acme", "authentication", "acme/request/body/field2/required", "minor"] == [
        labels[name] for name in ("epic", "feature", "story", "severity")
    ]


def test_request_and_answer_are_attached(samples: ModuleType, tmp_path: Path) -> None:
    """Every attachment that a result names exists, is readable and is no larger than it may be."""
    large = samples.exchange(1, "acme/request/body/field0/required", received=Received(200, (), b"z" * 300_000))

    results = results_of(tmp_path / "results", samples.report_input({0: VerdictKind.FAIL}, exchanges=[large]))

    attachments = results["acme/request/body/field0/required"]["attachments"]
    assert ["#1 request", "#1 response"] == [attachment["name"] for attachment in attachments]
    request, response = ((tmp_path / "results" / a["source"]).read_text(encoding="utf-8") for a in attachments)
    assert request.startswith("POST https://api.example/chats\nX-Key: ***\n\n{")
    assert BODY_LIMIT < len(response) < BODY_LIMIT + 1000


def test_categories_tell_the_verdicts_apart(samples: ModuleType, tmp_path: Path) -> None:
    """Each verdict but a pass is in its own category alone, in the results (Allure 2) and the settings (Allure 3)."""
    source = samples.report_input(dict(enumerate(VerdictKind)))
    results = results_of(tmp_path / "results", source).values()

    categories = json.loads((tmp_path / "results" / "categories.json").read_text(encoding="utf-8"))
    assert categories == allure_configuration(build_report(source))["categories"]
    found = {}
    for result in results:
        message = result.get("statusDetails", {}).get("message", "")
        found[message.partition(":")[0]] = [
            category["name"]
            for category in categories
            if result["status"] in category["matchedStatuses"] and re.search(category["messageRegex"], message)
        ]
    assert [] == found.pop("")
    assert {word.value for word in VerdictKind if word is not VerdictKind.PASS} == set(found)
    assert all(len(names) == 1 for names in found.values())
    assert 7 == len({names[0] for names in found.values()})


def test_expressions_are_those_of_java_and_javascript(samples: ModuleType) -> None:
    """No expression begins with a flag, which JavaScript refuses."""
    categories = allure_configuration(build_report(samples.report_input()))["categories"]

    assert all("(?" not in category["messageRegex"] for category in categories)


def test_the_executor_and_the_history_name_the_vendor(samples: ModuleType, tmp_path: Path) -> None:
    """Runs of two vendors are distinguished, and do not share a history."""
    results_of(tmp_path / "results", samples.report_input())

    executor = json.loads((tmp_path / "results" / "executor.json").read_text(encoding="utf-8"))
    assert ("chatcert 0.1.0", "acme, 2026-01-01T10:00:00.000Z") == (executor["name"], executor["buildName"])
    assert "allure-history/acme.jsonl" == allure_configuration(build_report(samples.report_input()))["historyPath"]


def test_no_payload_breaks_a_file(samples: ModuleType, tmp_path: Path, payload: str) -> None:
    """Hostile text leaves JSON, properties and text files whole."""
    results_of(tmp_path / "results", samples.hostile_input(payload))

    for path in (tmp_path / "results").iterdir():
        text = path.read_text(encoding="utf-8")
        assert path.suffix != ".json" or json.loads(text)
        assert path.suffix != ".properties" or 8 == len(text.splitlines())
