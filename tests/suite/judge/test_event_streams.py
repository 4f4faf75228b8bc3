"""Bodies as streams of events: what the HTML standard, JSON Lines and RFC 7464 make of them."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.judge.answers.event_streams import EventStream, read_stream
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.streams import StreamForm

TWO = [{"data": '{"a": 1}'}, {"data": "x"}]

SAME_EVENTS = {
    "line feeds": b'data: {"a": 1}\n\ndata: x\n\n',
    "carriage returns": b'data: {"a": 1}\r\rdata: x\r\r',
    "both": b'data: {"a": 1}\r\n\r\ndata: x\r\n\r\n',
    "mixed": b'data: {"a": 1}\r\n\ndata: x\r\r\n',
    "a byte order mark": b'\xef\xbb\xbfdata: {"a": 1}\n\ndata: x\n\n',
    "comments": b': hello\n\n:\ndata: {"a": 1}\n: more\n\n\n\ndata: x\n\n:\n',
    "no space": b'data:{"a": 1}\n\ndata:x\n\n',
    "unknown fields": b'date: now\ndata: {"a": 1}\nnonsense\n\ndata: x\n\n',
    "events without data": b'event: ping\n\nid: 7\n\ndata: {"a": 1}\n\ndata: x\n\n',
    "a retry that is not a number": b'retry: soon\ndata: {"a": 1}\n\ndata: x\n\n',
    "an id with a null character": b'id: a\0\ndata: {"a": 1}\n\ndata: x\n\n',
}


def events(body: bytes, *, cut: bool = False) -> EventStream:
    return read_stream(body, StreamForm.EVENTS, cut=cut)


@pytest.mark.parametrize("body", [*SAME_EVENTS.values()], ids=[*SAME_EVENTS])
def test_the_same_events(body: bytes) -> None:
    """Line ends, comments, unknown fields and a byte order mark change nothing."""
    read = events(body)

    assert ("", "") == (read.problem, read.unfinished)
    assert TWO == [event.fields for event in read.events]
    assert [{"a": 1}, MISSING] == [event.value for event in read.events]


def test_the_fields_of_an_event() -> None:
    """Lines of data are joined, the last event name counts, a time to reconnect is a number."""
    body = b'event: a\nevent: b\nid: 1\nretry: 30\ndata: {"a":\ndata: 1}\n\ndata\n\ndata\ndata\n\ndata:\n'

    first, second, third = events(body).events

    assert {"event": "b", "id": "1", "retry": 30, "data": '{"a":\n1}'} == first.fields
    assert {"a": 1} == first.value
    assert ["", "\n"] == [second.text, third.text]
    assert [1, 2, 3] == [first.number, second.number, third.number]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"<!doctype html>\n<p>Oops</p>", "no event in it"),
        (b'{"error": "no"}', "no event in it"),
        (b"dada: x\n\n", "no event in it"),
        (b"data: caf\xe9\n\n", "byte 9 is not UTF-8"),
    ],
)
def test_what_is_no_stream_of_events(body: bytes, words: str) -> None:
    """Text in which no line is a field of an event, and text that is not UTF-8."""
    read = events(body)

    assert () == read.events
    assert words in read.problem


@pytest.mark.parametrize("body", [b"", b": ping\n\n: ping\n\n", b"event: ping\n\n", b"\n\n", b"retry: 5\n\n"])
def test_silence_is_no_garbage(body: bytes) -> None:
    """A stream without an event may be one all the same."""
    assert EventStream(()) == events(body)


@pytest.mark.parametrize("end", [b"data: x\n", b"data: x", b"data:x", b"event: a\ndata: x\r"])
def test_the_last_event_has_to_end(end: bytes) -> None:
    """Clients drop an event that no empty line ends; where our own limit cut it, it says nothing."""
    assert "x" == events(b"data: y\n\n" + end).unfinished
    assert "" == events(b"data: y\n\n" + end, cut=True).unfinished
    assert 1 == len(events(b"data: y\n\n" + end).events)


def test_a_cut_within_a_character() -> None:
    """What our own limit cuts through is left out; what the server sent wrong is not."""
    half = "data: é\n\ndata: é".encode()[:-1]

    assert ("", 1) == (events(half, cut=True).problem, len(events(half, cut=True).events))
    assert "not UTF-8" in events(half).problem
    assert "not UTF-8" in events(b"data: \xff\n\ndata: x", cut=True).problem


LINES: dict[str, tuple[bytes, list[Any], str]] = {
    "one each": (b'{"a": 1}\n[2]\n', [{"a": 1}, [2]], ""),
    "without a last line end": (b'{"a": 1}\r\n[2]', [{"a": 1}, [2]], ""),
    "empty lines": (b'\n{"a": 1}\n\n \n[2]\n\n', [{"a": 1}, [2]], ""),
    "on several lines": (b'{\n"a": 1}\n', [], "line 1 is not a JSON text"),
    "broken off": (b'{"a": 1}\n{"b', [{"a": 1}], "line 2 is not a JSON text"),
    "two on a line": (b'{"a": 1} {"b": 2}\n', [], "line 1 is not a JSON text"),
    "events": (b"data: {}\n\n", [], "line 1 is not a JSON text"),
    "other bytes": (b'"\xe9"\n', [], "line 1 is not a JSON text: byte 1 is not UTF-8"),
}


@pytest.mark.parametrize(("body", "values", "problem"), [*LINES.values()], ids=[*LINES])
def test_lines(body: bytes, values: list[Any], problem: str) -> None:
    """Each line is a JSON text; empty ones are ignored."""
    read = read_stream(body, StreamForm.LINES, cut=False)

    assert values == [event.value for event in read.events]
    assert read.problem.startswith(problem)
    assert bool(problem) == bool(read.problem)


def test_lines_that_are_cut() -> None:
    """The last line of a stream that goes on is not looked at."""
    assert [1] == [event.value for event in read_stream(b'1\n{"b', StreamForm.LINES, cut=True).events]


def test_a_terminator_of_lines_need_not_be_json() -> None:
    """It is a line of its own."""
    read = read_stream(b"{}\n[DONE]\n", StreamForm.LINES, cut=False, terminator="[DONE]")

    assert ("", ["{}", "[DONE]"]) == (read.problem, [event.text for event in read.events])


SEQUENCES: dict[str, tuple[bytes, list[Any], str, str]] = {
    "plain": (b'\x1e{"a": 1}\n\x1e2\n', [{"a": 1}, 2], "", ""),
    "several separators": (b"\x1e\x1e1\n", [1], "", ""),
    "the last one not ended": (b"\x1e1\n\x1e2", [1, 2], "", "2"),
    "no separator": (b'{"a": 1}\n', [], "no record separator stands before the first text", ""),
    "broken off": (b'\x1e1\n\x1e{"a', [1], "text 2 is not a JSON text", ""),
}


@pytest.mark.parametrize(("body", "values", "problem", "unfinished"), [*SEQUENCES.values()], ids=[*SEQUENCES])
def test_sequences(body: bytes, values: list[Any], problem: str, unfinished: str) -> None:
    """Each text stands after a record separator and ends with a line feed."""
    read = read_stream(body, StreamForm.SEQUENCE, cut=False)

    assert values == [event.value for event in read.events]
    assert read.problem.startswith(problem)
    assert bool(problem) == bool(read.problem)
    assert unfinished == read.unfinished
