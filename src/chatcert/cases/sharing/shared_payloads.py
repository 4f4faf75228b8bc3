"""Hostile payloads that are a valid body with more members: several of them have room in one body."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Never

from chatcert.cases.case import Case, RawBody, Request
from chatcert.cases.requests.encoding import json_bytes
from chatcert.cases.requests.request_builder import RequestBuilder


@dataclass(frozen=True, slots=True)
class _Added:
    """Members that a payload has and the smallest valid body has not.

    Attributes:
        place: where they stand in the text of that body, in bytes.
        text: as JSON, without a comma around them.
        names: of these members.
    """

    place: int
    text: bytes
    names: frozenset[str]


class SharedPayloads:
    """Finds what payloads add to the smallest valid body, and makes requests with what several of them add."""

    def __init__(self, requests: RequestBuilder) -> None:
        self._plain = json_bytes(requests.bodies.body())
        self._added: dict[str, _Added] = {}

    def take(self, case: Case) -> bool:
        """Remember what a case adds to the body; return whether it adds members, and is JSON with them."""
        body, plain = case.request.body, self._plain
        data = body.data if isinstance(body, RawBody) else b""
        place = next((at for at, (one, other) in enumerate(zip(plain, data, strict=False)) if one != other), 0)
        end = len(data) - len(plain) + place
        if case.request.credentials or plain[:1] != b"{" or end <= place or data[end:] != plain[place:]:
            return False
        text = data[place:end].strip(b",")
        try:
            pairs: Any = json.loads(b"{" + text + b"}", object_pairs_hook=list, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return False
        self._added[case.id] = _Added(place, text, frozenset(name for name, _ in pairs))
        return bool(pairs)

    def merged(self, cases: Sequence[Case]) -> Request | None:
        """Return the request with what all cases add; ``None`` where two of them add a member of the same name."""
        added = _together([self._added[case.id] for case in cases])
        pairs = combinations(added, 2)
        if any(one.place == other.place and not one.names.isdisjoint(other.names) for one, other in pairs):
            return None
        if len({case.request.headers for case in cases}) > 1:
            return None
        data = self._plain
        for place in sorted({one.place for one in added}, reverse=True):
            text = b",".join(one.text for one in added if one.place == place)
            before, after = data[:place], data[place:]
            commas = b"" if before.endswith((b"{", b",")) else b",", b"" if after.startswith(b"}") else b","
            data = before + commas[0] + text + commas[1] + after
        return replace(cases[0].request, body=RawBody(data))


def _together(added: Iterable[_Added]) -> list[_Added]:
    """Return what is added, with one member instead of two objects under the same name that begin alike."""
    found: list[_Added] = []
    for one in added:
        for number, other in enumerate(found):
            if (one.place, one.names) == (other.place, other.names) and (text := _joined(other.text, one.text)):
                found[number] = replace(other, text=text)
                break
        else:
            found.append(one)
    return found


def _joined(one: bytes, other: bytes) -> bytes:
    """Return the JSON text of a member with all that two objects hold; empty where they hold the same name twice."""
    differs = next((at for at, (left, right) in enumerate(zip(one, other, strict=False)) if left != right), 0)
    start = max(other.rfind(b",", 0, differs), other.rfind(b"{", 0, differs)) + 1
    text = one[:-1] + b"," + other[start:]
    try:
        ((_, first),), ((_, second),), ((_, both),) = (
            json.loads(b"{" + part + b"}", object_pairs_hook=list) for part in (one, other, text)
        )
    except (ValueError, TypeError):
        return b""
    is_whole = all(isinstance(part, list) for part in (first, second, both))
    return text if is_whole and sorted(map(str, both)) == sorted({*map(str, first), *map(str, second)}) else b""


def _refuse(constant: str) -> Never:
    """Refuse what is no JSON: infinity, and what is not a number."""
    raise ValueError(constant)
