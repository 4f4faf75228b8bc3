"""Cases of relations: repeated, simultaneous, later and linked requests."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import JsonBody
from chatcert.requirements.check import Answers


def test_uniqueness_is_tried_one_after_another_and_at_once(planned: Any, vendor: str) -> None:
    """A unique field is asked for twice in a row, and by several requests at the same time."""
    plans = planned(vendor)
    (unique,) = [
        r.path
        for r in plans.catalogue.requirements.values()
        if isinstance(r.check, Answers) and r.check.rule == "unique"
    ]

    cases = plans.of(unique)

    assert len([case for case in cases if not case.group]) >= 2
    assert len([case for case in cases if case.group]) >= 3
    assert 1 == len({case.group for case in cases if case.group})


def test_a_clock_is_looked_at_again_later(planned: Any) -> None:
    """A clock that counts whole seconds has to move between the first and the last look at it."""
    plans = planned("openwebui")

    waits = [case.wait for case in plans.of("response/200/created_at/clock-moves")]

    assert max(waits) > 2


def test_links_are_filled_in_within_the_body(plans: Any) -> None:
    """A value that comes from an earlier answer goes to a field that the body has, and needs that answer's control."""
    bound = [case for case in plans.cases if isinstance(case.request.body, JsonBody) and case.request.body.bindings]

    for case in bound:
        assert case.control is not None
        for target in case.request.body.bindings:
            assert target.removeprefix("/") in case.request.body.value


def test_a_link_is_followed_again_later(planned: Any) -> None:
    """A chat that was just made may not be known everywhere yet; the link is followed beside all other fields too."""
    cases = planned("sigmamind").of("accepts/link/ContinueChat")

    assert [0.0, 0.0, 2.0, 5.0] == [case.wait for case in cases]
    assert [3, 4, 3, 3] == [len(case.request.body.value) for case in cases if isinstance(case.request.body, JsonBody)]
