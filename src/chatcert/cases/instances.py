"""Typical valid values: the ground from which every case is one edit away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatcert.cases.drawing import draw, seed_of
from chatcert.cases.strategies import FORMAT_EXAMPLES, valid
from chatcert.contract.fields import ANY, Field, follow, walk
from chatcert.contract.model import Body, Contract, Schema
from chatcert.contract.pointer import MISSING, lookup, replaced
from chatcert.contract.validation import Validator, validator_for

_PLAIN_TEXT = "Hello, I need help with my order"
_EXTRA_NAME = "extra_key"


class Instances:
    """Makes valid values of one contract's request.

    Args:
        resources: configured names of existing things by field name; what is not configured is left out where
            it is optional.
    """

    def __init__(self, contract: Contract, resources: Mapping[str, Any]) -> None:
        self._contract = contract
        self.resources = resources
        body: Body | None = contract.body
        self.root: Schema = body.schema if body is not None else {}
        self.fields: dict[tuple[str, ...], Field] = (
            {f.path: f for f in walk(body.schema, body.schema_pointer)} if body is not None else {}
        )
        self.validator: Validator = validator_for(self.root)
        self._examples = body.examples if body is not None else ()
        self._known: dict[tuple[str, ...], Any] = {}
        self._bodies: dict[tuple[str, ...], Any] = {}

    def resource_at(self, path: tuple[str, ...]) -> Mapping[str, Any] | None:
        """The resource extension of a body field, if it has one."""
        field = self.fields.get(path)
        extension = field.schema.get("x-chatcert-resource") if field else None
        return extension if isinstance(extension, Mapping) else None

    def usable(self, path: tuple[str, ...]) -> bool:
        """Whether a value can be given that a real deployment would know."""
        extension = self.resource_at(path)
        return extension is None or path[-1] in self.resources or extension.get("unknown") == "either"

    @property
    def optional(self) -> tuple[str, ...]:
        """Names of the optional top-level fields for which a value exists that a real deployment would know."""
        return tuple(
            path[0] for path, field in self.fields.items()
            if len(path) == 1 and not field.required and path != (ANY,) and self.known(path)
        )  # fmt: skip

    def known(self, path: tuple[str, ...]) -> bool:
        """Whether the field names nothing, or a value is configured for what it names."""
        return self.resource_at(path) is None or path[-1] in self.resources

    def body(self, *names: str) -> Any:
        """A valid body with the required fields and the optional ones named."""
        wanted = [
            path for path, field in self.fields.items()
            if len(path) == 1 and path != (ANY,) and (field.required or path[0] in names)
        ]  # fmt: skip
        members = {path[0]: self.typical(path) for path in wanted}
        if names not in self._bodies:
            shape = members if self.validator.is_valid(members) else self._shape()
            self._bodies[names] = shape if self.validator.is_valid(shape) else members
        return self._bodies[names]

    def _shape(self) -> Any:
        """A value that the whole schema allows, where its fields alone do not tell."""
        for example in self._examples:
            if self.validator.is_valid(example):
                return example
        drawn = draw(valid(self.root, self.root), 4, seed_of("shape", self._contract.spec_digest)) if self.root else []
        return next((value for value in drawn if self.validator.is_valid(value)), {})

    def body_with(self, path: tuple[str, ...]) -> Any:
        """A valid body in which ``path`` is present; ``*`` becomes a concrete key or the first item."""
        concrete = self.concrete(path)
        value = self.body(*path[:1])
        if lookup(value, concrete) is not MISSING:
            return value
        return replaced(value, concrete, self.typical(path)) if concrete else value

    def concrete(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """``path`` with each ``*`` replaced: an index in arrays, an existing or new key in objects."""
        result: list[str] = []
        for depth, token in enumerate(path):
            if token != ANY:
                result.append(token)
                continue
            parent = self.fields.get(path[:depth])
            existing = lookup(self.body(*path[:1]), result)
            if parent is not None and "array" in parent.types and "object" not in parent.types:
                result.append("0")
            elif isinstance(existing, dict) and existing:
                result.append(next(iter(existing)))
            else:
                result.append(_EXTRA_NAME)
        return tuple(result)

    def typical(self, path: tuple[str, ...]) -> Any:
        """A typical valid value of one field."""
        if path not in self._known:
            self._known[path] = self._typical(path)
        return self._known[path]

    def _typical(self, path: tuple[str, ...]) -> Any:
        field = self.fields[path]
        if self.resource_at(path) is not None and path[-1] in self.resources:
            return self.resources[path[-1]]
        for example in self._examples:
            shown = lookup(example, [token for token in path if token != ANY]) if ANY not in path else MISSING
            if shown is not MISSING and self._allowed(field.schema, shown):
                return shown
        return self.of_schema(field.schema, field.name)

    def _allowed(self, schema: Schema, value: Any) -> bool:
        return validator_for({**schema, "$defs": self.root.get("$defs", {})}).is_valid(value)

    def of_schema(self, schema: Any, name: str = "") -> Any:
        """A typical valid value of a schema."""
        flat = follow(schema, self.root)
        for candidate in _shown_values(flat):
            if self._allowed(flat, candidate):
                return candidate
        for candidate in self._built(flat, name):
            if self._allowed(flat, candidate):
                return candidate
        seed_value = seed_of("typical", self._contract.spec_digest, name)
        for candidate in draw(valid(flat, self.root), 8, seed_value):
            if self._allowed(flat, candidate):
                return candidate
        return next(self._built(flat, name), None)

    def _built(self, flat: Schema, name: str) -> Any:
        declared = flat.get("type")
        kind = declared[0] if isinstance(declared, list) else declared
        if kind == "string":
            yield FORMAT_EXAMPLES.get(str(flat.get("format")), _PLAIN_TEXT)[: flat.get("maxLength")].ljust(
                flat.get("minLength", 0), "a"
            )
        elif kind in ("integer", "number"):
            low = flat.get("minimum", flat.get("exclusiveMinimum", 0) + (1 if "exclusiveMinimum" in flat else 0))
            yield max(low, min(1, flat.get("maximum", 1)))
            yield low
        elif kind == "boolean":
            yield True
        elif kind == "array":
            yield [self.of_schema(flat.get("items", {}), name) for _ in range(max(1, flat.get("minItems", 0)))]
            yield []
        elif kind == "object" or "properties" in flat:
            needed = flat.get("required") or []
            properties = flat.get("properties") or {}
            yield {key: self.of_schema(properties.get(key, {}), f"{name}/{key}") for key in needed}
        elif not flat:
            yield _PLAIN_TEXT
        elif kind == "null":
            yield None


def _shown_values(flat: Schema) -> list[Any]:
    values = [flat["const"]] if "const" in flat else list(flat.get("enum") or [])[:1]
    prose = flat.get("x-chatcert-prose")
    if isinstance(prose, Mapping):
        inner = prose.get("schema") or {}
        values += [*list(inner.get("enum") or [])[:1], *list(inner.get("examples") or [])[:1]]
    if "example" in flat:
        values.append(flat["example"])
    values += list(flat.get("examples") or [])[:1] if isinstance(flat.get("examples"), list) else []
    if "default" in flat:
        values.append(flat["default"])
    return values
