"""Take away each part of a body by hand, send the rest, and see whether the server still breaks the requirement.

It shares no code with the program that makes bodies smaller, and none with the judge.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
from collections.abc import Collection, Iterator
from typing import Any
from urllib.parse import urlsplit

import jsonschema

from replayed.bodies import Broken, Way

MOST_RUNS = 300
"""Runs of characters of one text."""


def shorter_bodies_that_break(broken: Broken, curl: str, body: Any) -> tuple[int, int, list[Any]]:
    """Return how many shorter bodies there are, how many were sent, and those of them that break the requirement.

    Sent are those that are valid where the whole one is, and invalid where it is not: another one cannot break it in
    the same way.

    Args:
        curl: the line that shows the breach, of which address and headers are used.
    """
    assert broken.contract.body is not None
    checker = jsonschema.FormatChecker()
    validator = jsonschema.Draft202012Validator(dict(broken.contract.body.schema), format_checker=checker)
    is_valid = validator.is_valid(body)
    url, headers = _parts_of(curl)
    whole = _status(url, headers, body)
    if not _breaks(broken, whole, is_valid):
        raise RuntimeError(f"the body itself does not break it: status {whole}")
    found = {json.dumps(one): one for one in _with_less(body, frozenset(os.environ.values()))}
    alike = [one for one in found.values() if validator.is_valid(one) == is_valid]
    still = [one for one in alike if _status(url, headers, one) == whole]
    return len(found), len(alike), still


def is_answered_rightly(broken: Broken, curl: str, body: Any) -> bool:
    """Return whether a mended server answers a body as it should: it shows nothing else."""
    status = _status(*_parts_of(curl), body)
    served, refused = 200 <= status < 300, 400 <= status < 500
    match broken.way:
        case Way.REFUSED_THOUGH_VALID:
            return served
        case Way.SERVED_THOUGH_INVALID:
            return refused
        case _:
            return served or refused


def _breaks(broken: Broken, status: int, is_valid: bool) -> bool:
    match broken.way:
        case Way.SERVED_THOUGH_INVALID:
            return 200 <= status < 300 and not is_valid
        case Way.REFUSED_THOUGH_VALID:
            return 400 <= status < 500 and is_valid
        case _:
            return status >= 500


def _with_less(value: Any, existing: Collection[str]) -> Iterator[Any]:
    """Yield a value without each member, each item, and each run of characters, at any depth.

    Args:
        existing: names of things that exist on the server, which stay whole.
    """
    if isinstance(value, dict):
        for key, inner in value.items():
            rest = {name: other for name, other in value.items() if name != key}
            yield rest
            for less in _with_less(inner, existing):
                yield {name: less if name == key else other for name, other in value.items()}
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield [*value[:index], *value[index + 1 :]]
            yield from ([*value[:index], less, *value[index + 1 :]] for less in _with_less(inner, existing))
    elif isinstance(value, str) and value not in existing:
        length = len(value)
        step = 1 if length * (length + 1) // 2 <= MOST_RUNS else max(length // 16, 1)
        places = [*range(0, length, step), length]
        for number, start in enumerate(places):
            yield from (value[:start] + value[end:] for end in places[number + 1 :])
        if value:
            yield from (value[1:], value[:-1])


def _parts_of(curl: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the address and the headers of the first request of a curl line, its variables filled in."""
    words = shlex.split(os.path.expandvars(curl.splitlines()[0]))
    headers = [words[place + 1].partition(": ") for place, word in enumerate(words) if word == "-H"]
    url = next(word for word in words if word.startswith("http"))
    return url, [(name, value) for name, _, value in headers]


def _status(url: str, headers: list[tuple[str, str]], body: Any) -> int:
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=10)
    try:
        connection.request("POST", url.partition(place.netloc)[2], json.dumps(body).encode(), dict(headers))
        return connection.getresponse().status
    finally:
        connection.close()
