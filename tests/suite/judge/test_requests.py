"""Which answer is right for which request: the table of the design, row by row."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.judge.verdict import VerdictKind

SERVED = ("accepted", "limit", "refused", "unauthenticated", "unknown", "unsupported", "method", "any")

# vendor, requirement, expectation, status (or kind of error) -> word
TABLE = [
    ("sigmamind", "accepts/all-fields", "accepted", 201, "pass"),
    ("sigmamind", "accepts/all-fields", "accepted", 202, "pass"),
    ("sigmamind", "accepts/all-fields", "accepted", 400, "fail"),
    ("sigmamind", "accepts/all-fields", "accepted", 500, "fail"),
    ("sigmamind", "accepts/all-fields", "accepted", "reset", "fail"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 201, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 404, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 403, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 400, "fail"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 500, "fail"),
    ("agencii", "accepts/all-fields", "limit", 400, "not-applicable"),
    ("sigmamind", "request/body/input/type", "refused", 400, "pass"),
    ("sigmamind", "request/body/input/type", "refused", 422, "pass"),
    ("sigmamind", "request/body/input/type", "refused", 201, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 302, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 401, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 404, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 500, "fail"),
    ("sigmamind", "request/body/input/type", "refused", "reset", "fail"),
    ("sigmamind", "request/body/agentId/maxLength", "refused", 404, "warn"),
    ("sigmamind", "request/body/agentId/type", "refused", 404, "fail"),
    ("sigmamind", "request/body/input/type", "refused", "unsendable", "not-applicable"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 401, "pass"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 404, "pass"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 500, "pass"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 201, "fail"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 299, "fail"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", "timeout", "fail"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 404, "pass"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 403, "pass"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 400, "fail"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 500, "fail"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 201, "warn"),
    ("sigmamind", "resource/agentId/malformed", "unknown", 400, "pass"),
    ("sigmamind", "resource/previousChatId/unknown", "unknown", 201, "pass"),
    ("agencii", "resource/apiIntegrationId/unknown", "unknown", 400, "pass"),
    ("agencii", "resource/apiIntegrationId/unknown", "unknown", 500, "fail"),
    ("sigmamind", "request/content-type/xml", "unsupported", 415, "pass"),
    ("sigmamind", "request/content-type/xml", "unsupported", 400, "pass"),
    ("sigmamind", "request/content-type/xml", "unsupported", 201, "warn"),
    ("sigmamind", "request/content-type/xml", "unsupported", "reset", "warn"),
    ("sigmamind", "protocol/method/PUT", "method", 405, "pass"),
    ("sigmamind", "protocol/method/PUT", "method", 404, "pass"),
    ("sigmamind", "protocol/method/GET", "method", 200, "pass"),
    ("sigmamind", "protocol/method/PUT", "method", "reset", "warn"),
    ("sigmamind", "robustness/payload", "any", 201, "pass"),
    ("sigmamind", "robustness/payload", "any", 400, "pass"),
    ("sigmamind", "robustness/payload", "any", 413, "pass"),
    ("sigmamind", "robustness/payload", "any", 501, "pass"),
    ("sigmamind", "robustness/payload", "any", 500, "fail"),
    ("sigmamind", "robustness/payload", "any", 503, "fail"),
    ("sigmamind", "robustness/payload", "any", "reset", "fail"),
    ("sigmamind", "robustness/payload", "any", "timeout", "fail"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "word"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, word: str) -> None:
    """One row: what was asked, what came, what the judge says."""
    made = bench(vendor)
    how = {"error": came} if isinstance(came, str) else {"status": came, "answer": {}}
    exchange = made.exchange(path, expectation, control_accepted=True, **how)

    verdict = made.verdict(path, exchange, made.success())

    assert word == verdict.kind


def test_every_expectation_stands_in_the_table(expectations: tuple[str, ...]) -> None:
    """No kind of case is without a row, but for the errors that the mock is asked for: they have no right answer."""
    assert {*expectations} - {Expectation.REQUESTED_ERROR} == {row[2] for row in TABLE} == set(SERVED)


NEEDS_CONTROL = [
    ("accepts/body/agentId/maxLength", "limit", 400),
    ("request/body/input/type", "refused", 400),
    ("request/body/input/type", "refused", 201),
    ("auth/X-API-Key/wrong", "unauthenticated", 401),
    ("auth/X-API-Key/wrong", "unauthenticated", 201),
    ("resource/agentId/unknown", "unknown", 404),
    ("request/content-type/xml", "unsupported", 415),
    ("protocol/method/PUT", "method", 405),
    ("accepts/all-fields", "accepted", 400),
]


@pytest.mark.parametrize(("path", "expectation", "status"), NEEDS_CONTROL)
def test_nothing_is_concluded_where_the_control_was_refused(
    bench: Any, path: str, expectation: str, status: int
) -> None:
    """Where the valid neighbour is refused as well, neither answer tells anything."""
    made = bench("sigmamind")
    exchange = made.exchange(path, expectation, status, {}, control_accepted=False)

    verdict = made.verdict(path, exchange)

    assert VerdictKind.INCONCLUSIVE == verdict.kind
    assert "refused as well" in verdict.reason


@pytest.mark.parametrize(("path", "expectation", "status"), [*NEEDS_CONTROL, ("robustness/payload", "any", 503)])
@pytest.mark.parametrize("how", ["status", "error"])
def test_nothing_is_concluded_while_the_target_is_not_well(
    bench: Any, path: str, expectation: str, status: int, how: str
) -> None:
    """Where the target did not serve anybody, whatever came is weather."""
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
