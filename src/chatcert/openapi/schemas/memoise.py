"""Memoise a function by the identity of its argument, which need not be hashable."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Argument = TypeVar("Argument")
Result = TypeVar("Result")


def memoise_by_identity(maxsize: int) -> Callable[[Callable[[Argument], Result]], Callable[[Argument], Result]]:
    """Return a decorator that calls a function of one argument once for each object.

    The argument must not change after the first call. The cache keeps it alive, so no other object can have its ``id``.

    Args:
        maxsize: results that are kept; the cache is emptied when there are more.
    """

    def decorate(function: Callable[[Argument], Result]) -> Callable[[Argument], Result]:
        cache: dict[int, tuple[Argument, Result]] = {}

        @wraps(function)
        def memoised(argument: Argument) -> Result:
            entry = cache.get(id(argument))
            if entry is None or entry[0] is not argument:
                if len(cache) >= maxsize:
                    cache.clear()
                entry = cache[id(argument)] = argument, function(argument)
            return entry[1]

        return memoised

    return decorate
