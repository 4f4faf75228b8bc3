"""Prove that what a requirement is about cannot be sent, so that nothing needs to be tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

from chatcert.cases.requests.parameter_styles import needs_text
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.openapi.contract import Schema
from chatcert.openapi.patterns.pattern_inclusion import implied_by_format, implies_format
from chatcert.openapi.schemas.alternatives import edited_at, field_at, specialised
from chatcert.openapi.schemas.contradictions import Contradiction, ContradictionKind, contradiction_of
from chatcert.openapi.schemas.fields import Choice, walk
from chatcert.openapi.schemas.formats import INTEGERS
from chatcert.openapi.schemas.overlaps import (
    Overlap,
    always_matched,
    branch_of,
    inseparable,
    matched_elsewhere,
    swallowed_choice,
)
from chatcert.openapi.schemas.path_tokens import is_open
from chatcert.openapi.values.format_texts import LEAST_SURE
from chatcert.requirements.refusal import EMPTY

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


@dataclass(frozen=True, slots=True)
class Subject:
    """What a requirement needs a request to hold.

    Attributes:
        place: ``body`` or the location of a parameter.
        path: the field, or the parameter's name and what is below it; it has a valid value in the request, or in the
            valid request that differs from it in one thing.
        choices: the alternatives that are chosen where the field stands.
        wanted: the schema of the valid values of the field that are asked for.
        keyword: the keyword that the field has to break alone; empty where it has to be valid.
        absent: whether the field is left out instead.
    """

    place: str
    path: tuple[str, ...]
    choices: tuple[Choice, ...] = ()
    wanted: Any = field(default_factory=dict)
    keyword: str = ""
    absent: bool = False


def proof_of(requests: RequestBuilder, subject: Subject | None) -> Contradiction | Overlap | None:
    """Return why no request can hold what a requirement needs; ``None`` where that is not proven.

    Args:
        subject: ``None`` for a requirement that needs any valid request.
    """
    contract = requests.contract
    if contract.body is not None:
        whole = contract.body.schema
        found = contradiction_of(whole, whole)
        if found is not None:
            return found
    if subject is None:
        return None
    if subject.place != "body":
        names = [p.name for p in contract.parameters if p.location == subject.place]
        if not subject.path or subject.path[0] not in names:
            return None
        parameter = requests.parameter(subject.path[0], subject.place)
        return _of_place(parameter.schema, parameter.schema, subject.path[1:], subject)
    if contract.body is None:
        return None
    root = contract.body.schema
    if subject.choices and all(choice.keyword in ("oneOf", "anyOf") for choice in subject.choices):
        root = specialised(root, subject.choices)
    found = _of_place(root, contract.body.schema, subject.path, subject)
    return found if found is not None else _overlap(root, contract.body.schema, subject)


def _overlap(root: Schema, whole: Schema, subject: Subject) -> Overlap | None:
    """Return why the alternatives of a body overlap so that no request holds what a requirement needs."""
    if subject.absent:
        return None
    held = subject.path[:-1] if subject.keyword in ("required", "forbidden") else subject.path
    found = swallowed_choice(whole, subject.choices) or inseparable(root, whole, held)
    if found is not None or not subject.keyword:
        return found
    if subject.choices and subject.choices[-1].path == subject.path:
        branch = branch_of(whole, subject.choices)
        contraries = _contraries_of(branch, subject.keyword) if branch is not None else []
        return matched_elsewhere(whole, subject.choices, contraries)
    own = field_at(root, subject.path, whole)
    return always_matched(own, subject.keyword, whole) if own is not None and subject.keyword in own else None


def unwritable(requests: RequestBuilder, subject: Subject) -> str:
    """Return why the only values that break a rule of a parameter cannot be written; empty where they can."""
    if not subject.keyword or subject.place == "body":
        return ""
    parameter = requests.parameter(subject.path[0], subject.place)
    if parameter.media_type:
        return ""
    fields = {one.path: one.schema for one in walk(parameter.schema, "")}
    limit = fields.get(subject.path[1:], {}).get(subject.keyword)
    if limit == 1 and subject.keyword in ("minItems", "minProperties"):
        return "an empty array or object is no parameter at all"
    if limit == 1 and subject.keyword == "minLength" and (subject.path[1:] or needs_text(parameter)):
        return "an empty text is no value at the place of the parameter"
    return ""


def oversized(requests: RequestBuilder, subject: Subject) -> str:
    """Return why a field is so large that no request with it is sent; empty for other fields."""
    if subject.place != "body":
        return ""
    for depth in range(len(subject.path) + 1):
        known = requests.bodies.fields.get(subject.path[:depth])
        for keyword in ("minLength", "minItems", "minProperties"):
            least = known.schema.get(keyword, 0) if known is not None else 0
            if least > LARGEST:
                return f"{keyword} {least} asks for more than any request that is sent can hold"
    return ""


def exactly(keyword: str, limit: Any) -> Schema:
    """Return the schema of the values whose length or size is exactly a limit."""
    quantity = keyword[3:]
    return {f"min{quantity}": limit, f"max{quantity}": limit, "type": _TYPES_WITH[quantity]}


def _of_place(root: Schema, whole: Schema, path: tuple[str, ...], subject: Subject) -> Contradiction | None:
    """Return why no value of a schema has at a path what a requirement needs."""
    if subject.absent:
        return contradiction_of({"allOf": [root, _nest(path[:-1], {"properties": {path[-1]: False}})]}, whole)
    held = path[:-1] if subject.keyword in ("required", "forbidden") else path
    for depth in range(1, len(held)):
        around = field_at(root, held[:depth], whole)
        found = contradiction_of(around, whole) if around is not None else None
        if found is not None:
            return found
    wanted = subject.wanted
    found = _at_place(root, whole, held, lambda flat: flat, _nest(held, {}))
    if found is None and wanted != {}:
        found = _at_place(root, whole, held, lambda flat: {"allOf": [flat, wanted]}, _nest(held, wanted))
    if found is not None or not subject.keyword:
        return found
    own = field_at(root, path, whole)
    least = LEAST_SURE.get(str(own.get("format")), 0) if own is not None else 0
    if own is not None and subject.keyword == "minLength" and own["minLength"] <= least:
        text = f"each text that any reader takes for the format {own['format']} has {least} characters or more"
        return Contradiction(ContradictionKind.LENGTH, text)
    if own is not None and {"pattern", "format"} <= own.keys():
        pattern, name = str(own["pattern"]), str(own["format"])
        if subject.keyword == "format" and implies_format(pattern, name):
            return Contradiction(ContradictionKind.VALUES, f"whatever the pattern allows has the format {name}")
        if subject.keyword == "pattern" and implied_by_format(pattern, name):
            text = f"the pattern allows whatever each reader takes for the format {name}"
            return Contradiction(ContradictionKind.VALUES, text)
    for beside, demanded in _contraries_of(own, subject.keyword) if own is not None else ():
        found = _at_place(root, whole, path, partial(_replaced, by={"allOf": [beside, demanded]}), _nest(path, {}))
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
    if found is not None or any(is_open(token) or token.isdecimal() for token in path):
        return found
    return contradiction_of({"allOf": [edited_at(root, path, whole, edit), beside]}, whole)


def _nest(path: tuple[str, ...], inner: Any) -> Any:
    """Return the schema of objects that hold what ``inner`` describes at a path."""
    for name in reversed(path):
        inner = {"type": "object", "required": [name], "properties": {name: inner}}
    return inner


def _contraries_of(flat: Schema, keyword: str) -> list[tuple[Schema, Any]]:
    """Return the ways to break a keyword: what is left of the schema without it, and the schema of what breaks it.

    Empty for a keyword of which not all ways are known.
    """
    name = "minLength" if keyword == EMPTY else keyword
    beside = {key: value for key, value in flat.items() if key not in (name, *_SHOWN)}
    limit = flat.get(name)
    if keyword in ("null", "type"):  # a value of another type breaks these keywords along with its type
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
            least, most = INTEGERS[limit]
            return [(beside, {"minimum": most + 1}), (beside, {"maximum": least - 1})]
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
