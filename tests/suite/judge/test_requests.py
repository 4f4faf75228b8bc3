"""What is the same for the requests of all families: the state of the target, the control, and what was not tried."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.judge.verdict import VerdictKind

NEEDS_CONTROL = [
    ("accepts/body/agentId/maxLength", "limit", 400),
    ("request/body/input/type", "refused", 400),
    ("request/body/input/type", "refused", 201),
    ("auth/X-API-Key/wrong", "unauthenticated", 401),
    ("auth/X-API-Key/wrong", "unauthenticated", 201),
    ("auth/unusual/suffix", "unserved", 401),
    ("resource/agentId/unknown", "unknown", 404),
    ("request/content-type/xml", "unsupported", 415),
    ("protocol/method/PUT", "method", 405),
    ("accepts/all-fields", "accepted", 400),
]


@pytest.mark.parametrize(("path", "expectation", "status"), NEEDS_CONTROL)
def test_nothing_is_concluded_where_the_control_was_refused(
    bench: Any, path: str, expectation: str, status: int
) -> None:
    """Where the valid neighbour is refused as well, neither answer proves anything."""
    made = bench("sigmamind")
    exchange = made.exchange(path, expectation, status, {}, control_accepted=False)

    verdict = made.verdict(path, exchange)

    assert VerdictKind.INCONCLUSIVE == verdict.kind
    assert "was not accepted" in verdict.reason


@pytest.mark.parametrize(("path", "expectation", "status"), [*NEEDS_CONTROL, ("robustness/payload", "any", 503)])
@pytest.mark.parametrize("how", ["status", "error"])
def test_nothing_is_concluded_while_the_target_is_not_well(
    bench: Any, path: str, expectation: str, status: int, how: str
) -> None:
    """Where the target served no request, its failures are transient."""
    made = bench("sigmamind")
    came = {"error": "reset"} if how == "error" else {"status": status, "answer": {}}

    verdict = made.verdict(path, made.exchange(path, expectation, control_accepted=True, unsettled=True, **came))

    assert VerdictKind.INCONCLUSIVE == verdict.kind
    assert "not well" in verdict.reason


def test_a_breach_outweighs_a_doubt(bench: Any) -> None:
    """One case in doubt does not hide the one that was plainly wrong."""
    made = bench("sigmamind")
    doubt = made.refusal("request/body/input/type", control_accepted=False)
    breach = made.refusal("request/body/input/type", 201)

    assert VerdictKind.FAIL == made.verdict("request/body/input/type", doubt, breach).kind


def test_what_was_not_tried_is_not_run(bench: Any) -> None:
    """A requirement without any exchange was not run; with a reason it does not apply."""
    made = bench("sigmamind")

    assert VerdictKind.NOT_RUN == made.verdict("request/body/input/type", made.success()).kind
    unplanned = made.verdict("request/body/input/type", made.success(), reason="a form carries text only")
    assert (VerdictKind.NOT_APPLICABLE, "a form carries text only") == (unplanned.kind, unplanned.reason)


def test_retries_and_probes_are_not_judged(bench: Any) -> None:
    """Attempts that were set aside, and requests that only asked whether the target is well, accuse nobody."""
    made = bench("sigmamind")
    scene = [
        made.success(case="one", final=False, error="reset"),
        made.success(case="one", attempt=2),
        made.success(status=500, role="probe"),
    ]

    words = made.words(scene)

    assert not {"fail", "warn"} & set(words.values())


def test_every_expectation_needs_its_control(expectations: tuple[str, ...]) -> None:
    """No kind of case is left out above, but for hostile input and the errors that the mock is asked for."""
    other = {Expectation.REQUESTED_ERROR, Expectation.ANY, Expectation.IN_USE}  # no bundled vendor has the last one
    assert {*expectations} - other == {row[1] for row in NEEDS_CONTROL}
