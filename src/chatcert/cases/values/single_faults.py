"""Single faults: whether a body breaks one keyword and nothing else, and values that are built to do so."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from typing import Any, Protocol

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.alternatives import Alternatives, alternatives_of, lean_on_formats
from chatcert.openapi.schemas.dialect import ORIGIN
from chatcert.openapi.schemas.fields import Field, flattened, is_impossible
from chatcert.openapi.schemas.keywords import COUNTS
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.openapi.schemas.validator import Validator
from chatcert.openapi.values.format_texts import is_surely, texts_of_length
from chatcert.requirements.refusal import EMPTY

MAX_ITEMS = 1000
"""Items of an array that is built."""
MAX_PAIRS = 12
"""Pairs of alternatives for which a value of both is built."""

_ON_VALUES = ("enum", "const", "oneOf", "anyOf", "not", "if", "then", "else")
"""Keywords that a value of another type breaks along with ``type``."""
_AROUND = (
    "oneOf",
    "anyOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
    "propertyNames",
    "unevaluatedProperties",
    "unevaluatedItems",
)
"""Keywords of a value that something inside it breaks by being wrong."""
_WITHOUT_FORMAT = ("type", "null", EMPTY, "format")
"""Keywords that a value breaks which has not the format of the place either."""
_NAMED = {"null": "type", "discriminator": "enum", EMPTY: "minLength"}
"""What the validator calls a keyword of a requirement."""
_ALSO = {"additionalProperties": ("unevaluatedProperties",), "items": ("unevaluatedItems",)}
"""Keywords that one requirement stands for along with its own."""
_BUILT = ("enum", "const", "pattern", "multipleOf", "not")
"""Keywords for which a value is built that keeps to all the others."""

Labelled = Iterator[tuple[str, Any]]


class ValidValues(Protocol):
    """What builds the valid values of a body or of a parameter.

    Attributes:
        root: the schema of the values.
        fields: the fields of the schema, by path.
        whole: the validator of the schema with all its alternatives.
        validator: that of the alternatives which are chosen.
    """

    root: Schema
    fields: dict[tuple[str, ...], Field]
    whole: Validator
    validator: Validator

    def value_of(self, schema: Any) -> Any:
        """Build a valid value of a schema that is part of the root's; ``MISSING`` where none could be built."""


def breaks_alone(
    bodies: ValidValues, body: Any, place: tuple[str, ...], keyword: str, around: Mapping[str, Any]
) -> bool:
    """Return whether a body breaks a keyword at a place, and nothing that the keyword does not imply.

    Such a body is invalid whatever alternative a server takes it for; for other keywords than ``format`` it is so even
    to a server that checks no formats.

    Args:
        around: the schema that has the keyword.
    """
    formats = keyword == "format" or lean_on_formats(dict(around), keyword, bodies.root)
    if bodies.whole.is_valid(body) if formats else not bodies.validator.is_broken(body):
        return False
    name = _NAMED.get(keyword, keyword)
    found = bodies.validator.broken_keywords(body, formats=formats)
    if keyword == "discriminator":
        return all(other in ("enum", "const", "oneOf", "anyOf", "not") for _, other in found)
    if keyword == "forbidden":
        found = {(at, name if at == place and other in ("None", "not") else other) for at, other in found}
    names = {name, *_ALSO.get(keyword, ())}
    hit = {(place, other) for other in names if (place, other) in found}
    if keyword == EMPTY:  # whatever else the empty string breaks there follows from it
        hit = {(at, other) for at, other in found if at == place}
    if keyword in ("null", EMPTY) and not hit:
        hit = {(at, other) for at, other in found if at == place}
    if keyword not in _WITHOUT_FORMAT and not is_surely(str(around.get("format")), lookup(body, place)):
        return False  # a server that looks at the format alone would refuse it
    return bool(hit) and all(_is_implied(name, place, around, *other) for other in found - hit)


def _is_implied(
    keyword: str, place: tuple[str, ...], around: Mapping[str, Any], at: tuple[str, ...], other: str
) -> bool:
    """Return whether whoever breaks a keyword at a place breaks another keyword at another place too."""
    has_all = around.get("minProperties", 0) <= len(around.get("required") or ())
    if at == place:
        if keyword == "minItems" and other in ("contains", "minContains"):
            return bool(around["minItems"] <= max(1, around.get("minContains", 1)))
        # A member of ``enum`` that breaks the keyword is not a valid value either.
        return other in (
            _ON_VALUES if keyword == "type" else ("enum", "const") if keyword not in ("enum", "const") else ()
        )
    if keyword == "minProperties" and other == "required":
        return has_all and at[:-1] == place
    if keyword == "required" and other == "minProperties":
        return has_all and place[:-1] == at
    return len(at) < len(place) and place[: len(at)] == at and other in _AROUND


def with_spare_item(body: Any, base: Any, place: tuple[str, ...]) -> Any:
    """Return a body in which the item that was made wrong at a place is there once more, as it was."""
    for depth in range(len(place), 0, -1):
        items = lookup(body, place[: depth - 1])
        if isinstance(items, list) and place[depth - 1].isdecimal():
            spare = lookup(base, place[:depth])
            return body if spare is MISSING else replaced(body, place[: depth - 1], [*items, spare])
    return body


def with_exchanged_items(body: Any, base: Any, place: tuple[str, ...]) -> Any:
    """Return a body in which no other item equals the one that was changed at a place: such items get its old value."""
    for depth in range(len(place), 0, -1):
        items = lookup(body, place[: depth - 1])
        if isinstance(items, list) and place[depth - 1].isdecimal():
            changed, old = lookup(body, place[:depth]), lookup(base, place[:depth])
            index = int(place[depth - 1])
            others = [old if item == changed and at != index else item for at, item in enumerate(items)]
            return replaced(body, place[: depth - 1], others) if depth > 1 else others
    return body


def described_beside(bodies: ValidValues, path: tuple[str, ...]) -> Schema:
    """Return what a schema says of a property beside that it may not be there; any text where that is nothing."""
    holder = bodies.fields.get(path[:-1])
    found = (holder.schema.get("properties") or {}).get(path[-1]) if holder is not None else None
    parts = found.get("allOf") or () if isinstance(found, Mapping) else ()
    kept = [part for part in parts if not is_impossible(part)]
    return {"allOf": kept} if kept else {"type": "string"}


def unknown_names(field: Field | None, root: Schema) -> Labelled:
    """Yield values of a discriminator that name no alternative, and no component of the document either."""
    members = [member for member in (field.schema.get("enum") or [] if field else []) if isinstance(member, str)]
    known = {tokens_of(str(part.get(ORIGIN, "/")))[-1] for part in root.get("$defs", {}).values() if part is not True}
    for label, name in (
        ("an unknown name", "undocumented_kind"),
        *((f"{member!r} and a letter", f"{member}x") for member in members[:2]),
        ("the empty string", ""),
    ):
        if name not in known:
            yield label, name


def built(bodies: ValidValues, field: Field, keyword: str) -> Labelled:
    """Yield values that keep to everything but one keyword, built from the schema."""
    schema = field.schema
    if keyword in COUNTS:
        yield from _of_other_size(bodies, schema, keyword)
    if keyword in ("contains", "minContains", "maxContains") and "contains" in schema:
        yield from _of_other_contents(bodies, schema)
    if keyword == "dependentRequired":
        for given, others in schema[keyword].items():
            whole = bodies.value_of({"allOf": [schema, {"type": "object", "required": [given, *others]}]})
            for name in others if isinstance(whole, dict) else ():
                yield f"{given} without {name}", {key: value for key, value in whole.items() if key != name}
    if keyword == "uniqueItems":
        item = bodies.value_of(schema.get("items", True))
        yield from [("the same item twice", [item, item])] if item is not MISSING else []
    if keyword in ("oneOf", "anyOf"):
        for alternatives in alternatives_of(schema):
            if alternatives.keyword == keyword:
                yield from _of_several(bodies, schema, alternatives)
        return
    if keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum") and "multipleOf" in schema:
        limit, step = schema[keyword], schema["multipleOf"]
        count = math.ceil(limit / step) - 1 if "inimum" in keyword else math.floor(limit / step) + 1
        yield f"the next multiple of {step}", round(count * step, 12)
    if keyword not in _BUILT or keyword not in schema:
        return
    beside = {key: value for key, value in schema.items() if key not in (keyword, "example", "examples", "default")}
    if keyword == "not":
        value = bodies.value_of({"allOf": [beside, schema["not"]]})
    else:
        value = bodies.value_of({"allOf": [beside, {"not": {keyword: schema[keyword]}}]})
    if value is not MISSING:
        yield f"right but for its {keyword}", value


def _of_other_size(bodies: ValidValues, schema: Schema, keyword: str) -> Labelled:
    """Yield a value that is one short of a lower limit, or one beyond an upper one."""
    quantity = keyword.removeprefix("min").removeprefix("max")
    size = int(schema[keyword]) + (-1 if keyword.startswith("min") else 1)
    if quantity == "Contains" or size < 0:
        return
    beside = {key: value for key, value in schema.items() if key not in (keyword, "example", "examples", "default")}
    if quantity == "Length" and "format" in schema:
        longer = keyword.startswith("max")
        for text in texts_of_length(str(schema["format"]), *((size, None) if longer else (0, size)), usual=False):
            yield f"{len(text)} characters of the format {schema['format']}", text
        nearest = bodies.value_of({"allOf": [beside, {"minLength" if longer else "maxLength": size}]})
        if nearest is not MISSING:
            yield f"{'more' if longer else 'fewer'} than {schema[keyword]} characters", nearest
        return
    value = bodies.value_of({"allOf": [beside, {f"min{quantity}": size, f"max{quantity}": size}]})
    if value is not MISSING:
        yield f"a size of {size}", value
    elif quantity == "Items":
        yield from ((f"a size of {size}", array) for array in arrays_of_size(bodies.value_of, beside, size))


def arrays_of_size(value_of: Callable[[Any], Any], schema: Schema, size: int) -> Iterator[list[Any]]:
    """Yield an array of a size in which as many items are what ``contains`` asks for as there have to be.

    Args:
        value_of: builds a value of a schema, ``MISSING`` where it cannot.
    """
    if "contains" not in schema or size > MAX_ITEMS:
        return
    items, wanted = schema.get("items", True), schema["contains"]
    right, wrong = value_of({"allOf": [items, wanted]}), value_of({"allOf": [items, {"not": wanted}]})
    count = min(int(schema.get("minContains", 1)), size)
    if right is not MISSING and wrong is not MISSING:
        yield [right] * count + [wrong] * (size - count)


def _of_other_contents(bodies: ValidValues, schema: Schema) -> Labelled:
    """Yield arrays in which too few or too many items are what ``contains`` asks for."""
    items = schema.get("items", {})
    right = bodies.value_of({"allOf": [items, schema["contains"]]})
    wrong = bodies.value_of({"allOf": [items, {"not": schema["contains"]}]})
    if right is MISSING:
        return
    for count in (int(schema.get("minContains", 1)) - 1, int(schema.get("maxContains", 0)) + 1):
        fill = max(0, int(schema.get("minItems", 0)) - count)
        if 0 <= count <= MAX_ITEMS and (fill == 0 or wrong is not MISSING):
            yield f"{count} matching items", [right] * count + [wrong] * fill
    if wrong is not MISSING:
        yield "an item that does not match", [wrong] * max(1, int(schema.get("minItems", 1)))


def _of_several(bodies: ValidValues, schema: Schema, alternatives: Alternatives) -> Labelled:
    """Yield values of none of the alternatives, and for ``oneOf`` values of two of them, all else being right."""
    beside = {key: value for key, value in schema.items() if key not in (alternatives.keyword, "discriminator")}
    branches = [flattened(alternatives.branches[index], bodies.root) for index in alternatives.values]
    values = [bodies.value_of({"allOf": [beside, branch]}) for branch in branches]
    objects = [value for value in values if isinstance(value, dict)]
    plain = bodies.value_of(beside)
    if plain is not MISSING:
        yield "none of the alternatives", plain
    bare = bodies.value_of({"allOf": [beside, {"not": {"anyOf": branches}}]})
    if bare is not MISSING:
        yield "like none of the alternatives", bare
    for value in objects:
        for name in value:
            yield f"an alternative without {name}", {key: inner for key, inner in value.items() if key != name}
    for value in objects:
        for name in [name for name, inner in value.items() if isinstance(inner, str)]:
            yield f"an alternative with another {name}", {**value, name: f"{value[name]}-other"}
    if alternatives.keyword == "anyOf":
        return
    for one, other in list(combinations(branches, 2))[:MAX_PAIRS]:
        both = bodies.value_of({"allOf": [beside, one, other]})
        if both is not MISSING:
            yield "two alternatives at once", both
    for first, second in list(combinations(objects, 2))[:MAX_PAIRS]:
        yield "the members of two alternatives", {**first, **second}
