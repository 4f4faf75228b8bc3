"""Compare JSON values, and format them for findings."""

from __future__ import annotations

from typing import Any

from chatcert.openapi.schemas.numbers import is_same_number
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.text import shorten


def is_equal(left: Any, right: Any) -> bool:
    """Return whether two JSON values are equal: numbers by value, texts by code points, objects in any order."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return is_same_number(left, right)
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(is_equal(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(is_equal, left, right))
    return bool(left == right)


def is_empty(value: Any) -> bool:
    """Return whether a value is a blank text, an empty list or an empty object."""
    return (isinstance(value, str) and not value.strip()) or (isinstance(value, list | dict) and not value)


def difference(value: Any, other: Any, path: str = "") -> str:
    """Describe what ``value`` holds at the first place where it differs from ``other``."""
    if isinstance(value, dict) and isinstance(other, dict):
        for key in [*value, *other]:
            if key not in value or key not in other or not is_equal(value[key], other[key]):
                return difference(value.get(key, MISSING), other.get(key, MISSING), f"{path}/{key}")
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        for index, (left, right) in enumerate(zip(value, other, strict=True)):
            if not is_equal(left, right):
                return difference(left, right, f"{path}/{index}")
    text = "nothing" if value is MISSING else format_ends(value)
    return f"{text} at {path}" if path else text


def format_ends(value: Any) -> str:
    """Format a value; of a long one, its beginning and its end, where a difference may be."""
    return shorten(repr(value), 100, keep_end=True)


def format_brief(value: Any) -> str:
    """Format a value, cut to 120 characters."""
    return shorten(repr(value), 120)
