"""Edit one place of a JSON value, or of a schema, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import follow
from chatcert.openapi.schemas.path_tokens import ANY, OpenToken, is_open, matches_key, of_pattern
from chatcert.openapi.schemas.pointer import MISSING

Change = Callable[[Any], Any]
_MAX_DEPTH = 24


def changed_at(value: Any, path: Sequence[str], change: Change) -> Any:
    """Return a copy of ``value`` with ``change`` applied at ``path``; a change to ``MISSING`` removes the member.

    ``*`` matches the first item of an array and every member of an object, a pattern after it the members whose names
    it matches. A path that matches nothing changes nothing.
    """
    if not path:
        return change(value)
    head, rest = path[0], path[1:]
    if isinstance(value, list) and head == ANY and value:
        item = changed_at(value[0], rest, change)
        return value[1:] if item is MISSING else [item, *value[1:]]
    if isinstance(value, dict):
        names = [name for name in value if matches_key(head, name)] if is_open(head) else [head]
        copy = dict(value)
        for name in names:
            if name in copy:
                inner = changed_at(copy[name], rest, change)
                if inner is MISSING:
                    del copy[name]
                else:
                    copy[name] = inner
        return copy
    return value


def map_scalars(value: Any, change: Change) -> Any:
    """Return a copy of ``value`` with ``change`` applied to every scalar in it."""
    if isinstance(value, dict):
        return {name: map_scalars(inner, change) for name, inner in value.items()}
    if isinstance(value, list):
        return [map_scalars(inner, change) for inner in value]
    return change(value)


def schema_edited_at(
    schema: Any, path: Sequence[str], root: Schema, edit: Callable[[Schema], Any], depth: int = 0
) -> Any:
    """Return a copy of ``schema`` with ``edit`` applied to the subschema at a field's path.

    References on the way are replaced by what they refer to; every part of an ``allOf`` is edited, and every
    alternative that has the path.
    """
    if isinstance(schema, bool) or depth > _MAX_DEPTH:
        return schema
    node = follow(schema, root)
    combined = ("allOf", "anyOf", "oneOf") if path else ("allOf",)
    for keyword in combined:
        if isinstance(node.get(keyword), list):
            node[keyword] = [schema_edited_at(part, path, root, edit, depth + 1) for part in node[keyword]]
    if not path:
        return edit(node)
    head, rest = path[0], path[1:]
    patterns, fixed = node.get("patternProperties") or {}, node.get("prefixItems") or []
    if isinstance(head, OpenToken) and head.pattern in patterns:
        name = head.pattern
        inner = schema_edited_at(patterns[name], rest, root, edit, depth + 1)
        node["patternProperties"] = {**patterns, name: inner}
    elif head.isdecimal() and int(head) < len(fixed):
        inner = schema_edited_at(fixed[int(head)], rest, root, edit, depth + 1)
        node["prefixItems"] = [*fixed[: int(head)], inner, *fixed[int(head) + 1 :]]
    elif head == ANY:
        for keyword in ("additionalProperties", "items"):
            if isinstance(node.get(keyword), dict):
                node[keyword] = schema_edited_at(node[keyword], rest, root, edit, depth + 1)
    elif head in (node.get("properties") or {}):
        inner = schema_edited_at(node["properties"][head], rest, root, edit, depth + 1)
        node["properties"] = {**node["properties"], head: inner}
        for name in [name for name in patterns if matches_key(of_pattern(name), head)]:  # it says the same once more
            inner = schema_edited_at(patterns[name], rest, root, edit, depth + 1)
            node["patternProperties"] = {**node["patternProperties"], name: inner}
    return node


def with_definitions(edited: Any, root: Schema) -> Schema:
    """Return an edited root schema with the definitions of the original one."""
    if not isinstance(edited, dict):
        return {}
    return {**edited, "$defs": root["$defs"]} if "$defs" in root else edited
