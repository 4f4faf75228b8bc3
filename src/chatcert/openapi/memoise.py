"""What is made once of an object that does not change, however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Source = TypeVar("Source")
Made = TypeVar("Made")


def once(most: int) -> Callable[[Callable[[Source], Made]], Callable[[Source], Made]]:
    """Makes of a function one that is called once for each object.

    Objects are told apart by identity, so they need no hash.

    Args:
        most: objects that are remembered at once; all are forgotten when there are more.
    """

    def decorate(make: Callable[[Source], Made]) -> Callable[[Source], Made]:
        known: dict[int, tuple[Source, Made]] = {}

        @wraps(make)
        def made(source: Source) -> Made:
            found = known.get(id(source))
            if found is None or found[0] is not source:  # what stands there keeps its source: no other takes its place
                if len(known) >= most:
                    known.clear()
                found = known[id(source)] = source, make(source)
            return found[1]

        return made

    return decorate
