"""Cases of robustness: hostile values of fields, parameters, payloads and headers."""

from __future__ import annotations

import json
from typing import Any

import pytest

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


@pytest.mark.parametrize("depth", [20, 100, 1000])
def test_bodies_are_nested_as_deep_as_stated(planned: Any, depth: int) -> None:
    """A member more of the body, and of a field that takes any object, is nested: a parser or a serialiser meets it."""
    whole, inside = (case.request.body.data for case in planned("openwebui").of(f"robustness/nesting/{depth}"))
    opened = b"[" * depth + b"]" * depth

    assert [1, 1] == [whole.count(opened), inside.count(opened)]
    assert [0, 0] == [whole.count(b"[" + opened), inside.count(b"[" + opened)]
    assert {"chat", f"chatcert_nested_{depth}"} == json.loads(whole.replace(opened, b"[]")).keys()
    assert f"chatcert_nested_{depth}" in json.loads(inside.replace(opened, b"[]"))["chat"]


def test_a_hundred_thousand_levels_need_the_thorough_profile(planned: Any) -> None:
    """No server has to read them, and a body of 200 kB is sent only by those who want everything."""
    sent = {
        profile: [case.request.body.data for case in planned("agencii", profile).of("robustness/nesting/1000")]
        for profile in ("quick", "standard", "thorough")
    }

    assert [1, 1, 2] == [len(bodies) for bodies in sent.values()]
    assert b"[" * 100_000 in sent["thorough"][-1]
