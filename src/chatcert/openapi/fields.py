"""Walk a schema: yield the fields of the JSON documents that it describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.openapi import keywords
from chatcert.openapi.contract import Schema
from chatcert.openapi.dialect import DISPUTED_NULL, ORIGIN
from chatcert.openapi.pointer import join, lookup, tokens_of
from chatcert.openapi.schema_merge import merge_schemas

ANY = "*"
"""Path token for any item of an array and any additional key of an object."""

MAX_DEPTH = 8
JSON_TYPES = keywords.JSON_TYPES


@dataclass(frozen=True, slots=True)
class Field:
    """One place in the documents that a schema describes.

    Attributes:
        path: property names from the root; ``*`` stands for any item or additional key.
        schema: the schema of the field, references followed.
        required: whether the parent object requires it.
        pointer: place of the schema in the specification.
        optional_branch: whether it was reached through ``anyOf`` or ``oneOf``, so that it may not apply.
        named_at: place in the specification that names the field, before a reference there is followed.
    """

    path: tuple[str, ...]
    schema: Schema
    required: bool
    pointer: str
    optional_branch: bool = False
    named_at: str = ""

    @property
    def name(self) -> str:
        """The path as requirement ids write it."""
        return "/".join(token.replace("/", "~1") for token in self.path)

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types that its ``type`` keyword allows; all of them without that keyword."""
        declared = self.schema.get("type")
        if isinstance(declared, str):
            return (declared,)
        return tuple(declared) if isinstance(declared, list) else JSON_TYPES

    @property
    def nullable(self) -> bool:
        """Whether ``type`` names null; a schema without ``type`` does not count."""
        return "type" in self.schema and "null" in self.types

    @property
    def null_is_disputed(self) -> bool:
        """Whether readers of the document disagree if null is allowed."""
        return self.schema.get(DISPUTED_NULL) is True


def follow(schema: Any, root: Schema) -> Schema:
    """Return the schema behind any chain of ``$ref``, merged with siblings; ``{}`` for ``true``."""
    for _ in range(32):
        if not isinstance(schema, Mapping):
            return {} if schema is not False else {"not": {}}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return dict(schema)
        target = lookup(root, tokens_of(reference.removeprefix("#")))
        siblings = {key: value for key, value in schema.items() if key != "$ref"}
        if target is False:
            return {"not": {}}
        if not isinstance(target, Mapping):
            return siblings
        schema = _with_siblings(siblings, target) if siblings else target
    return {}


def _with_siblings(siblings: Schema, target: Mapping[str, Any]) -> Schema:
    """Merge the target of a reference with the siblings of the reference, whose annotations win."""
    if isinstance(target.get("$ref"), str):
        rest = {key: value for key, value in target.items() if key != "$ref"}
        return {**merge_schemas([siblings, rest]), "$ref": target["$ref"]}
    return merge_schemas([siblings, dict(target)])


def is_impossible(schema: Any) -> bool:
    """Return whether a schema says by itself that it allows no value."""
    return schema is False or (isinstance(schema, Mapping) and schema.get("not") in ({}, True))


def flattened(schema: Any, root: Schema) -> Schema:
    """Return the schema behind any ``$ref``, with its ``allOf`` parts merged."""
    return _with_all_of(follow(schema, root), root, "")[0]


def walk(root: Schema, pointer: str) -> Iterator[Field]:
    """Yield every field that ``root`` describes, the document itself first; each path once.

    Args:
        root: a standalone schema.
        pointer: its place in the specification.
    """
    seen: set[tuple[str, ...]] = set()
    for field in _walk(root, root, (), True, pointer, False, 0, set()):
        if field.path not in seen:
            seen.add(field.path)
            yield field


def _walk(
    schema: Any,
    root: Schema,
    path: tuple[str, ...],
    required: bool,
    pointer: str,
    branch: bool,
    depth: int,
    been: set[tuple[tuple[str, ...], str]],
) -> Iterator[Field]:
    if depth > MAX_DEPTH or len(path) > MAX_DEPTH // 2:
        return
    found, named_at = follow(schema, root), pointer
    pointer = found.get(ORIGIN, pointer) if isinstance(schema, Mapping) and "$ref" in schema else pointer
    if (path, pointer) in been:  # alternatives that share a part lead to it many times
        return
    been.add((path, pointer))
    flat, places = _with_all_of(found, root, pointer)
    yield Field(path, flat, required, pointer, branch, named_at)
    if flat.get("x-chatcert-illustrative"):
        return
    needed = flat.get("required") or []
    for name, inner in (flat.get("properties") or {}).items():
        if is_impossible(inner):
            continue
        place = places.get(name, join(pointer, "properties", name))
        yield from _walk(inner, root, (*path, name), name in needed, place, branch, depth + 1, been)
    for keyword in ("additionalProperties", "items"):
        inner = flat.get(keyword)
        if isinstance(inner, Mapping) and inner:
            place = join(pointer, keyword)
            yield from _walk(inner, root, (*path, ANY), False, place, branch, depth + 1, been)
    for keyword in ("anyOf", "oneOf"):
        for index, inner in enumerate(flat.get(keyword) or []):
            place = join(pointer, keyword, index)
            for field in _walk(inner, root, path, required, place, True, depth + 1, been):
                if field.path != path:
                    yield field


def _with_all_of(schema: Schema, root: Schema, pointer: str, depth: int = 0) -> tuple[Schema, dict[str, str]]:
    """Return ``schema`` with its ``allOf`` parts merged, and the pointers of the properties of these parts."""
    if not schema.get("allOf"):
        return schema, {}
    outer = {key: value for key, value in schema.items() if key != "allOf"}
    parts: list[Schema] = []
    places: dict[str, str] = {}
    for index, part in enumerate(schema["allOf"] if depth < MAX_DEPTH else ()):
        target = follow(part, root)
        shared = isinstance(part, Mapping) and "$ref" in part
        place = str(target.get(ORIGIN, pointer)) if shared else join(pointer, "allOf", index)
        inner, inner_places = _with_all_of(target, root, place, depth + 1)
        for name in inner.get("properties", {}):
            if name not in outer.get("properties", {}):
                places.setdefault(name, inner_places.get(name, join(place, "properties", name)))
        parts.append(inner)
    return merge_schemas([outer, *parts]), places
