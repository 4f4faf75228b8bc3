"""The table of keywords, and the two ways in which schemas are walked with it."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.schemas.keywords import (
    COMPOSITIONS,
    CONDITIONAL,
    LOWER_LIMITS,
    RANGES,
    UPPER_LIMITS,
    WITH_NAMED_SCHEMAS,
    WITH_SCHEMA,
    WITH_SCHEMA_LIST,
    map_subschemas,
    subschemas,
)
from chatcert.openapi.schemas.pointer import lookup

SCHEMA: dict[str, Any] = {
    **{keyword: {"title": keyword} for keyword in WITH_SCHEMA},
    **{keyword: [{"title": keyword}, True] for keyword in WITH_SCHEMA_LIST},
    **{keyword: {"a/b": {"title": keyword}} for keyword in WITH_NAMED_SCHEMAS},
    "enum": [{"title": "no schema"}],
    "required": ["title"],
}


def test_each_keyword_holds_schemas_in_one_way() -> None:
    """No keyword is in two groups, and the groups built from others stay within them."""
    groups = [*WITH_SCHEMA, *WITH_SCHEMA_LIST, *WITH_NAMED_SCHEMAS, *UPPER_LIMITS, *LOWER_LIMITS]

    assert sorted(set(groups)) == sorted(groups)
    assert {*COMPOSITIONS, *CONDITIONAL} <= {*groups}
    assert {low for low, _ in RANGES} <= {*LOWER_LIMITS}
    assert {high for _, high in RANGES} <= {*UPPER_LIMITS}


def test_both_walks_meet_the_same_schemas() -> None:
    """Each subschema is met where its tokens say; only definitions are left to whoever refers to them."""
    met = {tokens: inner for _, tokens, inner in subschemas(SCHEMA)}
    changed: list[Any] = []
    for keyword, value in SCHEMA.items():
        if keyword != "$defs":
            map_subschemas(keyword, value, changed.append)

    assert changed == [*met.values()]
    assert all(inner is lookup(SCHEMA, tokens) for tokens, inner in met.items())
    assert {"title": "no schema"} not in changed


@pytest.mark.parametrize("value", [None, 1, "text", [], {}])
def test_what_holds_no_schema_stays_as_it_is(value: Any) -> None:
    """Values of other keywords, and of the wrong type for their keyword, are returned unchanged."""
    assert value is map_subschemas("const", value, lambda _: "changed")
    assert [] == list(subschemas({"properties": 1, "allOf": {}, "not": [], "const": value}))
