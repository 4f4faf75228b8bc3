"""What ends a run, in words."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.transport.exchange import Exchange, Received, Sent
from chatcert.transport.resilience.stop_errors import stop_error
from chatcert.transport.target import Target
from chatcert.vendors import open_vendor

JSON = (("Content-Type", "application/json"),)


def probe(number: int, status: int) -> Exchange:
    """A valid request that was sent again."""
    words: Any = {"expectation": "accepted", "role": "probe"}
    sent, received = Sent("POST", "http://h/", "/", (), None), Received(status, JSON, b"{}")
    return Exchange(number, "c", "v/r", sent=sent, started=100.0, seconds=0.1, received=received, **words)


@pytest.mark.parametrize(("without", "is_said"), [(None, False), (probe(9, 200), True)])
def test_what_is_served_without_a_thing_points_at_the_thing(without: Exchange | None, is_said: bool) -> None:
    """The line says that something that was configured may be gone, and not the whole API."""
    target = Target("http://h", {})

    line = stop_error(probe(8, 404), probe(5, 200), open_vendor("openwebui"), target, still_served=without).line()

    assert "(exchange 5), but at 1970-01-01T00:01:40.000Z (exchange 8) a valid request was answered" in line
    assert is_said is ("one that names fewer existing things was served after it (exchange 9)" in line)
    assert is_said is ("do all the things that you configured still exist?" in line)
