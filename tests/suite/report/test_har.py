"""evidence.har: every exchange, as HTTP Archive 1.2 wants it, and nothing that the evidence does not hold."""

from __future__ import annotations

import base64
import io
import json
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.report.builder import build_report
from chatcert.report.views.har import MAX_BODY, write_har
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Sent, TransportError

ENTRY = {"startedDateTime": str, "time": int | float, "request": dict, "response": dict, "cache": dict, "timings": dict}
MESSAGE = {"httpVersion": str, "cookies": list, "headers": list, "headersSize": int, "bodySize": int}
REQUEST = {"method": str, "url": str, "queryString": list, **MESSAGE}
RESPONSE = {"status": int, "statusText": str, "content": dict, "redirectURL": str, **MESSAGE}
KEY = "acme/request/body/field0/required"


def entries_of(samples: ModuleType, *exchanges: Exchange) -> list[dict[str, Any]]:
    """The entries of an archive, after each was checked for what the format requires."""
    file = io.StringIO()
    write_har(file, build_report(samples.report_input()), exchanges)
    archive = json.loads(file.getvalue())
    assert {"log"} == set(archive)
    assert "1.2" == archive["log"]["version"]
    assert {"name": "chatcert", "version": "0.1.0"} == archive["log"]["creator"]
    for entry in archive["log"]["entries"]:
        required(entry, ENTRY)
        required(entry["request"], REQUEST)
        required(entry["response"], RESPONSE)
        required(entry["response"]["content"], {"size": int, "mimeType": str})
        required(entry["timings"], {"send": int | float, "wait": int | float, "receive": int | float})
        for message in (entry["request"], entry["response"]):
            assert all({"name", "value"} == set(header) for header in message["headers"])
    entries: list[dict[str, Any]] = archive["log"]["entries"]
    return entries


def required(value: dict[str, Any], fields: dict[str, Any]) -> None:
    for name, kind in fields.items():
        assert isinstance(value[name], kind), name


def test_an_exchange_is_an_entry(samples: ModuleType) -> None:
    """Request, answer, time and where it belongs are those of the exchange, masked as it is."""
    headers = (("X-Key", "***"), ("Content-Type", "a/b"))
    sent = Sent("POST", "https://api.example/chats?a=1&b=", "/chats", headers, b"{}")
    (entry,) = entries_of(samples, samples.exchange(4, KEY, sent=sent, attempt=2))

    assert ("2026-01-01T10:00:04+00:00", 250) == (entry["startedDateTime"], entry["time"])
    assert ("POST", "https://api.example/chats?a=1&b=") == (entry["request"]["method"], entry["request"]["url"])
    assert [{"name": "a", "value": "1"}, {"name": "b", "value": ""}] == entry["request"]["queryString"]
    assert {"name": "X-Key", "value": "***"} == entry["request"]["headers"][0]
    assert {"mimeType": "a/b", "text": "{}"} == entry["request"]["postData"]
    assert (400, "Bad Request", '{"error":"no"}') == (
        entry["response"]["status"],
        entry["response"]["statusText"],
        entry["response"]["content"]["text"],
    )
    assert f"#4 case of {KEY}; field left out; attempt 2" == entry["comment"]


def test_no_answer_is_status_0_and_says_why(samples: ModuleType) -> None:
    """The transport error is in the comment, and no answer is made up."""
    lost = samples.exchange(1, KEY, received=None, error=TransportError(ErrorKind.TIMEOUT, "15 s"))
    (entry,) = entries_of(samples, lost)

    assert (0, 0) == (entry["response"]["status"], entry["response"]["content"]["size"])
    assert entry["comment"].endswith("timeout: 15 s")


def test_a_body_that_was_cut_says_so(samples: ModuleType) -> None:
    """An archive does not claim to hold the whole of it."""
    (entry,) = entries_of(samples, samples.exchange(1, KEY, received=Received(200, (), b"x", truncated=True)))

    assert "cut at the recording limit" == entry["response"]["content"]["comment"]


def test_a_long_body_is_in_the_evidence_alone(samples: ModuleType) -> None:
    """The archive holds the beginning of a long body, says so, and gives the size of the whole."""
    sent, received = Sent("POST", "u", "/", (), b"\xc3\xa9" * MAX_BODY), Received(200, (), b"\xff" * (MAX_BODY + 1))
    (entry,) = entries_of(samples, samples.exchange(1, KEY, sent=sent, received=received))

    posted, content = entry["request"]["postData"], entry["response"]["content"]
    assert ("\u00e9" * (MAX_BODY // 2), MAX_BODY * 2) == (posted["text"], entry["request"]["bodySize"])
    assert (MAX_BODY, MAX_BODY + 1) == (len(base64.b64decode(content["text"])), content["size"])
    assert [f"cut here: {size:,} bytes in all, whole in evidence.jsonl" for size in (MAX_BODY * 2, MAX_BODY + 1)] == [
        posted["comment"],
        content["comment"],
    ]


@given(asked=st.binary(max_size=30), answered=st.binary(max_size=30))
def test_bodies_come_back_to_the_byte(samples: ModuleType, asked: bytes, answered: bytes) -> None:
    """Text stays text, everything else is base64, and both can be read back."""
    exchange = samples.exchange(1, KEY, sent=Sent("POST", "u", "/", (), asked), received=Received(200, (), answered))
    (entry,) = entries_of(samples, exchange)

    posted, content = entry["request"]["postData"], entry["response"]["content"]
    for body, text, encoding in (
        (asked, posted["text"], posted.get("comment")),
        (answered, content["text"], content.get("encoding")),
    ):
        assert body == (base64.b64decode(text) if encoding == "base64" else text.encode())


@pytest.mark.parametrize("count", [0, 1, 3])
def test_entries_keep_their_order(samples: ModuleType, count: int) -> None:
    """There is one entry an exchange, in the order of the evidence."""
    entries = entries_of(samples, *(samples.exchange(number, KEY) for number in range(1, count + 1)))

    assert [f"#{number}" for number in range(1, count + 1)] == [entry["comment"].split()[0] for entry in entries]


def test_no_payload_breaks_the_archive(samples: ModuleType, payload: str) -> None:
    """Whatever stands in the fields that a server controls, the archive keeps the format and can be encoded."""
    source = samples.hostile_input(payload)

    entries = entries_of(samples, *source.exchanges)

    assert [200, 0, 299] == [entry["response"]["status"] for entry in entries]
    json.dumps(entries, ensure_ascii=False).encode()
