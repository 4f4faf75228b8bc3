"""Comparison: what is worse is listed, what is the same is not, and what cannot be compared is not guessed at."""

from __future__ import annotations

import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.judge.verdict import VerdictKind, exit_code_of
from chatcert.report.builder import build_report
from chatcert.report.comparison import (
    REGRESSIONS,
    Change,
    ChangeKind,
    Comparison,
    compare,
    comparison_sentence,
)
from chatcert.report.views.comparison_markdown import MAX_ROWS, comparison_markdown

WORDS = st.sampled_from(VerdictKind)
UNJUDGED = {VerdictKind.ERROR, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN}
CASES = [
    (VerdictKind.PASS, VerdictKind.FAIL, ChangeKind.NEWLY_FAILING),
    (VerdictKind.NOT_RUN, VerdictKind.FAIL, ChangeKind.NEWLY_FAILING),
    (VerdictKind.ERROR, VerdictKind.FAIL, ChangeKind.NEWLY_FAILING),
    (VerdictKind.WAIVED, VerdictKind.FAIL, ChangeKind.WORSE),
    (VerdictKind.FAIL, VerdictKind.WAIVED, ChangeKind.WAIVED),
    (VerdictKind.NOT_RUN, VerdictKind.WAIVED, ChangeKind.WAIVED),
    (VerdictKind.PASS, VerdictKind.WAIVED, ChangeKind.WORSE),
    (VerdictKind.WAIVED, VerdictKind.PASS, ChangeKind.FIXED),
    (VerdictKind.FAIL, VerdictKind.NOT_APPLICABLE, ChangeKind.FIXED),
    (VerdictKind.NOT_APPLICABLE, VerdictKind.PASS, ChangeKind.DIFFERENT),
    (VerdictKind.NOT_RUN, VerdictKind.INCONCLUSIVE, ChangeKind.DIFFERENT),
    (VerdictKind.FAIL, VerdictKind.PASS, ChangeKind.FIXED),
    (VerdictKind.FAIL, VerdictKind.WARN, ChangeKind.FIXED),
    (VerdictKind.FAIL, VerdictKind.NOT_RUN, ChangeKind.UNJUDGED),
    (VerdictKind.FAIL, VerdictKind.ERROR, ChangeKind.UNJUDGED),
    (VerdictKind.PASS, VerdictKind.NOT_RUN, ChangeKind.UNJUDGED),
    (VerdictKind.PASS, VerdictKind.WARN, ChangeKind.WORSE),
    (VerdictKind.PASS, VerdictKind.NOT_APPLICABLE, ChangeKind.DIFFERENT),
    (VerdictKind.WARN, VerdictKind.INCONCLUSIVE, ChangeKind.UNJUDGED),
    (VerdictKind.NOT_RUN, VerdictKind.PASS, ChangeKind.BETTER),
    (VerdictKind.WARN, VerdictKind.PASS, ChangeKind.BETTER),
    (VerdictKind.PASS, VerdictKind.PASS, ChangeKind.UNCHANGED),
    (None, VerdictKind.PASS, ChangeKind.NEW),
    (VerdictKind.PASS, None, ChangeKind.GONE),
]


def report_of(samples: ModuleType, *words: VerdictKind, **changes: Any) -> dict[str, Any]:
    """A report with these verdicts, one a requirement."""
    report: dict[str, Any] = build_report(samples.report_input(dict(enumerate(words)), count=len(words), **changes))
    return report


@pytest.mark.parametrize(("old", "new", "kind"), CASES)
def test_every_change_has_its_kind(old: VerdictKind | None, new: VerdictKind | None, kind: ChangeKind) -> None:
    """A breach that comes to light is one, and one that was not judged again is not fixed."""
    assert kind is Change("x", old, new).kind


@settings(max_examples=30)
@given(words=st.lists(WORDS, max_size=8))
def test_a_report_does_not_differ_from_itself(samples: ModuleType, words: list[VerdictKind]) -> None:
    """Nothing changed, nothing is worse, and every requirement is counted as the same."""
    report = report_of(samples, *words)
    found = compare(report, report)

    assert found.comparable
    assert not found.regressed
    assert () == found.remarks
    assert [] == found.to_dict()["changes"]
    assert len(words) == len(found.of_kind(ChangeKind.UNCHANGED))


@settings(max_examples=40)
@given(pairs=st.lists(st.tuples(WORDS, WORDS), max_size=8))
def test_the_other_way_round_is_the_mirror_image(
    samples: ModuleType, pairs: list[tuple[VerdictKind, VerdictKind]]
) -> None:
    """Whatever is worse one way is no worse the other way, and neither is what was not judged."""
    old, new = (report_of(samples, *words) for words in ([a for a, _ in pairs], [b for _, b in pairs]))

    there, back = compare(old, new), compare(new, old)

    assert [c.requirement for c in there.changes] == [c.requirement for c in back.changes]
    for change, opposite in zip(there.changes, back.changes, strict=True):
        assert (change.old, change.new) == (opposite.new, opposite.old)
        assert not {change.kind, opposite.kind} <= {*REGRESSIONS}
        assert (change.kind is ChangeKind.DIFFERENT) == (opposite.kind is ChangeKind.DIFFERENT)
        assert (change.new in UNJUDGED) == (change.kind is ChangeKind.UNJUDGED) or change.old in UNJUDGED


@settings(max_examples=60)
@given(pairs=st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=8))
def test_no_way_from_a_certificate_to_none_is_free_of_regression(
    samples: ModuleType, pairs: list[tuple[VerdictKind, VerdictKind]]
) -> None:
    """Where the exit status of a run became worse, the comparison says so."""
    before, after = [a for a, _ in pairs], [b for _, b in pairs]

    found = compare(report_of(samples, *before), report_of(samples, *after))

    assert found.regressed or found.undecided or exit_code_of(before) != 0 or exit_code_of(after) == 0


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        ({"facts": {"vendor": "other"}}, "another vendor: acme, then other"),
        (
            {"contract": {"spec_digest": "sha256:" + "2" * 64}},
            "another document: sha256:000000000000, then sha256:2222",
        ),
        ({"contract": {"overlay_digest": "sha256:" + "2" * 64}}, "another overlay: none, then sha256:2222"),
    ],
)
def test_what_is_not_comparable_is_not_compared(samples: ModuleType, change: dict[str, Any], reported: str) -> None:
    """Another vendor, document or overlay is named, and no verdict is called better or worse."""
    ((part, values),) = change.items()
    new = report_of(samples, VerdictKind.FAIL, **{part: getattr(samples, part)(**values)})

    found = compare(report_of(samples, VerdictKind.PASS), new)

    assert not found.comparable
    assert () == found.changes
    assert reported in comparison_sentence(found)
    assert found.to_dict()["regressed"] is None


def test_another_catalogue_tells_what_came_and_went(samples: ModuleType) -> None:
    """That a requirement is new or gone is a fact; what the others' verdicts mean is not said."""
    found = compare(
        report_of(samples, VerdictKind.PASS, VerdictKind.PASS, VerdictKind.PASS),
        report_of(samples, VerdictKind.FAIL, VerdictKind.PASS),
    )

    assert ["another catalogue"] == [line.partition(":")[0] for line in found.obstacles]
    assert [Change("acme/request/body/field2/required", VerdictKind.PASS, None)] == list(found.changes)


def test_a_requirement_that_vanished_without_a_trace_is_reported(samples: ModuleType) -> None:
    """Where catalogues differ in spite of equal digests, no report passes for the other."""
    old, new = report_of(samples, VerdictKind.PASS, VerdictKind.FAIL), report_of(samples, VerdictKind.PASS)
    new["digests"] = old["digests"]

    assert ("the same catalogue with other requirements: one of the reports was altered",) == (
        compare(old, new).obstacles
    )


def test_what_else_differs_is_remarked(samples: ModuleType) -> None:
    """Another target, profile or suite may explain a change, and so may reports in the wrong order."""
    facts = samples.facts(
        deviations=("at another path",),
        profile="quick",
        suite_version="0.2.0",
        target_url_masked="http://x",
        started=1.7e9,
        finished=1.7e9,
    )

    found = compare(report_of(samples, VerdictKind.PASS), report_of(samples, VerdictKind.PASS, facts=facts))

    assert found.comparable
    assert not found.regressed
    assert [
        "another target",
        "another way of testing",
        "another profile",
        "another suite",
        "the old report is later than the new one",
    ] == [remark.partition(":")[0] for remark in found.remarks]


def test_the_mock_is_the_same_at_whatever_port(samples: ModuleType) -> None:
    """Two runs against the bundled mock differ by no target."""
    old, new = (
        report_of(samples, VerdictKind.PASS, facts=samples.facts(mode="mock", target_url_masked=f"http://h:{port}"))
        for port in (1, 2)
    )

    assert () == compare(old, new).remarks


def test_totals_count_every_requirement(samples: ModuleType) -> None:
    """The JSON form counts each kind, and lists all but what did not change."""
    old = report_of(samples, VerdictKind.PASS, VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.WARN)
    found = compare(
        old, report_of(samples, VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.PASS, VerdictKind.PASS)
    ).to_dict()

    assert {"newly-failing": 1, "worse": 0, "unjudged": 0, "waived": 0} | {
        "fixed": 1,
        "better": 1,
        "different": 0,
        "new": 0,
        "gone": 0,
        "unchanged": 1,
    } == (found["totals"])
    assert [("newly-failing", "pass", "fail"), ("fixed", "fail", "pass"), ("better", "warn", "pass")] == [
        (change["kind"], change["old"], change["new"]) for change in json.loads(json.dumps(found))["changes"]
    ]


def test_no_payload_becomes_markup(samples: ModuleType, payload: str) -> None:
    """A hostile report's texts stand in code, on one line each."""
    source = samples.hostile_input(payload)
    old, new = build_report(source), build_report(samples.report_input(catalogue=source.catalogue, verdicts={}))

    text = comparison_markdown(compare(old, new))

    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert all(5 == line.count("|") for line in rows)
    assert rows
    assert "<" not in text.replace("<code>", "").replace("</code>", "")


def test_a_summary_of_many_changes_is_bounded() -> None:
    """What is not shown is counted."""
    changes = tuple(Change(f"x/{n}", VerdictKind.PASS, VerdictKind.FAIL) for n in range(MAX_ROWS + 5))

    text = comparison_markdown(Comparison("x", (), (), changes))

    assert MAX_ROWS == text.count("| newly-failing |")
    assert "\n5 more changes.\n" in text


def test_a_run_that_reached_nothing_is_not_compared(samples: ModuleType) -> None:
    """Where the server was down, no verdict is called worse: the reason is reported instead."""
    down = samples.facts(reachability=("http://h: no connection was made: refused",))
    new = report_of(samples, VerdictKind.NOT_RUN, VerdictKind.NOT_RUN, facts=down)

    found = compare(report_of(samples, VerdictKind.PASS, VerdictKind.FAIL), new)

    assert found.unreached
    assert () == found.changes
    assert "Not comparable: nothing was judged in the new report: http://h: no connection was made: refused." == (
        comparison_sentence(found)
    )


def test_what_was_not_judged_again_is_no_regression(samples: ModuleType) -> None:
    """A verdict that is missing now is reported, and says nothing of the server."""
    found = compare(
        report_of(samples, VerdictKind.PASS, VerdictKind.PASS),
        report_of(samples, VerdictKind.PASS, VerdictKind.NOT_RUN),
    )

    assert not found.regressed
    assert found.undecided
    assert "No regression was seen, but not all was judged again: 1 unjudged, 1 unchanged." == (
        comparison_sentence(found)
    )


def test_errors_that_no_longer_come_are_no_regression(samples: ModuleType) -> None:
    """The rules on answers of status 500 have nothing to judge once there are none."""
    found = compare(
        report_of(samples, VerdictKind.FAIL, VerdictKind.PASS),
        report_of(samples, VerdictKind.PASS, VerdictKind.NOT_APPLICABLE),
    )

    assert "No regression: 1 fixed, 1 different." == comparison_sentence(found)


def test_what_followed_from_a_breach_that_is_waived_now_was_known(samples: ModuleType) -> None:
    """A waiver of the cause makes no server worse: what followed from it fails by itself now, and is no regression."""
    old = report_of(samples, VerdictKind.FAIL, VerdictKind.INCONCLUSIVE)
    waived = report_of(samples, VerdictKind.WAIVED, VerdictKind.FAIL)
    broken = report_of(samples, VerdictKind.FAIL, VerdictKind.FAIL)
    cause, other = old["requirements"]
    other["reason"] = f"it follows from the finding on {cause['id']}: it is sent for that"

    assert not compare(old, waived).regressed
    assert compare(old, broken).regressed  # then something else broke it
