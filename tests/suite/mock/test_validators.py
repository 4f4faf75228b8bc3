"""The validator of the mock checks what its library leaves out."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.mock.validators import Validator, predicate

ASSERTED = r"^r_(?!9)\d+[\dx]$"


@pytest.mark.parametrize(
    ("schema", "value", "is_right"),
    [
        ({"type": "integer", "format": "int32"}, 2**31 - 1, True),
        ({"type": "integer", "format": "int32"}, 2**31, False),
        ({"type": "integer", "format": "uint8"}, -1, False),
        ({"type": "integer", "format": "uint8", "allOf": [{"maximum": 9}]}, 10, False),
        ({"type": "string", "pattern": ASSERTED}, "r_12x", True),
        ({"type": "string", "pattern": ASSERTED}, "r_92x", False),
        ({"type": "string", "pattern": ASSERTED}, "r_१२x", False),
        ({"type": "string", "pattern": ASSERTED}, "r_12१", False),
        ({"const": {"format": "int32", "pattern": ASSERTED}}, {"format": "int32", "pattern": ASSERTED}, True),
    ],
)
def test_what_is_right(schema: Any, value: Any, is_right: bool) -> None:
    """Integers have the size of their format, and digits are those of ASCII beside an assertion too."""
    assert is_right == Validator(schema).accepts(value) == predicate(schema, schema)(value)
