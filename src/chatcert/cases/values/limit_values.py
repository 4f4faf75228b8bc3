"""Values at a limit that are built from the whole schema of a field, and values that fit beside other items."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from chatcert.cases.values.single_faults import arrays_of_size, with_exchanged_items, with_spare_item
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.dialect import FORMAT_LENGTHS
from chatcert.openapi.schemas.fields import Field
from chatcert.openapi.schemas.finite_values import nearest
from chatcert.openapi.schemas.formats import CHECKED
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.values.format_texts import texts_of_length, variants_of
from chatcert.openapi.values.sample_values import SampleBuilder
from chatcert.requirements.check import Accepts, Variation


def values_at_limit(samples: SampleBuilder, field: Field, check: Accepts) -> Iterator[tuple[str, Any]]:
    """Yield values on a limit that are built from the whole schema of the field: they keep to a pattern as well."""
    quantity = str(check.variation).removeprefix("min").removeprefix("max")
    limit = field.schema.get(check.variation)
    if limit is not None and quantity in ("Length", "Items", "Properties") and not isinstance(limit, bool):
        value = samples.value({"allOf": [field.schema, {f"min{quantity}": limit, f"max{quantity}": limit}]})
        if value is not MISSING:
            yield f"exactly {limit}", value
        elif quantity == "Items":
            yield from (
                (f"exactly {limit}", value) for value in arrays_of_size(samples.value, field.schema, int(limit))
            )
        if quantity == "Length" and field.schema.get("format") in CHECKED:
            yield from _nearest_length(samples, field, int(limit), longest=check.variation is Variation.MAX_LENGTH)
    if check.variation in (Variation.EXCLUSIVE_MINIMUM, Variation.EXCLUSIVE_MAXIMUM):
        for whole in (True, False) if "integer" not in field.types else (True,):
            value = nearest([field.schema], check.variation, whole=whole)
            if value is not None:
                yield f"just inside {limit}", value


def inside(check: Accepts) -> Schema | None:
    """Return the schema of the values beyond a limit on its valid side; ``None`` for what is no limit."""
    name, limit = str(check.variation), check.value
    if name in ("minimum", "maximum"):
        return {f"exclusive{name.capitalize()}": limit}
    if name.startswith("min") and name in _SIZES:
        return {name: limit + 1}
    return {name: limit - 1} if name in _SIZES and limit > 0 else None


_SIZES = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")


def _nearest_length(samples: SampleBuilder, field: Field, limit: int, *, longest: bool) -> Iterator[tuple[str, Any]]:
    """Yield the text of a format that is nearest to a limit of its length: not every length is one of the format."""
    name, fits = str(field.schema["format"]), samples.test_of(field.schema)
    shortest, most_of_all = FORMAT_LENGTHS.get(name, (0, math.inf))
    if not shortest <= limit <= most_of_all:
        return  # a proof says why there is none
    least, most = (int(field.schema.get("minLength", 0)), limit) if longest else (limit, field.schema.get("maxLength"))
    texts = [*texts_of_length(name, least, most), *variants_of(name)]
    lengths = sorted((text for text in texts if fits(text)), key=len, reverse=longest)
    yield from ((f"{len(text)} characters of the format {name}", text) for text in lengths[:1])


def mended(body: Any, base: Any, place: tuple[str, ...]) -> tuple[Any, Any]:
    """Return what a body may become where the item that was changed at a place is wrong beside the other items."""
    return with_spare_item(body, base, place), with_exchanged_items(body, base, place)
