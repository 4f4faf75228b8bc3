"""Rules on requests that make a server fail."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
    ("sigmamind", "robustness/payload", "any", 201, "pass"),
    ("sigmamind", "robustness/payload", "any", 400, "pass"),
    ("sigmamind", "robustness/payload", "any", 413, "pass"),
    ("sigmamind", "robustness/payload", "any", 501, "pass"),
    ("sigmamind", "robustness/payload", "any", 500, "fail"),
    ("sigmamind", "robustness/payload", "any", 503, "fail"),
    ("sigmamind", "robustness/payload", "any", "reset", "fail"),
    ("sigmamind", "robustness/payload", "any", "timeout", "fail"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind


def test_a_server_error_that_comes_and_goes_is_a_breach(bench: Any) -> None:
    """A 500 that does not repeat was still an answer of 500."""
    made = bench("agencii")
    failed = made.refusal(status=500, case="flaky", final=False)
    refused = made.refusal(case="flaky", attempt=2)

    assert VerdictKind.FAIL == made.verdict("response/any/no-server-error", failed, refused).kind


def test_hostile_input_proves_nothing_where_nothing_is_served(bench: Any) -> None:
    """A server that refuses every valid request has not been put to the test by hostile ones, unless it falls over."""
    made = bench("sigmamind")
    refused = made.exchange(status=405, answer={})
    withstood = made.exchange("robustness/payload", "any", status=405, answer={})
    crashed = made.exchange("robustness/payload", "any", status=500, answer={})

    assert VerdictKind.INCONCLUSIVE == made.verdict("robustness/payload", refused, withstood).kind
    assert VerdictKind.FAIL == made.verdict("robustness/payload", refused, withstood, crashed).kind


def test_a_large_body_may_be_cut_off(bench: Any) -> None:
    """A server may close the connection on a body that is too large for it instead of reading on."""
    made = bench("sigmamind")
    large = made.exchange("robustness/payload", "any", error="reset", sent=b"a" * 100_000, control_accepted=True)
    small = made.exchange("robustness/payload", "any", error="reset", sent=b"a", control_accepted=True)

    assert VerdictKind.NOT_APPLICABLE == made.verdict("robustness/payload", large).kind
    assert VerdictKind.FAIL == made.verdict("robustness/payload", small).kind


@pytest.mark.parametrize(
    ("vendor", "levels", "answer", "kind"),
    [
        ("sigmamind", 100, None, "fail"),
        ("sigmamind", 101, None, "warn"),
        ("sigmamind", 101, b"<h1>Internal Server Error</h1>", "fail"),
        ("sigmamind", 101, {"status": "500"}, "fail"),
        ("openwebui", 101, {"detail": "Internal Server Error"}, "warn"),
        ("openwebui", 101, b"Internal Server Error", "fail"),
    ],
)
def test_a_server_error_on_an_absurd_size(bench: Any, vendor: str, levels: int, answer: Any, kind: str) -> None:
    """Beyond 100 levels an error in the documented form is a remark, where the server is well afterwards."""
    made = bench(vendor)
    path = "robustness/nesting/1000"
    sent = b'{"a":' + b"[" * (levels - 1) + b"]" * (levels - 1) + b"}"
    before = made.success()
    crashed = made.exchange(path, "any", 500, made.problem(500) if answer is None else answer, sent=sent)

    assert kind == made.verdict(path, before, crashed, made.success()).kind
    assert VerdictKind.FAIL == made.verdict(path, before, crashed).kind


def test_a_large_body_may_end_in_a_documented_error(bench: Any) -> None:
    """So may a body of 2 MB; a text of 100,000 letters is of a size that people paste."""
    made = bench("agencii")
    large = made.exchange("robustness/payload", "any", 500, made.problem(500), sent=b"a" * 2_000_000)
    text = made.exchange("robustness/payload", "any", 500, made.problem(500), sent=b"a" * 100_000)
    well = made.success()

    assert VerdictKind.WARN == made.verdict("robustness/payload", large, well).kind
    assert VerdictKind.FAIL == made.verdict("robustness/payload", text, well).kind


def test_what_is_nested_absurdly_and_comes_back_is_not_judged(bench: Any) -> None:
    """A server that echoes a thousand levels answers with what we sent: that body is not judged."""
    made = bench("openwebui")
    back = b'{"chat":' + b"[" * 1000 + b"]" * 1000 + b"}"
    echoed = made.exchange("robustness/nesting/1000", "any", 200, back, sent=back)

    assert [] == made.breaches([*made.honest(), echoed])


@pytest.mark.parametrize("expectation", ["any", "refused", "unauthenticated", "unknown", "method", "unsupported"])
def test_every_server_error_counts(bench: Any, expectation: str) -> None:
    """A final 5xx breaks the rule that there is none, whatever was sent and whichever requirement judges it, too."""
    made = bench("sigmamind")
    crashed = made.exchange("robustness/payload", expectation, status=500, answer={}, control_accepted=True)

    verdict = made.verdict("response/any/no-server-error", made.success(), crashed)

    assert VerdictKind.FAIL == verdict.kind
    assert verdict.finding.exchanges == (crashed.number,)


def test_a_server_error_of_a_target_that_is_not_well_is_not_a_pass(bench: Any) -> None:
    """A 503 to every attempt, of which the cause is unknown, leaves the rule open; the answer 501 keeps it."""
    made = bench("sigmamind")
    down = made.exchange("robustness/payload", "any", status=503, answer={}, unsettled=True, attempt=4)
    other = made.exchange("protocol/method/PUT", "method", status=501, answer={})

    verdict = made.verdict("response/any/no-server-error", made.success(), down)

    assert VerdictKind.INCONCLUSIVE == verdict.kind
    assert "the target was not well: status 503 to the last of 4 attempts" == verdict.reason
    assert VerdictKind.PASS == made.verdict("response/any/no-server-error", made.success(), other).kind


def test_the_pause_that_an_answer_asks_for_is_part_of_the_reason(bench: Any) -> None:
    """A request that is not sent again, since its 429 asks for more than our patience, says so."""
    made = bench("sigmamind")
    pause = (("Retry-After", "63"),)
    busy = made.exchange("accepts/required-only", "accepted", 429, {}, headers=pause, unsettled=True)

    verdict = made.verdict("accepts/required-only", busy)

    assert "the target was not well: status 429, with Retry-After 63, to the only attempt" == verdict.reason


VALID = b'{"agentId":"D5D0p7TUs66TTAEAx","input":"\'; DROP"}'


@pytest.mark.parametrize(
    ("path", "status", "sent", "row", "kind"),
    [
        ("robustness/body/input", 201, VALID, "response/201/status", "pass"),
        ("robustness/body/input", 202, VALID, "response/201/status", "fail"),
        ("robustness/headers", 204, VALID, "response/201/status", "fail"),
        ("robustness/payload", 202, b'{"agentId":1', "response/201/status", "warn"),
        ("robustness/body/input", 202, b'{"agentId":1}', "response/201/status", "warn"),
        ("robustness/body/input", 413, VALID, "response/any/documented-status", "pass"),
        ("robustness/body/input", 403, VALID, "response/any/documented-status", "pass"),
        ("robustness/body/input", 418, VALID, "response/any/documented-status", "warn"),
        ("robustness/body/input", 303, VALID, "response/any/documented-status", "warn"),
    ],
)
def test_the_status_for_hostile_input(bench: Any, path: str, status: int, sent: bytes, row: str, kind: str) -> None:
    """What is served has the documented status, what is refused one that HTTP has for that."""
    made = bench("sigmamind")
    hostile = made.exchange(path, "any", status=status, sent=sent, answer=made.chat(2))

    assert kind == made.verdict(row, made.success(), hostile).kind
