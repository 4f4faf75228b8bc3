"""Cases of isolation: nothing is sent for it that other requirements do not send."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind
from chatcert.vendors import open_vendor


@pytest.mark.parametrize("vendor", ["openwebui", "polyai", "sigmamind"])
def test_other_requirements_send_the_same_requests(vendor: str) -> None:
    """Each case is shared with another requirement."""
    catalogue = derive(open_vendor(vendor))
    planner = Planner(catalogue.contract, {}, profile_named("quick"), 1)
    own, others = set(), set()
    for requirement in catalogue.requirements.values():
        cases = {case.id for case in planner.plan(requirement).cases}
        (own if requirement.kind is Kind.ISOLATION else others).update(cases)

    assert own
    assert own <= others


@pytest.mark.parametrize("vendor", ["openwebui", "polyai", "sigmamind"])
@pytest.mark.slow
def test_requests_in_flight_at_once_differ(vendor: str, plans: Any) -> None:
    """Of the requests that are sent together, three carry markers of their own, and two are the same request."""
    catalogue = derive(open_vendor(vendor))
    planner = Planner(catalogue.contract, {}, profile_named("quick"), 1)
    together = [
        case.request.key
        for requirement in catalogue.requirements.values()
        for case in planner.plan(requirement).cases
        if case.group
    ]

    assert (4, 3) == (len(together), len(set(together)))
