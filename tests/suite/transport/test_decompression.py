"""Packed answers: unpacked as their codings say, never without a limit, and an odd coding is not a broken answer."""

from __future__ import annotations

import gzip
import os
import time
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.transport.client import MAX_BODY, Client
from chatcert.transport.exchange import Received, TransportError
from chatcert.transport.redaction.decompression import MAX_LAYERS, UnpackingError, unpack

LIMIT = 1000


def raw_deflate(data: bytes) -> bytes:
    """Deflate without the header of zlib, as some servers send it."""
    machine = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return machine.compress(data) + machine.flush()


PACKERS = {"gzip": gzip.compress, "x-gzip": gzip.compress, "deflate": zlib.compress}


@given(st.binary(max_size=LIMIT), st.lists(st.sampled_from(sorted(PACKERS)), max_size=MAX_LAYERS))
def test_round_trip(data: bytes, codings: list[str]) -> None:
    """What was packed in several layers comes out as it went in."""
    packed = data
    for coding in codings:
        packed = PACKERS[coding](packed)

    assert (data, False) == unpack(packed, codings, 10 * LIMIT)


@given(st.binary(min_size=1, max_size=LIMIT), st.integers(1, LIMIT))
def test_nothing_longer_than_the_limit(data: bytes, limit: int) -> None:
    """Of what unpacks to more than the limit, the limit is kept, and a message says that there was more."""
    found, cut = unpack(gzip.compress(data), ["gzip"], limit)

    assert data[:limit] == found
    assert cut == (len(data) > limit)


@pytest.mark.parametrize("codings", [[], [""], ["identity"], [" Identity ", ""]])
def test_what_is_not_packed_stays(codings: list[str]) -> None:
    """No coding, or identity, changes nothing."""
    assert (b"{}", False) == unpack(b"{}", codings, LIMIT)


def test_deflate_has_two_forms() -> None:
    """Deflate comes with and without the header of zlib; both are read."""
    assert (b"text", False) == unpack(zlib.compress(b"text"), ["deflate"], LIMIT)
    assert (b"text", False) == unpack(raw_deflate(b"text"), ["Deflate"], LIMIT)


@pytest.mark.parametrize(
    ("body", "codings"),
    [(b"{}", ["gzip"]), (gzip.compress(b"text")[:-9], ["gzip"]), (b"", ["gzip"]), (b"x", ["gzip"] * (MAX_LAYERS + 1))],
    ids=["not packed", "broken off", "empty", "too many layers"],
)
def test_what_is_packed_otherwise_is_reported(body: bytes, codings: list[str]) -> None:
    """A body that is not packed as it says is an error of the answer."""
    with pytest.raises(UnpackingError):
        unpack(body, codings, LIMIT)


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=40), st.binary(max_size=3))
def test_members_are_joined(parts: list[bytes], trailing: bytes) -> None:
    """A gzip body may consist of several members; what follows the last of them is ignored."""
    packed = b"".join(gzip.compress(part) for part in parts) + trailing.replace(b"\x1f", b"")

    assert (b"".join(parts), False) == unpack(packed, ["gzip"], 40 * 60 + 1)


def test_countless_members_are_refused_at_once() -> None:
    """Ten kilobytes that unpack to half a million empty members take no minutes."""
    packed = gzip.compress(gzip.compress(b"") * 500_000)
    began = time.process_time()

    with pytest.raises(UnpackingError, match="more than 4,096 compressed members"):
        unpack(packed, ["gzip", "gzip"], MAX_BODY * 4)

    assert time.process_time() - began < 2


@pytest.fixture
def client() -> Any:
    """A client that waits for five seconds."""
    one = Client(timeout=5.0, connections=2)
    yield one
    one.close()


# Fails: what is read of a large packed body breaks off by our own doing, and is called broken.
def test_a_large_packed_answer_is_cut_not_broken(fake: Any, behaviours: Any, client: Client) -> None:
    """An answer that is larger than what is read of it is cut, however little it can be packed."""
    data = os.urandom(MAX_BODY + 500_000)
    server = fake(behaviours.answers(behaviours.message(200, gzip.compress(data, 1), ("Content-Encoding", "gzip"))))

    answer = client.send("POST", server.url, [], b"{}")

    assert isinstance(answer, Received), answer
    assert answer.truncated


# Fails: some servers name a charset there, and their answers are called broken.
@pytest.mark.parametrize("coding", ["utf-8", "none", "br, identity, unheard-of"])
def test_an_unknown_coding_leaves_the_answer_as_it_came(
    fake: Any, behaviours: Any, client: Client, coding: str
) -> None:
    """An unknown Content-Encoding is not a reason to call an answer broken."""
    server = fake(behaviours.answers(behaviours.message(200, b'{"a": 1}', ("Content-Encoding", coding))))

    answer = client.send("POST", server.url, [], b"{}")

    assert isinstance(answer, Received), answer
    assert b'{"a": 1}' == answer.body


def test_a_packed_answer_that_breaks_off_is_an_error_of_its_own(fake: Any, behaviours: Any, client: Client) -> None:
    """A body that its Content-Encoding does not describe is a decoding error."""
    packed = gzip.compress(b'{"a": 1}')[:-9]
    server = fake(behaviours.answers(behaviours.message(200, packed, ("Content-Encoding", "gzip"))))

    answer = client.send("POST", server.url, [], b"{}")

    assert isinstance(answer, TransportError)
    assert "decoding" == answer.kind
