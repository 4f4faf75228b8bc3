"""The validator for JSON Schema 2020-12 that all rooms but the mock use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import UndefinedTypeCheck, UnknownType, ValidationError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from chatcert.openapi.contract import Schema
from chatcert.openapi.memoise import memoise_by_identity
from chatcert.openapi.regex import compiled
from chatcert.text import shorten

_DATE = r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[-+]([01]\d|2[0-3]):[0-5]\d)"
_FORMATS = {
    "date-time": re.compile(rf"{_DATE}[tT ]{_TIME}"),
    "date": re.compile(_DATE),
    "time": re.compile(_TIME),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+"),
    "uri": re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]*"),
    "ipv4": re.compile(r"((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}"),
}
FORMATS = tuple(_FORMATS)

_MAX_MESSAGE = 240
"""How many characters of a message of the validator are shown."""
"""The formats that are checked; any other is an annotation (JSON Schema 2020-12, section 7.2.1)."""

_UNUSABLE = (UndefinedTypeCheck, UnknownType, Unresolvable, re.error, RecursionError)
"""Raised by schemas that cannot be evaluated: an unknown type, a broken reference, a foreign regular expression."""

_checker = FormatChecker(formats=())


def matches_format(name: str, value: Any) -> bool:
    """Return whether a value has a format; true for formats that are not checked and for values that are no strings.

    RFC 3339 (section 5.6) allows lower case and a space between date and time.
    """
    pattern = _FORMATS.get(name)
    return pattern is None or not isinstance(value, str) or pattern.fullmatch(value) is not None


for _name in _FORMATS:
    _checker.checks(_name)(lambda value, _name=_name: matches_format(_name, value))


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    found = compiled(pattern) if isinstance(instance, str) else None
    if found is not None and not found.search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Dialect = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]


class Validator:
    """A compiled schema.

    Args:
        schema: a standalone schema, or a part of one.
        whole: validator of the schema that it is a part of, which resolves its references.
    """

    def __init__(self, schema: Schema, whole: Any = None) -> None:
        self._validator = _Dialect(schema, format_checker=_checker) if whole is None else whole.evolve(schema=schema)

    def part(self, schema: Schema) -> Validator:
        """Return a validator of a part of the schema, whose references are resolved in the whole schema."""
        return Validator(schema, self._validator)

    def is_valid(self, value: Any) -> bool:
        """Return whether ``value`` is valid; true for a schema that cannot be evaluated."""
        try:
            return bool(self._validator.is_valid(value))
        except _UNUSABLE:
            return True

    def breaches(self, value: Any) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Yield the breaches as (path, keyword, message); a missing property has its own path."""
        try:
            errors = list(self._validator.iter_errors(value))
        except _UNUSABLE:
            return
        seen: set[tuple[tuple[str, ...], str]] = set()
        for error in errors:
            path = tuple(str(token) for token in error.absolute_path)
            keyword = str(error.validator)
            paths = [path]
            if keyword == "required" and isinstance(error.instance, dict):
                paths = [(*path, name) for name in error.validator_value if name not in error.instance]
            for place in paths:
                if (place, keyword) not in seen or keyword != "required":
                    seen.add((place, keyword))
                    yield place, keyword, shorten(error.message, _MAX_MESSAGE, keep_end=True)


@memoise_by_identity(maxsize=256)
def validator_for(schema: Schema) -> Validator:
    """Return the compiled form of a schema, memoised: schemas of a contract do not change."""
    return Validator(schema)
