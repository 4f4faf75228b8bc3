"""Prove that what a requirement is about cannot be sent, so that nothing needs to be tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import combinations
from typing import Any

from chatcert.cases.boundaries import INTEGERS
from chatcert.cases.parameter_styles import needs_text
from chatcert.cases.request_builder import RequestBuilder
from chatcert.openapi.alternatives import edited_at, field_at, specialised
from chatcert.openapi.contract import Schema
from chatcert.openapi.contradictions import Contradiction, contradiction_of
from chatcert.openapi.fields import ANY, walk
from chatcert.requirements.check import Accepts, KnowsResource, Refuses, Variation, Withstands
from chatcert.requirements.refusal import EMPTY
from chatcert.requirements.requirement import Requirement

_EXACT = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
_SHOWN = ("example", "examples", "default")
_ON_VALUES = ("enum", "const", "oneOf", "anyOf", "not", "if", "then", "else")
_TYPES_WITH = {"Length": "string", "Items": "array", "Properties": "object"}

LARGEST = 10_000_000
"""Characters, items or properties beyond which nothing is sent."""
_OPPOSITES = {
    "minimum": "exclusiveMaximum",
    "maximum": "exclusiveMinimum",
    "exclusiveMinimum": "maximum",
    "exclusiveMaximum": "minimum",
}
"""The keyword that demands the contrary of another one, with the same value."""


def proof_of(requests: RequestBuilder, requirement: Requirement) -> Contradiction | None:
    """Return why no request can be what a requirement asks for; ``None`` where that is not proven."""
    contract, check = requests.contract, requirement.check
    if contract.body is not None:
        whole = contract.body.schema
        found = contradiction_of(whole, whole)
        if found is not None:
            return found
    if not isinstance(check, Accepts | Refuses | KnowsResource | Withstands):
        return None
    if check.place != "body":
        names = [p.name for p in contract.parameters if p.location == check.place]
        if not check.path or check.path[0] not in names:
            return None
        parameter = requests.parameter(check.path[0], check.place)
        return _of_place(parameter.schema, parameter.schema, check.path[1:], check)
    if contract.body is None:
        return None
    root = contract.body.schema
    choices = check.choices if isinstance(check, Accepts | Refuses) else ()
    if choices and all(choice.keyword in ("oneOf", "anyOf") for choice in choices):
        root = specialised(root, choices)
    return _of_place(root, contract.body.schema, check.path, check)


def unwritable(requests: RequestBuilder, requirement: Requirement) -> str:
    """Return why the only values that break a rule of a parameter cannot be written; empty where they can."""
    check = requirement.check
    if not isinstance(check, Refuses) or check.place == "body":
        return ""
    parameter = requests.parameter(check.path[0], check.place)
    if parameter.media_type:
        return ""
    fields = {field.path: field.schema for field in walk(parameter.schema, "")}
    limit = fields.get(check.path[1:], {}).get(check.keyword)
    if limit == 1 and check.keyword in ("minItems", "minProperties"):
        return "an empty array or object is no parameter at all"
    if limit == 1 and check.keyword == "minLength" and (check.path[1:] or needs_text(parameter)):
        return "an empty text is no value at the place of the parameter"
    return ""


def oversized(requests: RequestBuilder, requirement: Requirement) -> str:
    """Return why a field is so large that no request with it is sent; empty for other fields."""
    check = requirement.check
    if not isinstance(check, Accepts | Refuses | Withstands) or check.place != "body":
        return ""
    for depth in range(len(check.path) + 1):
        field = requests.bodies.fields.get(check.path[:depth])
        for keyword in ("minLength", "minItems", "minProperties"):
            least = field.schema.get(keyword, 0) if field is not None else 0
            if least > LARGEST:
                return f"{keyword} {least} asks for more than any request that is sent can hold"
    return ""


def _of_place(
    root: Schema, whole: Schema, path: tuple[str, ...], check: Accepts | Refuses | KnowsResource | Withstands
) -> Contradiction | None:
    """Return why no value of a schema has at a path what a check asks for."""
    held = path[:-1] if isinstance(check, Refuses) and check.keyword in ("required", "forbidden") else path
    found = _at_place(root, whole, held, lambda flat: flat, _nest(held, {}))
    if found is not None or not isinstance(check, Accepts | Refuses):
        return found
    if isinstance(check, Accepts):
        if check.variation is Variation.ABSENT:
            absent = _nest(path[:-1], {"properties": {path[-1]: False}})
            return contradiction_of({"allOf": [root, absent]}, whole)
        wanted = _wanted_of(check)
        return _at_place(root, whole, path, lambda flat: {"allOf": [flat, wanted]}, _nest(path, wanted))
    field = field_at(root, path, whole)
    contraries = _contraries_of(field, check.keyword) if field is not None else []
    for beside, demanded in contraries:
        wrong: Schema = {"allOf": [beside, demanded]}
        found = _at_place(root, whole, path, partial(_replaced, by=wrong), _nest(path, {}))
        if found is None:
            return None
    return found


def _replaced(_: Schema, by: Schema) -> Schema:
    return by


def _at_place(
    root: Schema, whole: Schema, path: tuple[str, ...], edit: Callable[[Schema], Schema], beside: Any
) -> Contradiction | None:
    """Return why an edited field of a schema has no value, by itself or in what holds it."""
    field = field_at(root, path, whole)
    if field is None:
        return None
    found = contradiction_of(edit(field), whole)
    if found is not None or any(token.startswith(ANY) or token.isdecimal() for token in path):
        return found
    return contradiction_of({"allOf": [edited_at(root, path, whole, edit), beside]}, whole)


def _nest(path: tuple[str, ...], inner: Any) -> Any:
    """Return the schema of objects that hold what ``inner`` describes at a path."""
    for name in reversed(path):
        inner = {"type": "object", "required": [name], "properties": {name: inner}}
    return inner


def _wanted_of(check: Accepts) -> Any:
    """Return the schema of the values that a requirement of acceptance is about."""
    variation, value = check.variation, check.value
    if variation in _EXACT:
        quantity = str(variation)[3:]
        return {f"min{quantity}": value, f"max{quantity}": value, "type": _TYPES_WITH[quantity]}
    match variation:
        case Variation.ENUM | Variation.MINIMUM | Variation.MAXIMUM:
            return {"const": value}
        case Variation.NULL:
            return {"type": "null"}
        case Variation.TYPE:
            return {"type": value}
        case Variation.TEXT | Variation.BLANK:
            return {"type": "string"}
        case Variation.CONTENT:
            return {"type": "object"}
        case _:
            return {}


def _contraries_of(flat: Schema, keyword: str) -> list[tuple[Schema, Any]]:
    """Return the ways to break a keyword: what is left of the schema without it, and the schema of what breaks it.

    Empty for a keyword of which not all ways are known.
    """
    name = "minLength" if keyword == EMPTY else keyword
    beside = {key: value for key, value in flat.items() if key not in (name, *_SHOWN)}
    limit = flat.get(name)
    if keyword == "null" or keyword == "type":  # a value of another type breaks these keywords along with its type
        left = {key: value for key, value in beside.items() if key not in ("type", *_ON_VALUES)}
        return [(left, {"type": "null"} if keyword == "null" else {"not": {"type": limit}})]
    if keyword == EMPTY:
        return [({key: value for key, value in beside.items() if key != "pattern"}, {"type": "string", "maxLength": 0})]
    if limit is None:
        return []
    if keyword in _EXACT:
        quantity = keyword[3:]
        opposite, size = (f"max{quantity}", limit - 1) if keyword.startswith("min") else (f"min{quantity}", limit + 1)
        return [(beside, {"type": _TYPES_WITH[quantity], opposite: size})]
    if keyword in _OPPOSITES:
        return [(beside, {"type": "number", _OPPOSITES[keyword]: limit})]
    match keyword:
        case "multipleOf":
            return [(beside, {"type": "number", "not": {"multipleOf": limit}})]
        case "enum" | "const" | "pattern" | "uniqueItems":
            return [(beside, {"not": {keyword: limit}})]
        case "not":
            return [(beside, limit)]
        case "format" if limit in INTEGERS:
            return [(beside, {"minimum": INTEGERS[limit]}), (beside, {"maximum": -INTEGERS[limit] - 1})]
        case "oneOf" | "anyOf":
            none: tuple[Schema, Any] = (beside, {"allOf": list(map(_negated, limit))})
            both = combinations(limit, 2) if keyword == "oneOf" else ()
            return [none, *((beside, {"allOf": list(pair)}) for pair in both)]
        case _:
            return []


def _negated(branch: Any) -> Any:
    """Return a schema of at least those values that an alternative does not allow."""
    if branch is True or branch == {}:
        return False
    is_type = isinstance(branch, Mapping) and {*branch} <= {"type", "title", "description"} and "type" in branch
    return {"not": {"type": branch["type"]}} if is_type else True
