"""Cases of robustness: hostile values of fields, parameters, payloads and headers."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Expectation

from .reading import levels


def test_hostile_input_is_judged_for_robustness_only(plans: Any) -> None:
    """Whatever robustness sends may be answered in any way but a crash."""
    hostile = [case for path in plans.plans if path.startswith("robustness/") for case in plans.of(path)]

    assert {Expectation.ANY} == {case.expectation for case in hostile if not case.shared}


def test_open_objects_get_what_serialisers_give_up_on(planned: Any) -> None:
    """A field that takes any object is sent one nested in more than 255 levels, though few enough to be read."""
    bodies = planned("openwebui").values("robustness/body/chat", "chat")

    assert [True] == [depth < 900 for depth in map(levels, bodies) if depth > 255]
