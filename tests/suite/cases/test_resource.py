"""Cases of resources: names of nothing, and names that nobody configured."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Expectation

from .reading import differences, json_of, outside_the_body


def test_what_needs_a_configured_name_says_so(planned: Any) -> None:
    """Without a folder to name, the case that needs one is left out with that reason, and no other is."""
    plans = planned("openwebui", everything=False)

    reasons = {path: plan.reason for path, plan in plans.plans.items() if not plan.cases}

    assert ["accepts/body/folder_id/present"] == list(reasons)
    assert "folder_id" in reasons["accepts/body/folder_id/present"]


def test_an_unknown_name_is_within_its_limits(plans: Any) -> None:
    """A request that names what does not exist is valid in all else: only the name tells it from its control."""
    unknown = [case for case in plans.cases if case.expectation is Expectation.UNKNOWN]

    assert unknown
    for case in unknown:
        assert case.control is not None
        assert plans.validator.is_valid(json_of(case.request))
        places = list(differences(json_of(case.control.request), json_of(case.request)))
        *here, _, _ = outside_the_body(case.request)
        *there, _, _ = outside_the_body(case.control.request)
        method, path, query = here
        control_method, control_path, control_query = there
        changed = [name for name in path if path[name] != control_path[name]]
        assert 1 == len(places) + len(changed), f"{case.id} ({case.edit})"
        assert (control_method, control_query) == (method, query)
