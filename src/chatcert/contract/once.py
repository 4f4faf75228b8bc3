"""What is made once of an object that does not change, however often it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

Source = TypeVar("Source")
Made = TypeVar("Made")

MOST = 256
"""Objects that are remembered at once; all are forgotten when there are more."""


def once(make: Callable[[Source], Made]) -> Callable[[Source], Made]:
    """``make``, but called once for each object. Objects are told apart by identity, so they need no hash."""
    known: dict[int, tuple[Source, Made]] = {}

    @wraps(make)
    def made(source: Source) -> Made:
        found = known.get(id(source))
        if found is None or found[0] is not source:  # what stands there keeps its source: no other can take its place
            if len(known) >= MOST:
                known.clear()
            found = known[id(source)] = source, make(source)
        return found[1]

    return made
