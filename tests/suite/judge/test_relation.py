"""Rules on values that follow from the request or from the time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.cases.requests.two_accounts import OTHER_WITH_OWN
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.verdict import VerdictKind


@pytest.mark.parametrize(
    ("shown", "right"),
    [
        ("/v1/chats", True),
        ("/prefix/v1/chats", True),
        ("/v1/chats?x=1", True),
        ("/chats", True),
        ("/", False),
        ("", False),
        ("v1/chats", False),
        ("/v1/chat", False),
        ("/v1/chats/1", False),
    ],
)
def test_a_path_may_be_told_as_a_gateway_sees_it(bench: Any, shown: str, right: bool) -> None:
    """The path of the request, with or without what stands before it."""
    made = bench("sigmamind")

    verdict = made.verdict("response/400/path/equals", made.refusal(answer={**made.problem(400), "path": shown}))

    assert (VerdictKind.PASS if right else VerdictKind.FAIL) == verdict.kind


@pytest.mark.parametrize(("sent", "shown"), [("A1", "agent_A1"), ("agent_A1", "A1"), ("A1", "A1")])
def test_an_id_with_or_without_its_prefix(bench: Any, sent: str, shown: str) -> None:
    """The page's own examples differ by a prefix: both are the same agent."""
    made = bench("sigmamind")
    success = made.success(sent={"agentId": sent, "input": "x"}, change={"agent": {"agentId": shown}})

    assert VerdictKind.PASS == made.verdict("response/201/agent/agentId/equals", success).kind


@pytest.mark.parametrize(
    ("sent", "shown", "right"), [(None, None, True), ("f-1", "f-1", True), ("f-1", None, False), (None, "f-1", False)]
)
def test_an_echo_with_a_default(bench: Any, sent: str | None, shown: str | None, right: bool) -> None:
    """What was not sent comes back as its default."""
    made = bench("openwebui")
    body = {"chat": {"title": "A"}} | ({} if sent is None else {"folder_id": sent})

    verdict = made.verdict("response/200/folder_id/equals", made.success(sent=body, change={"folder_id": shown}))

    assert (VerdictKind.PASS if right else VerdictKind.FAIL) == verdict.kind


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ({"a": {}}, {"a": []}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": "é"}, {"a": "e\u0301"}),
        ({"a": "x "}, {"a": "x"}),
        ({"a": 0}, {"a": False}),
        ({"a": "😀"}, {"a": "?"}),
    ],
)
def test_an_echo_that_differs_is_found(bench: Any, sent: Any, back: Any) -> None:
    """An echo is compared value by value: type, null, order of a list, code points."""
    made = bench("openwebui")
    success = made.success(sent={"chat": {"title": "t", **sent}}, change={"chat": {"title": "t", **back}})

    verdict = made.verdict("response/200/chat/equals", success)

    assert VerdictKind.FAIL == verdict.kind
    assert verdict.finding is not None
    assert "/a" in verdict.finding.actual


@pytest.mark.parametrize(
    "shown",
    [1_800_000_000 * 10**9, 10**400, -(10**400), 1e300],
    ids=["nanoseconds", "400 digits", "minus 400", "1e300"],
)
def test_a_clock_in_no_unit_is_wrong(bench: Any, shown: Any) -> None:
    """A number that is far too great for a time is reported as a wrong time."""
    made = bench("openwebui")

    assert (
        VerdictKind.FAIL
        == made.verdict("response/200/created_at/clock", made.success(change={"created_at": shown})).kind
    )


@pytest.mark.parametrize(
    ("shown", "word"),
    [
        (1_800_000_000_123, VerdictKind.PASS),
        (1_800_000_090_000, VerdictKind.PASS),
        (1_800_000_000, VerdictKind.FAIL),
        (1_800_086_400_000, VerdictKind.FAIL),
        ("2027-01-15T08:00:00Z", VerdictKind.NOT_APPLICABLE),
    ],
)
def test_a_clock_in_milliseconds(bench: Any, shown: Any, word: VerdictKind) -> None:
    """Where the contract says milliseconds, they are read as such; seconds are a thousand times too few."""
    made = bench("openwebui")
    requirement = made.catalogue.requirements["openwebui/response/200/created_at/clock"]
    requirement = replace(requirement, check=replace(requirement.check, detail={"unit": "milliseconds"}))
    success = made.success(change={"created_at": shown})

    verdict = judge(Evidence(made.contract, made.catalogue.requirements, (success,)), requirement)

    assert word == verdict.kind


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((201,), "pass"),
        ((404, 201), "pass"),
        ((404, 404, 404), "warn"),
        ((500, 201), "fail"),
        ((404, 404, 503), "fail"),
        ((404, 404, 201), "pass"),
    ],
)
def test_a_link_may_need_some_time(bench: Any, statuses: tuple[int, ...], kind: str) -> None:
    """A link that can be followed a little later can be followed; no page promises that it can at once."""
    made = bench("sigmamind")
    path = "accepts/link/ContinueChat"
    followed = [
        made.success(path=path) if status == 201 else made.refusal(path, status, expectation="accepted")
        for status in statuses
    ]

    assert kind == made.verdict(path, *followed, made.success()).kind


def test_a_link_that_was_followed_can_be_followed_beside_all_other_fields(bench: Any) -> None:
    """Once an id is known, refusing it together with the other fields is a breach; before, it may not be known yet."""
    made = bench("sigmamind")
    path, alone = "accepts/link/ContinueChat", {"agentId": "D5D0p7TUs66TTAEAx", "input": "x", "previousChatId": "c-1"}

    def followed(sent: Any, status: int) -> Any:
        if status == 201:
            return made.success(path=path, sent=sent)
        return made.refusal(path, status, expectation="accepted", sent=sent)

    whole = {**alone, "dynamicVariables": {"a": 1}}
    early = [followed(alone, 404), followed(whole, 404), followed(alone, 201), made.success()]
    late = [followed(alone, 201), followed(whole, 400), followed(alone, 201), made.success()]

    assert VerdictKind.PASS == made.verdict(path, *early).kind
    assert made.verdict(path, *late).kind in (VerdictKind.WARN, VerdictKind.FAIL)


@pytest.mark.parametrize(("second", "verdict"), [("user-2", VerdictKind.PASS), ("user-3", VerdictKind.FAIL)])
def test_what_stays_the_same_does_so_for_each_account(bench: Any, second: str, verdict: VerdictKind) -> None:
    """The other account has a value of its own, which stays the same for its own requests."""
    made = bench("openwebui")
    own = [made.success() for _ in range(2)]
    others = [
        made.success(change={"user_id": name}, edit=OTHER_WITH_OWN, expectation="limit") for name in ("user-2", second)
    ]

    assert verdict == made.verdict("response/200/user_id/constant", *own, *others).kind
