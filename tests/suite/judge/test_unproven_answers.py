"""What answers that do not count, since no valid request was served after them, do to verdicts on many answers."""

from __future__ import annotations

from typing import Any

import pytest

HTML = (("Content-Type", "text/html"),)


@pytest.mark.parametrize(
    ("path", "answer", "headers", "word"),
    [
        ("promised", {"error": "token_expired"}, None, "pass"),
        ("promised", {}, HTML, "pass"),
        ("type", {"chatId": 5}, None, "inconclusive"),
    ],
)
def test_only_what_is_like_a_success_of_the_server_leaves_a_rule_on_successes_open(
    bench: Any, path: str, answer: dict[str, Any], headers: Any, word: str
) -> None:
    """A page for everybody, or an error with the status of a success, says nothing of what was proven before."""
    made = bench("agencii")
    more = {"headers": headers} if headers else {}
    proven = [made.success(since=number) for number in range(3)]
    last = made.exchange("accepts/all-fields", answer=answer, **more)

    assert word == made.verdict(f"response/200/chatId/{path}", *proven, last).kind.value
