"""What is certain of a hostile request is judged on its answer; what servers read differently is not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.certainty import is_exchanged_alike
from chatcert.judge.values import is_equal
from chatcert.judge.verdict import VerdictKind

JSON = (("Content-Type", "application/json"),)
CHAT = {"title": "A chat", "n": 1}
BODY = json.dumps({"chat": CHAT}).encode()


def _judged(bench: Any, sent: bytes, headers: tuple[tuple[str, str], ...], back: Any) -> VerdictKind:
    made = bench("openwebui")
    answer = made.chat(1, {"chat": CHAT}) | {"chat": back}
    hostile = made.exchange("robustness/headers", "any", answer=answer, sent=sent)
    return made.verdict("response/200/chat/equals", replace(hostile, sent=replace(hostile.sent, headers=headers))).kind


@pytest.mark.parametrize(
    "media_type", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_an_echo_of_a_hostile_request_is_judged(bench: Any, media_type: str) -> None:
    """A valid body beside odd headers comes back as it was."""
    headers = (("Content-Type", media_type), ("X-Padding", "a" * 6000))

    assert VerdictKind.FAIL == _judged(bench, BODY, headers, {"title": "A chat", "n": 2})
    assert VerdictKind.PASS == _judged(bench, BODY, headers, CHAT)


@pytest.mark.parametrize(
    ("sent", "headers"),
    [
        (BODY, ()),
        (BODY, (*JSON, *JSON)),
        (BODY, (("Content-Type", "application/json; charset=iso-8859-1"),)),
        (BODY, (*JSON, ("Content-Encoding", "snappy"))),
        (BODY, (("Content-Type", "text/plain"),)),
        (b"\xef\xbb\xbf" + BODY, JSON),
        (BODY[:-1] + b"," + BODY[1:], JSON),
        (json.dumps({"chat": {**CHAT, "x": "\x00"}}).encode(), JSON),
        (json.dumps({"chat": {**CHAT, "x": "\ud800"}}).encode(), JSON),
        (json.dumps({"chat": {**CHAT, "x": 10**399}}).encode(), JSON),
        (json.dumps({"chat": {**CHAT, "__proto__": {"a": 1}}}).encode(), JSON),
        (b'{"chat": "no object"}', JSON),
    ],
)
def test_what_servers_read_differently_is_not_judged(
    bench: Any, sent: bytes, headers: tuple[tuple[str, str], ...]
) -> None:
    """No echo is expected of a body that is no plain JSON, or invalid, or of values that not every server can hold."""
    assert VerdictKind.NOT_APPLICABLE == _judged(bench, sent, headers, {"title": "another"})


def test_an_unknown_name_in_a_hostile_request_need_not_come_back(bench: Any) -> None:
    """What a server makes of an unknown name is its own affair."""
    made = bench("openwebui")
    hostile = made.exchange(
        "robustness/body/folder_id", "any", answer=made.chat(1), sent={"chat": CHAT, "folder_id": "../../etc"}
    )
    hostile = replace(hostile, sent=replace(hostile.sent, headers=JSON))

    assert VerdictKind.NOT_APPLICABLE == made.verdict("response/200/folder_id/equals", hostile).kind


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (1, 1.0, True),
        (0, -0.0, True),
        (2**53 + 1, 2**53, True),
        (10**21, 1e21, True),
        (2**53 - 1, 2**53 - 2, False),
        (2**63, 2**31, False),
        (0.1 + 0.2, 0.3, False),
        (10**399, 10**398, True),
        (10**399, -(10**399), False),
        (1, "1", False),
        (1, True, False),
    ],
)
def test_numbers_are_compared_as_json_exchanges_them(left: Any, right: Any, equal: bool) -> None:
    """1 is 1.0; whole numbers beyond 2^53 are as equal as their doubles (RFC 8259 section 6)."""
    assert equal == is_equal(left, right) == is_equal(right, left)


def test_portable_values() -> None:
    """Line breaks and tabs are portable, other control characters are not; nor are numbers that no double holds."""
    assert is_exchanged_alike({"a": ["x\r\n\ty", 1.5, None, True, {"b": 2**60}]})
    assert not any(map(is_exchanged_alike, ["\x01", ["\ufffe"], {"\x7f": 1}, {"a": 10**400}, {"prototype": 1}]))
