"""The plan: one issue for what is broken, whatever the night and the order; nothing is closed without a pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatcert.judge.verdict import VerdictKind
from chatcert.nightly.issue_changes import ChangeKind, IssueChange, plan_changes
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.night_results import write_issues
from chatcert.nightly.paging import Contacts
from chatcert.nightly.problems import broken_requirements, paging_problems

LEGS = ("acme-eu", "acme-us", "blue")
NAMES = ("acme/a", "acme/b")
WORDS = st.sampled_from([word.value for word in VerdictKind]) | st.sampled_from(["fail", "pass"])
NIGHT = st.dictionaries(st.sampled_from(LEGS), st.dictionaries(st.sampled_from(NAMES), WORDS, min_size=1))
CONTACTS = Contacts({"maintainers": "@us"})


def problems(report: Any, night: int, verdicts: dict[str, dict[str, str]]) -> list[Any]:
    """What one night found."""
    return list(broken_requirements([(leg, report(leg.partition("-")[0], night, verdicts[leg])) for leg in verdicts]))


def broken_in(verdicts: dict[str, dict[str, str]]) -> set[tuple[str, str]]:
    """Vendors and requirements that fail anywhere."""
    return {(leg.partition("-")[0], name) for leg in verdicts for name, word in verdicts[leg].items() if word == "fail"}


@given(nights=st.lists(NIGHT, max_size=6), closed=st.sets(st.integers(0, 20)))
def test_the_tracker_follows(report: Any, tracker: Any, nights: list[Any], closed: set[int]) -> None:
    """After each night all that is broken has one open issue, saying it again changes nothing, and a pass alone closes.

    Now and then somebody closes an issue by hand.
    """
    known = tracker()
    for night, verdicts in enumerate(nights):
        found, before = problems(report, night, verdicts), {issue.key: issue for issue in known.tracked_issues()}
        changes = plan_changes(found, known.tracked_issues())
        for change in changes:
            if change.kind is ChangeKind.CLOSE:
                places = {name for name, place in before[change.key].legs.items() if place.broken}
                assert {"pass"} == {verdicts.get(leg, {}).get(change.key[2]) for leg in places}
        known.apply(changes)
        opened = [issue.key[1:] for issue in known.tracked_issues() if issue.is_open]
        assert len(opened) == len(set(opened))
        assert broken_in(verdicts) <= set(opened)
        assert () == plan_changes(found, known.tracked_issues())
        for issue in known.issues:
            if night * 7 + issue["number"] in closed:
                issue["state"] = "closed"
        assert () == plan_changes(found, known.tracked_issues())
    assert len(known.issues) == len({issue.key for issue in known.tracked_issues()})


@given(verdicts=NIGHT, later=NIGHT, draw=st.data())
def test_order_does_not_matter(report: Any, tracker: Any, verdicts: Any, later: Any, draw: Any) -> None:
    """Reports, and issues, may be read in any order."""
    known = tracker()
    known.apply(plan_changes(problems(report, 0, verdicts), ()))
    order = {leg: later[leg] for leg in draw.draw(st.permutations(sorted(later)))}
    issues = draw.draw(st.permutations(known.tracked_issues()))
    found = problems(report, 1, order)

    assert plan_changes(problems(report, 1, later), known.tracked_issues()) == plan_changes(reversed(found), issues)


@given(words=st.dictionaries(st.sampled_from(NAMES), WORDS.filter(lambda word: word not in ("fail", "pass"))))
def test_a_night_without_a_verdict_changes_nothing(report: Any, tracker: Any, words: dict[str, str]) -> None:
    """Neither unreachable, nor waived, nor not tested opens or closes anything."""
    known = tracker()
    known.apply(plan_changes(problems(report, 0, {"blue": dict.fromkeys(NAMES[:1], "fail")}), ()))

    assert () == plan_changes(problems(report, 1, {"blue": words}), known.tracked_issues())


def test_a_spell(report: Any, tracker: Any, moment: Any) -> None:
    """Opened once, counted each night, closed when it holds again everywhere, reopened when it does not."""
    known = tracker()
    kinds = []
    nights = "fail pass, fail fail, pass fail, pass error, fail pass, pass pass, pass pass, fail pass"
    for night, (eu, us) in enumerate(one.split() for one in nights.split(", ")):
        changes = plan_changes(
            problems(report, night, {"acme-eu": {"acme/a": eu}, "acme-us": {"acme/a": us}}), known.tracked_issues()
        )
        known.apply(changes)
        kinds.append([change.kind.value for change in changes])
        if night == 1:
            place = known.tracked_issues()[0].legs["acme-eu"]
            assert (moment(0), moment(1), 2) == (place.first, place.last, place.nights)

    assert [["open"], ["update"], ["update"], [], ["update"], ["close"], [], ["reopen"]] == kinds
    assert 1 == known.tracked_issues()[0].legs["acme-eu"].nights


def test_details_stay_until_there_are_newer_ones(report: Any, tracker: Any) -> None:
    """Where only the other target was tested, the finding of the broken one is still listed."""
    known = tracker()
    known.apply(plan_changes(problems(report, 0, {"acme-eu": {"acme/a": "fail"}, "acme-us": {"acme/a": "fail"}}), ()))
    known.apply(plan_changes(problems(report, 1, {"acme-us": {"acme/a": "pass"}}), known.tracked_issues()))

    assert "Finding:   as said" in known.issues[0]["body"]
    assert "holds again" in known.issues[0]["body"]


def test_pages(moment: Any, tracker: Any) -> None:
    """Each leg has an issue for each who is paged for it, who is mentioned when it begins and when it does again."""
    known = tracker()
    sequence: list[tuple[str, str, str]] = []
    for night, codes in enumerate([(1,), (1, 70), (75,), (0,), (1,)]):
        status = JobStatus("acme-eu", "acme", codes, moment(night))
        changes = plan_changes(paging_problems([status], CONTACTS, {}), known.tracked_issues())
        known.apply(changes)
        sequence += [(change.kind.value, change.key[2], change.comment) for change in changes]
    assert [kind for kind in sequence if kind[0] in ("open", "reopen")] == [
        ("open", "vendor", ""),
        ("open", "maintainers", ""),
        ("open", "on-call", ""),
        ("reopen", "vendor", "@us So again, at <code>acme&#45;eu</code>"),
    ]
    assert all("\n\n@us <code>acme&#45;eu</code> " in issue["body"] for issue in known.issues)
    assert ["open", "closed", "closed"] == [issue["state"] for issue in known.issues]


def test_the_oldest_of_two(report: Any, tracker: Any) -> None:
    """Where two issues are about the same, the older one is kept, and the other left alone."""
    known = tracker()
    verdicts = {"blue": {"acme/a": "fail"}}
    for _ in range(2):
        known.apply(plan_changes(problems(report, 0, verdicts), ()))

    assert [1] == [change.number for change in plan_changes(problems(report, 1, verdicts), known.tracked_issues())]


def test_the_texts_of_issues_are_files(tmp_path: Path) -> None:
    """A rehearsal leaves the text of each issue that it would file, and no text of an earlier one."""
    change = IssueChange(ChangeKind.OPEN, ("a",), 0, "Broken: acme/a", "It is <b>broken</b>.")
    (file,) = write_issues([change], tmp_path)
    assert ("001-broken-acme-a.md", "# Broken: acme/a\n\nIt is <b>broken</b>.\n") == (
        file.name,
        file.read_text("utf-8"),
    )
    assert [] == write_issues([], tmp_path)
    assert [] == [*tmp_path.iterdir()]
