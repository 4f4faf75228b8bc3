"""Charts: figures that add up, and sentences that say the same."""

from __future__ import annotations

from types import ModuleType

from hypothesis import given
from hypothesis import strategies as st

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import build_report
from chatcert.report.views.charts import EDGES, HEIGHT, WIDTH, by_kind, latency, stack, trend
from chatcert.transport.exchange import ErrorKind, TransportError

SECONDS = st.lists(st.floats(0, 10_000, allow_nan=False), min_size=1, max_size=60)


@given(seconds=SECONDS)
def test_every_answer_is_in_one_bar(samples: ModuleType, seconds: list[float]) -> None:
    """The bars' labels add up to the answers, and no bar leaves the plot."""
    drawn = latency([samples.exchange(number, "x", seconds=value) for number, value in enumerate(seconds, 1)])

    assert drawn is not None
    assert len(seconds) == sum(int(bar.label or 0) for bar in drawn.bars)
    assert all(0 <= bar.x and bar.x + bar.width <= WIDTH + 0.1 for bar in drawn.bars)
    assert all(0 <= bar.y and bar.y + bar.height <= HEIGHT + 0.1 for bar in drawn.bars)


def test_the_sentence_tells_the_middle_the_tail_and_the_silent(samples: ModuleType) -> None:
    """Median and 95th percentile are nearest ranks over the answers; requests without an answer are counted apart."""
    exchanges = [samples.exchange(number, "x", seconds=number / 1000) for number in range(1, 101)]
    exchanges.append(
        samples.exchange(101, "x", seconds=30.0, received=None, error=TransportError(ErrorKind.TIMEOUT, "late"))
    )

    drawn = latency(exchanges)

    assert drawn is not None
    assert (
        "Half of 100 answers came within 50 ms, 95 of 100 within 95 ms; the slowest took 100 ms. "
        "1 request had no answer." == drawn.text
    )


def test_without_an_answer_there_is_no_histogram(samples: ModuleType) -> None:
    """Time-outs alone draw nothing."""
    silent = samples.exchange(1, "x", received=None, error=TransportError(ErrorKind.TIMEOUT, "late"))

    assert latency([silent]) is None
    assert latency([]) is None


def test_a_limit_belongs_to_the_bin_above_it(samples: ModuleType) -> None:
    """An answer that took exactly a limit stands at the tick that names it."""
    drawn = latency([samples.exchange(1, "x", seconds=EDGES[4])])

    assert drawn is not None
    assert "2 ms" == drawn.ticks[0][1]
    assert "1" == drawn.bars[0].label


@given(words=st.lists(st.sampled_from([word.value for word in VerdictKind]), max_size=40))
def test_a_stack_holds_every_verdict_once(words: list[str]) -> None:
    """The parts follow one another without a gap and add up to the verdicts."""
    made = stack("all", words)

    assert len(words) == made.all == sum(number for _, _, number in made.parts)
    assert [sum(number for _, _, number in made.parts[:place]) for place in range(len(made.parts))] == [
        start for _, start, _ in made.parts
    ]
    assert words.count("pass") == made.passed


def test_kinds_are_distinguished(samples: ModuleType) -> None:
    """Each kind of the report has its stack, and all stacks together hold all requirements."""
    count = 2 * len(samples.KINDS) + 1
    report = build_report(samples.report_input({0: VerdictKind.FAIL}, count=count))

    stacks = by_kind(report["requirements"])

    assert sorted({row["kind"] for row in report["requirements"]}) == [made.name for made in stacks]
    assert count == sum(made.all for made in stacks)
    assert "2 pass, 1 fail" == stacks[0].text


def test_a_trend_needs_two_earlier_runs(samples: ModuleType) -> None:
    """With none or one there is nothing to draw; with two, this run is the last of three."""
    report = build_report(samples.report_input({0: VerdictKind.FAIL, 1: VerdictKind.WARN}))
    row = {"finished": "2025-01-01T00:00:00.000Z", "outcome": "conformant", "totals": {**report["totals"], "fail": 0}}

    assert trend(report) is None
    assert trend({**report, "history": [row]}) is None
    drawn = trend({**report, "history": [row, {**row, "finished": "2025-02-01T00:00:00.000Z"}]})

    assert drawn is not None
    assert [1, 1, 2] == [column.number for column in drawn.columns]
    assert ["fail", "warn"] == [bar.word for bar in drawn.columns[-1].bars]
    assert "2025-01-01 00:00 UTC, conformant: 6 pass, 1 warn" == drawn.columns[0].text
    assert (
        "3 runs from 2025-01-01 to 2026-01-01: 2 conformant, 1 not conformant. "
        "Failures: 1 now, 0 the time before, 1 at most." == drawn.text
    )


def test_this_run_is_not_drawn_twice(samples: ModuleType) -> None:
    """A history that holds this very run already gives it one column."""
    report = build_report(samples.report_input())
    rows = [
        {"finished": moment, "outcome": "conformant", "totals": report["totals"]}
        for moment in ("2025-01-01T00:00:00.000Z", report["subject"]["window"]["end"])
    ]

    drawn = trend({**report, "history": rows})

    assert drawn is not None
    assert 2 == len(drawn.columns)
