"""List all values of a schema where there are few of them."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from chatcert.openapi.contract import Schema

MAX_VALUES = 64
"""Values that are listed; of more, none is."""


def finite_values(parts: list[Schema]) -> list[Any] | None:
    """Return all values that schemas which apply at once may allow; ``None`` where there may be more than are listed.

    Some of the values may break other keywords of the schemas.
    """
    for part in parts:
        if "const" in part:
            return [part["const"]]
        if isinstance(part.get("enum"), list):
            return _different(part["enum"])
    declared = [part["type"] for part in parts if "type" in part]
    for kinds in ([names] if isinstance(names, str) else list(names) for names in declared):
        if set(kinds) <= {"null", "boolean"}:
            return [value for name in kinds for value in ((None,) if name == "null" else (True, False))]
        if kinds == ["integer"]:
            return numbers_within(parts, whole=True)
    return None


def _different(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if not any(value == other and isinstance(value, bool) is isinstance(other, bool) for other in found):
            found.append(value)
    return found


def numbers_within(parts: list[Schema], *, whole: bool) -> list[int | float] | None:
    """Return all numbers within the limits of schemas that apply at once; ``None`` where they are many.

    Args:
        whole: whether the numbers are integers.
    """
    low = _limit(parts, "minimum", max)
    above = _limit(parts, "exclusiveMinimum", max)
    high = _limit(parts, "maximum", min)
    below = _limit(parts, "exclusiveMaximum", min)
    bottom = max((limit for limit in (low, above) if limit is not None), default=None)
    top = min((limit for limit in (high, below) if limit is not None), default=None)
    if bottom is None or top is None:
        return None
    step = step_of(parts, whole=whole)
    if step is None:
        if bottom < top:
            return None
        found = [bottom] if bottom == top else []
    else:
        first, last = math.ceil(bottom / step), math.floor(top / step)
        if last - first >= MAX_VALUES:
            return None
        found = [step * count for count in range(first, last + 1)]
    within = [n for n in found if (above is None or n > above) and (below is None or n < below)]
    return [_plain(number) for number in within]


def nearest(parts: list[Schema], keyword: str, *, whole: bool) -> int | float | None:
    """Return the number next to an exclusive limit of schemas that apply at once; ``None`` where no step is known.

    Args:
        keyword: ``exclusiveMinimum`` or ``exclusiveMaximum``.
    """
    is_lower = keyword == "exclusiveMinimum"
    limit, step = _limit(parts, keyword, max if is_lower else min), step_of(parts, whole=whole)
    if limit is None:
        return None
    if step is not None:
        number = step * (math.floor(limit / step) + 1 if is_lower else math.ceil(limit / step) - 1)
    else:
        other = _limit(parts, *(("maximum", min) if is_lower else ("minimum", max)))
        far = _limit(parts, *(("exclusiveMaximum", min) if is_lower else ("exclusiveMinimum", max)))
        bounds = [bound for bound in (other, far) if bound is not None]
        number = (limit + (min if is_lower else max)(bounds)) / 2 if bounds else limit + (1 if is_lower else -1)
    return _plain(number)


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


def step_of(parts: list[Schema], *, whole: bool) -> Fraction | None:
    """Return the number of which all numbers that schemas allow at once are multiples; ``None`` if there is none."""
    steps = [_exact(part["multipleOf"]) for part in parts if part.get("multipleOf")]
    return _common([*steps, *([Fraction(1)] if whole else [])])


def _limit(parts: list[Schema], keyword: str, narrower: Any) -> Fraction | None:
    limits = [_exact(part[keyword]) for part in parts if keyword in part and math.isfinite(part[keyword])]
    return narrower(limits) if limits else None


def _exact(number: float) -> Fraction:
    return Fraction(number) if isinstance(number, int) else Fraction(repr(number))


def _common(steps: list[Fraction]) -> Fraction | None:
    """Return the smallest number that is a multiple of all steps; ``None`` if there are none."""
    result: Fraction | None = None
    for step in steps:
        if result is None:
            result = step
        else:
            numerator = math.lcm(result.numerator * step.denominator, step.numerator * result.denominator)
            result = Fraction(numerator, result.denominator * step.denominator)
    return result
