"""Read values back from the text of a form, a header, a path or a query, as a server does that knows the schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatcert.cases.requests.encoding import form_text
from chatcert.cases.requests.form_fields import style_of
from chatcert.cases.requests.part_types import usual_type
from chatcert.openapi.body_types import holds_any_bytes
from chatcert.openapi.contract import Schema
from chatcert.openapi.multipart import listed_types
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.streams import is_json_type

_BOOLEANS = {"true": True, "false": False}
_SPELLINGS = ("0", "1", "yes", "no", "on", "off", "t", "f", "y", "n", "")
"""Other texts that some frameworks read as a boolean; the document does not say whether they are one."""


def is_form(media_type: str) -> bool:
    """Return whether bodies of this media type carry text only."""
    return "form" in media_type and "json" not in media_type


def is_text(media_type: str) -> bool:
    """Return whether a body of this media type is one plain text, or any bytes."""
    return media_type.strip().lower().startswith("text/") or holds_any_bytes(media_type)


def read_form(body: Any, schema: Schema, encoding: Mapping[str, Any] | None = None) -> Any:
    """Return the body that a server reads from a form: each field in the first of its types that its text fits.

    Args:
        encoding: how the fields are written.
    """
    if not isinstance(body, dict):
        return body
    properties = flattened(schema, schema).get("properties") or {}
    read: dict[str, Any] = {}
    for name, value in body.items():
        flat = flattened(properties.get(name, True), schema)
        style = style_of(encoding, name)
        if style is not None and "object" in types_of(flat):
            if not isinstance(value, dict):
                continue  # the names of its members are looked for, so that this is no such field
            inner = flat.get("properties") or {}
            members = {key: (form_text(one), flattened(inner.get(key, True), schema)) for key, one in value.items()}
            read |= {name: {key: read_text(*found) for key, found in members.items()}} if members else {}
            continue
        plain = isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
        texts = [form_text(item) for item in (value if plain else [value])]
        if style is not None and isinstance(value, dict):  # where an array is due, its names and values are items
            texts = [form_text(part) for pair in value.items() for part in pair]
        elif plain and texts and style is not None and style.delimiter:
            texts = style.delimiter.join(texts).split(style.delimiter)
        if not texts:
            continue  # an empty array is written as no field at all
        if "array" in types_of(flat):
            items = flattened(flat.get("items", True), schema)
            read[name] = [read_text(text, items) for text in texts]
        else:
            read[name] = read_text(texts[-1], flat)
    return read


def is_json_in_form(path: tuple[str, ...], schema: Schema, encoding: Mapping[str, Any]) -> bool:
    """Return whether a value of a form is in a JSON text: a member of an object, or what ``encoding`` calls JSON."""
    if not path or style_of(encoding, path[0]) is not None:
        return False
    flat = flattened((flattened(schema, schema).get("properties") or {}).get(path[0], True), schema)
    items = flattened(flat.get("items", True), schema) if "array" in types_of(flat) else flat
    stated = bool(listed_types(encoding, path[0])) and is_json_type(usual_type(encoding, path[0], schema))
    return stated or (len(path) > 1 and "object" in types_of(items))


def fits_its_styles(body: Any, schema: Schema, encoding: Mapping[str, Any]) -> bool:
    """Return whether the objects in a form are flat and have named members only, where they are written in a style."""
    properties = flattened(schema, schema).get("properties") or {}
    for name, value in body.items() if isinstance(body, dict) else ():
        style = style_of(encoding, name)
        if style is not None and isinstance(value, dict):
            named = flattened(properties.get(name, True), schema).get("properties") or {}
            if any(isinstance(member, dict | list) or key not in named for key, member in value.items()):
                return False
    return True


def read_text(text: str, flat: Schema) -> Any:
    """Return a text as a value of the first type of the schema that it fits; the text itself where it fits none."""
    for kind in types_of(flat):
        if kind == "string":
            return text
        if kind == "boolean" and text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if (kind == "number" and is_number) or (kind == "integer" and is_number and value == int(value)):
            return value
        if (kind == "object" and isinstance(value, dict)) or (kind == "array" and isinstance(value, list)):
            return value
    return text


def read_configured(text: str, schema: Schema, root: Schema) -> Any:
    """Return a configured text as a value of a schema; of an array it may be JSON, or its items between commas."""
    flat = flattened(schema, root)
    if "array" not in types_of(flat) or text.lstrip().startswith("["):
        return read_text(text, flat)
    items = flattened(flat.get("items", True), root)
    return [read_text(part.strip(), items) for part in text.split(",")]


def is_ambiguous(text: str, flat: Schema) -> bool:
    """Return whether servers read a text differently: as another spelling of a boolean, or of null."""
    kinds = types_of(flat)
    return ("boolean" in kinds and text.strip().lower() in _SPELLINGS) or ("null" in kinds and text in ("", "null"))


def types_of(flat: Schema) -> tuple[str, ...]:
    """Return the types that a schema declares, ``string`` last; ``string`` alone where it declares none."""
    declared = flat.get("type")
    if declared is None:
        members = [*flat.get("enum", []), *([flat["const"]] if "const" in flat else [])]
        if members and all(isinstance(member, int | float) for member in members):
            return ("boolean", "number", "string")
        branches = [branch for key in ("oneOf", "anyOf") for branch in flat.get(key, []) if isinstance(branch, dict)]
        kinds = [kind for branch in branches for kind in types_of(branch)]
        return tuple(sorted(dict.fromkeys(kinds), key=lambda kind: kind == "string")) or ("string",)
    names = [declared] if isinstance(declared, str) else declared
    return tuple(sorted(names, key=lambda kind: kind == "string"))
