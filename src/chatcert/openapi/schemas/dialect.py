"""Convert schemas of OpenAPI 3.0, 3.1 and Swagger 2.0 to JSON Schema 2020-12."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Literal

from chatcert.exceptions import UsageError
from chatcert.openapi.patterns.regex import compiled, is_endless
from chatcert.openapi.schemas.discriminators import DISCRIMINATOR, TAG, children_of_components, mapping_of, names_of
from chatcert.openapi.schemas.formats import matches_format
from chatcert.openapi.schemas.keywords import (
    ANNOTATIONS,
    COMPOSITIONS,
    CONDITIONAL,
    COUNTS,
    DROPPED,
    IDENTITY,
    JSON_TYPES,
    WITH_NAMED_SCHEMAS,
    WITH_SCHEMA,
    WITH_SCHEMA_LIST,
    map_subschemas,
)
from chatcert.openapi.schemas.pointer import locate
from chatcert.openapi.schemas.schema_merge import join_overlapping

Direction = Literal["request", "response"]
Schema = dict[str, Any]

MAX_DEPTH = 8
"""Levels of ``allOf`` and references that are searched for properties that one direction does not have."""

ORIGIN = "x-chatcert-origin"
"""Keyword of shared definitions: their pointer in the document."""

WITHHELD: Mapping[str, Any] = {"not": {}, "writeOnly": True}
"""Schema of a ``writeOnly`` property of an answer, which is not there."""

UNSENT: Mapping[str, Any] = {"not": {}, "readOnly": True}
"""Schema of a ``readOnly`` property of a request, which is not there; a server need not refuse it."""

UNREAD = "x-chatcert-unread"
"""Keyword of a schema with constraints that cannot be read: these constraints, by keyword."""

DISPUTED_NULL = "x-chatcert-disputed-null"
"""Mark of a schema of a request of which readers of OpenAPI 3.0 disagree whether it allows null."""


def _is_number(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (
        isinstance(value, float) and math.isfinite(value)
    )


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and value == int(value)


def _are_types(value: Any) -> bool:
    declared = value if isinstance(value, list) else [value]
    return bool(declared) and all(isinstance(name, str) and name in (*JSON_TYPES, "file") for name in declared)


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


FORMAT_LENGTHS: Mapping[str, tuple[int, float]] = {
    "uuid": (36, 36),
    "date": (10, 10),
    "date-time": (20, math.inf),
    "time": (9, math.inf),
    "ipv4": (7, 15),
    "email": (3, 320),
    "ipv6": (2, 45),
    "hostname": (1, 254),
    "uri": (2, math.inf),
}
"""Least and greatest number of characters of a text, by format."""

_SOUND: dict[str, Callable[[Any], bool]] = {
    "type": _are_types,
    "enum": lambda value: isinstance(value, list),
    "required": _are_names,
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "dependentRequired": lambda value: isinstance(value, Mapping) and all(map(_are_names, value.values())),
    **dict.fromkeys(("$ref", "pattern", "format"), lambda value: isinstance(value, str)),
    **dict.fromkeys(("uniqueItems", "nullable", "readOnly", "writeOnly"), lambda value: isinstance(value, bool)),
    **dict.fromkeys(("minimum", "maximum"), _is_number),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), lambda v: isinstance(v, bool) or _is_number(v)),
    **dict.fromkeys(COUNTS, _is_count),
    **dict.fromkeys(WITH_SCHEMA, lambda value: isinstance(value, Mapping | bool)),
    **dict.fromkeys(WITH_SCHEMA_LIST, lambda value: isinstance(value, list) and bool(value)),
    **dict.fromkeys(WITH_NAMED_SCHEMAS, lambda value: isinstance(value, Mapping)),
    "items": lambda value: isinstance(value, Mapping | bool | list),
}


def is_sound(keyword: str, value: Any) -> bool:
    """Return whether JSON Schema allows a value for a keyword; true for keywords that it does not define."""
    check = _SOUND.get(keyword)
    return check is None or check(value)


def is_contradicted(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema contradicts its format: by its length limits, or because no example of it has the format.

    Such a format is treated as an annotation (JSON Schema 2020-12, section 7.2.1).
    """
    name = schema.get("format")
    if not isinstance(name, str) or name not in FORMAT_LENGTHS:
        return False
    least, most = schema.get("minLength", 0), schema.get("maxLength", math.inf)
    low, high = FORMAT_LENGTHS[name]
    if (_is_count(least) and least > high) or (_is_number(most) and most < low):
        return True
    shown = [schema.get("example"), schema.get("default"), schema.get("const")]
    for keyword in ("enum", "examples"):
        shown += schema[keyword] if isinstance(schema.get(keyword), list) else []
    texts = [value for value in shown if isinstance(value, str)]
    return bool(texts) and not any(matches_format(name, text) for text in texts)


def is_modern(document: Mapping[str, Any]) -> bool:
    """Return whether schemas of the document are JSON Schema 2020-12 already: OpenAPI 3.1 and later."""
    return "openapi" in document and not str(document["openapi"]).startswith(("3.0", "2", "1"))


_NONE: frozenset[str] = frozenset()
_Shared = tuple[str, frozenset[str]]
"""A reference, and the properties that the direction does not have at the place of the reference."""


_EVALUATING = frozenset(("allOf", "anyOf", "oneOf", "not", "if", "$ref", "$dynamicRef", "dependentSchemas", "contains"))
"""Keywords by which a part of a schema evaluates members or items of the same value."""


class _Definitions:
    """The shared definitions of one schema: a name for each reference, and the references still to be converted."""

    def __init__(self) -> None:
        self.names: dict[_Shared, str] = {}
        self.pending: list[_Shared] = []
        self._taken: set[str] = set()

    def name(self, reference: str, hidden: frozenset[str]) -> str:
        """Return the name of the definition for ``reference``; a new one is queued for conversion."""
        key = reference, hidden
        if key not in self.names:
            stem = "".join(c if c.isalnum() or c in "_-" else "_" for c in reference.rsplit("/", 1)[-1]) or "schema"
            candidate, number = stem, 1
            while candidate in self._taken:
                number += 1
                candidate = f"{stem}_{number}"
            self._taken.add(candidate)
            self.names[key] = candidate
            self.pending.append(key)
        return self.names[key]


class Converter:
    """Converts the schemas of one document for one direction, sharing definitions.

    Keywords with values that JSON Schema does not allow, and broken references, restrict no value; they are reported
    as defects of the document.

    Args:
        document: the whole OpenAPI document, in which ``$ref`` pointers are looked up.
        direction: ``readOnly`` properties are not part of requests, ``writeOnly`` ones not part of responses
            (OpenAPI 3.0.3, Schema Object; JSON Schema Validation 2020-12, section 9.4).
        lenient: such properties are not required, and allowed all the same: examples often serve both directions.
    """

    def __init__(self, document: Mapping[str, Any], direction: Direction, *, lenient: bool = False) -> None:
        self._document = document
        self._modern = is_modern(document)
        self._direction = direction
        self._hidden = "readOnly" if direction == "request" else "writeOnly"
        self._lenient = lenient
        self._is_incomplete = False
        self._children: dict[str, list[str]] | None = None

    def standalone(self, schema: Any) -> Schema:
        """The schema with all that it refers to under ``$defs``, valid on its own."""
        shared = _Definitions()
        self._is_incomplete = False
        result = self._convert(schema, shared)
        definitions: dict[str, Any] = {}
        while shared.pending:
            key = shared.pending.pop()
            definitions[shared.names[key]] = self._definition(*key, shared)
        if not isinstance(result, dict):
            return {} if result else {"not": {}}
        if definitions:
            result = {**result, "$defs": {**result.get("$defs", {}), **definitions}}
        return _without_unevaluated(result) if self._is_incomplete else result

    def _definition(self, reference: str, hidden: frozenset[str], shared: _Definitions) -> Any:
        try:
            pointer, value = locate(self._document, reference)
        except UsageError:
            self._is_incomplete = True
            return True
        converted = self._convert(value, shared, hidden)
        if isinstance(converted, dict):
            converted.setdefault(ORIGIN, pointer)
        return converted

    def _convert(
        self, schema: Any, shared: _Definitions, hidden: frozenset[str] = _NONE, *, inherited: bool = False
    ) -> Any:
        if not isinstance(schema, Mapping):
            return schema if isinstance(schema, bool) else True
        hidden = hidden | self._hidden_names(schema)
        if isinstance(schema.get("$ref"), str):
            return self._reference(schema, shared, hidden, inherited=inherited)
        result: Schema = {}
        for key, value in schema.items():
            if not is_sound(key, value) or key in DROPPED or (key == "pattern" and compiled(value) is None):
                result.setdefault(UNREAD, {})[key] = value
                continue
            if key in IDENTITY:
                self._is_incomplete |= key == "$dynamicRef"
                continue
            if key in ANNOTATIONS and not isinstance(value, ANNOTATIONS[key]):
                continue
            if key == "format" and is_contradicted(schema):
                continue
            name = "prefixItems" if key == "items" and isinstance(value, list) else key
            inner = hidden if key in CONDITIONAL else _NONE
            convert = partial(self._convert, shared=shared, hidden=inner, inherited=key == "allOf")
            result[name] = convert(value) if key == "contentSchema" else map_subschemas(key, value, convert)
            if key in ("properties", "patternProperties"):  # a validator says of `false` alone not where it stands
                result[name] = {n: {"not": {}} if part is False else part for n, part in result[name].items()}
        _remove_repetitions(result)
        _drop_unreadable_names(result)
        join_overlapping(result)
        _name_unevaluated(result)
        self._modernise(result)
        self._leave_out(result, hidden)
        self._set_tags(result, schema)
        return result

    def _set_tags(self, schema: Schema, published: Mapping[str, Any]) -> None:
        """Add to each alternative, in place, the names that a discriminator gives it (OpenAPI, Discriminator Object).

        An alternative that says itself what its tag is, is left as it is.
        """
        rule = published.get("discriminator")
        tag = rule.get("propertyName") if isinstance(rule, Mapping) else None
        for keyword in ("oneOf", "anyOf"):
            if isinstance(tag, str) and isinstance(published.get(keyword), list) and keyword in schema:
                mapping = mapping_of(rule)
                schema[keyword] = [
                    self._tagged(part, inner, tag, mapping)
                    for part, inner in zip(schema[keyword], published[keyword], strict=True)
                ]
                if self._direction == "response" and isinstance(rule, Mapping):
                    schema[DISCRIMINATOR] = {**rule, "mapping": mapping}

    def _heirs(self, reference: str) -> dict[str, tuple[str, list[str]]]:
        """Return the schemas that inherit from one with a discriminator, by reference, with their tag and names.

        They are those that have it in their ``allOf`` (OpenAPI 3.0.3, Discriminator Object; Swagger 2.0, Models with
        Polymorphism Support).
        """
        with suppress(UsageError):
            pointer, parent = locate(self._document, reference)
            rule = parent.get("discriminator") if isinstance(parent, Mapping) else None
            tag = rule.get("propertyName") if isinstance(rule, Mapping) else rule
            if isinstance(tag, str) and not {"oneOf", "anyOf"} & parent.keys():
                return {f"#{place}": (tag, names_of(f"#{place}", mapping_of(rule))) for place in self._below(pointer)}
        return {}

    def _below(self, pointer: str, depth: int = 0) -> list[str]:
        """Return the places of the components that have a schema in their ``allOf``, at any distance."""
        if self._children is None:
            self._children = children_of_components(self._document)
        found: list[str] = []
        for place in self._children.get(pointer, []) if depth < MAX_DEPTH else ():
            found += [place, *self._below(place, depth + 1)]
        return list(dict.fromkeys(found))

    def _with_heirs(self, inner: Schema, reference: str, heirs: Mapping[str, Any], shared: _Definitions) -> Schema:
        """Return what an answer is that a schema with heirs describes: one of these, or no more than that schema.

        Which one is meant is a matter of its name; a value that names none of them is still judged by its form.
        """
        tag = next(iter(heirs.values()))[0]
        with suppress(UsageError):
            rule = locate(self._document, reference)[1].get("discriminator")
        mapping = mapping_of(rule)
        parts = [
            {"$ref": f"#/$defs/{shared.name(heir, _NONE)}", "properties": {tag: {"examples": names[:1]}}}
            for heir, (_, names) in heirs.items()
        ]
        known = {"propertyName": tag, "mapping": mapping}
        return {**inner, "anyOf": [*parts, dict(inner)], "discriminator": known, DISCRIMINATOR: known}

    def _heir(self, reference: str, tag: str, names: list[str], shared: _Definitions) -> Schema:
        inner: Schema = {"$ref": f"#/$defs/{shared.name(reference, _NONE)}", TAG: tag}
        if not self._is_fixed({"$ref": reference}, tag):
            inner["properties"] = {tag: {"type": "string", "enum": names, TAG: tag}}
        return inner

    def _tagged(self, converted: Any, published: Any, tag: str, mapping: Mapping[str, Any]) -> Any:
        reference = published.get("$ref") if isinstance(published, Mapping) else None
        if not isinstance(converted, dict) or not isinstance(reference, str) or self._is_fixed(published, tag):
            is_named = isinstance(converted, dict) and isinstance(reference, str) and self._direction == "request"
            return {**converted, TAG: tag} if is_named else converted
        if self._direction == "response":  # an answer that names another alternative is judged by its form
            hint = {tag: {"examples": names_of(reference, mapping)[:1]}}
            return {**converted, "properties": {**converted.get("properties", {}), **hint}}
        known = {"type": "string", "enum": names_of(reference, mapping), TAG: tag}
        return {**converted, "properties": {**converted.get("properties", {}), tag: known}, TAG: tag}

    def _is_fixed(self, schema: Any, tag: str, depth: int = 0) -> bool:
        """Return whether a schema has a constant or members for a property; each alternative, where it has several."""
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return False
        properties = schema.get("properties")
        found = properties.get(tag) if isinstance(properties, Mapping) else None
        if self._names_members(found) or any(self._is_fixed(part, tag, depth + 1) for part in self._parts(schema)):
            return True
        lists = [schema[keyword] for keyword in ("oneOf", "anyOf") if isinstance(schema.get(keyword), list)]
        return any(branches and all(self._is_fixed(part, tag, depth + 1) for part in branches) for branches in lists)

    def _names_members(self, schema: Any, depth: int = 0) -> bool:
        """Return whether a schema names the values that it takes, beside null."""
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return False
        if "enum" in schema or "const" in schema or any(self._names_members(p, depth + 1) for p in self._parts(schema)):
            return True
        lists = [schema[keyword] for keyword in ("oneOf", "anyOf") if isinstance(schema.get(keyword), list)]
        values = [[part for part in branches if part != {"type": "null"}] for branches in lists]
        return any(found and all(self._names_members(part, depth + 1) for part in found) for found in values)

    def _reference(
        self, schema: Mapping[str, Any], shared: _Definitions, hidden: frozenset[str], *, inherited: bool
    ) -> Schema:
        heirs = {} if inherited else self._heirs(schema["$ref"])
        inner: Schema = {"$ref": f"#/$defs/{shared.name(schema['$ref'], hidden - self._hidden_names(schema))}"}
        if heirs and self._direction == "response":
            inner = self._with_heirs(inner, schema["$ref"], heirs, shared)
        elif heirs:
            inner = {"anyOf": [self._heir(reference, *rule, shared) for reference, rule in heirs.items()]}
        # Siblings of $ref count in 3.1 only; our own extensions count everywhere.
        siblings = {
            key: value
            for key, value in schema.items()
            if key != "$ref" and (self._modern or key.startswith("x-chatcert-") or key in ("nullable", "x-nullable"))
        }
        nullable = _is_nullable(siblings, modern=self._modern)
        converted = self._convert(siblings, shared, hidden)
        if nullable and self._direction == "response":
            return {**converted, "anyOf": [inner, {"type": "null"}]}
        return {**inner, **converted, **({DISPUTED_NULL: True} if nullable else {})}

    def _modernise(self, schema: Schema) -> None:
        """Rewrite OpenAPI 3.0 keywords in place."""
        for limit, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            flag = schema.get(exclusive)
            if isinstance(flag, bool):
                del schema[exclusive]
                if flag and limit in schema:
                    schema[exclusive] = schema.pop(limit)
        nullable = _is_nullable(schema, modern=self._modern)
        schema.pop("nullable", None)
        if nullable:
            if self._direction == "response" or (not self._modern and _null_is_undisputed(schema)):
                _allow_null(schema)
            else:
                schema[DISPUTED_NULL] = True
        declared = schema.get("type")
        if declared == "file":
            schema["type"] = "string"
        elif isinstance(declared, list) and "file" in declared:
            schema["type"] = list(dict.fromkeys("string" if name == "file" else name for name in declared))

    def _leave_out(self, schema: Schema, hidden: frozenset[str]) -> None:
        """Take the properties that this direction does not have out of a schema, in place."""
        if not hidden:
            return
        if "required" in schema:
            schema["required"] = [name for name in schema["required"] if name not in hidden]
            if not schema["required"]:
                del schema["required"]
        if isinstance(schema.get("properties"), dict) and not self._lenient:
            absent = UNSENT if self._direction == "request" else WITHHELD
            schema["properties"] = {n: absent if n in hidden else part for n, part in schema["properties"].items()}

    def _hidden_names(self, schema: Any, depth: int = 0) -> frozenset[str]:
        """Return the properties that this direction does not have, of a schema and all that applies with it."""
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return _NONE
        properties = schema.get("properties")
        declared = properties if isinstance(properties, Mapping) else {}
        names = {name for name, part in declared.items() if self._is_hidden(part)}
        for part in self._parts(schema):
            names |= self._hidden_names(part, depth + 1)
        return frozenset(names)

    def _is_hidden(self, schema: Any, depth: int = 0) -> bool:
        if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
            return False
        if self._hidden in schema:
            return schema[self._hidden] is True
        return any(self._is_hidden(part, depth + 1) for part in self._parts(schema))

    def _parts(self, schema: Mapping[str, Any]) -> list[Any]:
        """Return the schemas that apply together with a schema: its ``allOf``, and what it refers to."""
        parts = list(schema["allOf"]) if isinstance(schema.get("allOf"), list) else []
        if isinstance(schema.get("$ref"), str):
            with suppress(UsageError):
                parts.append(locate(self._document, schema["$ref"])[1])
        return parts


def _without_unevaluated(schema: Any) -> Any:
    """Return a schema without the rules on what no other keyword has evaluated: a part of it is not known."""
    if not isinstance(schema, Mapping):
        return schema
    kept = {key: value for key, value in schema.items() if key not in ("unevaluatedProperties", "unevaluatedItems")}
    return {key: map_subschemas(key, value, _without_unevaluated) for key, value in kept.items()}


def _name_unevaluated(schema: Schema) -> None:
    """Write schemas of what no other keyword has evaluated as those of what none names, in place.

    They mean the same where no part of the schema evaluates anything.
    """
    if any(keyword in schema for keyword in _EVALUATING):
        return
    for keyword, same in (("unevaluatedProperties", "additionalProperties"), ("unevaluatedItems", "items")):
        if isinstance(schema.get(keyword), Mapping) and same not in schema:
            schema[same] = schema.pop(keyword)


def _remove_repetitions(schema: Schema) -> None:
    """Remove repetitions from lists of names: they mean nothing, and a validator would reject the schema."""
    for keyword in ("type", "required"):
        if isinstance(schema.get(keyword), list):
            schema[keyword] = list(dict.fromkeys(schema[keyword]))
    if "dependentRequired" in schema:
        schema["dependentRequired"] = {n: list(dict.fromkeys(v)) for n, v in schema["dependentRequired"].items()}


def _drop_unreadable_names(schema: Schema) -> None:
    """Remove patterns of property names that cannot be matched safely, and the keywords that depend on them."""
    patterns = schema.get("patternProperties", {})
    unreadable = [pattern for pattern in patterns if compiled(pattern) is None or is_endless(pattern)]
    if unreadable:
        schema["patternProperties"] = {name: part for name, part in patterns.items() if name not in unreadable}
        schema.pop("additionalProperties", None)
        schema.pop("unevaluatedProperties", None)


def _is_nullable(schema: Mapping[str, Any], *, modern: bool) -> bool:
    """Return whether null is allowed, as OpenAPI 3.0 or as Swagger 2.0 tools write it.

    OpenAPI 3.1 does not have the keyword: whether those who use it there mean it is disputed.
    """
    return schema.get("nullable") is True or (not modern and schema.get("x-nullable") is True)


def _null_is_undisputed(schema: Mapping[str, Any]) -> bool:
    """Return whether ``nullable`` beside these keywords allows null for every reader of OpenAPI 3.0.

    It adds null to the ``type`` beside it and to nothing else (OpenAPI 3.0.3, Schema Object; clarified by the proposal
    of 2019-10-31, "Clarify Semantics of nullable"): an ``enum`` without null, a composition or a reference still rules
    null out. Many servers read it otherwise, so that a request is tested neither with null nor for its refusal.
    """
    members = schema.get("enum")
    return (
        isinstance(schema.get("type"), str)
        and (not isinstance(members, list) or None in members)
        and "const" not in schema
        and not any(keyword in schema for keyword in (*COMPOSITIONS, "$ref"))
    )


def _allow_null(schema: Schema) -> None:
    """Make a schema accept null too, in place."""
    if isinstance(schema.get("type"), str):
        schema["type"] = [schema["type"], "null"]
    if "enum" in schema and None not in schema["enum"]:
        schema["enum"] = [*schema["enum"], None]
    parts = {keyword: schema.pop(keyword) for keyword in COMPOSITIONS if keyword in schema}
    if parts:
        only = parts["allOf"][0] if list(parts) == ["allOf"] and len(parts["allOf"]) == 1 else parts
        schema["anyOf"] = [only, {"type": "null"}]
