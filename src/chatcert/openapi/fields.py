"""Walking a schema: every place in a JSON document that it says something about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.openapi import keywords
from chatcert.openapi.allof import laid_together
from chatcert.openapi.contract import Schema
from chatcert.openapi.dialect import ORIGIN
from chatcert.openapi.pointer import join, lookup, tokens_of

ANY = "*"
"""Path token for any item of an array and any additional key of an object."""

MAX_DEPTH = 8
JSON_TYPES = keywords.JSON_TYPES


@dataclass(frozen=True, slots=True)
class Field:
    """One place in a document.

    Attributes:
        path: property names from the root; ``*`` stands for any item or additional key.
        schema: what the schema says there, references followed.
        required: whether the parent object needs it.
        pointer: where that stands in the specification.
        optional_branch: reached through ``anyOf``, ``oneOf`` or a condition: it need not apply.
        named_at: where the specification names the place, before a reference there is followed.
    """

    path: tuple[str, ...]
    schema: Schema
    required: bool
    pointer: str
    optional_branch: bool = False
    named_at: str = ""

    @property
    def name(self) -> str:
        """The path as it stands in a requirement id."""
        return "/".join(token.replace("/", "~1") for token in self.path)

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types that its ``type`` keyword allows; all of them where there is none."""
        declared = self.schema.get("type")
        if isinstance(declared, str):
            return (declared,)
        return tuple(declared) if isinstance(declared, list) else JSON_TYPES

    @property
    def nullable(self) -> bool:
        """Whether the schema itself says that null is allowed (not merely that anything is)."""
        return "type" in self.schema and "null" in self.types


def follow(schema: Any, root: Schema) -> Schema:
    """The schema behind any chain of ``$ref``, siblings laid over it; ``{}`` for ``true``."""
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
        schema = _beside(siblings, target) if siblings else target
    return {}


def _beside(siblings: Schema, target: Mapping[str, Any]) -> Schema:
    """What a reference leads to, and what stands beside the reference: both hold, and the nearer words count."""
    if isinstance(target.get("$ref"), str):
        rest = {key: value for key, value in target.items() if key != "$ref"}
        return {**laid_together([siblings, rest]), "$ref": target["$ref"]}
    return laid_together([siblings, dict(target)])


def flattened(schema: Any, root: Schema) -> Schema:
    """The schema behind any ``$ref``, its ``allOf`` parts laid together."""
    return _with_all_of(follow(schema, root), root, "")[0]


def walk(root: Schema, pointer: str) -> Iterator[Field]:
    """Every place that ``root`` speaks of, the document itself first; each path once.

    Args:
        root: a standalone schema.
        pointer: where it stands in the specification.
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
    if (path, pointer) in been:  # alternatives that share a part would lead there again and again
        return
    been.add((path, pointer))
    flat, places = _with_all_of(found, root, pointer)
    yield Field(path, flat, required, pointer, branch, named_at)
    if flat.get("x-chatcert-illustrative"):
        return
    needed = flat.get("required") or []
    for name, inner in (flat.get("properties") or {}).items():
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
    """``schema`` with its ``allOf`` parts laid together, and where each property that came from a part stands."""
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
    return laid_together([outer, *parts]), places
