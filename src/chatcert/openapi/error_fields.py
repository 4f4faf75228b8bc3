"""Places of documented errors that name the field which is wrong, such as a map by field or a `pointer`."""

from __future__ import annotations

from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import flattened, walk
from chatcert.openapi.schemas.path_tokens import ANY

_MAPS = frozenset(
    ["validationerrors", "fielderrors", "errorsbyfield", "fields", "invalidfields", "invalidparams", "errors"]
)
"""Names of objects whose members are called like the fields that are wrong, or of lists of such names."""
_NAMES = frozenset(
    [
        *("field", "fieldname", "param", "parameter", "paramname", "parametername", "loc", "pointer", "property"),
        *("propertyname", "propertypath", "attribute", "instancepath", "jsonpath"),
    ]
)
"""Names of members that name a field."""
_IN_LISTS = frozenset(["path", "name", "key", "source", "target"])
"""Names of members that name a field where they stand in the entries of a list of errors."""


def normalised(text: str) -> str:
    """Return a text without case and separators: ``chat_title``, ``chatTitle`` and ``/chat/title`` are alike."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def is_map_of_fields(path: tuple[str, ...], schema: Schema) -> bool:
    """Return whether the members of an object are called like the fields that are wrong."""
    return bool(path) and normalised(path[-1]) in _MAPS and _type(schema) == "object" and not schema.get("properties")


def is_name_of_field(path: tuple[str, ...], schema: Schema) -> bool:
    """Return whether a text or a list of texts of an error names the field that is wrong."""
    if (
        not path
        or path[-1] == ANY
        or _type(schema) not in ("string", "array")
        or any(word in schema for word in ("enum", "const"))
    ):
        return False
    names = [token for token in path if token != ANY]
    name = normalised(names[-1]) if names else ""
    if _type(schema) == "array" and "properties" in flattened(schema.get("items", {}), schema):
        return False
    return name in _NAMES or (name in _IN_LISTS and ANY in path)


def field_places(schema: Schema | None) -> tuple[tuple[str, ...], ...]:
    """Return the paths at which an error of a schema names the field that is wrong."""
    fields = [(field.path, field.schema) for field in walk(schema, "")] if schema is not None else []
    return tuple(path for path, flat in fields if is_map_of_fields(path, flat) or is_name_of_field(path, flat))


def _type(schema: Schema) -> Any:
    declared = schema.get("type")
    kinds = [declared] if isinstance(declared, str) else [kind for kind in declared or () if kind != "null"]
    return kinds[0] if len(kinds) == 1 else ""
