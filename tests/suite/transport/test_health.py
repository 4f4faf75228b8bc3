"""Whether a target serves a valid request right now, as far as that shows that another request is the cause."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Case, Expectation, Request
from chatcert.transport.exchange import Exchange, Received, Sent
from chatcert.transport.limits import Limits
from chatcert.transport.resilience.health import Health
from chatcert.transport.target import Target
from chatcert.vendors import open_vendor

BASELINE = Case("baseline", "v/r", Request("POST", {}), Expectation.ACCEPTED, "")
OTHER = Case("other", "v/r", Request("POST", {}), Expectation.REFUSED, "", BASELINE)


@pytest.fixture
def health() -> Any:
    """What is seen of a target that takes some seconds, of six, for an answer with a status."""

    def seen(status: int, seconds: float) -> Health:
        def probe(case: Case) -> Exchange:
            sent, received = Sent("POST", "http://h/", "/", (), None), Received(status, (), b"{}")
            role: Any = "probe"
            return Exchange(1, case.id, "v/r", case.expectation, role, sent, 0.0, seconds, received)

        target = Target("http://h", {}, limits=Limits(timeout=6.0))
        doing: dict[str, Any] = {"probe": probe, "wait_for": probe, "is_served": bool, "end_as_slow": bool}
        return Health(open_vendor("agencii"), target, BASELINE, may_probe=lambda: True, time_left=lambda: 60.0, **doing)

    return seen


@pytest.mark.parametrize(("case", "status"), [(OTHER, 201), (BASELINE, 401)])
@pytest.mark.parametrize(
    ("seconds", "was_late", "is_good"), [(0.1, True, True), (4.0, True, False), (4.0, False, True)]
)
def test_a_target_that_is_slow_altogether_is_not_proof_of_a_request_that_hangs(
    health: Any, case: Case, status: int, seconds: float, was_late: bool, is_good: bool
) -> None:
    """Where a valid request takes most of the time limit as well, one that had no answer in time is not to blame."""
    assert is_good is health(status, seconds).is_good(case, was_late)
