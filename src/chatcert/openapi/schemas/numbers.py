"""Compare numbers as JSON exchanges them (RFC 8259 section 6)."""

from __future__ import annotations

import math
from typing import Any, Final, TypeGuard

EXACT: Final = 2**53
"""From this on, doubles do not hold every whole number."""


def is_number(value: Any) -> TypeGuard[int | float]:
    """Return whether a JSON value is a number; booleans are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_same_number(left: float, right: float) -> bool:
    """Return whether two numbers are equal by value.

    Of numbers beyond ``EXACT``, those are equal that are the same double: RFC 8259 section 6 warns that JSON exchanges
    no more of them, so that a server that rounds them is not to blame.
    """
    return left == right or (min(abs(left), abs(right)) >= EXACT and _as_double(left) == _as_double(right))


def _as_double(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
