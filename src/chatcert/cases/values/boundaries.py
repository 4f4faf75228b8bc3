"""Boundary values: those exactly on a limit, and those that break exactly one keyword."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from chatcert.openapi.schemas.fields import Field
from chatcert.openapi.schemas.formats import INTEGERS
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.format_texts import spoilt

ASTRAL = "😀"
COMBINING = "e\u0301"
OTHER_DIGITS = {ord("0") + digit: 0x0966 + digit for digit in range(10)}
"""The digits of Devanagari, by the ASCII digit that they stand for."""
_SAMPLES: dict[str, Any] = {
    "string": "chat",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "object": {"key": "value"},
    "array": ["value"],
}
MAX_LENGTH = 2_000_000
"""Characters of a text that breaks a limit; for a larger limit there is no such text."""
MAX_SIZE = 10_000
"""Items or members of a value that breaks a limit; for a larger limit there is no such value."""
AS_TEXT = "the valid value as text"
"""What is a value of another type even to a parser that reads numbers from texts, if it is right."""
Labelled = Iterator[tuple[str, Any]]


def at_limit(field: Field, keyword: str, typical: Any) -> Labelled:
    """Yield valid values exactly on the limit that ``keyword`` sets, each with a label."""
    limit = field.schema[keyword]
    match keyword:
        case "minLength" | "maxLength":
            length = int(limit)
            if length > 1_000_000:
                return
            if length == 0:
                yield "the empty string", ""
            else:
                yield _counted(length, "letter"), "a" * length
                yield f"{_counted(length, 'character')} beyond the BMP", ASTRAL * length
            if length > 1:
                yield f"{length} code points with combining marks", (COMBINING * length)[:length]
        case "minimum" | "maximum":
            yield f"exactly {limit}", limit
        case "exclusiveMinimum" | "exclusiveMaximum":
            step = 1 if "integer" in field.types and "number" not in field.types else 0.5
            yield f"just inside {limit}", limit + step if keyword == "exclusiveMinimum" else limit - step
        case "minItems" | "maxItems":
            if isinstance(typical, list) and int(limit) <= 1000:
                item = typical[0] if typical else "item"
                yield (
                    _counted(limit, "item"),
                    _distinct(item, int(limit)) if field.schema.get("uniqueItems") else ([item] * int(limit)),
                )
        case "minProperties" | "maxProperties":
            if isinstance(typical, dict) and int(limit) <= 1000:
                label, needed = _counted(limit, "property", "properties"), field.schema.get("required") or ()
                yield label, _sized(typical, int(limit))
                yield label, _sized({key: typical[key] for key in typical if key in needed}, int(limit))


def _distinct(item: Any, count: int) -> list[Any]:
    if isinstance(item, str):
        return [f"{item}{number}" for number in range(count)]
    return list(range(count)) if isinstance(item, int | float) else [item] * count


def _sized(value: dict[str, Any], size: int) -> dict[str, Any]:
    members = dict(list(value.items())[:size])
    filler = next(iter(value.values()), "value")
    for number in range(size - len(members)):
        members[f"key_{number}"] = filler
    return members


def breaking(field: Field, keyword: str, typical: Any) -> Labelled:
    """Yield values that break ``keyword`` and, as far as possible, nothing else, each with a label."""
    limit = field.schema.get(keyword)
    match keyword:
        case "null":
            yield "null", None
        case "empty-string":
            yield "the empty string", ""
        case "type":
            yield from _other_types(field, typical)
        case "oneOf" | "anyOf" | "not":
            if not field.null_is_disputed:
                yield "null", None
            for name, sample in _SAMPLES.items():
                yield f"a value of type {name}", sample
            if isinstance(typical, bool | int | float):
                yield "the valid value as text", json.dumps(typical)
        case "enum" | "const":
            yield from _near_members(field.schema.get("enum") or [limit])
        case "minLength" if isinstance(limit, int) and limit <= MAX_LENGTH:
            yield _counted(limit - 1, "character") if limit > 1 else "the empty string", "a" * (limit - 1)
            if limit > 1:
                yield f"{_counted(limit - 1, 'character')} beyond the BMP", ASTRAL * (limit - 1)
        case "maxLength" if isinstance(limit, int) and limit <= MAX_LENGTH:
            yield _counted(limit + 1, "letter"), "a" * (limit + 1)
            yield f"{limit + 1} code points with combining marks", (COMBINING * (limit + 1))[: limit + 1]
            yield f"{limit} letters and a space", "a" * limit + " "
        case "pattern":
            for sample in ("", " ", "\u2603", "!!!", "a" * 300, f"{typical}\u2603", "0"):
                yield f"{sample[:20]!r}", sample
            if isinstance(typical, str) and typical:  # as long as a right one: no other limit refuses it
                yield "another last character", f"{typical[:-1]}!"
                if typical.translate(OTHER_DIGITS) != typical:  # ECMA-262: the digits of a pattern are ASCII
                    yield "digits of another script", typical.translate(OTHER_DIGITS)
                yield "other characters throughout", "!" * len(typical)
                yield "a line break in it", f"{typical[:-1]}\n"
            elif typical == "":
                yield "a line break", "\n"
        case "format":
            for sample in ("not-a-" + str(limit), "2026-13-45T99:99:99", "12345"):
                yield f"{sample!r}", sample
            bounds = INTEGERS.get(str(limit))
            if bounds is not None:
                yield f"one more than an {limit}", bounds[1] + 1
                yield f"one less than an {limit}", bounds[0] - 1
            narrowed = {"pattern", "minLength", "maxLength"} & field.schema.keys()
            if narrowed and isinstance(typical, str) and typical:  # as long as a right one, and written like it
                yield "nines for its digits", re.sub(r"\d", "9", typical)
                yield "other characters throughout", "!" * len(typical)
                yield from ((f"{text!r}", text) for text in spoilt(typical))
        case "minimum" | "exclusiveMinimum" if isinstance(limit, int | float):
            if keyword == "exclusiveMinimum":
                yield f"exactly {limit}", limit
            yield f"below {limit}", limit - 1
        case "maximum" | "exclusiveMaximum" if isinstance(limit, int | float):
            if keyword == "exclusiveMaximum":
                yield f"exactly {limit}", limit
            yield f"above {limit}", limit + 1
        case "multipleOf" if isinstance(limit, int | float):
            base = typical if isinstance(typical, int | float) else 0
            for part in (1 if limit > 1 else limit / 2, -1 if limit > 1 else -limit / 2):
                yield f"no multiple of {limit}", round(base + part, 12)
        case "minItems" if isinstance(typical, list) and isinstance(limit, int) and limit <= MAX_SIZE:
            yield _counted(limit - 1, "item"), (typical * limit)[: limit - 1]
        case "maxItems" if isinstance(limit, int) and limit <= MAX_SIZE:
            item = typical[0] if isinstance(typical, list) and typical else "item"
            unique = field.schema.get("uniqueItems")
            yield _counted(limit + 1, "item"), _distinct(item, limit + 1) if unique else [item] * (limit + 1)
        case "uniqueItems" if isinstance(typical, list) and typical:
            yield "the same item twice", [typical[0], typical[0]]
        case "minProperties" if isinstance(typical, dict) and isinstance(limit, int) and limit <= MAX_SIZE:
            yield _counted(limit - 1, "property", "properties"), _sized(typical, limit - 1)
        case "maxProperties" if isinstance(typical, dict) and isinstance(limit, int) and limit <= MAX_SIZE:
            yield _counted(limit + 1, "property", "properties"), _sized(typical, limit + 1)
        case "additionalProperties" if isinstance(typical, dict):
            extra = {"undocumented_property": "value"}
            yield "a property that the schema does not name", {**typical, **extra}
            for name in typical if "maxProperties" in field.schema else ():
                rest = {key: value for key, value in typical.items() if key != name}
                yield f"a property that the schema does not name, in place of {name}", {**rest, **extra}
        case "items" if isinstance(typical, list):
            fixed = [*typical, *(["value"] * len(field.schema.get("prefixItems") or ()))]
            yield "one more item", [*fixed[: len(field.schema.get("prefixItems") or ())], "value"]
        case "propertyNames" if isinstance(typical, dict):
            name, value = "\u2603 wrong name!", next(iter(typical.values()), "value")
            yield "a property of a wrong name", {**typical, name: value}
            yield "a wrong name for a property", {**dict([*typical.items()][1:]), name: value}
            yield "an empty name for a property", {**dict([*typical.items()][1:]), "": value}
            yield from _wrong_names(field, typical)
        case "contains":
            yield "no matching item", []


def _wrong_names(field: Field, typical: dict[str, Any]) -> Labelled:
    """Yield objects in which a name breaks one keyword of the rule on names, each keyword once."""
    rule, first = field.schema["propertyNames"], next(iter(typical), "name")
    rest, value = dict([*typical.items()][1:]), next(iter(typical.values()), "value")
    for keyword in ("minLength", "maxLength", "pattern", "enum", "const"):
        if not isinstance(rule, dict) or keyword not in rule:
            continue
        others = {key: inner for key, inner in rule.items() if key != keyword}
        names = (
            (label, name)
            for label, name in breaking(replace(field, schema=rule), keyword, first)
            if isinstance(name, str) and validator_for(others).is_valid(name) and not validator_for(rule).is_valid(name)
        )
        for label, name in islice(names, 1):
            yield f"a name for a property that breaks its {keyword}, {label}", {**rest, name: value}


def _other_types(field: Field, typical: Any) -> Labelled:
    """Yield a value of each other type, and values that a lenient parser takes for the right type."""
    allowed = set(field.types) | ({"integer"} if "number" in field.types else set())
    for name, sample in _SAMPLES.items():
        if name not in allowed:
            yield f"{'an' if name[0] in 'aio' else 'a'} {name}", sample
    if "array" not in allowed:
        yield "the valid value in an array", [typical]
        yield "an empty array", []
    if "string" not in allowed:
        text = json.dumps(typical, ensure_ascii=False)
        yield AS_TEXT, text


def _near_members(members: list[Any]) -> Labelled:
    texts = [member for member in members if isinstance(member, str)]
    for member in texts[:2]:
        for changed in (member.upper(), member.lower(), member.title()):
            if changed not in members:
                yield f"{changed!r}, another case of {member!r}", changed
                break
        yield f"{member!r} and a space", f"{member} "
    if texts:
        yield f"a space and {texts[0]!r}", f" {texts[0]}"
        yield f"the beginning of {texts[0]!r}", texts[0][:-1]
        yield "the empty string", ""
        yield "a string that is no member", "undocumented_member"
    else:
        numbers = [member for member in members if isinstance(member, int | float)]
        yield "a value that is no member", (max(numbers) + 1 if numbers else "undocumented_member")
    for container in [member for member in members if isinstance(member, dict | list)][:2]:
        yield from _near_containers(container)


def _near_containers(member: dict[str, Any] | list[Any]) -> Labelled:
    """Yield objects or arrays that differ from one in a single part."""
    if isinstance(member, dict):
        for name in [*member][:2]:
            yield f"a member with another {name}", {**member, name: _another(member[name])}
            yield f"a member without {name}", {key: value for key, value in member.items() if key != name}
        yield "a member with one more name", {**member, "undocumented_property": "value"}
        return
    for index, item in enumerate(member[:2]):
        yield f"a member with another item {index}", [*member[:index], _another(item), *member[index + 1 :]]
        yield f"a member without item {index}", [*member[:index], *member[index + 1 :]]
    yield "a member with one more item", [*member, "value"]


def _another(part: Any) -> Any:
    match part:
        case bool():
            return not part
        case int() | float():
            return part + 1
        case str():
            return f"{part}-other"
        case _:
            return "other"


def _counted(number: float, noun: str, plural: str = "") -> str:
    """Write a limit, as the document does, with its noun."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
