"""Rewrite "this or null" in the schemas of answers as one schema, so that a breach is found inside it, where it is.

A validator says of ``anyOf: [X, null]`` only that neither fits. What X says of a value that is not null is the same
without the alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.alternatives import is_null
from chatcert.openapi.schemas.dialect import ORIGIN
from chatcert.openapi.schemas.discriminators import DISCRIMINATOR, TAG
from chatcert.openapi.schemas.fields import follow
from chatcert.openapi.schemas.keywords import WITH_NAMED_SCHEMAS, WITH_SCHEMA, WITH_SCHEMA_LIST
from chatcert.openapi.schemas.pointer import join

_COMPOSED = frozenset(("oneOf", "anyOf", "allOf", "not", "if", "$ref", "discriminator", DISCRIMINATOR, TAG))
"""Keywords beside which null would not become valid by being one of the types."""


def with_merged_nulls(schema: Schema, pointer: str) -> Schema:
    """Return a standalone schema that allows the same values, "this or null" written as a list of types.

    Args:
        pointer: its place in the specification.
    """
    rewriter = _Rewriter(schema)
    outside = {key: value for key, value in schema.items() if key != "$defs"}
    result = rewriter.changed(outside, str(schema.get(ORIGIN, pointer)))
    definitions = {
        name: rewriter.changed(part, str(part.get(ORIGIN, "")) if isinstance(part, Mapping) else "")
        for name, part in (schema.get("$defs") or {}).items()
    }
    definitions |= rewriter.made
    return {**result, "$defs": definitions} if definitions else dict(result)


class _Rewriter:
    """Rewrites the parts of one schema.

    Attributes:
        made: new definitions, by name.
    """

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._names: dict[str, str] = {}
        self.made: dict[str, Any] = {}

    def changed(self, schema: Any, pointer: str) -> Any:
        """Return a part of the schema, rewritten."""
        if not isinstance(schema, Mapping):
            return schema
        merged = self._merged(schema, pointer)
        result: Schema = {}
        for key, value in (schema if merged is None else merged).items():
            place = join(pointer, key)
            if key in WITH_NAMED_SCHEMAS and isinstance(value, Mapping):
                result[key] = {name: self.changed(part, join(place, name)) for name, part in value.items()}
            elif (key in WITH_SCHEMA_LIST or key == "items") and isinstance(value, list):
                result[key] = [self.changed(part, join(place, number)) for number, part in enumerate(value)]
            elif key in WITH_SCHEMA:
                result[key] = self.changed(value, place)
            else:
                result[key] = value
        return result

    def _merged(self, schema: Mapping[str, Any], pointer: str) -> Schema | None:
        """Return a schema with a reference to "this or null" in place of alternatives; ``None`` if it is not that."""
        found = [key for key in ("oneOf", "anyOf") if isinstance(schema.get(key), list)]
        if len(found) != 1 or {"$ref", "allOf", "type"} & schema.keys():
            return None
        keyword = found[0]
        values = [(number, part) for number, part in enumerate(schema[keyword]) if not is_null(part)]
        nulls = len(schema[keyword]) - len(values)
        if len(values) != 1 or not nulls or (keyword == "oneOf" and nulls > 1):
            return None
        number, part = values[0]
        while isinstance(part, Mapping) and len(part) == 1 and isinstance(only := next(iter(part.values())), list):
            if {*part} <= {"allOf", "oneOf", "anyOf"} and len(only) == 1:
                part = only[0]
            else:
                break
        target = follow(part, self._root) if isinstance(part, Mapping) else {}
        if "type" not in target or _COMPOSED & target.keys() or _allows_null(target):
            return None
        reference = part.get("$ref") if [*part] == ["$ref"] else None
        name = self._definition(str(reference or ""), target, join(pointer, keyword, number))
        beside = {key: value for key, value in schema.items() if key not in (keyword, "discriminator")}
        return {**beside, "$ref": f"#/$defs/{name}"}

    def _definition(self, reference: str, target: Schema, pointer: str) -> str:
        """Return the name of a definition of a schema or null; a new one for each but for the same reference."""
        if reference in self._names:
            return self._names[reference]
        known = {*(self._root.get("$defs") or {}), *self.made}
        stem = f"{reference.rpartition('/')[2] or 'value'}_or_null"
        name = next(one for one in (stem, *(f"{stem}_{n}" for n in range(2, len(known) + 3))) if one not in known)
        if reference:
            self._names[reference] = name
        self.made[name] = True
        declared = target["type"]
        own = {key: value for key, value in target.items() if key not in ("const", "$defs")}
        own["type"] = [*([declared] if isinstance(declared, str) else declared), "null"]
        members = [target["const"]] if "const" in target else target.get("enum")
        if isinstance(members, list):
            own["enum"] = [*members, None]
        own[ORIGIN] = str(target.get(ORIGIN) or pointer)
        self.made[name] = self.changed(own, own[ORIGIN])
        return name


def _allows_null(target: Schema) -> bool:
    declared = target["type"]
    return declared == "null" or (isinstance(declared, list) and "null" in declared)
