"""Valid requests that a server refuses for their combination: two fields, an order of keys, many entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.mock.deviation.deviations import CallTest
from chatcert.mock.deviation.refused_requests import members_of
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import walk

_MOST_TOGETHER = 3
MANY = 100
"""Entries of a map or a list that a careless server takes."""


def refused_combinations(contract: Contract) -> Iterator[tuple[str, str, CallTest]]:
    """Yield the ways of refusing a combination of what is accepted, as (variant, description, test of a valid call)."""
    if contract.body is None:
        return
    documented = members_of(contract)
    root = next((field.schema for field in walk(contract.body.schema, "")), {})
    optional = [name for name in documented if name not in (root.get("required") or [])]
    one, other = (optional[0], optional[-1]) if optional else ("", "")
    if len(optional) > _MOST_TOGETHER + 1:  # with fewer, it is a fault of a request with all fields but one
        yield (
            "pair",
            f"{one} and {other} are refused together, beside one other optional field at most",
            lambda call, body, backend: isinstance(body, dict) and _holds(body, optional, one, other),
        )
    if len(optional) > 2:
        middle = optional[1]
        yield (
            "order",
            f"a request with all fields is refused if {middle} comes first",
            lambda call, body, backend: (
                isinstance(body, dict) and {*body} >= {*documented} and next(iter(body)) == middle
            ),
        )
    if any(_is_open(field.schema) for field in walk(contract.body.schema, "") if field.path):
        yield (
            "many-entries",
            f"a map or a list of more than {MANY} entries is refused",
            lambda call, body, backend: _most_entries(body) > MANY,
        )


def _holds(body: dict[str, Any], optional: list[str], one: str, other: str) -> bool:
    """Return whether a body has two of the optional fields, and one more at most."""
    names = body.keys() & set(optional)
    return {one, other} <= names and len(names) <= _MOST_TOGETHER


def _is_open(schema: Any) -> bool:
    kinds = schema.get("type", ())
    return (
        "object" in ([kinds] if isinstance(kinds, str) else kinds)
        and schema.get("additionalProperties", True) is not False
    )


def _most_entries(value: Any) -> int:
    """Return the number of entries of the longest map or list in a value."""
    most, pending = 0, [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict | list):
            most = max(most, len(item))
            pending += item.values() if isinstance(item, dict) else item
    return most
