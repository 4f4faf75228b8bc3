"""Cases of security: rules that are judged over every answer of a run."""

from __future__ import annotations

from typing import Any

from chatcert.requirements.requirement import Kind


def test_a_valid_request_is_enough(plans: Any) -> None:
    """Each rule has an answer to be judged on, even where nothing else is sent."""
    rules = [one for one in plans.catalogue.requirements.values() if one.kind is Kind.SECURITY]

    assert rules
    for rule in rules:
        assert (plans.planner.requests.control(),) == plans.of(rule.path)
