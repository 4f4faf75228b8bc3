"""Sample values for the mock's answers, confirmed by the mock's own validator."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random
from typing import Any

from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Schema
from chatcert.openapi.values.sample_scalars import texts
from chatcert.openapi.values.sample_values import SampleBuilder
from chatcert.text import format_time

_OPTIONAL_DEPTH = 2
"""Levels of objects on which optional members are included where all of them are wanted."""
_PLAIN_TEXT = "text"


def timestamp(seconds: float | None = None) -> str:
    """Return a time (seconds since the epoch; now where it is ``None``) as RFC 3339 writes it, in UTC."""
    return _written(time.time() if seconds is None else seconds)


@lru_cache(maxsize=4)
def _written(seconds: float) -> str:
    """Memoised: one answer mostly has the same time in several places."""
    return format_time(seconds)


_FRESH: Mapping[str, Callable[[], str]] = {
    "date-time": timestamp,
    "date": lambda: timestamp()[:10],
    "time": lambda: timestamp()[11:],
    "uuid": lambda: str(uuid.uuid4()),
}
"""Formats of which an answer has a new value."""
_START = 1_700_000_000
_YEAR = 365 * 24 * 3600


def instance(
    schema: Any,
    root: Schema,
    *,
    everything: bool = False,
    open_references: tuple[str, ...] = (),
    chance: Random | None = None,
) -> Any:
    """Return a small value that matches ``schema``, examples first; ``MISSING`` where none was found.

    Args:
        schema: part of ``root``.
        root: the standalone schema that holds the definitions.
        everything: whether optional members are included.
        open_references: references that are not followed, since they lead to this schema.
        chance: the random generator from which the value follows; ``None`` gives another value each time.
    """
    builder = SampleBuilder(
        root,
        lambda part: predicate(part, root),
        generator=lambda purpose: Random() if chance is None else chance,
        plain=_PLAIN_TEXT,
        fresh=_FRESH if chance is None else _drawn_formats(chance),
        optional_depth=_OPTIONAL_DEPTH if everything else 0,
    )
    return builder.value(schema, open_references)


def _drawn_formats(chance: Random) -> Mapping[str, Callable[[], str]]:
    """Return the same formats as ``_FRESH``, with values that follow from a random generator alone."""

    def moment() -> str:
        return timestamp(_START + chance.randrange(_YEAR))

    return {
        "date-time": moment,
        "date": lambda: moment()[:10],
        "time": lambda: moment()[11:],
        "uuid": lambda: str(uuid.UUID(int=chance.getrandbits(128), version=4)),
    }


def text(flat: Schema, words: str = _PLAIN_TEXT) -> str:
    """Return a string within the limits of a schema: of its format or pattern, or else ``words`` cut to its length."""
    accepts = predicate({key: value for key, value in flat.items() if key not in ("example", "examples")}, flat)
    candidate = words
    for candidate in texts(flat, words, lambda pattern: Random(), _FRESH):
        if accepts(candidate):
            break
    return candidate
