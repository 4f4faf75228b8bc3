"""Valid request bodies of one contract: the base from which every case is one edit away."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from typing import Any

from chatcert.cases.case import Unplannable
from chatcert.cases.requests.form_fields import style_of
from chatcert.cases.requests.parameter_styles import PLAIN_WORD
from chatcert.cases.requests.text_forms import is_form, read_configured
from chatcert.openapi.body_types import can_be_written
from chatcert.openapi.contract import Body, Contract, Schema
from chatcert.openapi.distinct import distinct_at
from chatcert.openapi.existing_names import field_names_something, key_of
from chatcert.openapi.schemas.alternatives import specialised
from chatcert.openapi.schemas.fields import Choice, Field, depth_of, walk, walk_outside
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import ANY, OpenToken, leads_to_one, matches_key, of_pattern
from chatcert.openapi.schemas.pointer import MISSING, concrete_paths, lookup, replaced
from chatcert.openapi.schemas.validator import Validator, validator_for
from chatcert.openapi.values.sample_values import SampleBuilder
from chatcert.openapi.values.third_parties import names_nothing_reachable

_EXTRA_NAME = "extra_key"
_LOOKS_LIKE_ONE: Mapping[str, Any] = {"unknown": "either"}

MAX_INNER = 200
"""Fields inside objects that the body with every field is given."""
MAX_KNOWN = 2000
"""Values of one choice of alternatives whose validity is kept."""

Path = tuple[str, ...]


def _key_of(value: Any) -> str:
    """Return a text that is the same for equal values of JSON alone: 1, 1.0 and true are different."""
    return json.dumps(value, default=repr)


class NarrowedValidator(Validator):
    """A validator of a schema in which some alternatives are chosen.

    Args:
        whole: the validator of the schema with all its alternatives: a broken value is broken for it too.
        narrowed: the schema with those that are chosen: a valid value is valid for it too.
    """

    def __init__(self, whole: Validator, narrowed: Schema) -> None:
        super().__init__(narrowed, whole.compiled, spells=whole.spells)
        self._everything = whole
        self._known: dict[str, bool] = {}

    def is_valid(self, value: Any) -> bool:
        """Return whether ``value`` is valid, and of the alternatives that are chosen."""
        key = _key_of(value)
        if key not in self._known:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[key] = super().is_valid(value) and self._everything.is_valid(value)
        return self._known[key]

    def is_broken(self, value: Any) -> bool:
        """Return whether ``value`` is of none of the alternatives, even if formats are not checked."""
        return super().is_broken(value) and self._everything.is_broken(value)


@memoise_by_identity(maxsize=64)
def _depth(whole: Schema) -> int:
    return max(depth_of(whole, whole), depth_of(whole, whole, outside=True))


def _fields_of(root: Schema, pointer: str, most: int) -> dict[Path, Field]:
    """Return the fields of a schema; what only some alternatives require is not required."""
    inside = {f.path: replace(f, required=f.required and not f.optional_branch) for f in walk(root, pointer, most)}
    return {**inside, **{f.path: f for f in walk_outside(root, root, pointer, most=most)}}


class ValidBodies:
    """Builds valid bodies, and valid values of their fields.

    Args:
        resources: configured values by field name, such as names of existing things. An optional field that names
            something for which nothing is configured is left out.
        choices: the alternatives that the bodies are of.
        fields: the fields of these bodies, where they are known; by default, they are read from the schema.
        outer: builds the bodies of all these alternatives but the last.
    """

    def __init__(
        self,
        contract: Contract,
        resources: Mapping[str, Any],
        choices: tuple[Choice, ...] = (),
        fields: dict[Path, Field] | None = None,
        outer: ValidBodies | None = None,
    ) -> None:
        self._contract = contract
        self.resources = resources
        self.choices = choices
        self._outer = outer
        body: Body | None = contract.body
        whole: Schema = body.schema if body is not None else {}
        self.root: Schema = specialised(whole, choices)
        self.fields: dict[Path, Field] = fields or {}
        if body is not None and fields is None:
            self.fields = _fields_of(self.root, body.schema_pointer, _depth(whole))
        self.whole = validator_for(whole)
        self.validator: Validator = NarrowedValidator(self.whole, self.root) if choices else self.whole
        self._examples = body.examples if body is not None else ()
        self._typical_values: dict[Path, Any] = {}
        self._bodies: dict[Path, Any] = {}
        self._holding: dict[Path, tuple[Any, Path] | None] = {}
        self._named: dict[Path, Mapping[str, Any] | None] = {}
        styles = [style_of(body.encoding, name) for name in body.encoding] if body is not None else []
        is_delimited = any(style is not None and style.delimiter for style in styles)
        texts: dict[str, Any] = {"plain": PLAIN_WORD} if is_delimited else {"by_name": True}
        self.samples = SampleBuilder(self.root, seed=contract.spec_digest, **texts)

    def resource_at(self, path: Path) -> Mapping[str, Any] | None:
        """Return the ``x-chatcert-resource`` extension of a field, ``None`` where it names no resource.

        A field for which a value is configured, or that looks like the name of a resource and may be left out, is
        treated as one of which the document leaves open what an unknown name leads to.
        """
        if path not in self.fields:
            return None
        if path not in self._named:
            self._named[path] = self._resource_of(path, self.fields[path])
        return self._named[path]

    def _resource_of(self, path: Path, field: Field) -> Mapping[str, Any] | None:
        extension = field.schema.get("x-chatcert-resource")
        if isinstance(extension, Mapping):
            return extension
        looks_so = not field.required and field_names_something(self._contract, field)
        return _LOOKS_LIKE_ONE if looks_so or key_of(path) in self.resources else None

    def is_fixed(self, path: Path) -> bool:
        """Return whether the field keeps its typical value: it names a resource, or each request gives it a new one."""
        return self.resource_at(path) is not None or distinct_at(self._contract, "body", path) is not None

    def is_free(self, path: Path) -> bool:
        """Return whether a field of the body names no resource and need not be new."""
        return len(path) == 1 and leads_to_one(path) and not self.is_fixed(path)

    def is_configured(self, path: Path) -> bool:
        """Return whether the field names no resource, or a value is configured for the one that it names."""
        return self.resource_at(path) is None or key_of(path) in self.resources

    def is_usable(self, path: Path) -> bool:
        """Return whether the field can have a value that a real deployment accepts."""
        extension = self.resource_at(path)
        return extension is None or key_of(path) in self.resources or extension.get("unknown") == "either"

    @property
    def optional_names(self) -> tuple[str, ...]:
        """The optional top-level fields, but for those that name a resource or host for which nothing is configured."""
        return tuple(
            path[0]
            for path, field in self.fields.items()
            if len(path) == 1
            and not field.required
            and leads_to_one(path)
            and self.is_configured(path)
            and not self.is_unreachable(path)
        )

    def is_unreachable(self, path: Path) -> bool:
        """Return whether the field names a host that cannot exist, so that a server that looks it up may refuse it."""
        return names_nothing_reachable(self._typical_or_missing(path))

    @cached_property
    def exist(self) -> bool:
        """Whether any valid body could be built, in a media type that can be written."""
        return self._contract.body is None or (not self.unwritten_type and self.validator.is_valid(self.body()))

    @property
    def unwritten_type(self) -> str:
        """The media type of the body, where chatcert cannot write it, such as XML; empty for others."""
        media_type = self._contract.body.media_type if self._contract.body is not None else ""
        return media_type if media_type and not can_be_written(media_type) else ""

    @cached_property
    def may_be_empty_form(self) -> bool:
        """Whether a form without any field is valid: as bytes, it is the same as no body."""
        body = self._contract.body
        return body is not None and is_form(body.media_type) and self.validator.is_valid({})

    def body(self, *names: str) -> Any:
        """Build a valid body with the required fields and, as far as the schema allows them together, ``names``.

        Where none can be built, the result is the nearest attempt, and ``exist`` is false.
        """
        if names not in self._bodies:
            self._bodies[names] = self._build(names)
        return self._bodies[names]

    def full_body(self) -> Any:
        """Build a valid body with every optional field that can be sent, at any depth, of each array in one item."""
        return self._full_body

    @cached_property
    def _full_body(self) -> Any:
        body = self.body(*self.optional_names)
        inner = [path for path in self.fields if len(path) > 1 and self.is_configured(path)][:MAX_INNER]
        whole = self._extended(body, inner)
        if self.validator.is_valid(whole):
            return whole
        for path in inner:
            if self.validator.is_valid(extended := self._extended(body, [path])):
                body = extended
        return body

    def _extended(self, body: Any, paths: Iterable[Path]) -> Any:
        """Return a body with the fields at ``paths`` that it does not have, in the objects that it has."""
        for path in paths:
            for parent in concrete_paths(body, path[:-1])[:1]:
                place = (*parent, path[-1])
                is_named = leads_to_one(path[-1:]) and isinstance(lookup(body, parent), dict)
                if is_named and lookup(body, place) is MISSING and not self.is_unreachable(path):
                    value = self._typical_or_missing(path)
                    body = body if value is MISSING else replaced(body, place, value)
        return body

    def body_holding(self, path: Path) -> Any:
        """Build a valid body in which ``path`` is present; ``*`` becomes a concrete key or the first item.

        Raises:
            Unplannable: no such body could be built.
        """
        return self._body_and_path(path)[0]

    def concrete_path(self, path: Path) -> Path:
        """Replace each ``*`` of ``path``: by an index in arrays, by an existing or new key in objects.

        Raises:
            Unplannable: no body that holds ``path`` could be built.
        """
        return self._body_and_path(path)[1]

    def path_to_new(self, path: Path) -> Path:
        """Return the concrete path of a property that no body has: a pattern gets the name that it stands for.

        Raises:
            Unplannable: no body that holds the object around it could be built.
        """
        around, token = path[:-1], path[-1]
        concrete = self.concrete_path(around)
        if not isinstance(token, OpenToken):
            return (*concrete, token)
        rules = [{"pattern": token.pattern}, self.fields[around].schema.get("propertyNames", {})]
        return (*concrete, self.samples.name_of({"allOf": rules}))

    def typical_value(self, path: Path) -> Any:
        """Return a valid value of one field: the configured one, the documented one, or one that is built.

        Raises:
            Unplannable: none could be built.
        """
        value = self._typical_or_missing(path)
        if value is MISSING:
            raise Unplannable(f"a valid value of {'/'.join(path) or 'the body'}")
        return value

    def value_of(self, schema: Any) -> Any:
        """Build a valid value of a schema that is part of the body's; ``MISSING`` where none could be built."""
        return self.samples.value(schema)

    def _build(self, names: Path) -> Any:
        wanted = [
            path
            for path, field in self.fields.items()
            if len(path) == 1 and leads_to_one(path) and (field.required or path[0] in names)
        ]
        if not wanted and self._whole_example is not MISSING:
            return self._whole_example
        members = {path[0]: value for path in wanted if (value := self._typical_or_missing(path)) is not MISSING}
        if self.validator.is_valid(members):
            return members or self._smallest_form()
        if not names:
            return self._from_whole_schema(members)
        body = self.body()
        if isinstance(body, dict):
            for name in names:
                extended = {**body, name: members.get(name)}
                if name in members and name not in body and self.validator.is_valid(extended):
                    body = extended
        return body

    def _smallest_form(self) -> dict[str, Any]:
        """A body without required fields; a form gets one field all the same, so that it is not the same as no body."""
        for name in self.optional_names if self.may_be_empty_form else ():
            if self.validator.is_valid(members := {name: self._typical_or_missing((name,))}):
                return members
        return {}

    @cached_property
    def _whole_example(self) -> Any:
        """The documented example of a body whose schema names no fields; ``MISSING`` otherwise."""
        if any(len(path) == 1 for path in self.fields) or not self._examples:
            return MISSING
        return next((example for example in self._examples if self.validator.is_valid(example)), MISSING)

    def _from_whole_schema(self, members: dict[str, Any]) -> Any:
        """A value of the whole schema, for schemas whose required fields alone make no valid body."""
        for example in self._examples:
            if self.validator.is_valid(example):
                return example
        value = self.value_of(self.root)
        for name in list(value) if isinstance(value, dict) else ():
            smaller = {other: inner for other, inner in value.items() if other != name}
            if smaller and self.validator.is_valid(smaller):
                value = smaller
        return members if value is MISSING else value

    def _body_and_path(self, path: Path) -> tuple[Any, Path]:
        if path not in self._holding:
            self._holding[path] = self._find_body_and_path(path)
        result = self._holding[path]
        if result is None:
            raise Unplannable(f"a valid request that holds {'/'.join(path) or 'a body'}")
        return result

    def _find_body_and_path(self, path: Path) -> tuple[Any, Path] | None:
        if path not in self.fields:  # a required name that the schema does not describe
            value, parent = self._body_and_path(path[:-1])
            return (value, (*parent, path[-1])) if lookup(value, (*parent, path[-1])) is not MISSING else None
        concrete = self._replace_wildcards(path)
        value = self.body(*path[:1])
        if lookup(value, concrete) is MISSING and concrete:
            typical = self._typical_or_missing(path)
            if typical is not MISSING:
                with suppress(IndexError, ValueError):  # an array has no member of that name, or not so many items
                    value = replaced(value, concrete, typical)
        if self.validator.is_valid(value) and lookup(value, concrete) is not MISSING:
            return value, concrete
        if self._outer is not None and not self._outer.is_possible:
            return None
        nearby = self._in_outer(path) or (self._beside_parent(path, concrete[-1]) if path else None)
        if nearby is not None:
            return nearby
        return next((found for found in self.samples.holding(path) if self.validator.is_valid(found[0])), None)

    @cached_property
    def is_possible(self) -> bool:
        """Whether any valid body of the chosen alternatives could be built."""
        with suppress(Unplannable):
            return not self.choices or self._body_and_path(self.choices[-1].path) is not None
        return False

    def _in_outer(self, path: Path) -> tuple[Any, Path] | None:
        """Return the body that holds another alternative where the last one is chosen, with this one in its place."""
        if self._outer is None or path != self.choices[-1].path:
            return None
        with suppress(Unplannable):
            return self._with_typical(path, self._outer.body_holding(path), self._outer.concrete_path(path))
        return None

    def _beside_parent(self, path: Path, name: str) -> tuple[Any, Path] | None:
        """Return the valid body that holds the object or array of a field, with the field in it, if it can be there."""
        with suppress(Unplannable, IndexError, ValueError):
            body, parent = self._body_and_path(path[:-1])
            if isinstance(lookup(body, parent), dict | list):
                return self._with_typical(path, body, (*parent, name))
        return None

    def _with_typical(self, path: Path, body: Any, place: Path) -> tuple[Any, Path] | None:
        """Return a body with a typical value of a field at a place, and the place; ``None`` where that is not valid."""
        typical = self._typical_or_missing(path)
        value = replaced(body, place, typical)
        is_right = typical is not MISSING and self.validator.is_valid(value) and lookup(value, place) is not MISSING
        return (value, place) if is_right else None

    def _replace_wildcards(self, path: Path) -> Path:
        result: list[str] = []
        for depth, token in enumerate(path):
            if not isinstance(token, OpenToken):
                result.append(token)
                continue
            if token != ANY:
                result.append(self.samples.name_of({"pattern": token.pattern}))
                continue
            parent = self.fields.get(path[:depth])
            existing = lookup(self.body(*path[:1]), result)
            if parent is not None and "array" in parent.types and "object" not in parent.types:
                result.append(str(len(parent.schema.get("prefixItems") or ())))
            else:
                result.append(self._additional_name(path[:depth], existing if isinstance(existing, dict) else {}))
        return tuple(result)

    def _additional_name(self, path: Path, existing: Mapping[str, Any]) -> str:
        """Return a key of an object that neither a name nor a pattern describes: one that is there, or a new one."""
        parent = self.fields.get(path)
        patterns = list(map(of_pattern, parent.schema.get("patternProperties") or {})) if parent is not None else []
        free = (name for name in existing if (*path, name) not in self.fields)
        return next((name for name in free if not any(matches_key(one, name) for one in patterns)), _EXTRA_NAME)

    def _typical_or_missing(self, path: Path) -> Any:
        if path not in self._typical_values:
            self._typical_values[path] = self._find_typical(path)
        return self._typical_values[path]

    def _find_typical(self, path: Path) -> Any:
        field = self.fields[path]
        if self.resource_at(path) is not None and key_of(path) in self.resources:
            return self._configured(path)
        return self.settled(self._documented(path, field), path)

    def _documented(self, path: Path, field: Field) -> Any:
        """Return the documented value of a field, or one that is built; ``MISSING`` where there is neither."""
        for example in self._examples:
            documented = lookup(example, path) if leads_to_one(path) else MISSING
            if documented is not MISSING and self.validator.part(field.schema).is_valid(documented):
                return documented
        return self.samples.value(field.schema, name=key_of(path))

    def _configured(self, path: Path) -> Any:
        """Return the configured value of a field, in its type; an array may be configured as a list with commas."""
        value, field = self.resources[key_of(path)], self.fields[path]
        typed = read_configured(value, field.schema, self.root) if isinstance(value, str) else value
        if path[-1] == ANY and isinstance(value, str):
            array = self.fields.get(path[:-1])
            items = read_configured(value, array.schema, self.root) if array is not None else None
            typed = items[0] if isinstance(items, list) and items else typed
        return typed if self.validator.part(field.schema).is_valid(typed) else value

    def settled(self, value: Any, path: Path = (), keep: Path = ()) -> Any:
        """Return a valid value in which configured names stand, and no optional name that nothing is configured for.

        Args:
            path: the field that the value is of; empty for a whole body.
            keep: a field that stays as it is, with all that it is in.
        """
        changed = self._settled(value, path, keep)
        if changed is MISSING or _key_of(changed) == _key_of(value):
            return value
        schema = self.fields[path].schema if path in self.fields else self.root
        return changed if self.validator.part(schema).is_valid(changed) else value

    def _settled(self, value: Any, path: Path, keep: Path) -> Any:
        if isinstance(value, list):
            return [self._settled(item, (*path, ANY), keep) for item in value]
        if not isinstance(value, dict):
            return value
        members: dict[str, Any] = {}
        for name, member in value.items():
            inner = (*path, name) if (*path, name) in self.fields else (*path, ANY)
            if inner == keep[: len(inner)]:
                members[name] = member if inner == keep else self._settled(member, inner, keep)
            elif self.resource_at(inner) is None:
                members[name] = self._settled(member, inner, keep)
            elif key_of(inner) in self.resources:
                members[name] = self._configured(inner)
            elif self.fields[inner].required:
                members[name] = member
        return members
