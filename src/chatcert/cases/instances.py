"""Typical valid values: the ground from which every case is one edit away."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

from chatcert.cases.builder import Builder
from chatcert.cases.case import Unplannable
from chatcert.cases.drawing import draw, seed_of
from chatcert.cases.strategies import valid
from chatcert.cases.text_forms import is_form
from chatcert.openapi.contract import Body, Contract, Schema
from chatcert.openapi.fields import ANY, Field, walk
from chatcert.openapi.pointer import MISSING, lookup, replaced
from chatcert.openapi.validator import Validator, validator_for

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
        self._places: dict[tuple[str, ...], tuple[Any, tuple[str, ...]] | None] = {}
        self._builder = Builder(self.root, contract.spec_digest)

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
            path[0]
            for path, field in self.fields.items()
            if len(path) == 1 and not field.required and path != (ANY,) and self.known(path)
        )

    def known(self, path: tuple[str, ...]) -> bool:
        """Whether the field names nothing, or a value is configured for what it names."""
        return self.resource_at(path) is None or path[-1] in self.resources

    @cached_property
    def possible(self) -> bool:
        """Whether a valid body could be made at all."""
        return self._contract.body is None or self.validator.is_valid(self.body())

    def body(self, *names: str) -> Any:
        """A valid body with the required fields and, as far as the schema lets them stand together, those named.

        Where no valid body can be made, it is the nearest that could: ``possible`` tells.
        """
        if names not in self._bodies:
            self._bodies[names] = self._made(names)
        return self._bodies[names]

    def _made(self, names: tuple[str, ...]) -> Any:
        wanted = [
            path
            for path, field in self.fields.items()
            if len(path) == 1 and path != (ANY,) and (field.required or path[0] in names)
        ]
        if not wanted and self._shown is not MISSING:
            return self._shown
        members = {path[0]: value for path in wanted if (value := self._typical_or_none(path)) is not MISSING}
        if self.validator.is_valid(members):
            return members or self._not_nothing()
        if not names:
            return self._shape(members)
        body = self.body()
        if isinstance(body, dict):
            for name in names:
                grown = {**body, name: members.get(name)}
                if name in members and name not in body and self.validator.is_valid(grown):
                    body = grown
        return body

    @cached_property
    def may_be_nothing(self) -> bool:
        """Whether a form without any field is valid: as bytes it is no body at all."""
        body = self._contract.body
        return body is not None and is_form(body.media_type) and self.validator.is_valid({})

    def _not_nothing(self) -> dict[str, Any]:
        """A body without required fields: a form has one field all the same, so that it is seen to be there."""
        for name in self.optional if self.may_be_nothing else ():
            if self.validator.is_valid(grown := {name: self._typical_or_none((name,))}):
                return grown
        return {}

    @cached_property
    def _shown(self) -> Any:
        """The example of a body of which nothing else is known."""
        if any(len(path) == 1 for path in self.fields) or not self._examples:
            return MISSING
        return next((example for example in self._examples if self.validator.is_valid(example)), MISSING)

    def _shape(self, members: dict[str, Any]) -> Any:
        """A value that the whole schema allows, where its fields alone do not tell."""
        for example in self._examples:
            if self.validator.is_valid(example):
                return example
        built = self._builder.first(self.root)
        if built is not MISSING:
            return built
        drawn = draw(lambda: valid(self.root, self.root), 4, seed_of("shape", self._contract.spec_digest))
        return next((value for value in drawn if self.validator.is_valid(value)), members)

    def body_with(self, path: tuple[str, ...]) -> Any:
        """A valid body in which ``path`` is present; ``*`` becomes a concrete key or the first item.

        Raises:
            Unplannable: no such body could be made.
        """
        return self._placed(path)[0]

    def concrete(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """``path`` with each ``*`` replaced: an index in arrays, an existing or new key in objects.

        Raises:
            Unplannable: no body that holds it could be made.
        """
        return self._placed(path)[1]

    def _placed(self, path: tuple[str, ...]) -> tuple[Any, tuple[str, ...]]:
        if path not in self._places:
            self._places[path] = self._place(path)
        found = self._places[path]
        if found is None:
            raise Unplannable(f"no valid request that holds {'/'.join(path) or 'a body'} could be made")
        return found

    def _place(self, path: tuple[str, ...]) -> tuple[Any, tuple[str, ...]] | None:
        if path not in self.fields:  # a required name of which nothing more is said
            value, parent = self._placed(path[:-1])
            return (value, (*parent, path[-1])) if lookup(value, (*parent, path[-1])) is not MISSING else None
        concrete = self._concrete(path)
        value = self.body(*path[:1])
        if lookup(value, concrete) is MISSING and concrete and (typical := self._typical_or_none(path)) is not MISSING:
            with suppress(IndexError, ValueError):  # an array is no place for a name, nor an empty one for an index
                value = replaced(value, concrete, typical)
        if self.validator.is_valid(value) and lookup(value, concrete) is not MISSING:
            return value, concrete
        return next(self._builder.holding(path), None)

    def _concrete(self, path: tuple[str, ...]) -> tuple[str, ...]:
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
        """A typical valid value of one field.

        Raises:
            Unplannable: none could be made.
        """
        value = self._typical_or_none(path)
        if value is MISSING:
            raise Unplannable(f"no valid value of {'/'.join(path) or 'the body'} could be made")
        return value

    def _typical_or_none(self, path: tuple[str, ...]) -> Any:
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
        return self.validator.part(schema).is_valid(value)

    def of_schema(self, schema: Any, name: str = "") -> Any:
        """A typical valid value of a schema of the body; ``MISSING`` where none could be made."""
        return self._builder.first(schema, name)
