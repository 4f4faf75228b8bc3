"""Robustness: what is derived of hostile input."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

Derived = Callable[..., dict[str, Requirement]]


def test_each_place_gets_hostile_values(derived: Derived) -> None:
    """Each field of the body, each parameter, the payload and the headers; then every answer of the run."""
    assert {
        "robustness/body/text",
        "robustness/body/tone",
        "robustness/body/weight",
        "robustness/body/tags",
        "robustness/path/team",
        "robustness/payload",
        "robustness/nesting/20",
        "robustness/nesting/100",
        "robustness/nesting/1000",
        "robustness/headers",
        "response/any/no-server-error",
    } == {path for path, r in derived().items() if r.kind is Kind.ROBUSTNESS}


def test_hostile_requests_are_marked_and_come_last(derived: Derived) -> None:
    """They are intrusive, must do no harm, and are sent after everything else but refused logins."""
    hostile = [r for path, r in derived().items() if path.startswith("robustness/")]

    assert {(True, Level.MUST, Rank.HOSTILE)} == {(r.intrusive, r.level, r.rank) for r in hostile}
    assert [Rank.HOSTILE, Rank.LOCKING] == sorted(Rank)[-2:]


def test_a_server_error_is_judged_on_every_answer(derived: Derived) -> None:
    """The rule on all answers needs no request of its own, and is not intrusive."""
    rule = derived()["response/any/no-server-error"]

    assert (True, False, Cost(0)) == (rule.run_wide, rule.intrusive, rule.cost)
