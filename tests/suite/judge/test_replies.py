"""Replies of an assistant: whose messages they are, and when they are echoes."""

from __future__ import annotations

from typing import Any

from chatcert.judge.verdict import VerdictKind

LIST, TEXT = "response/201/response/reply", "response/200/response/reply"


def said(role: str, text: str) -> dict[str, Any]:
    """One message."""
    return {"id": "item_1", "role": role, "type": "message", "content": [text]}


def test_a_list_of_messages_has_one_of_the_assistant(bench: Any) -> None:
    """The user's message beside it is no breach, a reply of the user alone is one; messages need not have roles."""
    made = bench("sigmamind")
    user, assistant = said("user", "Where is it?"), said("assistant", "On its way.")
    unnamed = {name: value for name, value in assistant.items() if name != "role"}

    assert VerdictKind.PASS == made.verdict(LIST, made.success(change={"response": [user, assistant]})).kind
    assert VerdictKind.PASS == made.verdict(LIST, made.success(change={"response": [unnamed]})).kind
    assert VerdictKind.WARN == made.verdict(LIST, made.success(change={"response": [user]})).kind
    assert VerdictKind.NOT_APPLICABLE == made.verdict(LIST, made.success(change={"response": []})).kind


def test_three_different_inputs_have_to_come_back(bench: Any) -> None:
    """An assistant may repeat what was said once, twice, or the same text many times."""
    made = bench("polyai")

    def exchanges(*texts: str, other: str = "") -> list[Any]:
        return [made.success(sent={"initial_message": text}, change={"response": other or text}) for text in texts]

    assert VerdictKind.WARN == made.verdict(TEXT, *exchanges("a", "b", "c")).kind
    assert VerdictKind.PASS == made.verdict(TEXT, *exchanges("a", "b")).kind
    assert VerdictKind.PASS == made.verdict(TEXT, *exchanges("a", "a", "a", "a")).kind
    assert VerdictKind.PASS == made.verdict(TEXT, *exchanges("a", "b", "c"), *exchanges("d", other="Hello")).kind


def test_the_user_is_quoted_beside_the_reply(bench: Any) -> None:
    """A list that shows what the user said before what the assistant replied is no echo."""
    made = bench("sigmamind")
    sent = [{"agentId": "a", "input": text} for text in ("one", "two", "three")]
    quoted = [[said("user", body["input"]), said("assistant", "Hello")] for body in sent]
    echoed = [[said("user", body["input"]), said("assistant", body["input"])] for body in sent]

    for replies, kind in ((quoted, VerdictKind.PASS), (echoed, VerdictKind.WARN)):
        exchanges = [made.success(sent=body, change={"response": r}) for body, r in zip(sent, replies, strict=True)]
        assert kind == made.verdict(LIST, *exchanges).kind
