"""Controls: the valid requests that cases differ from."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Expectation

from .reading import VALID, is_combined


def test_controls_are_valid_requests_with_valid_credentials(plans: Any) -> None:
    """Whatever serves as a control is itself to be accepted, and shared by all whom it serves.

    A fault in some circumstance has the same fault alone as its control, which has a valid one itself.
    """
    controls = [case.control for case in plans.cases if case.control is not None and not is_combined(case)]

    assert controls
    for control in controls:
        assert Expectation.ACCEPTED is control.expectation
        assert control.shared
        assert {} == control.request.credentials


def test_every_invalid_case_has_a_control(plans: Any) -> None:
    """No 4xx is credited to anything unless the neighbouring valid request is sent as well."""
    alone = [case.id for case in plans.cases if case.control is None and case.expectation not in VALID]

    assert [] == alone
