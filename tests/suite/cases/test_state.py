"""Cases of state: the trigger and the valid request go together, and once more only where that was not served."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Cause, Expectation, JsonBody, RawBody
from chatcert.cases.order import Route
from chatcert.cases.state import OVERSIZED
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.requirement import Kind

TRIGGERS = ("refused-login", "refusal", "invalid-body", "unknown-name", "oversized-body", "aborted-upload")


def test_two_rounds(planned: Any, vendor: str) -> None:
    """Each round is one step of two requests in turn; the second round stands in for a first that was not served."""
    made = planned(vendor, "standard")
    for trigger in TRIGGERS:
        first, then, again, confirmed = made.of(f"state/after-{trigger}")

        assert (True, True) == (then.is_valid, confirmed.is_valid)
        assert then.request == confirmed.request == made.planner.requests.control().request
        assert first.group == then.group != again.group == confirmed.group
        assert (None, None, then.id, then.id) == (
            first.instead_of,
            then.instead_of,
            again.instead_of.id,
            confirmed.instead_of.id,
        )
        assert all(case.in_turn for case in (first, then, again, confirmed))


def test_the_steps_of_a_route(planned: Any, vendor: str) -> None:
    """A round proves what came before it, and the second one waits for the first."""
    made = planned(vendor, "standard")
    family = [one for one in made.catalogue.requirements.values() if one.kind is Kind.STATE and one.intrusive]
    steps = [step for step in Route(family, made.planner.plan) if step.is_in_turn]

    assert 2 * len(TRIGGERS) == len(steps)
    assert all(step.is_valid and len(step.cases) == 2 for step in steps)
    assert all(second.control == first.key for first, second in zip(steps[::2], steps[1::2], strict=True))


def test_the_triggers(planned: Any, vendor: str) -> None:
    """Wrong credentials, a body that is not JSON, one with a wrong field, an unknown name, a large and a cut body."""
    made = planned(vendor, "standard")
    login, refusal, invalid, unknown, large, aborted = (made.of(f"state/after-{trigger}")[0] for trigger in TRIGGERS)

    assert {CredentialForm.WRONG} == set(login.request.credentials.values())
    assert (Expectation.UNAUTHENTICATED, Expectation.REFUSED) == (login.expectation, refusal.expectation)
    assert (Expectation.REFUSED, Expectation.UNKNOWN) == (invalid.expectation, unknown.expectation)
    assert isinstance(invalid.request.body, JsonBody)
    assert isinstance(large.request.body, RawBody)
    assert OVERSIZED == len(large.request.body.data) > 1024 * 1024
    assert int(dict(aborted.request.headers)["Content-Length"]) > len(aborted.request.body.data)


def test_quick_sends_none(planned: Any, vendor: str) -> None:
    """The profile quick does not grow."""
    plans = [plan for path, plan in planned(vendor, "quick").plans.items() if path.startswith("state/after-")]

    assert len(TRIGGERS) == len(plans)
    assert {((), Cause.NOT_IN_PROFILE)} == {(plan.cases, plan.cause) for plan in plans}
