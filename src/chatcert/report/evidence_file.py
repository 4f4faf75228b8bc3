"""Write and read evidence.jsonl: every exchange of a run, one a line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import jsonschema_rs

from chatcert.files import packaged_text
from chatcert.text import one_line, shorten
from chatcert.transport.exchange import Exchange

SCHEMA_FILE = "evidence-1.schema.json"


def evidence_of(exchanges: Iterable[Exchange]) -> bytes:
    """Serialise each exchange as one line of JSON; in ASCII, so that no separator of lines occurs within a line."""
    return b"".join(json.dumps(one.to_dict(), ensure_ascii=True).encode("ascii") + b"\n" for one in exchanges)


def read_evidence(data: bytes) -> tuple[list[Exchange], list[str]]:
    """Parse a file; returns its exchanges, and a sentence for each line that is not a valid exchange."""
    exchanges: list[Exchange] = []
    problems: list[str] = []
    numbers: set[int] = set()
    for position, line in enumerate(data.splitlines(), start=1):
        try:
            exchange = _exchange(line)
        except (ValueError, OverflowError) as error:
            problems.append(f"line {position}: {one_line(str(error))}")
            continue
        if exchange.number in numbers:
            problems.append(f"line {position}: number {exchange.number} stands there already")
            continue
        numbers.add(exchange.number)
        exchanges.append(exchange)
    return exchanges, problems


def _exchange(line: bytes) -> Exchange:
    try:
        row: Any = json.loads(line)
    except (ValueError, RecursionError):
        raise ValueError("not valid JSON") from None
    for error in _validator().iter_errors(row):
        place = "/".join(str(step) for step in error.instance_path) or "top level"
        raise ValueError(f"no exchange: {place}: {shorten(error.message, 120, keep_end=True)}")
    try:
        return Exchange.from_dict(row)
    except (KeyError, TypeError, ValueError):
        raise ValueError("no exchange") from None


@lru_cache(maxsize=1)
def _validator() -> Any:
    text = packaged_text("chatcert.report", "schema", SCHEMA_FILE)
    return jsonschema_rs.validator_for(json.loads(text))
