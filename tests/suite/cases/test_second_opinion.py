"""Boundary values of Schemathesis: a second opinion, without which everything goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract

LEVELS = 4000
"""More schemas that refer to each other than Python's stack has frames."""


def boundaries_of(contract: Contract) -> dict[str, list[Any]]:
    """The values of Schemathesis by the place that they break; it is slow to import, so not at collection."""
    from chatcert.cases.schemathesis_values import boundaries_of

    return boundaries_of(contract)


def test_it_knows_limits(document_with: Callable[..., dict[str, Any]]) -> None:
    """A text that is too long by one is among its values."""
    schema = {"type": "object", "properties": {"title": {"type": "string", "maxLength": 7}}}

    found = boundaries_of(read_contract(document_with(schema), vendor="limits", where="made.yaml"))

    assert 8 in {len(value) for value in found["/properties/title/maxLength"]}


def test_a_document_beyond_it_has_no_second_opinion(document_with: Callable[..., dict[str, Any]]) -> None:
    """Schemas that refer to each other too often for it are not an error: our own values remain."""
    document = document_with({"$ref": "#/components/schemas/M0"})
    document["components"] = {
        "schemas": {
            f"M{n}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/M{n + 1}"}}}
            for n in range(LEVELS)
        }
        | {f"M{LEVELS}": {"type": "string"}}
    }

    assert {} == boundaries_of(read_contract(document, vendor="chain", where="made.yaml"))
