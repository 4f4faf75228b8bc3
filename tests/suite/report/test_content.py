"""The strength that a report states: complete, counted from its rows, and compared with them when it is read."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from chatcert.judge.verdict import VerdictKind
from chatcert.judge.waiver import Waiver, Waivers, waive
from chatcert.report import detection_record, sentences
from chatcert.report.builder import build_report
from chatcert.report.caveats import caveats_of
from chatcert.report.reachability import transient_failures
from chatcert.report.reader import check_report
from chatcert.report.source_lines import SpecFile
from chatcert.report.views.html import render_html
from chatcert.report.views.junit import render_junit
from chatcert.report.views.markdown import render_markdown
from chatcert.report.views.terminal import print_summary
from chatcert.transport.exchange import ErrorKind, Received, TransportError

DAY = date(2026, 1, 1)
OPTIONAL = ("constancy", "contact", "difference", "proof", "settings", "strength", "validity", "waivers")
MEASURED = {
    "measured": True,
    "profile": "quick",
    "sources": "sha256:" + "1" * 64,
    "faults": 3,
    "found": 2,
    "owned": 1,
    "missed": ["fault/a"],
    "manners": 4,
    "blamed": 1,
}


def full(samples: ModuleType, *words: VerdictKind, **changes: Any) -> dict[str, Any]:
    """A report that has every part; each ``fail`` with an even number is waived."""
    source = samples.report_input(dict(enumerate(words)), count=len(words))
    entries = [
        Waiver(name, "acme", "known", "Jo", "T-1", DAY, number)
        for number, name in enumerate(source.verdicts, start=1)
        if number % 2
    ]
    verdicts, waived = waive(source.verdicts, Waivers((*entries, Waiver("*/x", "acme", "r", "o", "t", DAY)), DAY))
    parts = {
        "verdicts": verdicts,
        "waived": waived,
        "proof": MEASURED,
        "spec": SpecFile("specs/acme/openapi.yaml", "a: 1"),
        "facts": samples.facts(
            settings={"rate": 1.5, "url": "\ud800"},
            lock={"digest": samples.DIGEST, "distributions": 3, "python": "3.13.1"},
        ),
    }
    made: dict[str, Any] = build_report(
        samples.report_input(dict(enumerate(words)), count=len(words), **parts | changes)
    )
    return made


@given(words=st.lists(st.sampled_from([w for w in VerdictKind if w is not VerdictKind.WAIVED]), max_size=8))
def test_every_mixture_of_verdicts_has_a_whole_report(samples: ModuleType, words: list[VerdictKind]) -> None:
    """Whatever the verdicts: every part is there, all agree, nothing is lost on disk, and every view has its words."""
    before = full(samples, *reversed(words))
    report = full(samples, *words, previous=before)

    assert "" == check_report(report)
    assert report == json.loads(json.dumps(report))
    assert set(OPTIONAL) <= set(report)
    assert (
        report["totals"]["requirements"]
        == report["manifest"]["requirements"]
        == sum(report["totals"][word] for word in VerdictKind)
    )
    assert all(heading and text for heading, text in caveats_of(report))
    broken = sum(word is VerdictKind.FAIL for word in words)
    assert broken == report["totals"]["fail"] + report["totals"]["waived"]
    if report["totals"]["waived"]:
        assert "waived" in sentences.sentence(report)


@given(words=st.lists(st.sampled_from(VerdictKind), min_size=1, max_size=8))
def test_a_report_of_before_is_still_one(samples: ModuleType, words: list[VerdictKind]) -> None:
    """A report without the parts that came later is valid, and there is less to tell of it."""
    report = build_report(samples.report_input(dict(enumerate(words)), count=len(words)))
    for name in (*OPTIONAL, "complete", "missing"):
        report.pop(name, None)
    del report["subject"]["reported"]
    for row in report["requirements"]:
        del row["attempts"]

    assert "" == check_report(report)
    assert [] == caveats_of(report)
    assert sentences.details(report["requirements"][0])
    left = sentences.incompleteness(report)
    assert (VerdictKind.NOT_RUN in words) == bool(left) == ("Incomplete" in render_markdown(report))
    assert (left or "yes").encode() in render_junit(report, [])
    assert render_html(report, [])


BREAKS: list[tuple[str, Callable[[dict[str, Any]], object]]] = [
    ("not the digest of the catalogue", lambda r: r["digests"].update(catalogue="sha256:" + "3" * 64)),
    ("not the digest of the requirements", lambda r: r["requirements"][1].update(id="acme/other")),
    ("not the digest of the requirements", lambda r: r["requirements"][1]["clause"].update(text="another clause")),
    ("not the digest of the requirements", lambda r: r["requirements"][1].update(level="should")),
    ("the digest of the settings", lambda r: r["settings"].update(rate=2)),
    ("the digest of the settings", lambda r: r["digests"].pop("settings")),
    ("'telling' is greater", lambda r: r["requirements"][1].update(telling=2)),
    ("seen more often", lambda r: r["requirements"][0]["finding"].update(occurrences=2)),
    ("requirements that were not tested", lambda r: r["not_tested"].pop()),
    ("requirements that were not tested", lambda r: r["not_tested"][0].update(reason="none of your business")),
    ("do not cover the requirements", lambda r: r["waivers"]["used"].pop()),
    ("do not cover the requirements", lambda r: r["waivers"]["used"][0]["requirements"].append("acme/other")),
    ("an expired one counts as live", lambda r: r["waivers"]["used"][0].update(expires="2025-12-31")),
    ("counts as expired", lambda r: r["waivers"]["expired"].append(r["waivers"]["unused"].pop())),
    ("another vendor", lambda r: r["waivers"]["unused"][0].update(vendor="other")),
    ("strength", lambda r: r["strength"].update(judged_percent=100)),
    ("not issued when the run ended", lambda r: r["validity"].update(issued="2026-01-01T10:00:11.000Z")),
    ("ends on another day", lambda r: r["validity"].update(not_after="2027-01-01T10:00:10.000Z")),
    ("ends on another day", lambda r: r["validity"].update(days=91)),
    ("validity/days", lambda r: r["validity"].update(days=10**9)),
    ("does not agree with its obstacles", lambda r: r["difference"].update(comparable=False)),
    ("do not count the changes", lambda r: r["difference"]["totals"].update({"newly-failing": 7})),
    ("differs from that of the requirement", lambda r: r["difference"]["changes"][0].update(new="pass")),
    ("more detected servers", lambda r: r["proof"].update(found=4)),
    ("more detected servers", lambda r: r["proof"].update(blamed=5)),
    ("what was missed", lambda r: r["proof"].update(missed=[])),
]


@pytest.mark.parametrize(("listed", "edit"), BREAKS, ids=[f"{n}-{b[0]}" for n, b in enumerate(BREAKS)])
def test_parts_that_contradict_each_other_are_found(
    samples: ModuleType, listed: str, edit: Callable[[dict[str, Any]], object]
) -> None:
    """A part that does not agree with the rows is named in one line."""
    words = (VerdictKind.FAIL, VerdictKind.PASS, VerdictKind.NOT_RUN, VerdictKind.WARN)
    report = full(samples, *words, previous=full(samples, VerdictKind.PASS, *words[1:]))
    assert "" == check_report(report)

    edit(report)

    assert listed in check_report(report)
    assert 1 == len(check_report(report).splitlines())


def test_strength_counts_what_backs_the_passes(samples: ModuleType) -> None:
    """Judged of all, held of those judged, and the cases of passes alone; no percentage is rounded up."""
    report = full(
        samples,
        VerdictKind.PASS,
        VerdictKind.PASS,
        VerdictKind.WARN,
        VerdictKind.NOT_RUN,
        VerdictKind.NOT_APPLICABLE,
        VerdictKind.PASS,
    )

    assert {
        "judged": 4,
        "judged_percent": 66,
        "passed": 3,
        "passed_percent": 75,
        "cases": 3,
        "telling": 3,
        "telling_percent": 100,
    } == report["strength"]


def test_a_report_is_valid_for_ninety_days_and_says_what_voids_it(samples: ModuleType) -> None:
    """It is issued when the run ends; a waiver that it rests on is among what ends it before."""
    validity = full(samples, VerdictKind.FAIL)["validity"]

    assert ("2026-01-01T10:00:10.000Z", "2026-04-01T10:00:10.000Z") == (validity["issued"], validity["not_after"])
    assert any("2026-01-01" in sentence for sentence in validity["void_if"])
    assert not any("waiver" in sentence for sentence in full(samples, VerdictKind.PASS)["validity"]["void_if"])


def test_the_record_of_reachability_tells_outages(samples: ModuleType) -> None:
    """Troubles next to each other in time are one outage, with their kinds; the first exchange is the first in time."""
    key = next(iter(samples.catalogue().requirements))
    reset = {"received": None, "error": TransportError(ErrorKind.RESET, "gone")}
    busy = {"received": Received(503, (), b"")}
    exchanges = [samples.exchange(n, key, **c) for n, c in ((3, busy), (2, reset), (1, {}), (4, {}), (5, reset))]

    contact = build_report(samples.report_input(exchanges=exchanges))["contact"]

    assert (1, "400") == (contact["first"]["number"], contact["first"]["result"])
    assert [(2, {"503": 1, "reset": 1}), (1, {"reset": 1})] == [(o["requests"], o["kinds"]) for o in contact["outages"]]
    assert ("passed", 3, 2) == (contact["preflight"], contact["answered"], contact["unanswered"])
    assert "2026-01-01T10:00:02.000Z" == contact["outages"][0]["start"]


def test_availability_is_a_figure_in_each_view(samples: ModuleType) -> None:
    """The share of transient failures stands in the page, the summary and on the terminal, and changes no verdict."""
    made = samples.report_input()
    first, second, third, *rest = made.exchanges
    reset = TransportError(ErrorKind.RESET, "reset")
    troubled = [replace(first, final=False, received=None, error=reset), replace(second, received=None, error=reset)]
    report = build_report(samples.report_input(exchanges=[*troubled, third, *rest]))
    console = Console(file=io.StringIO(), width=100)
    print_summary(console, [report], [Path("reports")])
    failed = "1 of " if report["contact"]["transient"] == 1 else ""

    assert failed
    assert sentences.availability(report) in console.file.getvalue()
    assert sentences.availability(report) in render_markdown(report)
    assert f"<small> of {report['requests']:,}, {sentences.transient_share(report)}</small>" in render_html(report, ())
    assert build_report(made)["outcome"] == report["outcome"]


def test_a_failure_that_its_request_causes_is_not_transient(samples: ModuleType) -> None:
    """What fails again and again while other requests are served is judged, and does not count as transient."""
    made = samples.report_input()
    shown = made.exchanges[0]
    reset = TransportError(ErrorKind.RESET, "reset")
    attempts = [replace(shown, final=False, received=None, error=reset), replace(shown, received=None, error=reset)]

    assert 0 == transient_failures(attempts)
    assert 2 == transient_failures([attempts[0], replace(attempts[1], unsettled=True)])
    assert "" == sentences.availability({**build_report(made), "contact": None})  # type: ignore[typeddict-item]


def test_a_request_that_our_client_refuses_to_send_is_no_outage(samples: ModuleType) -> None:
    """The target never saw the request, so its record of outages stays empty."""
    key = next(iter(samples.catalogue().requirements))
    unsendable = {"received": None, "error": TransportError(ErrorKind.UNSENDABLE, "Illegal header value")}
    exchanges = [samples.exchange(1, key), samples.exchange(2, key, **unsendable)]

    assert [] == build_report(samples.report_input(exchanges=exchanges))["contact"]["outages"]


def test_a_run_that_was_blocked_says_so(samples: ModuleType) -> None:
    """Where nothing was sent there is no first exchange; a preflight that failed is reported."""
    facts = samples.facts(reachability=("no answer",), began=False)

    assert "not made" == build_report(samples.report_input(exchanges=[]))["contact"]["preflight"]
    contact = build_report(samples.report_input(exchanges=[], facts=facts))["contact"]
    assert (None, "failed") == (contact["first"], contact["preflight"])


def test_what_the_server_calls_itself_is_reported_once(samples: ModuleType) -> None:
    """Every value of a header that names the server, once; nothing where it has none."""
    key = next(iter(samples.catalogue().requirements))
    answers = [Received(200, (("SERVER", name), ("X-Version", "2.1")), b"") for name in ("a/1", "a/1", "b")]
    exchanges = [samples.exchange(number, key, received=answer) for number, answer in enumerate(answers, start=1)]

    subject = build_report(samples.report_input(exchanges=exchanges))["subject"]

    assert {"Server": ["a/1", "b"], "X-Version": ["2.1"]} == subject["reported"]


def test_a_clause_has_its_line_in_the_document(samples: ModuleType) -> None:
    """File and line of the clause, or of the nearest place around it; none without a document."""
    text = "info: {}\ncomponents:\n  schemas:\n    Chat:\n      properties:\n        field1: {}\n"
    rows = build_report(samples.report_input(spec=SpecFile("specs/acme/openapi.yaml", text)))["requirements"]
    bare = build_report(samples.report_input())["requirements"]

    assert [("specs/acme/openapi.yaml", 5), ("specs/acme/openapi.yaml", 6)] == [
        (row["clause"]["file"], row["clause"]["line"]) for row in rows[:2]
    ]
    assert "line" not in bare[0]["clause"]


def test_the_difference_names_what_changed(samples: ModuleType) -> None:
    """The report before it is named, with what newly fails and what is fixed; another vendor's is none."""
    before = build_report(samples.report_input({1: VerdictKind.FAIL}))
    report = build_report(samples.report_input({3: VerdictKind.FAIL}, previous=before))
    other = build_report(samples.report_input(previous={**before, "vendor": "other"}))

    kinds = {change["kind"]: change["requirement"] for change in report["difference"]["changes"]}
    assert {
        "newly-failing": "acme/request/body/field3/required",
        "fixed": "acme/request/body/field1/required",
    } == kinds
    assert "not-conformant" == report["difference"]["previous"]["outcome"]
    assert "difference" not in other


def test_a_document_with_half_a_surrogate_pair_keeps_its_digest(samples: ModuleType) -> None:
    """What no file can hold is replaced in the report, and the manifest's digest stands for what is there."""
    assert "" == check_report(
        build_report(samples.report_input(catalogue=samples.catalogue(8, "\ud800 is required"), verdicts={}))
    )


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts other figures in the place of those that travel with the package."""
    figures = {name: value for name, value in MEASURED.items() if name not in ("measured", "profile", "sources")}

    def put(**changes: Any) -> None:
        known = {
            "schema": detection_record.SCHEMA,
            "suite": "1.0",
            "profile": "quick",
            "sources": detection_record.sources_digest(),
            "catalogues": {"sha256:a": figures},
        }
        text = json.dumps(known | changes)
        monkeypatch.setattr(detection_record, "packaged_text", lambda *_: text)

    return put


def test_the_proof_is_of_this_very_version(measured: Any) -> None:
    """Figures are shown only where code, version and catalogue are those that they were measured with."""
    detection_record.sources_digest()
    measured()

    assert detection_record.detection_record_of("sha256:a", "1.0") == MEASURED | {
        "sources": detection_record.sources_digest()
    }
    assert "not measured for this version" == detection_record.detection_record_of("sha256:b", "1.0")["reason"]
    assert "not measured for this version" == detection_record.detection_record_of("sha256:a", "1.1")["reason"]
    measured(sources="sha256:0")
    assert "not measured for this version" == detection_record.detection_record_of("sha256:a", "1.0")["reason"]


def test_the_digest_of_the_code_changes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One changed byte in a module of the judge, or a module more, gives another digest; a cached file does not."""
    for room in detection_record.ROOMS:
        (tmp_path / room / "__pycache__").mkdir(parents=True)
        (tmp_path / room / "rule.py").write_text("A = 1\n")
    monkeypatch.setattr(detection_record, "files", lambda _: tmp_path)
    digest = detection_record.sources_digest.__wrapped__
    first = digest()

    (tmp_path / "judge" / "__pycache__" / "rule.py").write_text("")
    assert first == digest()
    (tmp_path / "judge" / "rule.py").write_text("A = 2\n")
    second = digest()
    (tmp_path / "judge" / "more.py").write_text("")

    assert 3 == len({first, second, digest()})


def test_the_measurement_gives_the_proof(measured: Any) -> None:
    """What the bench writes down is what reports of this version tell."""
    path = Path(__file__).resolve().parents[3] / "bench" / "detection.py"
    spec = spec_from_file_location("detection_bench", path)
    assert spec is not None
    assert spec.loader is not None
    bench = sys.modules[spec.name] = module_from_spec(spec)
    spec.loader.exec_module(bench)
    fault = bench.Subject("agencii", "fault", "agencii/fault/x", "x", ("agencii/a",))
    manner = bench.Subject("agencii", "own manner", "agencii/manner/y", "honest")
    outcomes = [
        bench.Outcome(fault, ("agencii/a",), (), 0, 1),
        bench.Outcome(fault, ("agencii/b",), (), 0, 1),
        bench.Outcome(fault, (), (), 0, 1),
        bench.Outcome(manner, (), ("agencii/a",), 0, 1),
        bench.Outcome(manner, (), (), 0, 1),
    ]

    assert bench.PROOF.name == detection_record.FILE
    assert bench.PROOF.exists()
    known = bench.proof_of(outcomes, "quick")
    measured(**known)
    listed = detection_record.detection_record_of(bench.known("agencii")[1].digest, known["suite"])

    assert listed == {
        "measured": True,
        "profile": "quick",
        "sources": detection_record.sources_digest(),
        "faults": 3,
        "found": 2,
        "owned": 1,
        "missed": ["fault/x"],
        "manners": 2,
        "blamed": 1,
    }
