"""Which answers to invalid requests are right."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
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
    ("agencii", "request/body/apiIntegrationId/type", "refused", 404, "pass"),
    ("agencii", "request/body/apiIntegrationId/type", "refused", 401, "fail"),
    ("sigmamind", "request/body/input/type", "refused", "unsendable", "not-applicable"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind


def test_an_undocumented_not_found_is_a_status_that_the_page_does_not_have(bench: Any) -> None:
    """A page without 404 gives it no meaning: the rule on the status of refusals remarks on it, and nothing else."""
    made = bench("agencii")

    words = made.words([*made.honest(), made.refusal("request/body/apiIntegrationId/type", 404)])

    assert "warn" == words["response/400/status"]
    assert [] == [path for path, word in words.items() if word == "fail"]


@pytest.mark.parametrize(
    ("field", "text", "kind"),
    [
        ("input", "a" * 20480 + " ", "warn"),
        ("input", "\t" + "a" * 20480, "warn"),
        ("input", "a" * 20481, "fail"),
        ("previousChatId", "a" * 128 + " ", "warn"),
        ("previousChatId", "a" * 129, "fail"),
        ("agentId", "a" * 64 + " ", "warn"),
        ("agentId", "a" * 65, "fail"),
    ],
)
def test_white_space_around_a_text_that_fills_its_limit(bench: Any, field: str, text: str, kind: str) -> None:
    """A server that trims before it counts breaks no more than a should, at whichever field."""
    made = bench("sigmamind")
    sent = {"agentId": "D5D0p7TUs66TTAEAx", "input": "Hello", field: text}
    path = f"request/body/{field}/maxLength"

    served = made.exchange(path, "refused", 201, made.chat(1, sent), sent=sent, control_accepted=True)

    assert kind == made.verdict(path, served, made.success()).kind


@pytest.mark.parametrize(
    ("alone", "beside", "word"),
    [
        (400, 200, VerdictKind.FAIL),
        (400, 500, VerdictKind.FAIL),
        (400, 302, VerdictKind.FAIL),
        (400, 400, VerdictKind.PASS),
        (400, 413, VerdictKind.PASS),
        (200, 200, VerdictKind.NOT_APPLICABLE),
        (500, 200, VerdictKind.NOT_APPLICABLE),
    ],
)
def test_what_is_refused_alone_is_refused_in_a_circumstance(
    bench: Any, alone: int, beside: int, word: VerdictKind
) -> None:
    """A breach names the exchange in which the same was refused; what is served alone is the breach of another rule."""
    made = bench("agencii")
    control = made.success()
    single = made.exchange(
        "request/body/apiIntegrationId/type", "refused", alone, made.problem(400), control=1, control_accepted=True
    )
    combined = made.exchange("request/beside/charset", "refused", beside, made.problem(400), control=single.number)

    verdict = made.verdict("request/beside/charset", control, single, combined)

    assert word == verdict.kind
    if verdict.finding is not None:
        assert f"exchange {single.number}" in verdict.finding.expected


def test_a_fault_whose_control_is_refused_says_nothing_in_a_circumstance(bench: Any) -> None:
    """Where the valid request is refused too, nobody knows what the refusal alone was for."""
    made = bench("agencii")
    single = made.exchange(
        "request/body/apiIntegrationId/type", "refused", 400, made.problem(400), control=1, control_accepted=False
    )
    combined = made.exchange("request/beside/charset", "refused", 200, {"chatId": "x"}, control=single.number)

    assert VerdictKind.NOT_APPLICABLE == made.verdict("request/beside/charset", single, combined).kind
