"""How long the values of a schema can be: characters, items or properties."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.patterns.pattern_texts import width_of
from chatcert.openapi.patterns.regex import compiled
from chatcert.openapi.schemas.dialect import FORMAT_LENGTHS


@dataclass(slots=True)
class Lengths:
    """The least and the greatest length of a value, and what in the schema they come from.

    Attributes:
        most: ``None`` where there is no upper limit.
    """

    least: int = 0
    most: int | None = None
    why_least: str = ""
    why_most: str = ""

    def raise_least(self, least: int, why: str) -> None:
        """Narrow the lower limit."""
        if least > self.least:
            self.least, self.why_least = least, why

    def lower_most(self, most: float, why: str) -> None:
        """Narrow the upper limit."""
        if most != math.inf and (self.most is None or most < self.most):
            self.most, self.why_most = int(most), why


def lengths_of(parts: list[Schema], quantity: str) -> Lengths:
    """Return the lengths that schemas which apply at once allow.

    Args:
        quantity: ``Length``, ``Items`` or ``Properties``.
    """
    result = Lengths()
    for part in parts:
        if (least := part.get(f"min{quantity}")) is not None:
            result.raise_least(int(least), f"min{quantity} {least}")
        if (most := part.get(f"max{quantity}")) is not None:
            result.lower_most(most, f"max{quantity} {most}")
        if quantity == "Length":
            _of_texts(part, result)
        if quantity == "Items":
            _of_items(part, result)
    return result


def _of_texts(part: Schema, result: Lengths) -> None:
    name = str(part.get("format"))
    if name in FORMAT_LENGTHS:
        least, most = FORMAT_LENGTHS[name]
        result.raise_least(int(least), f"the {least} characters of the format {name}")
        result.lower_most(most, f"the {most} characters of the format {name}")
    pattern = compiled(part["pattern"]) if isinstance(part.get("pattern"), str) else None
    if pattern is not None:
        least, most = width_of(pattern)
        result.raise_least(int(least), f"the {least} characters that the pattern needs")
        result.lower_most(most, f"the {most} characters that the pattern allows")


def _of_items(part: Schema, result: Lengths) -> None:
    fixed: list[Any] = part.get("prefixItems") or []
    if part.get("items") is False:
        result.lower_most(len(fixed), f"the {len(fixed)} items that are described")
    if part.get("not") == {"uniqueItems": True}:
        result.raise_least(2, "the two items that are the same")
    if "contains" in part and (least := part.get("minContains", 1)) > 0:
        result.raise_least(int(least), f"minContains {least}")
