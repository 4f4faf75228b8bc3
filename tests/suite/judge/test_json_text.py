"""What is read as JSON, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.answers.json_text import NotJson, read_json, repeated_name
from chatcert.judge.verdict import VerdictKind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": 1,}',
        b'{"a": "\n"}',
        b"null x",
        b"[" * 100_000,
        "{}".encode("utf-16"),
    ],
    ids=lambda body: ascii(body)[:20],
)
def test_what_is_no_json(bench: Any, body: bytes) -> None:
    """No text that a strict parser refuses is taken for JSON."""
    made = bench("agencii")
    success = made.answered(made.success(), body[:200_000])

    assert VerdictKind.FAIL == made.verdict("response/200/json", success).kind


@pytest.mark.parametrize("body", [b"null", b"0", b' {"a": [1e400]} ', b'"\\ud800"', b"[]", '{"é": "😀"}'.encode()])
def test_what_is_json(bench: Any, body: bytes) -> None:
    """Any JSON value at the top, white space, escapes and large numbers are JSON."""
    made = bench("agencii")

    assert VerdictKind.PASS == made.verdict("response/200/json", made.answered(made.success(), body)).kind


def test_a_name_that_stands_twice_is_a_remark(bench: Any) -> None:
    """RFC 8259 says that names should be unique, so that two of them are no more than a remark."""
    made = bench("agencii")
    twice = made.answered(made.success(), b'{"chatId": "a", "chatId": "b"}')

    assert VerdictKind.WARN == made.verdict("response/200/json", twice).kind


# An answer of 4 MB holds 400,000 names.
def test_an_answer_of_many_names_is_judged_at_once(bench: Any) -> None:
    """The time that an answer takes to judge grows with its size, not with the square of it."""
    import time

    made = bench("agencii")
    many = made.answered(made.success(), {f"key_{number}": number for number in range(30_000)})

    begun = time.process_time()
    made.verdict("response/200/json", many)

    assert time.process_time() - begun < 3


def test_an_answer_that_was_cut_off_is_in_doubt(bench: Any) -> None:
    """Of an answer that is larger than what is read of it, nothing is concluded."""
    made = bench("agencii")
    success = made.success()
    cut = replace(success, received=replace(success.received, truncated=True, body=b'{"chatId": "a'))

    assert VerdictKind.INCONCLUSIVE == made.verdict("response/200/json", cut).kind


def test_a_very_long_number_is_well_formed() -> None:
    """RFC 8259 section 6 does not limit the digits of a number: how many we read is no fault of the server."""
    value = read_json(b'{"n": -' + b"9" * 100_000 + b', "m": 1}')

    assert value["n"] < -(10**3000)
    assert 1 == value["m"]
    assert "m" == repeated_name(b'{"m": ' + b"1" * 5_000 + b', "m": 1}')


@pytest.mark.parametrize("levels", [400, 100_000])
def test_a_deep_text_is_described_by_its_depth(levels: int) -> None:
    """The sentence on a text that is too deep is about the text, however deep it is."""
    with pytest.raises(NotJson, match="nested more than 350 levels deep"):
        read_json(b"[" * levels + b"]" * levels)
