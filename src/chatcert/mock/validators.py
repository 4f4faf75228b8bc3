"""Compiled validators from ``jsonschema_rs``; the judge uses another library, so that they cannot share a mistake."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema_rs

from chatcert.exceptions import UsageError
from chatcert.mock.schema_parts import without_illustrations
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import flattened

Predicate = Callable[[Any], bool]

_IGNORED = {
    "type",
    "description",
    "title",
    "example",
    "examples",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$defs",
    "externalDocs",
    "xml",
    "$comment",
}
_EXACT: dict[str, Predicate] = {
    "string": lambda value: isinstance(value, str),
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


_VALUES = ("enum", "const", "example", "examples", "default")
_BOUNDS = {
    **{f"int{bits}": (-(1 << bits - 1), (1 << bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, (1 << bits) - 1) for bits in (8, 16, 32, 64)},
}
_TEXTS = {
    "byte": r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    "base64url": r"^[A-Za-z0-9_-]*={0,2}$",
}
_ASSERTION = re.compile(r"\(\?<?[=!]")
_PARTS = re.compile(r"\\.|.", re.DOTALL)


class Validator:
    """Validates values against a schema, formats included.

    A subschema marked ``x-chatcert-illustrative`` is checked itself, but nothing below it is.

    Args:
        schema: a standalone JSON Schema 2020-12.
        whole: whether nothing in it is marked, and it is written as the library reads it, so that all of it is checked.

    Raises:
        UsageError: the schema cannot be compiled.
    """

    def __init__(self, schema: Schema, *, whole: bool = False) -> None:
        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                schema if whole else as_library_reads(without_illustrations(schema)),
                validate_formats=True,
                ignore_unknown_formats=True,
            )
        except (ValueError, jsonschema_rs.ValidationError) as error:
            reason = str(error).partition("\n")[0]
            raise UsageError(f"a schema cannot be compiled: {reason}", hint="mend the document") from None
        self.accepts: Predicate = self._compiled.is_valid

    def problem(self, value: Any, subject: str = "the body") -> str:
        """Return which rule ``value`` breaks and where, without the value itself."""
        try:
            errors = list(self._compiled.iter_errors(value))
        except ValueError:  # the library gives up on more than 255 levels of nesting
            errors = []
        for error in errors:
            place = "/".join(str(token) for token in error.instance_path)
            keyword = str(error.schema_path[-1]) if error.schema_path else "schema"
            if keyword == "required":
                return f"{place + ': ' if place else ''}{error.message}"
            return f"{place or subject} breaks the rule {keyword!r}"
        return f"{subject} does not match its schema"

    def wrong_field(self, value: Any) -> str:
        """Return the path of the first member of ``value`` that is wrong or missing, separated by dots."""
        try:
            error = next(iter(self._compiled.iter_errors(value)), None)
        except ValueError:  # as in ``problem``
            return ""
        if error is None:
            return ""
        missing = getattr(error.kind, "property", None)
        return ".".join([*map(str, error.instance_path), *([missing] if isinstance(missing, str) else [])])


def as_library_reads(schema: Any) -> Any:
    """Return a schema in which the library checks what it does not by itself.

    It knows no formats of integers and none of Base64. Beside an assertion in a pattern, digits of all scripts are
    digits to it.
    """
    if isinstance(schema, list):
        return [as_library_reads(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: value if key in _VALUES else as_library_reads(value) for key, value in schema.items()}
    if isinstance(found.get("pattern"), str) and _ASSERTION.search(found["pattern"]):
        found["pattern"] = _with_ascii_digits(found["pattern"])
    bounds = _BOUNDS.get(found["format"]) if isinstance(found.get("format"), str) else None
    written = _TEXTS.get(found["format"]) if isinstance(found.get("format"), str) else None
    meaning: Schema = {} if bounds is None else {"minimum": bounds[0], "maximum": bounds[1]}
    meaning |= {} if written is None else {"pattern": written}
    if meaning:
        parts = found.get("allOf")
        found["allOf"] = [*(parts if isinstance(parts, list) else []), meaning]
    return found


def _with_ascii_digits(pattern: str) -> str:
    """Return a regular expression whose class of digits is written out (ECMA-262, CharacterClassEscape)."""
    is_inside = False
    written = ""
    for part in _PARTS.findall(pattern):
        is_inside = part == "[" or (is_inside and part != "]")
        written += ("0-9" if is_inside else "[0-9]") if part == r"\d" else part
    return written


def predicate(schema: Any, root: Schema) -> Predicate:
    """Return a test of one part of a schema, as cheap as that part allows.

    Args:
        schema: part of ``root``.
        root: the standalone schema that holds the definitions.
    """
    flat = flattened(schema, root)
    flat = without_illustrations({key: value for key, value in flat.items() if key != "$defs"})
    if all(key in _IGNORED or key.startswith("x-") for key in flat):
        declared = flat.get("type")
        names = [declared] if isinstance(declared, str) else declared
        if isinstance(names, list) and all(name in _EXACT for name in names):
            tests = [_EXACT[name] for name in names]
            return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)
    compiled = _COMPILED.get(id(root))
    if compiled is None or compiled.root is not root:
        compiled = _CompiledParts(root)
        if len(_COMPILED) >= MAX_COMPILED:
            _COMPILED.clear()
        _COMPILED[id(root)] = compiled
    return compiled.predicate(flat)


class _CompiledParts:
    """Compiled tests of the parts of one schema, so that a large schema is not read again for each part."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._definitions = as_library_reads(without_illustrations({"$defs": root.get("$defs", {})}))["$defs"]
        self._made: dict[str, Predicate] = {}

    def predicate(self, flat: Schema) -> Predicate:
        """Return the test of one part, compiled once."""
        key = json.dumps(flat, sort_keys=True, default=str)
        if key not in self._made:
            self._made[key] = Validator({**as_library_reads(flat), "$defs": self._definitions}, whole=True).accepts
        return self._made[key]


_COMPILED: dict[int, _CompiledParts] = {}
MAX_COMPILED = 64
