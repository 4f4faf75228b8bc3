"""Compiled validators, from ``jsonschema_rs``: the judge uses another library, so that both cannot share a mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from chatcert.contract.fields import flattened
from chatcert.contract.model import Schema
from chatcert.exceptions import UsageError
from chatcert.mock.schemas import without_illustrations

Predicate = Callable[[Any], bool]

_IGNORED = {"type", "description", "title", "example", "examples", "default", "deprecated", "readOnly", "writeOnly",
            "$defs", "externalDocs", "xml", "$comment"}  # fmt: skip
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

    Raises:
        UsageError: the schema cannot be compiled.
    """

    def __init__(self, schema: Schema) -> None:
        try:
            self._compiled = jsonschema_rs.Draft202012Validator(
                without_illustrations(schema), validate_formats=True, ignore_unknown_formats=True
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
    flat = without_illustrations(flattened(schema, root))
    if all(key in _IGNORED or key.startswith("x-") for key in flat):
        declared = flat.get("type")
        names = [declared] if isinstance(declared, str) else declared
        if isinstance(names, list) and all(name in _EXACT for name in names):
            tests = [_EXACT[name] for name in names]
            return tests[0] if len(tests) == 1 else lambda value: any(test(value) for test in tests)
    return Validator({**flat, "$defs": {**root.get("$defs", {}), **flat.get("$defs", {})}}).accepts
