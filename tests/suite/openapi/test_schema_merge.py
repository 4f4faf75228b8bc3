"""Schemas that apply to one value are merged into one, and no rule of them is lost."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.openapi.schemas.fields import flattened, walk
from chatcert.openapi.schemas.schema_merge import merge_schemas
from chatcert.openapi.schemas.validator import Validator


@pytest.mark.slow
@given(data=st.data())
def test_what_is_laid_together_means_all_of_it(strategies: ModuleType, data: Any) -> None:
    """A value keeps the one schema exactly where it keeps all of them."""
    parts = data.draw(st.lists(strategies.schemas(), min_size=1, max_size=3))
    value = data.draw(strategies.instances())

    assert Validator({"allOf": parts}).is_valid(value) == Validator(merge_schemas(parts)).is_valid(value)


@pytest.mark.slow
@given(data=st.data())
def test_flattening_changes_no_meaning(strategies: ModuleType, data: Any) -> None:
    """References and ``allOf`` are followed without a loss."""
    inner, beside = data.draw(strategies.schemas()), data.draw(strategies.schemas())
    value = data.draw(strategies.instances())
    root = {**beside, "$ref": "#/$defs/Inner", "$defs": {"Inner": inner}}

    flat = {**flattened(root, root), "$defs": root["$defs"]}

    assert Validator(root).is_valid(value) == Validator(flat).is_valid(value)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([{"maxLength": 5}, {"maxLength": 3, "minLength": 1}, {"minLength": 2}], {"maxLength": 3, "minLength": 2}),
        ([{"type": ["string", "null"]}, {"type": "string"}], {"type": "string"}),
        ([{"type": "number"}, {"type": "integer"}], {"type": "integer"}),
        ([{"enum": [1, 2]}, {"enum": [2, 3]}], {"enum": [2]}),
        ([{"description": "a"}, {"description": "b"}], {"description": "a"}),
        ([{"pattern": "a"}, {"pattern": "b"}], {"pattern": "a", "allOf": [{"pattern": "b"}]}),
    ],
)
def test_limits_become_the_narrower_ones(parts: list[dict[str, Any]], expected: dict[str, Any]) -> None:
    """What fits into one schema is merged; the rest stays beside it."""
    assert expected == merge_schemas(parts)


def test_alternatives_that_share_a_part_are_walked_once() -> None:
    """A schema whose alternatives refer to each other ends in a moderate list of places."""
    names = [f"N{n}" for n in range(12)]
    either = {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in names]}
    definitions = {
        name: {
            "type": "object",
            "properties": {"next": either, name: {"type": "string"}},
            "x-chatcert-origin": f"/{name}",
        }
        for name in names
    }

    assert len(list(walk({**either, "$defs": definitions}, ""))) < 200
