"""How requests and answers are shown: every token unchanged, invisible characters made visible."""

from __future__ import annotations

import json
import time
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.report.views.messages import request_message, response_message
from chatcert.text import count, encodable, one_line, visible
from chatcert.transport.exchange import ErrorKind, Received, Sent, TransportError

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=4), children, max_size=4),
    max_leaves=12,
)


@given(value=JSON_VALUES, ascii_only=st.booleans())
def test_laying_out_json_keeps_every_token(samples: ModuleType, value: object, ascii_only: bool) -> None:
    """Laid-out JSON is the same JSON, and no character outside white space has changed."""
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    message = response_message(samples.exchange(1, "x", received=Received(200, (), body)), 10_000)

    assert value == json.loads(message.body)
    assert "".join(body.decode().split()) == "".join(message.body.split())


def test_what_a_parser_would_lose_is_shown(samples: ModuleType) -> None:
    """Duplicate keys, escapes and the digits of numbers are shown as they were received."""
    body = b'{"a":1.00,"a":1e400,"b":"\\u003c\\/","c":[],"d":{}}'

    shown = response_message(samples.exchange(1, "x", received=Received(200, (), body)), 4096).body

    assert '{\n  "a": 1.00,\n  "a": 1e400,\n  "b": "\\u003c\\/",\n  "c": [],\n  "d": {}\n}' == shown


@pytest.mark.parametrize(
    ("body", "shown", "note"),
    [
        (b"", "", "empty body"),
        (b"\xff\xfe\x00", "ff fe 00", "3 bytes that are no UTF-8 text, in hexadecimal"),
        (b"<h1>no</h1>", "<h1>no</h1>", ""),
        (b'{"cut":', '{"cut":', ""),
        (b"[" * 90, "[" * 90, ""),
        (b"x" * 101, "x" * 100, "cut here: 101 bytes in all, whole in evidence.jsonl"),
    ],
)
def test_bodies_of_all_sorts(samples: ModuleType, body: bytes, shown: str, note: str) -> None:
    """Empty, binary, broken and long bodies are each shown as what they are."""
    message = response_message(samples.exchange(1, "x", received=Received(200, (), body)), 100)

    assert (shown, note) == (message.body, message.note)


def test_deep_json_does_not_grow_without_end(samples: ModuleType) -> None:
    """JSON is not indented where indentation would be most of what is shown."""
    body = b"[" * 500 + b"]" * 500

    assert len(response_message(samples.exchange(1, "x", received=Received(200, (), body)), 1000).body) <= 4000


@pytest.mark.parametrize("text", ['\\"', '"\\', '"', "\\", "[", '",'])
def test_laying_out_takes_time_in_proportion(samples: ModuleType, text: str) -> None:
    """A string that is cut off, full of quotes, is not read again from each of them."""
    body = b'["' + text.encode() * 200_000 + b'"]'
    began = time.process_time()

    response_message(samples.exchange(1, "x", received=Received(200, (), body)), 65_536)
    response_message(samples.exchange(1, "x", received=Received(200, (), b'["' + b'\\"' * 200_000 + b'"]')), 65_536)

    assert time.process_time() - began < 2


def test_no_answer_says_what_happened_instead(samples: ModuleType) -> None:
    """A transport error stands where the answer would be."""
    lost = samples.exchange(1, "x", received=None, error=TransportError(ErrorKind.RESET, "connection reset by peer"))

    assert "No answer\n\n[reset: connection reset by peer]\n" == response_message(lost, 100).text()


def test_a_request_is_shown_with_its_headers(samples: ModuleType) -> None:
    """Method, address and headers come first; a request without a body says so."""
    bare = samples.exchange(1, "x", sent=Sent("GET", "https://api.example/a", "/a", (("A", "\x1b[1m"),), None))

    assert "GET https://api.example/a\nA: \\x1b[1m\n\n[no body]\n" == request_message(bare, 100).text()


@given(text=st.text(st.characters(codec=None)))
def test_visible_text_can_be_written_and_shown_anywhere(text: str) -> None:
    """No control character and nothing that UTF-8 cannot represent is left; applying it twice changes nothing."""
    shown = visible(text)

    shown.encode()
    assert shown == visible(shown)
    assert not any(character < " " and character not in "\t\n" for character in shown)
    assert "\n" not in one_line(text)
    encodable(text).encode()


def test_counts_read_well() -> None:
    """Counts of one, of several and of thousands are written correctly."""
    assert ("1 request", "0 requests", "1,204 requests") == (
        count(1, "request"),
        count(0, "request"),
        count(1204, "request"),
    )
