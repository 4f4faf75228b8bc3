"""Waivers: a breach that is agreed to is waived, and nothing else is."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.judge.verdict import Finding, Outcome, Verdict, VerdictKind, outcome_of
from chatcert.judge.waiver import Waived, Waiver, Waivers, waive, waive_one

DAY = date(2026, 1, 31)
IDS = [f"acme/request/body/{name}/type" for name in ("a", "b", "*", "b/c")]
texts = st.text(min_size=1, max_size=8)
days = st.dates(date(2025, 1, 1), date(2027, 1, 1))
patterns = st.sampled_from([*IDS, "acme/*", "*/b/*", "*/nothing", "acme/request/body/?/type"])
waivers = st.builds(Waiver, patterns, st.just("acme"), texts, texts, texts, days, st.integers(0, 9))


def verdicts(*words: VerdictKind) -> dict[str, Verdict]:
    """A verdict for each of the first ids, with a finding where its word asks for one."""
    found = Finding("broken", "this", "that")
    return {
        name: Verdict(name, word, finding=found if word in (VerdictKind.FAIL, VerdictKind.WARN) else None)
        for name, word in zip(IDS, words, strict=False)
    }


def waiver(requirement: str, expires: date = DAY, **changes: str) -> Waiver:
    """A waiver that holds today for the last time."""
    return Waiver(requirement, "acme", "it is known", "Jo", "T-1", expires, **changes)


@pytest.mark.parametrize("word", VerdictKind)
def test_only_a_fail_is_waived(word: VerdictKind) -> None:
    """Every other word stays as it is, whatever a waiver names."""
    result, _ = waive(verdicts(word), Waivers((waiver("acme/*"),), DAY))

    assert (VerdictKind.WAIVED if word is VerdictKind.FAIL else word) is result[IDS[0]].kind


def test_a_waived_breach_keeps_its_finding_and_names_who_waives_it() -> None:
    """The finding stays, and the reason names owner, ticket and last day."""
    result, _ = waive(verdicts(VerdictKind.FAIL), Waivers((waiver(IDS[0]),), DAY))

    assert verdicts(VerdictKind.FAIL)[IDS[0]].finding == result[IDS[0]].finding
    assert "waived until 2026-01-31 by Jo (T-1): it is known" == result[IDS[0]].reason


@pytest.mark.parametrize(("later", "word"), [(0, VerdictKind.WAIVED), (1, VerdictKind.FAIL)])
def test_a_waiver_holds_on_its_last_day(later: int, word: VerdictKind) -> None:
    """It holds on the day that it names, and covers nothing on the next one."""
    result, waived = waive(verdicts(VerdictKind.FAIL), Waivers((waiver(IDS[0]),), DAY + timedelta(days=later)))

    assert word is result[IDS[0]].kind
    assert later == len(waived.expired)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ((VerdictKind.FAIL, VerdictKind.PASS), "used"),
        ((VerdictKind.FAIL, VerdictKind.NOT_RUN), "used"),
        ((VerdictKind.PASS, VerdictKind.PASS), "unused"),
        ((VerdictKind.WARN, VerdictKind.NOT_APPLICABLE), "unused"),
        ((VerdictKind.PASS, VerdictKind.NOT_RUN), "undecided"),
        ((VerdictKind.INCONCLUSIVE, VerdictKind.WARN), "undecided"),
        ((VerdictKind.ERROR, VerdictKind.PASS), "undecided"),
    ],
)
def test_a_waiver_is_unused_only_if_all_was_judged(words: tuple[VerdictKind, ...], part: str) -> None:
    """What was not judged could be broken: a waiver that names it is undecided."""
    _, waived = waive(verdicts(*words), Waivers((waiver("acme/*"),), DAY))

    reported = waived.to_dict()
    assert [part] == [name for name in ("used", "unused", "undecided", "expired") if reported[name]]


def test_an_id_is_no_pattern() -> None:
    """A requirement on every item has a star in its id: waiving it waives nothing beside it."""
    result, _ = waive(verdicts(*[VerdictKind.FAIL] * 4), Waivers((waiver(IDS[2]),), DAY))

    assert [IDS[2]] == [name for name, verdict in result.items() if verdict.kind is VerdictKind.WAIVED]
    assert VerdictKind.FAIL is waive_one(verdicts(VerdictKind.FAIL)[IDS[0]], Waivers((waiver(IDS[2]),), DAY), IDS).kind


def test_waivers_of_others_are_left_alone() -> None:
    """A file may hold those of several vendors: each vendor has its own."""
    both = Waivers((waiver("a"), Waiver("b", "other", "", "", "", DAY)), DAY, "waivers.toml")

    assert ("b",) == tuple(entry.requirement for entry in both.of("other").entries)
    assert (DAY, "waivers.toml") == (both.of("other").day, both.of("other").file)


@pytest.mark.slow
@given(st.lists(waivers, max_size=5))
def test_round_trip(found: list[Waiver]) -> None:
    """Waivers that are written down and read again are the same."""
    given_ones = Waivers(tuple(found), DAY, "waivers.toml")

    assert given_ones == Waivers.from_dict(given_ones.to_dict())


@given(st.lists(st.sampled_from(VerdictKind), min_size=4, max_size=4), st.lists(waivers, max_size=4), days)
def test_laws(words: list[VerdictKind], found: list[Waiver], day: date) -> None:
    """Each waiver is in one list, what is used covers what is waived, and no waiver makes a certificate of a doubt."""
    before = verdicts(*words)
    after, waived = waive(before, Waivers(tuple(found), day))

    listed = [*(one for one, _ in waived.used), *waived.unused, *waived.undecided, *waived.expired]
    changed = {name for name in before if after[name] != before[name]}
    assert sorted(map(id, found)) == sorted(map(id, listed))
    assert changed == {name for _, ids in waived.used for name in ids}
    assert all((before[name].kind, after[name].kind) == (VerdictKind.FAIL, VerdictKind.WAIVED) for name in changed)
    outcome = outcome_of(verdict.kind for verdict in after.values())
    assert Outcome.CONFORMANT is not outcome or not changed
    if {VerdictKind.ERROR, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN} & set(words):
        assert outcome in (Outcome.NO_VERDICT, Outcome.NOT_CONFORMANT)
    for name, verdict in before.items():
        if name in after:
            assert after[name] == waive_one(verdict, Waivers(tuple(found), day), before)


def test_no_waiver_is_no_change() -> None:
    """Without waivers every verdict stays, and every list is empty."""
    result, waived = waive(verdicts(*VerdictKind), Waivers(day=DAY))

    assert verdicts(*VerdictKind) == result
    assert Waived(DAY) == waived
