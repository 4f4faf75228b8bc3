"""Walk a schema: yield the fields of the JSON documents that it describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas import keywords
from chatcert.openapi.schemas.dialect import DISPUTED_NULL, ORIGIN
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import ANY, OpenToken, of_pattern, shown_token
from chatcert.openapi.schemas.pointer import escape, join, lookup, tokens_of
from chatcert.openapi.schemas.schema_merge import merge_schemas

MAX_DEPTH = 8
MAX_SEGMENTS = 16
"""Names from the root to a field that is listed, where a schema does not describe too many fields."""
LEAST_SEGMENTS = 4
"""Names from the root to a field that is listed in any case."""
MAX_FIELDS = 300
"""Fields of one schema; of a larger one, fields are left out that lie deep."""
MAX_OPEN = 2
"""How often one definition is followed into itself."""
JSON_TYPES = keywords.JSON_TYPES


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several alternatives, chosen at one place.

    Attributes:
        path: the field that the alternatives are for.
        keyword: ``oneOf`` or ``anyOf``.
        slot: which alternatives of the field, where it has several lists of them.
        index: which alternative.
        name: how requirement ids call it; empty where null is the only other alternative.
    """

    path: tuple[str, ...]
    keyword: str
    slot: int
    index: int
    name: str


def shown_path(path: tuple[str, ...], choices: tuple[Choice, ...]) -> list[str]:
    """Return the segments of a path in a requirement id, each chosen alternative after the field that it is for."""
    segments: list[str] = []
    for depth in range(len(path) + 1):
        segments += [shown_token(path[depth - 1])] if depth else []
        for choice in choices:
            if len(choice.path) == depth and choice.name:
                segments += [choice.keyword, escape(choice.name)]
    return segments


@dataclass(frozen=True, slots=True)
class Field:
    """One place in the documents that a schema describes.

    Attributes:
        choices: the alternatives that are chosen where the field stands, from the root down.
        null_beside: whether null is one of the alternatives, beside the schema.
        outer: the schema of the field outside the last alternative that is chosen; empty where it has none.
        path: property names from the root; ``*`` stands for any item or additional key.
        schema: the schema of the field, references followed.
        required: whether the parent object requires it.
        pointer: place of the schema in the specification.
        optional_branch: whether it was reached through ``anyOf`` or ``oneOf``, so that it may not apply.
        named_at: place in the specification that names the field, before a reference there is followed.
        same_as: the first field of a large schema that is described by the same; ``None`` for that field itself.
    """

    path: tuple[str, ...]
    schema: Schema
    required: bool
    pointer: str
    optional_branch: bool = False
    named_at: str = ""
    choices: tuple[Choice, ...] = ()
    null_beside: bool = False
    outer: Mapping[str, Any] = field(default_factory=dict, compare=False)
    same_as: Field | None = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """The path as requirement ids write it, with the alternatives that are chosen on the way."""
        return "/".join(shown_path(self.path, self.choices))

    @property
    def types(self) -> tuple[str, ...]:
        """The JSON types that its ``type`` keyword allows; all of them without that keyword."""
        declared = self.schema.get("type")
        if isinstance(declared, str):
            return (declared,)
        return tuple(declared) if isinstance(declared, list) else JSON_TYPES

    @property
    def nullable(self) -> bool:
        """Whether ``type`` names null; a schema without ``type`` does not count."""
        return self.null_beside or ("type" in self.schema and "null" in self.types)

    @property
    def null_is_disputed(self) -> bool:
        """Whether readers of the document disagree if null is allowed."""
        return self.schema.get(DISPUTED_NULL) is True


def follow(schema: Any, root: Schema) -> Schema:
    """Return the schema behind any chain of ``$ref``, merged with siblings; ``{}`` for ``true``."""
    for _ in range(32):
        if not isinstance(schema, Mapping):
            return {} if schema is not False else {"not": {}}
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return dict(schema)
        target = lookup(root, tokens_of(reference.removeprefix("#")))
        siblings = {key: value for key, value in schema.items() if key != "$ref"}
        if target is False:
            return {"not": {}}
        if not isinstance(target, Mapping):
            return siblings
        schema = _with_siblings(siblings, target) if siblings else target
    return {}


def _with_siblings(siblings: Schema, target: Mapping[str, Any]) -> Schema:
    """Merge the target of a reference with the siblings of the reference, whose annotations win."""
    if isinstance(target.get("$ref"), str):
        rest = {key: value for key, value in target.items() if key != "$ref"}
        return {**merge_schemas([siblings, rest]), "$ref": target["$ref"]}
    return merge_schemas([siblings, dict(target)])


def is_impossible(schema: Any) -> bool:
    """Return whether a schema is written so that it allows no value."""
    return schema is False or (isinstance(schema, Mapping) and schema.get("not") in ({}, True))


def flattened(schema: Any, root: Schema) -> Schema:
    """Return the schema behind any ``$ref``, with its ``allOf`` parts merged."""
    return _with_all_of(follow(schema, root), root, "")[0]


def walk_outside(
    schema: Any, root: Schema, pointer: str, path: tuple[str, ...] = (), *, required: bool = True, most: int = 0
) -> Iterator[Field]:
    """Yield the fields below one place, each path once, but for those that only alternatives describe.

    Args:
        schema: the schema of the place, a part of ``root``.
        pointer, path, required: those of the place.
        most: names from the root to the deepest fields; by default, it follows from the schema.
    """
    most = most or depth_of(schema, root, path, outside=True)
    yield from _once(_walk(schema, root, path, required, pointer, _Trail(most, set(), (), None)))


def walk(root: Schema, pointer: str, most: int = 0) -> Iterator[Field]:
    """Yield every field that ``root`` describes, the document itself first; each path once.

    Args:
        root: a standalone schema, which must not change after the first walk.
        pointer: its place in the specification.
        most: names from the root to the deepest fields; by default, it follows from the schema.
    """
    known = _walks_of(root)
    if (pointer, most) not in known:
        trail = _Trail(most or depth_of(root, root), set(), (), False)
        known[pointer, most] = tuple(_once(_walk(root, root, (), True, pointer, trail)))
    return iter(known[pointer, most])


@memoise_by_identity(maxsize=64)
def _walks_of(root: Schema) -> dict[tuple[str, int], tuple[Field, ...]]:
    """Return the fields that walks of a schema have met, by the arguments of the walk; at first, there are none."""
    return {}


def depth_of(schema: Any, root: Schema, path: tuple[str, ...] = (), *, outside: bool = False) -> int:
    """Return how many names lead from the root to the deepest fields that are listed: fewer for a large schema."""
    level = [_Stop(schema, path, True, "", _Trail(MAX_SEGMENTS, set(), (), None if outside else False))]
    count, depth = 0, len(path)
    while level:
        below: list[_Stop] = []
        for stop in level:
            for is_listed in _met(stop, root, below):
                count += is_listed
                if count > MAX_FIELDS:
                    return max(LEAST_SEGMENTS, (depth - 1) // 2 * 2)
        level, depth = below, depth + 1
    return MAX_SEGMENTS


def cut_at(root: Schema) -> int:
    """Return the number of names beyond which fields of a schema are left out; 0 where none is."""
    most = depth_of(root, root)
    deeper = _walk(root, root, (), True, "", _Trail(most + 1, set(), (), False))
    return most if any(len(found.path) > most for found in islice(deeper, 20 * MAX_FIELDS)) else 0


def _once(fields: Iterator[Field]) -> Iterator[Field]:
    seen: set[tuple[str, ...]] = set()
    for found in fields:
        if found.path not in seen:
            seen.add(found.path)
            yield found


@dataclass(frozen=True, slots=True)
class _Trail:
    """The state of a walk at one place of a schema.

    Attributes:
        most: names from the root to the deepest fields that are listed.
        been: places that were listed: alternatives that share a part lead to it many times.
        opened: references that were followed down to this place.
        branch: whether the walk went through alternatives; ``None`` where alternatives are not followed.
    """

    most: int
    been: set[tuple[tuple[str, ...], str]]
    opened: tuple[str, ...]
    branch: bool | None

    def below(self, schema: Any) -> _Trail:
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str):
            return self
        return _Trail(self.most, self.been, (*self.opened, reference), self.branch)

    @property
    def ends(self) -> bool:
        """Return whether the walk has entered the current definition too often."""
        return self.opened.count(self.opened[-1]) > MAX_OPEN if self.opened else False


@dataclass(frozen=True, slots=True)
class _Stop:
    """A place of a schema that a walk comes to: the arguments of ``_entered``."""

    schema: Any
    path: tuple[str, ...]
    required: bool
    pointer: str
    trail: _Trail


def _entered(stop: _Stop, root: Schema) -> tuple[Field, list[_Stop], list[_Stop]] | None:
    """Return the field at a place, the places one name below it, and its alternatives; ``None`` where a walk ends."""
    path, trail = stop.path, stop.trail.below(stop.schema)
    if len(path) > trail.most or len(trail.opened) > MAX_SEGMENTS * 2:
        return None
    found, pointer = follow(stop.schema, root), stop.pointer
    pointer = found.get(ORIGIN, pointer) if isinstance(stop.schema, Mapping) and "$ref" in stop.schema else pointer
    if (path, pointer) in trail.been:
        return None
    trail.been.add((path, pointer))
    flat, places = _with_all_of(found, root, pointer)
    if path and is_impossible(flat):
        return None
    field = Field(path, flat, stop.required, pointer, trail.branch is True, stop.pointer)
    if flat.get("x-chatcert-illustrative") or trail.ends:
        return field, [], []
    steps = steps_below(flat, pointer, places) if len(path) < trail.most else ()
    below = [_Stop(step.schema, (*path, step.token), step.required, step.pointer, trail) for step in steps]
    if trail.branch is None:
        return field, below, []
    inside = replace(trail, branch=True)
    return (
        field,
        below,
        [
            _Stop(inner, path, stop.required, join(pointer, keyword, index), inside)
            for keyword in ("anyOf", "oneOf")
            for index, inner in enumerate(flat.get(keyword) or [])
        ],
    )


def _walk(
    schema: Any, root: Schema, path: tuple[str, ...], required: bool, pointer: str, trail: _Trail
) -> Iterator[Field]:
    yield from _walked(_Stop(schema, path, required, pointer, trail), root)


def _walked(stop: _Stop, root: Schema) -> Iterator[Field]:
    entered = _entered(stop, root)
    if entered is None:
        return
    field, below, alternatives = entered
    yield field
    for inner in below:
        yield from _walked(inner, root)
    for inner in alternatives:
        for found in _walked(inner, root):
            if found.path != stop.path:
                yield found


def _met(stop: _Stop, root: Schema, below: list[_Stop], *, is_alternative: bool = False) -> Iterator[bool]:
    """Yield for a place, and for its alternatives, whether it is listed; add the places one name below to a list."""
    entered = _entered(stop, root)
    if entered is None:
        return
    yield not is_alternative
    below += entered[1]
    for inner in entered[2]:
        yield from _met(inner, root, below, is_alternative=True)


def steps_of(flat: Schema) -> Iterator[tuple[str, str, Any]]:
    """Yield the schemas one step below a schema as (keyword, path token, schema).

    The token of a name is the name, that of a pattern of names the pattern after ``*``, that of an item in a fixed
    place its index, and ``*`` is that of all others.
    """
    for name, inner in (flat.get("properties") or {}).items():
        yield "properties", name, inner
    for pattern, inner in (flat.get("patternProperties") or {}).items():
        yield "patternProperties", of_pattern(pattern), inner
    for number, inner in enumerate(flat.get("prefixItems") or ()):
        yield "prefixItems", str(number), inner
    for keyword in ("additionalProperties", "items"):
        if isinstance(flat.get(keyword), Mapping) and flat[keyword]:
            yield keyword, ANY, flat[keyword]


@dataclass(frozen=True, slots=True)
class Step:
    """A schema one step below another.

    Attributes:
        token: the last token of its path.
        required: whether the value above needs it.
        pointer: its place in the specification.
    """

    token: str
    schema: Any
    required: bool
    pointer: str


def steps_below(flat: Schema, pointer: str, places: Mapping[str, str]) -> Iterator[Step]:
    """Yield the possible schemas one step below a schema; nothing for one whose content is only illustrated.

    Args:
        pointer: the place of the schema in the specification.
        places: the places of properties that stand elsewhere.
    """
    if flat.get("x-chatcert-illustrative"):
        return
    needed = flat.get("required") or []
    for keyword, token, inner in steps_of(flat):
        if not is_impossible(inner):
            tokens = () if token == ANY else (token.pattern if isinstance(token, OpenToken) else token,)
            place = join(pointer, keyword, *tokens)
            place = places.get(token, place) if keyword == "properties" else place
            is_needed = keyword == "properties" and token in needed
            is_needed = is_needed or (keyword == "prefixItems" and int(token) < flat.get("minItems", 0))
            yield Step(token, inner, is_needed, place)


def merged_with_places(schema: Schema, root: Schema, pointer: str) -> tuple[Schema, dict[str, str]]:
    """Return a schema with its ``allOf`` parts merged, and the pointers of the properties of these parts."""
    return _with_all_of(schema, root, pointer)


def _with_all_of(schema: Schema, root: Schema, pointer: str, depth: int = 0) -> tuple[Schema, dict[str, str]]:
    """Return ``schema`` with its ``allOf`` parts merged, and the pointers of the properties of these parts."""
    if not schema.get("allOf"):
        return schema, {}
    outer = {key: value for key, value in schema.items() if key != "allOf"}
    parts: list[Schema] = []
    places: dict[str, str] = {}
    for index, part in enumerate(schema["allOf"] if depth < MAX_DEPTH else ()):
        target = follow(part, root)
        shared = isinstance(part, Mapping) and "$ref" in part
        place = str(target.get(ORIGIN, pointer)) if shared else join(pointer, "allOf", index)
        inner, inner_places = _with_all_of(target, root, place, depth + 1)
        for name in inner.get("properties", {}):
            if name not in outer.get("properties", {}):
                places.setdefault(name, inner_places.get(name, join(place, "properties", name)))
        parts.append(inner)
    return merge_schemas([outer, *parts]), places
