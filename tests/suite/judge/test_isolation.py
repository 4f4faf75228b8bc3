"""Isolation: whose markers an answer may hold."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatcert.cases.requests.two_accounts import ONE_CREDENTIAL, OTHER_WITH_OWN
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.values.request_markers import marker_of

REQUEST, CHAT = "response/any/no-other-request", "response/any/no-other-chat"
AGENT = {"agentId": "D5D0p7TUs66TTAEAx"}


def text(name: str) -> str:
    """A text with a marker, another one for each name."""
    return f"Where is it? {marker_of('run', name)}"


def sent(name: str, **more: str) -> dict[str, str]:
    """A body whose text has a marker."""
    return {**AGENT, "input": text(name), **more}


def test_data_of_other_credentials_is_a_must(bench: Any) -> None:
    """A success that shows the text of a request with bad credentials breaks a must, and so does the reverse."""
    made = bench("sigmamind")
    served = [made.stranger(sent=sent("a")), made.success(sent=sent("b"), change={"status": text("a")})]
    refused = [made.success(sent=sent("a")), made.stranger(sent=sent("b"), answer={"message": text("a")})]

    assert VerdictKind.FAIL == made.verdict(REQUEST, *served).kind
    assert VerdictKind.PASS == made.verdict(CHAT, *served).kind
    assert VerdictKind.FAIL == made.verdict(REQUEST, *refused).kind


def test_a_header_with_another_text_is_a_must(bench: Any) -> None:
    """A header shows no other request, not even beside a success; the finding names both exchanges."""
    made = bench("sigmamind")
    first = made.success(sent=sent("a"))
    second = made.success(sent=sent("b"), headers=(("Content-Type", "application/json"), ("X-Last", text("a").upper())))
    verdict = made.verdict(REQUEST, first, second)

    assert VerdictKind.FAIL == verdict.kind
    assert verdict.finding is not None
    assert (second.number, first.number) == verdict.finding.exchanges[:2]


def test_swapped_answers_are_seen(bench: Any) -> None:
    """Two requests in flight at once, each with the answer to the other one."""
    made = bench("openwebui")
    bodies = [{"chat": {"title": text(name), "history": {}}} for name in "ab"]
    answers = [made.success(sent=body, overlapping=True) for body in bodies]
    contents = [exchange.received.body for exchange in answers]
    swapped = [made.answered(exchange, body) for exchange, body in zip(answers, reversed(contents), strict=True)]

    assert VerdictKind.PASS == made.verdict(CHAT, *answers).kind
    assert VerdictKind.WARN == made.verdict(CHAT, *swapped).kind


@pytest.mark.parametrize("remembers", ["input", "previousChatId"])
def test_an_assistant_may_remember_the_chat_that_is_referred_to(bench: Any, remembers: str) -> None:
    """A request that names an earlier chat may be answered with its texts; another one may not."""
    made = bench("sigmamind")
    first = made.success(sent=sent("a"), change={"chatId": "chat_one"})
    second = made.success(sent=sent("b", **{remembers: "chat_one"}), change={"status": text("a")})
    third = made.success(sent=sent("c"), change={"status": text("a")})

    assert VerdictKind.PASS == made.verdict(CHAT, first, second).kind
    assert VerdictKind.WARN == made.verdict(CHAT, first, third).kind


def test_a_list_of_chats_is_no_leak(bench: Any) -> None:
    """An entry that has the id of another chat lists it; the same text among the messages of a chat is a leak."""
    made = bench("sigmamind")
    first = made.success(sent=sent("a"), change={"chatId": "chat_one"})
    entries = {"chats": [{"id": "chat_one", "title": text("a")}]}, {"messages": [{"id": "m1", "text": text("a")}]}
    listed, mixed = (made.success(sent=sent("b"), change=change) for change in entries)

    assert VerdictKind.PASS == made.verdict(CHAT, first, listed).kind
    assert VerdictKind.WARN == made.verdict(CHAT, first, mixed).kind


def test_a_list_of_chats_whose_ids_are_numbers_is_no_leak(bench: Any) -> None:
    """A number names a chat as a text does, in a member that is called an id; another number does not."""
    made = bench("sigmamind")
    first = made.success(sent=sent("a"), change={"chatId": 7})
    listed, mixed = (
        made.success(sent=sent("b"), change={"chats": [{"chatId": number, "title": text("a")}]}) for number in (7, 8)
    )

    assert VerdictKind.PASS == made.verdict(CHAT, first, listed).kind
    assert VerdictKind.WARN == made.verdict(CHAT, first, mixed).kind


def test_a_list_names_any_chat_of_an_equal_request(bench: Any) -> None:
    """Equal requests carry the same marker: an entry may have the id of any of their chats."""
    made = bench("sigmamind")
    first, again = (made.success(sent=sent("a"), change={"chatId": name}) for name in ("chat_one", "chat_two"))
    listed = made.success(sent=sent("b"), change={"chats": [{"id": "chat_two", "title": text("a")}]})

    assert VerdictKind.PASS == made.verdict(CHAT, first, again, listed).kind


def test_data_of_the_other_account_is_a_must(bench: Any) -> None:
    """Where two accounts are configured, neither shows what the other one has said."""
    made = bench("sigmamind")
    other = made.success(sent=sent("a"), edit=OTHER_WITH_OWN, expectation="limit")
    shown = made.success(sent=sent("b"), change={"status": text("a")})

    assert VerdictKind.FAIL == made.verdict(REQUEST, other, shown).kind


@pytest.mark.parametrize(
    ("field", "value", "shown", "verdict"),
    [
        ("user_id", "user-77aa03f2c1", "owned by user-77aa03f2c1", VerdictKind.FAIL),
        ("email", "bo@example.com", "ask Bo@example.com", VerdictKind.FAIL),
        ("email", "bo@example.com", "ask the owner", VerdictKind.PASS),
        ("region_id", "region-eu-west-1", "not in region-eu-west-1", VerdictKind.PASS),
        ("motto", "everything is fine", "everything is fine", VerdictKind.PASS),
    ],
    ids=["an id", "an address", "neither", "an id that both accounts have", "a text"],
)
def test_an_error_names_nobody_of_the_other_account(
    bench: Any, field: str, value: str, shown: str, verdict: VerdictKind
) -> None:
    """An error shows no id or address that only answers to the other account hold."""
    made = bench("sigmamind")
    other = made.success(
        sent=sent("a"), edit=OTHER_WITH_OWN, expectation="limit", change={"region_id": "region-eu-west-1", field: value}
    )
    own = made.success(sent=sent("c"), change={"region_id": "region-eu-west-1"})
    refusal = made.refusal(sent=sent("b"), answer={"message": shown})

    assert verdict == made.verdict(REQUEST, other, own, refusal).kind


def test_what_only_looks_like_a_marker_is_none(bench: Any) -> None:
    """A text of that form that no request of the run has held blames nobody."""
    made = bench("sigmamind")
    refusal = made.refusal(sent=sent("b"), answer={"message": text("of another run")})

    assert VerdictKind.PASS == made.verdict(REQUEST, made.success(sent=sent("a")), refusal).kind


def test_served_strangers_prove_nothing_of_other_accounts(bench: Any) -> None:
    """Where a request with bad credentials is served, nobody knows whose chat it was: that is a should at most."""
    made = bench("sigmamind")
    stranger = made.stranger(status=201, sent=sent("a"))
    shown = made.success(sent=sent("b"), change={"status": text("a")})

    assert VerdictKind.PASS == made.verdict(REQUEST, stranger, shown).kind
    assert VerdictKind.WARN == made.verdict(CHAT, stranger, shown).kind


def test_a_name_of_nothing_that_is_a_part_of_a_known_one_shows_nothing(bench: Any) -> None:
    """The known name without its last letter is in each answer that shows the known one: that is no other chat."""
    made = bench("sigmamind")
    control = made.success(sent=AGENT)
    cut = {"agentId": AGENT["agentId"][:-1]}
    unknown = made.refusal(
        "resource/agentId/unknown", 404, cut, expectation="unknown", sent=cut, control=control.number
    )
    default = made.success(sent={"input": text("b")}, change={"status": f"with {AGENT['agentId']}"})

    assert VerdictKind.PASS == made.verdict(CHAT, control, unknown, default).kind


def test_a_name_of_nothing_is_known_by_itself(bench: Any) -> None:
    """Where no field takes a free text, the unknown name that one request had shows in no answer to another one."""
    made = bench("agencii")
    control = made.success(sent={"apiIntegrationId": "dpCD7snQ0tCWrdtp6UhZ"})
    name = {"apiIntegrationId": "aaCD7snQ0tCWrdtp6Uaa"}
    path = "resource/apiIntegrationId/unknown"
    unknown = made.refusal(path, 404, name, expectation="unknown", sent=name, control=control.number)
    last = (("Content-Type", "application/json"), ("X-Last", name["apiIntegrationId"]))

    assert VerdictKind.PASS == made.verdict(REQUEST, control, unknown, made.success()).kind
    assert VerdictKind.FAIL == made.verdict(REQUEST, control, unknown, made.success(headers=last)).kind
    assert VerdictKind.FAIL == made.verdict(REQUEST, control, unknown, made.refusal(answer=name)).kind


@pytest.mark.parametrize("near", ["dpCD7snQ0tCWrdtp6Uh", "DPcd7SNq0TcwRDTP6uHz"])
def test_a_near_miss_of_a_known_name_is_no_mark(bench: Any, near: str) -> None:
    """The beginning of a known name, or that name in another case, is found in every answer that holds the name."""
    made = bench("agencii")
    known = {"apiIntegrationId": "dpCD7snQ0tCWrdtp6UhZ"}
    control = made.success(sent=known)
    path = "resource/apiIntegrationId/malformed"
    name = {"apiIntegrationId": near}
    unknown = made.refusal(path, 404, name, expectation="unknown", sent=name, control=control.number)
    refusal = made.refusal(answer={"detail": f"only {known['apiIntegrationId']} is known"}, sent={})

    assert made.verdict(REQUEST, control, unknown, refusal).finding is None


def test_a_known_name_is_known_to_others(bench: Any) -> None:
    """What a request with an unknown name holds beside it is no mark; a name may be in escapes or in UTF-16."""
    made = bench("openwebui")
    chat = {"title": "Hello there, everybody", "history": {}}
    control = made.success(sent={"chat": {**chat, "title": "Another title"}})
    body = {"chat": chat, "folder_id": "folder-of-nothing-1"}
    path = "resource/folder_id/unknown"
    unknown = made.refusal(path, 404, {}, expectation="unknown", sent=body, control=control.number)
    alike = made.success(sent={"chat": {**chat, "title": "Third title"}}, change={"title": chat["title"]})
    written = b'{"chat": {"title": "a", "history": {}}, "folder_id": "folder-of-nothing-\\u0031"}'
    escaped = made.exchange(sent=written, answer={"folder_id": body["folder_id"]})
    wide = made.exchange(sent=json.dumps(body).encode("utf-16"), answer={"folder_id": body["folder_id"]})

    for rule in (REQUEST, CHAT):
        assert VerdictKind.PASS == made.verdict(rule, control, unknown, alike, escaped, wide).kind


def test_an_error_may_name_an_account_whose_credential_was_sent(bench: Any) -> None:
    """Whoever has a credential of the other account, beside one of their own, may be told whose it is."""
    made = bench("polyai")
    other = made.success(edit=OTHER_WITH_OWN, expectation="limit", change={"account_id": "account-77aa03f2c1"})
    mixed = made.refusal(
        "auth/other-account",
        answer={"message": "the token is of account-77aa03f2c1"},
        expectation="unknown",
        edit=f"{ONE_CREDENTIAL} TokenAuth",
    )

    assert VerdictKind.FAIL != made.verdict(REQUEST, other, made.success(), mixed).kind
