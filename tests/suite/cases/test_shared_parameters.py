"""Hostile texts that share a request: those of a parameter that takes any text."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Case
from chatcert.cases.requests.hostile import PATH_VALUES

VERSION = "robustness/path/version"


def _groups(planned: Any, path: str) -> list[Case]:
    """The largest shared requests with cases of a requirement."""
    plans = planned("polyai", "quick", 1)
    whole = [case for case in plans.planner.shared.requests.values() if case.instead_of is None]
    return [case for case in whole if any(requirement == f"polyai/{path}" for _, requirement, _ in case.members)]


def _parts(planned: Any, whole: Case) -> list[list[str]]:
    """What is sent instead of a shared request that is not served: the edits of each part."""
    plans = planned("polyai", "quick", 1)
    shared = [case for case in plans.planner.shared.requests.values() if case.instead_of is whole]
    alone = [case for plan in plans.plans.values() for case in plan.cases if case.instead_of is whole]
    return [[member for member, _, _ in case.members] or [case.id] for case in (*shared, *alone)]


def test_hostile_texts_of_a_parameter_share_a_request(planned: Any) -> None:
    """Each text is whole in the one path that holds them, so that a server meets all of them with one chat."""
    (whole,) = _groups(planned, VERSION)

    assert len(PATH_VALUES) == len(whole.members)
    assert [] == [label for label, text in PATH_VALUES if text not in whole.request.path_parameters["version"]]


def test_what_gateways_refuse_is_parted_first(planned: Any) -> None:
    """Slashes in a path, and NUL, are parted from the others at once, so that the others cost one request more."""
    (whole,) = _groups(planned, VERSION)
    places = [number for number, (_, text) in enumerate(PATH_VALUES, 1) if "/" in text or "\0" in text]
    doubtful = {f"polyai/{VERSION}#{number}" for number in places}

    assert [{name for name, _, _ in whole.members} - doubtful, doubtful] == [*map(set, _parts(planned, whole))]


def test_hostile_texts_of_a_name_stand_alone(planned: Any) -> None:
    """A parameter that names something which has to exist is refused with any of them."""
    assert [] == _groups(planned, "robustness/path/account_id")
