"""Rules on state: seen twice, with valid requests served before and after, it is a finding; once, a coincidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.transport.exchange import Exchange

PATH = "state/after-refused-login"


def rounds(made: Any, *answers: int | str, path: str = PATH) -> list[Exchange]:
    """A served control, for each answer a round whose valid request first gets it, and a served control."""
    sent = [made.success(since=0)]
    for number, answer in enumerate(answers, 1):
        case = f"{path}#{2 * number}"
        sent.append(made.exchange(path, "unauthenticated", 401, {"detail": "no"}, case=f"{path}#{2 * number - 1}"))
        first = (
            made.exchange(path, error=answer, case=case, since=sent[-1].number)
            if isinstance(answer, str)
            else made.exchange(path, status=answer, case=case, since=sent[-1].number)
        )
        if first.succeeded:
            sent.append(made.success(path=path, case=case, since=sent[-1].number))
        else:
            sent.append(replace(first, final=False))
            sent.append(made.success(path=path, case=case, since=first.number, attempt=2))
    return [*sent, made.success(role="probe", since=sent[-1].number)]


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ((200,), VerdictKind.PASS),
        ((400, 400), VerdictKind.FAIL),
        ((401, 401), VerdictKind.FAIL),
        ((500, 500), VerdictKind.FAIL),
        (("timeout", "timeout"), VerdictKind.FAIL),
        ((400, 200), VerdictKind.PASS),
        ((429, 429), VerdictKind.NOT_APPLICABLE),
        ((500,), VerdictKind.INCONCLUSIVE),
        (("reset", "reset"), VerdictKind.PASS),
    ],
)
def test_rounds(bench: Any, answers: Sequence[int | str], expected: VerdictKind) -> None:
    """Both rounds have to fail; a busy server and a connection that was closed are no state."""
    made = bench("agencii")

    assert expected is made.verdict(PATH, *rounds(made, *answers)).kind


def test_a_new_connection_is_not_closed(bench: Any) -> None:
    """After an upload that was broken off there is no old connection: a reset is a breach."""
    made = bench("agencii")
    path = "state/after-aborted-upload"

    assert VerdictKind.FAIL is made.verdict(path, *rounds(made, "reset", "reset", path=path)).kind


def test_never_served_again(bench: Any) -> None:
    """Where no valid request is served any more, the circumstances have changed, and nothing is concluded."""
    made = bench("agencii")
    refused = [one for one in rounds(made, 403, 403) if not one.succeeded or one.number == 1]

    assert VerdictKind.INCONCLUSIVE is made.verdict(PATH, *refused).kind


def test_as_often_as_always(bench: Any) -> None:
    """Where valid requests fail now and then without any cause, two more failures are no state."""
    made = bench("agencii")
    flaky: list[Exchange] = [made.success(since=0)]
    for number in range(10):
        since = flaky[-1].number
        answer = made.exchange(status=500, since=since) if number % 2 else made.success(since=since)
        flaky += [answer, made.success(since=answer.number)]

    assert VerdictKind.FAIL is made.verdict(PATH, *rounds(made, 500, 500)).kind
    assert VerdictKind.NOT_APPLICABLE is made.verdict(PATH, *flaky, *rounds(made, 500, 500)).kind


def test_the_finding_shows_both_requests(bench: Any) -> None:
    """Its command lines send the trigger, and then the valid request."""
    made = bench("agencii")
    found = made.verdict(PATH, *rounds(made, 400, 400))

    assert found.finding is not None
    assert "status 400 each time" in found.finding.actual
    assert 2 <= found.finding.curl.count("curl -sS")


def test_the_innocent_rules_are_not_broken(bench: Any) -> None:
    """A refused valid request that this family explains breaks no rule on the status of successes."""
    made = bench("agencii")

    assert VerdictKind.PASS is made.verdict("response/200/status", *rounds(made, 400, 400)).kind


def again(made: Any, path: str, *statuses: int) -> list[Exchange]:
    """The attempts of one valid request."""
    sent = [made.exchange(path, status=one, case=path, final=False, answer=made.problem(one)) for one in statuses]
    return [*sent, made.success(path=path, case=path, attempt=len(statuses) + 1)]


def test_a_wrong_answer_now_and_then(bench: Any) -> None:
    """The same request has to be answered the same way every time; one exception may be a coincidence."""
    made = bench("agencii")
    once = [made.success(), *again(made, "accepts/wire/json-escapes", 500)]
    twice = [*once, *again(made, "accepts/wire/key-order", 500)]

    assert VerdictKind.PASS is made.verdict("state/every-time", *once).kind
    found = made.verdict("state/every-time", *twice)
    assert VerdictKind.FAIL is found.kind
    assert found.finding is not None
    assert "and status 200 when the same request was sent again" in found.finding.actual
    assert VerdictKind.PASS is made.verdict("state/every-time", made.success(), *again(made, "a", 503, 503)).kind


@pytest.mark.parametrize(("ever_served", "expected"), [(False, VerdictKind.INCONCLUSIVE), (True, VerdictKind.FAIL)])
def test_what_is_never_served_is_no_state(bench: Any, ever_served: bool, expected: VerdictKind) -> None:
    """Where the same request was never served, what came before it is not the cause; a control may fail for it too."""
    made = bench("agencii")
    other = {"apiIntegrationId": "another"}
    sent = [
        replace(one, control_accepted=False, sent=made.success(sent=other).sent)
        if one.status == 400 and one.requirement.endswith(PATH)
        else one
        for one in rounds(made, 400, 400)
    ]
    served = [replace(one, sent=made.success(sent=other).sent) if ever_served else one for one in sent[:1]]
    retried = [replace(one, final=True) if one.status == 400 else one for one in sent[1:] if one.attempt == 1]

    assert expected is made.verdict(PATH, *served, *retried).kind
