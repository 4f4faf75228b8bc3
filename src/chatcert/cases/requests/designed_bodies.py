"""Designed valid bodies: every pair of optional fields, every designed value of every field, and any order of keys.

They are the same for every seed, so that what a run finds with them does not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from chatcert.cases.requests.covering import presence_rows
from chatcert.cases.requests.designed_values import DesignedValues
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.openapi.schemas.path_tokens import is_open


def designed_bodies(bodies: ValidBodies) -> Iterator[Any]:
    """Yield valid bodies: first those in which every pair of optional fields meets, then all fields but one or none.

    In each of them, every field that is sent has the next of its designed values, and the keys another order.
    """
    optional = bodies.optional_names
    values, used = DesignedValues(bodies), dict.fromkeys((path[0] for path in bodies.fields if path), -1)
    for number, row in enumerate(_rows(len(optional))):
        body = bodies.body(*(name for name, is_sent in zip(optional, row, strict=True) if is_sent))
        yield _ordered(_with_values(bodies, values, used, body), number // 2) if isinstance(body, dict) else body


def _rows(factors: int) -> Iterator[tuple[bool, ...]]:
    """Yield which fields are sent, without end: the rows of a covering array, then rows in which most of them are."""
    yield from presence_rows(factors)
    for number in count():
        yield (True,) * factors
        if factors:
            yield tuple(place != number % factors for place in range(factors))


def _with_values(
    bodies: ValidBodies, values: DesignedValues, used: dict[str, int], body: dict[str, Any]
) -> dict[str, Any]:
    """Return the body with the next value of each of its fields, as far as the schema allows them beside each other."""
    chosen: dict[str, Any] = {}
    for name in body:
        if (name,) not in bodies.fields or is_open(name) or bodies.is_fixed((name,)):
            continue
        known = values.of((name,))
        used[name] = used.get(name, -1) + 1
        if known:
            chosen[name] = known[used[name] % len(known)]
    changed = {**body, **chosen}
    if bodies.validator.is_valid(changed):
        return changed
    for name, value in chosen.items():
        extended = {**body, name: value}
        body = extended if bodies.validator.is_valid(extended) else body
    return body


def _ordered(body: dict[str, Any], number: int) -> dict[str, Any]:
    """Return the body with its keys in another order: turned round, or beginning with another one."""
    names = list(body)
    if not names:
        return body
    turn, start = divmod(number, len(names))
    order = names[start:] + names[:start]
    return {name: body[name] for name in (order[::-1] if turn % 2 else order)}
