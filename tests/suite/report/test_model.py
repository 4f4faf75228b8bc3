"""The report as data: complete, adding up, honest about what is missing."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.exceptions import SuiteError
from chatcert.judge.verdict import WORST_FIRST, Finding, Verdict, VerdictKind
from chatcert.openapi.provenance import Provenance
from chatcert.report.builder import build_report
from chatcert.report.reader import check_report, schema_of
from chatcert.requirements.requirement import Kind, Level
from chatcert.transport.exchange import ErrorKind, TransportError

RANKS = {"conformant": 0, "conformant-with-remarks": 1, "no-verdict": 2, "not-conformant": 2}


def test_every_requirement_is_reported_in_catalogue_order(samples: ModuleType) -> None:
    """The rows of a report are the catalogue, in its order."""
    source = samples.report_input({3: VerdictKind.FAIL})

    rows = build_report(source)["requirements"]

    assert list(source.catalogue.requirements) == [row["id"] for row in rows]


def test_totals_name_every_word_and_add_up(samples: ModuleType) -> None:
    """Every kind of verdict has its count, a zero included, and together they count the catalogue."""
    totals = build_report(samples.report_input({0: VerdictKind.FAIL, 1: VerdictKind.WARN, 2: VerdictKind.WAIVED}))[
        "totals"
    ]

    assert {"requirements", *(word.value for word in VerdictKind)} == set(totals)
    assert totals["requirements"] == sum(totals[word] for word in VerdictKind) == 8


def test_a_missing_verdict_is_not_run_and_leaves_no_verdict(samples: ModuleType) -> None:
    """A requirement without a verdict never looks like a pass."""
    source = samples.report_input()
    missing = next(iter(source.verdicts))
    del source.verdicts[missing]

    report = build_report(source)

    row = next(row for row in report["requirements"] if row["id"] == missing)
    assert "not-run" == row["verdict"]
    assert row["reason"]
    assert "no-verdict" == report["outcome"]
    assert [missing] == [entry["id"] for entry in report["not_tested"]]


def test_a_report_says_whether_it_is_complete(samples: ModuleType) -> None:
    """What a run did not reach is listed as missing, with a verdict or without one; otherwise nothing is missing."""
    whole = build_report(samples.report_input())
    open_end = build_report(samples.report_input({0: VerdictKind.NOT_RUN}))
    ended = build_report(samples.report_input(facts=samples.facts(missing=("The run ended early.",))))

    assert (True, []) == (whole["complete"], whole["missing"])
    assert (False, ["1 requirement did not run."]) == (open_end["complete"], open_end["missing"])
    assert (False, ["The run ended early."]) == (ended["complete"], ended["missing"])


def test_a_run_without_any_verdict_has_none(samples: ModuleType) -> None:
    """Nothing judged, nothing certified; the same for an empty catalogue."""
    assert "no-verdict" == build_report(samples.report_input(verdicts={}, exchanges=[]))["outcome"]
    assert "no-verdict" == build_report(samples.report_input(count=0))["outcome"]


def test_a_verdict_outside_the_catalogue_is_our_error(samples: ModuleType) -> None:
    """Totals could not add up to the manifest, so nothing is reported."""
    source = samples.report_input(verdicts={"acme/unheard-of": Verdict("acme/unheard-of", VerdictKind.PASS)})

    with pytest.raises(SuiteError, match="acme/unheard-of: a verdict on a requirement"):
        build_report(source)


def test_a_breach_without_a_finding_is_our_error(samples: ModuleType) -> None:
    """A fail that shows no evidence breaks the report's own schema."""
    key = next(iter(samples.catalogue().requirements))

    with pytest.raises(SuiteError, match="breaks its own schema"):
        build_report(samples.report_input(verdicts={key: Verdict(key, VerdictKind.FAIL)}))


def test_the_subject_shows_no_userinfo_and_utc_times(samples: ModuleType) -> None:
    """The host is the host alone, and the window is in UTC."""
    subject = build_report(samples.report_input())["subject"]

    assert "api.example" == subject["host"]
    assert {"start": "2026-01-01T10:00:00.000Z", "end": "2026-01-01T10:00:10.000Z"} == subject["window"]


def test_retries_count_the_attempts_that_were_repeated(samples: ModuleType) -> None:
    """Where retries were not counted, they are taken from the exchanges."""
    key = "acme/request/body/field0/required"
    late = samples.exchange(1, key, final=False, received=None, error=TransportError(ErrorKind.TIMEOUT, "30 s"))
    exchanges = [late, samples.exchange(2, key, final=False), samples.exchange(3, key, attempt=3)]

    report = build_report(samples.report_input(exchanges=exchanges))

    assert {"400": 1, "timeout": 1} == report["weather"]
    assert 3 == report["requests"]


def test_halves_of_surrogate_pairs_do_not_reach_the_report(samples: ModuleType) -> None:
    """Text that no UTF-8 file can hold is replaced, and what belongs together is joined."""
    key = next(iter(samples.catalogue().requirements))
    finding = Finding("\ud83d\ude00 \ud800", "", "")

    report = build_report(samples.report_input(verdicts={key: Verdict(key, VerdictKind.WARN, finding=finding)}))

    assert "\U0001f600 \ufffd" == report["requirements"][0]["finding"]["title"]


def test_the_schema_knows_every_word_of_the_house() -> None:
    """Kinds, levels, provenances and verdicts of the schema are those of the code."""
    definitions: Any = schema_of()["$defs"]
    row = definitions["requirement"]["properties"]

    assert {kind.value for kind in Kind} == set(row["kind"]["enum"])
    assert {level.value for level in Level} == set(row["level"]["enum"])
    assert {provenance.value for provenance in Provenance} == set(row["provenance"]["enum"])
    assert {word.value for word in VerdictKind} == set(row["verdict"]["enum"])
    assert {"requirements", *(word.value for word in VerdictKind)} == set(definitions["totals"]["required"])


@given(words=st.lists(st.sampled_from(VerdictKind), max_size=8), data=st.data())
def test_the_outcome_is_total_and_monotone(samples: ModuleType, words: list[VerdictKind], data: st.DataObject) -> None:
    """Any mixture of verdicts gives a valid report, and a worse verdict never gives a better outcome."""
    before = build_report(samples.report_input(dict(enumerate(words)), count=len(words)))

    assert not check_report(before)
    if words:
        place = data.draw(st.integers(0, len(words) - 1))
        worse = data.draw(st.sampled_from(WORST_FIRST[: WORST_FIRST.index(words[place]) + 1]))
        changed = {**dict(enumerate(words)), place: worse}
        after = build_report(samples.report_input(changed, count=len(words)))
        assert RANKS[after["outcome"]] >= RANKS[before["outcome"]]
