"""statement.intoto.json: a statement that other tools read, with the result ``PASSED`` for certificates alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict
from hypothesis import given
from hypothesis import strategies as st
from in_toto_attestation.predicates.test_result.v0.test_result_pb2 import TestResult as Predicate
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as Message

from chatcert.judge.verdict import Outcome, VerdictKind, outcome_of
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.seal.statement import render_statement

RESULTS = {
    "conformant": "PASSED",
    "conformant-with-remarks": "WARNED",
    "not-conformant": "FAILED",
    "no-verdict": "FAILED",
}


def predicate_of(source: ReportInput) -> Any:
    """The predicate, after the attestation framework's own library has read and validated the statement."""
    statement = render_statement(build_report(source), {"report.json": b"r", "evidence.jsonl": b"e"})
    message = ParseDict(statement, Message())
    Statement(list(message.subject), message.predicate_type, message.predicate).validate()
    return ParseDict(statement["predicate"], Predicate())


@given(words=st.lists(st.sampled_from(VerdictKind), max_size=8))
def test_the_result_is_the_outcome(samples: ModuleType, words: list[VerdictKind]) -> None:
    """Only a conformant report passes; whatever is missing, crashed or unreachable makes it fail."""
    predicate = predicate_of(samples.report_input(dict(enumerate(words)), count=len(words)))

    assert RESULTS[outcome_of(words)] == predicate.result
    assert (predicate.result == "PASSED") == (outcome_of(words) is Outcome.CONFORMANT)


def test_every_requirement_is_in_the_list_of_its_verdict(samples: ModuleType) -> None:
    """What was not judged is not a pass, and what is not applicable is in no list."""
    predicate = predicate_of(samples.report_input(dict(enumerate(VerdictKind))))

    lists = (predicate.passed_tests, predicate.warned_tests, predicate.failed_tests)
    numbers = [[int(name.split("/")[3].removeprefix("field")) for name in names] for names in lists]
    words = [[list(VerdictKind)[number] for number in chosen] for chosen in numbers]
    failed = [VerdictKind.ERROR, VerdictKind.FAIL, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN]
    assert [[VerdictKind.PASS], [VerdictKind.WARN, VerdictKind.WAIVED], failed] == words


def test_the_configuration_is_what_was_tested(samples: ModuleType) -> None:
    """Digests of document, overlay and catalogue are named; a vendor without an overlay has none."""
    overlay = "sha256:" + "1" * 64
    source = samples.report_input()
    for digest, names in (("", ["target", "spec", "catalogue"]), (overlay, ["target", "spec", "overlay", "catalogue"])):
        predicate = predicate_of(samples.report_input(contract=samples.contract(overlay_digest=digest)))
        assert names == [resource.name for resource in predicate.configuration]
    assert source.catalogue.digest == f"sha256:{predicate.configuration[-1].digest['sha256']}"


def test_the_subjects_are_the_files_as_they_lie_on_disk(samples: ModuleType, tmp_path: Path) -> None:
    """The digests are those of the bytes that a reader of the folder finds."""
    samples.write(tmp_path, samples.report_input({0: VerdictKind.FAIL}))

    statement = json.loads((tmp_path / "statement.intoto.json").read_text(encoding="utf-8"))
    assert {
        "report.json",
        "evidence.jsonl",
        "created.jsonl",
        "report.html",
        "junit.xml",
        "ctrf.json",
        "report.sarif",
        "evidence.har",
        "summary.md",
        "badge.svg",
        "allurerc.json",
        *(f"allure-results/{path.name}" for path in (tmp_path / "allure-results").iterdir()),
    } == {subject["name"] for subject in statement["subject"]}
    for subject in statement["subject"]:
        content = (tmp_path / subject["name"]).read_bytes()
        assert {"sha256": hashlib.sha256(content).hexdigest()} == subject["digest"]


@pytest.mark.parametrize(
    ("mode", "url", "place", "result"),
    [
        ("mock", "http://127.0.0.1:9/acme", "mock", "FAILED"),
        ("url", "http://127.0.0.1:9/acme", "loopback", "PASSED"),
        ("url", "http://[::1]:9/acme", "loopback", "PASSED"),
        ("url", "http://0.0.0.0/acme", "loopback", "PASSED"),
        ("staging", "http://chat.localhost/acme", "loopback", "PASSED"),
        ("staging", "https://api.acme.dev", "live", "PASSED"),
    ],
)
def test_a_run_on_the_mock_passes_for_no_vendor(
    samples: ModuleType, mode: str, url: str, place: str, result: str
) -> None:
    """The server that answered is named, and a run against the bundled mock never has the result of a pass."""
    source = samples.report_input({0: VerdictKind.PASS}, count=1)
    facts = replace(source.facts, mode=mode, target_url_masked=url)

    predicate = predicate_of(replace(source, facts=facts))

    target = predicate.configuration[0]
    assert (result, url, place) == (predicate.result, target.uri, target.annotations["mode"])
