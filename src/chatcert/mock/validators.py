"""Compiled validators, from ``jsonschema_rs``: the judge uses another library, so that both cannot share a mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs

from chatcert.exceptions import UsageError
from chatcert.mock.schema_parts import without_illustrations
from chatcert.openapi.contract import Schema
from chatcert.openapi.fields import flattened

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


class Validator:
    """Says whether a value matches a schema, and if not, why.

    Formats are checked. What ``x-chatcert-illustrative`` marks is checked itself, but nothing below it is.

    Args:
        schema: a standalone JSON Schema 2020-12.
        whole: whether all of it is checked: nothing in it is marked.

    Raises:
        UsageError: the schema cannot be compiled.
    """

    def __init__(self, schema: Schema, *, whole: bool = False) -> None:
        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                schema if whole else without_illustrations(schema), validate_formats=True, ignore_unknown_formats=True
            )
        except (ValueError, jsonschema_rs.ValidationError) as error:
            reason = str(error).partition("\n")[0]
            raise UsageError(f"a schema cannot be compiled: {reason}", hint="mend the document") from None
        self.accepts: Predicate = self._compiled.is_valid

    def problem(self, value: Any, subject: str = "the body") -> str:
        """Why ``value`` does not match: which rule it breaks where, without the value itself."""
        try:
            errors = list(self._compiled.iter_errors(value))
        except ValueError:  # it gives up on what is nested in more than 255 levels
            errors = []
        for error in errors:
            place = "/".join(str(token) for token in error.instance_path)
            keyword = str(error.schema_path[-1]) if error.schema_path else "schema"
            if keyword == "required":
                return f"{place + ': ' if place else ''}{error.message}"
            return f"{place or subject} breaks the rule {keyword!r}"
        return f"{subject} does not match its schema"


def predicate(schema: Any, root: Schema) -> Predicate:
    """A test of one part of a schema, as cheap as that part allows.

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
    known = _KNOWN.get(id(root))
    if known is None or known.root is not root:
        known = _Known(root)
        if len(_KNOWN) >= MAX_KNOWN:
            _KNOWN.clear()
        _KNOWN[id(root)] = known
    return known.predicate(flat)


class _Known:
    """What was compiled for the parts of one schema: a large one is not read again for each of them."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._definitions = without_illustrations({"$defs": root.get("$defs", {})})["$defs"]
        self._made: dict[str, Predicate] = {}

    def predicate(self, flat: Schema) -> Predicate:
        """A test of one part, made once."""
        key = json.dumps(flat, sort_keys=True, default=str)
        if key not in self._made:
            self._made[key] = Validator({**flat, "$defs": self._definitions}, whole=True).accepts
        return self._made[key]


_KNOWN: dict[int, _Known] = {}
MAX_KNOWN = 64
