"""Rules on what no answer may give away."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind


@pytest.mark.parametrize(
    "trace",
    [
        'Traceback (most recent call last):\n  File "/app/main.py", line 3, in f',
        '{"detail": "Traceback (most recent call last):\\n  File \\"x.py\\", line 9"}',
        "java.lang.NullPointerException\n\tat com.example.Chat.create(Chat.java:42)",
        "TypeError: x is undefined\n    at create (/srv/app/chat.js:10:15)",
        "TypeError: x\n    at async file:///srv/app/chat.mjs:10:15",
        "goroutine 1 [running]:\nmain.main()",
        "panic: runtime error",
        "Fatal error: uncaught in /var/www/chat.php:12",
        "#0 /var/www/index.php(12): create()",
        "app/chat.rb:5: /srv/app/chat.rb:5:in `create'",
        "   at Chat.Api.Create(String id) in C:\\src\\Chat.cs:line 12",
        "stack backtrace:\n   0: rust_begin_unwind",
        "org.springframework.web.bind.MissingServletRequestParameterException: no",
    ],
)
def test_stack_traces_of_many_languages(bench: Any, trace: str) -> None:
    """A trace is known by its form, in plain text and inside JSON."""
    made = bench("agencii")

    assert VerdictKind.WARN == made.verdict("response/any/no-stack-trace", made.refusal(answer=trace.encode())).kind


@pytest.mark.parametrize(
    "text",
    [
        "Expected ',' at line 3, column 7.",
        "The file chat.py was not found.",
        "Meet me at Oslo (Norway:12) at 10:15.",
        "An error occurred at 2026-01-01T10:00:00Z (id 12:34)",
        "Invalid value at $.chat.title: expected string",
        "Please panic: no.",
        "At least one message (see docs: section 4) is needed",
    ],
)
def test_plain_words_are_no_stack_trace(bench: Any, text: str) -> None:
    """A helpful message is not taken for a trace."""
    made = bench("agencii")

    assert VerdictKind.PASS == made.verdict("response/any/no-stack-trace", made.refusal(answer={"detail": text})).kind
