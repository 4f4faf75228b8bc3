"""Compose the bodies of answers from their schemas, by the rules of the contract and the examples of the document."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.examples import instance, text, timestamp
from chatcert.mock.fresh_strings import Shape
from chatcert.mock.runtime_expressions import expression
from chatcert.mock.schema_parts import branches_of, examples_of, reference_of, types_of
from chatcert.mock.validators import Predicate, predicate
from chatcert.openapi.contract import Answer, Schema
from chatcert.openapi.error_fields import field_places, is_map_of_fields, is_name_of_field
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.values.sample_values import named_values

Maker = Callable[[AnswerContext], Any]

_MAX_DEPTH = 8
MAX_PLACES = 150
"""Number of members after which optional ones are left out; smaller in a large document, whose schemas nest far."""
_PHRASES = {status.phrase for status in HTTPStatus}


_LOCATIONS = ("loc", "location", "path")
"""Members of a problem that say where it is, as a list of names."""


class Composer:
    """Composes the body of one documented answer.

    Every documented member is there, optional ones too, in the order of the document. Error answers leave out
    optional objects and arrays that have no example, and their strings say what is wrong.

    Args:
        answer: the answer to make.
        is_error: whether it refuses.
    """

    def __init__(self, answer: Answer, backend: Backend, *, is_error: bool) -> None:
        self._root: Schema = answer.schema or {}
        self._world = backend
        self._is_error = is_error
        self._remembers = bool(answer.links)
        self._constants: dict[tuple[str, ...], Any] = {}
        self._open: list[str] = []
        self._places = MAX_PLACES // (1 + len(self._root.get("$defs", {})) // 100)
        self.compose: Maker = self._maker(self._root, (), True, 0) or (lambda context: context.message or {})

    def _maker(self, schema: Any, path: tuple[str, ...], required: bool, depth: int) -> Maker | None:
        """Return what makes the value at one place; ``None`` where it is left out, as in a recursive schema."""
        reference = reference_of(schema)
        self._places -= 1
        if reference in self._open or (not required and self._places < 0):
            return None
        self._open += [reference] if reference else []
        try:
            return self._made(flattened(schema, self._root), path, required, depth)
        finally:
            del self._open[len(self._open) - bool(reference) :]

    def _made(self, flat: Schema, path: tuple[str, ...], required: bool, depth: int) -> Maker | None:
        ruled = self._ruled(flat, path)
        if ruled is not None:
            return ruled
        if depth > _MAX_DEPTH or flat == {"not": {}}:
            return None
        if (flat.get("oneOf") or flat.get("anyOf")) and flat.get("properties") and not self._has_rules(flat, depth):
            whole = instance(flat, self._root, everything=True, open_references=tuple(self._open))
            if whole is not MISSING:
                return lambda context: whole
        if self._is_error and (naming := self._naming(flat, path, required)) is not None:
            return naming
        if "object" in types_of(flat) and flat.get("properties"):
            if self._is_error and path and not required and not self._has_rules(flat, depth):
                return self._shown(flat)
            return self._object(flat, path, depth)
        if "array" in types_of(flat) and (self._has_rules(flat, depth) or (self._is_error and required)):
            return self._array(flat, path, depth)
        if self._is_error:
            is_informative, maker = self._informative(flat, required)
            if is_informative:
                return maker
        value = instance(flat, self._root, everything=True, open_references=tuple(self._open))
        if value is not MISSING:
            return _clock_of(flat) if self._is_plain_time(flat) else lambda context: value
        for branch in branches_of(flat, self._root):
            made = self._maker(branch, path, required, depth + 1)
            if made is not None:
                return made
        return None

    def _object(self, flat: Schema, path: tuple[str, ...], depth: int) -> Maker | None:
        required = flat.get("required") or []
        makers = self._members(flat, path, required, depth)
        if not makers and self._is_error and not path:  # an empty error object would be useless
            makers = self._members(flat, path, flat["properties"], depth)
        undescribed = [name for name in required if name not in flat["properties"]]
        made = {name for name, _ in makers}
        if path and any(name in flat["properties"] and name not in made for name in required):
            return None
        extra = instance(flat.get("additionalProperties", True), self._root)
        makers += [(name, lambda context: extra) for name in undescribed if extra is not MISSING]
        return lambda context: {name: made for name, maker in makers if (made := maker(context)) is not MISSING}

    def _members(
        self, flat: Schema, path: tuple[str, ...], required: Collection[str], depth: int
    ) -> list[tuple[str, Maker]]:
        """Return what makes each described member that is not left out."""
        return [
            (name, maker)
            for name, inner in flat["properties"].items()
            if (maker := self._maker(inner, (*path, name), name in required, depth + 1)) is not None
        ]

    def _array(self, flat: Schema, path: tuple[str, ...], depth: int) -> Maker:
        item = self._maker(flat.get("items", True), (*path, ANY), True, depth + 1)
        wanted = max(1, int(flat.get("minItems", 0)))
        return (lambda context: [item(context) for _ in range(wanted)]) if item else (lambda context: [])

    def _naming(self, flat: Schema, path: tuple[str, ...], required: bool) -> Maker | None:
        """Return what makes the part of an error that names the wrong field; ``None`` where nothing does.

        An optional part with such a place is left out where it has another form than a map or a text: its example
        would name another field.
        """
        fits = predicate(flat, self._root)
        if is_map_of_fields(path, flat):
            return lambda context: _fitting(fits, {context.field: context.message} if context.field else {}, required)
        if is_name_of_field(path, flat) and types_of(flat)[:1] == ("string",):
            return lambda context: _fitting(fits, context.field or text(flat, context.message), required)
        if path and not required and field_places({**flat, "$defs": self._root.get("$defs", {})}):
            item = flattened(flat.get("items", True), self._root) if "array" in types_of(flat) else {}
            location = next((name for name in _LOCATIONS if name in (item.get("properties") or {})), "")
            return lambda context: _fitting(fits, [_problem(item, location, context)], False) if location else MISSING
        return None

    def _shown(self, flat: Schema) -> Maker | None:
        """Return what makes the example of an optional part of an error answer, where there is a valid one."""
        fits = predicate(flat, self._root)
        value = next((shown for shown in examples_of(flat) if fits(shown)), MISSING)
        return None if value is MISSING else lambda context: value

    def _informative(self, flat: Schema, required: bool) -> tuple[bool, Maker | None]:
        """Return whether an error answer has a more informative value here than the smallest one, and what makes it."""
        kinds = types_of(flat)
        example = next(iter(examples_of(flat)), None)
        fits = predicate(flat, self._root)
        if kinds[:1] == ("string",) and "enum" not in flat and "const" not in flat and "pattern" not in flat:
            if flat.get("format") == "date-time":
                return True, _clock_of(flat)
            if example in _PHRASES:
                return True, lambda context: HTTPStatus(context.status).phrase
            return "format" not in flat, lambda context: text(flat, context.message)
        if kinds[:1] == ("integer",) and isinstance(example, int) and 400 <= example < 600 and fits(500):
            return True, lambda context: context.status if fits(context.status) else example
        if not required and kinds[:1] in (("object",), ("array",)):
            return True, self._shown(flat)
        return False, None

    def _is_plain_time(self, flat: Schema) -> bool:
        return flat.get("format") == "date-time" and not named_values(flat)

    def _has_rules(self, schema: Any, depth: int) -> bool:
        flat = flattened(schema, self._root)
        if any(f"x-chatcert-{rule}" in flat for rule in _RULES):
            return True
        inner = [*(flat.get("properties") or {}).values(), flat.get("items")]
        return depth < _MAX_DEPTH and any(self._has_rules(part, depth + 1) for part in inner if part)

    def _ruled(self, flat: Schema, path: tuple[str, ...]) -> Maker | None:
        """Return what makes the value that an ``x-chatcert-*`` rule demands; ``None`` where there is no such rule."""
        if "x-chatcert-unique" in flat:
            return self._unique(flat)
        if isinstance(rule := flat.get("x-chatcert-equals"), Mapping):
            return self._equal(flat, rule)
        if isinstance(rule := flat.get("x-chatcert-initial"), Mapping):
            initial = rule.get("value")
            return lambda context: initial
        if "x-chatcert-clock" in flat or "x-chatcert-not-before" in flat:
            return _clock_of(flat)
        if "x-chatcert-constant" in flat:
            if path not in self._constants:
                self._constants[path] = self._constant(flat)
            constant = self._constants[path]
            return lambda context: constant
        return None

    def _constant(self, flat: Schema) -> Any:
        """Return a value that is the same in every process: shards of a run may each have their own mock."""
        bare = {key: value for key, value in flat.items() if key != "x-chatcert-constant"}
        value = instance(bare, self._root)
        return self._fresh_maker(flat)() if value is MISSING else value

    def _unique(self, flat: Schema) -> Maker:
        fresh = self._fresh_maker(flat)
        if not self._remembers:
            return lambda context: fresh()
        issued = self._world.issued

        def remembered(context: AnswerContext) -> Any:
            value = fresh()
            issued.remember(value)
            return value

        return remembered

    def _fresh_maker(self, flat: Schema) -> Callable[[], Any]:
        kinds = types_of(flat)
        if "integer" in kinds and "string" not in kinds:
            serial = Shape("1000000000")
            return lambda: int("1" + serial.fresh())
        if "pattern" in flat and not examples_of(flat):
            return lambda: text(flat)
        example = next((e for e in examples_of(flat) if isinstance(e, str)), None)
        if flat.get("format") == "uuid":
            example = "00000000-0000-4000-8000-000000000000"
        maximum = flat.get("maxLength")
        return Shape(example, int(flat.get("minLength", 0)), None if maximum is None else int(maximum)).fresh

    def _equal(self, flat: Schema, rule: Mapping[str, Any]) -> Maker:
        wanted = expression(str(rule.get("expression", "")))
        prefix = str(rule.get("prefix", ""))
        fits = predicate(flat, self._root)
        bare = {key: value for key, value in flat.items() if key != "x-chatcert-equals"}
        fallback = rule["default"] if "default" in rule else instance(bare, self._root)

        def equal(context: AnswerContext) -> Any:
            value = wanted(context)
            if value is MISSING:
                return fallback
            if prefix and isinstance(value, str) and not value.startswith(prefix):
                value = prefix + value
            return value if fits(value) else fallback

        return equal


def _problem(item: Schema, location: str, context: AnswerContext) -> dict[str, Any]:
    """Return one problem of a list of them, as FastAPI writes it: where it is, and what it is."""
    texts = {name: context.message or "not valid" for name in item.get("required") or [] if name != location}
    return {location: ["body", *context.field.split(".")] if context.field else ["body"], **texts}


def _fitting(fits: Predicate, value: Any, required: bool) -> Any:
    """Return a value of an error, or ``MISSING`` where it says nothing or does not fit, and need not be there."""
    return value if (value or required) and fits(value) else MISSING


_RULES = ("unique", "equals", "initial", "clock", "not-before", "constant")


def _clock_of(flat: Schema) -> Maker:
    """Return what makes the time of the answer, in the unit that the rule names or that the schema suggests."""
    rule = flat.get("x-chatcert-clock")
    unit = str(rule.get("unit", "")) if isinstance(rule, Mapping) else ""
    kinds = types_of(flat)
    if not unit:
        unit = "seconds" if kinds[:1] in (("integer",), ("number",)) else "date-time"
    match unit:
        case "seconds" | "milliseconds":
            factor = 1 if unit == "seconds" else 1000
            if kinds[:1] == ("string",):
                return lambda context: str(int(context.now * factor))
            return lambda context: int(context.now * factor)
        case _:
            return lambda context: timestamp(context.now)
