"""Faults in the rules that tie an answer to its request, to time and to other answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import count
from typing import Any

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import MISSING
from chatcert.mock.examples import instance, timestamp
from chatcert.mock.faults.edits import Change, everywhere
from chatcert.mock.schema_parts import types_of
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Schema

Telling = Callable[[Moment, Any], Any]
"""Given one answer and the right value of a member, the wrong one."""

DAY = 86_400


def wrong_relations(rule: str, flat: Schema, root: Schema, free_text: bool) -> Iterator[tuple[str, str, Telling]]:
    """Ways of breaking a relation, as (variant, in words, what makes the wrong value).

    Args:
        rule: ``unique``, ``equals``, ``initial``, ``clock``, ``clock-moves``, ``constant`` or ``promised``.
        flat: the schema of the member that keeps the relation.
        root: the standalone schema that holds the definitions.
        free_text: whether it repeats what a client may write as it likes.
    """
    match rule:
        case "unique":
            yield from _repeated()
        case "equals":
            yield from _unequal(flat, root, free_text)
        case "initial":
            yield "", "already changed", lambda moment, value: _other(value, flat)
        case "clock":
            yield from _off_clock(flat)
        case "clock-moves":
            kept: list[Any] = []
            yield "frozen", "the time at which the server started", lambda moment, value: _first(kept, value)
        case "constant":
            numbers = count(1)
            yield "", "another one each time", lambda moment, value: f"{value}-{next(numbers)}"
        case "promised":
            yield "dropped", "left out", lambda moment, value: MISSING
            empty: dict[str, Any] = {"string": "", "array": [], "object": {}}
            kind = (types_of(flat) or ("",))[0]
            if kind in empty:
                yield "empty", "empty", lambda moment, value: empty[kind]
            if kind == "string":
                yield "blank", "blank", lambda moment, value: "   "


def _first(kept: list[Any], value: Any) -> Any:
    if not kept:
        kept.append(value)
    return kept[0]


def _repeated() -> Iterator[tuple[str, str, Telling]]:
    always: list[Any] = []
    yield "constant", "always the same", lambda moment, value: _first(always, value)
    by_body: dict[bytes, Any] = {}
    yield "per-body", "the same for the same request", lambda moment, value: by_body.setdefault(moment.call.body, value)
    by_second: dict[int, Any] = {}
    yield "per-second", "the same within one second", lambda moment, value: by_second.setdefault(int(moment.now), value)


def _unequal(flat: Schema, root: Schema, free_text: bool) -> Iterator[tuple[str, str, Telling]]:
    fits = predicate(flat, root)
    bare = {key: value for key, value in flat.items() if key != "x-chatcert-equals"}
    fixed = instance(bare, root)
    kinds = types_of(flat)

    def edited(change: Change) -> Telling:
        def tell(moment: Moment, value: Any) -> Any:
            changed = change(value)
            return changed if fits(changed) else value

        return tell

    yield "", "changed", edited(lambda value: _other(value, flat))
    if fixed is not MISSING:
        yield "fixed", "the same whatever is sent", lambda moment, value: fixed
    if not free_text:
        return
    if kinds[:1] in (("string",), ("object",), ("array",)):
        yield "ascii", "stripped of what is not ASCII", edited(lambda value: everywhere(value, _ascii))
        yield "trimmed", "trimmed", edited(lambda value: everywhere(value, _trimmed))
        yield "cut", "cut after 64 characters", edited(lambda value: everywhere(value, _cut))
    if kinds[:1] in (("object",), ("array",)):
        yield "without-nulls", "without its nulls", edited(_without_nulls)
        yield "text", "with numbers as text", edited(lambda value: everywhere(value, _as_text))


def _ascii(value: Any) -> Any:
    return value.encode("ascii", "replace").decode() if isinstance(value, str) else value


def _trimmed(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _cut(value: Any) -> Any:
    return value[:64] if isinstance(value, str) else value


def _as_text(value: Any) -> Any:
    return str(value) if type(value) in (int, float) else value


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def _other(value: Any, flat: Schema) -> Any:
    """Another value of the same type, or of another that the schema names where the value is null."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value}~"
        case dict():
            return dict(list(value.items())[1:]) if value else {"undocumented": True}
        case list():
            return value[1:] if value else ["undocumented"]
        case _:
            samples: dict[str, Any] = {"string": "other", "integer": 1, "number": 1, "boolean": True, "object": {}}
            return samples.get((types_of(flat) or ("string",))[0], "other")


def _off_clock(flat: Schema) -> Iterator[tuple[str, str, Telling]]:
    rule = flat.get("x-chatcert-clock")
    unit = str(rule.get("unit", "")) if isinstance(rule, Mapping) else ""

    def shifted(seconds: float) -> Telling:
        if unit == "date-time":
            return lambda moment, value: timestamp(moment.now + seconds)
        factor = 1000 if unit == "milliseconds" else 1
        return lambda moment, value: int(moment.now + seconds) * factor

    if "x-chatcert-not-before" not in flat:
        yield "stale", "a day old", shifted(-DAY)
    if unit == "date-time":
        yield "local", "a local time said to be UTC", shifted(7200)
    yield "future", "a day ahead", shifted(DAY)
    if unit == "seconds":
        yield "milliseconds", "in milliseconds", lambda moment, value: int(moment.now * 1000)
    if unit == "milliseconds":
        yield "seconds", "in seconds", lambda moment, value: int(moment.now)
    if unit in ("seconds", "milliseconds"):
        yield "nanoseconds", "in nanoseconds", lambda moment, value: int(moment.now * 1e9)


def earlier(other: Any) -> Any:
    """A time a little before ``other``, in the same unit; ``other`` itself where it is no time."""
    if isinstance(other, str) and other.endswith("Z"):
        return "2000-01-01T00:00:00.000Z"
    return other - 5 if isinstance(other, int | float) and not isinstance(other, bool) else other
