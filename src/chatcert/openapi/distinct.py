"""Find the values of a request that must be new each time: ids and aliases that clients choose, idempotency keys."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.names import snake
from chatcert.openapi.contract import Contract, Parameter, Schema
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import Field, flattened, walk
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import leads_to_one, marked

EXTENSION = "x-chatcert-distinct"
CONFLICT = 409

_CHATS = frozenset(
    [
        "chat",
        "conversation",
        "thread",
        "session",
        "channel",
        "room",
        "dialog",
        "dialogue",
        "discussion",
        "ticket",
        "workspace",
        "meeting",
    ]
)
_CLIENT_WORDS = frozenset(["client", "external", "custom", "unique", "own", "new", "user_defined", "reference", "ref"])
_ALIASES = frozenset(["alias", "handle", "slug"])
_ALIAS_PARTS = frozenset(["name", "local", "part", "id"])
_IDS = frozenset(["id", "uuid", "guid", "sid", "key"])

_NEED_NOT = re.compile(
    r"\b(need|does|do|is|are|has|have)(n't| not)\b[^.;]{0,20}\bunique\b|\bnot necessarily unique\b", re.IGNORECASE
)
_PER_PERSON = re.compile(
    r"\bunique (per|to|for|to each|for each|for every) (\w+ )?(user|customer|visitor|client|device|account|tenant)s?\b",
    re.IGNORECASE,
)
_EXISTING = re.compile(
    r"\bof an? (existing|earlier|previous)\b|\bthat (already )?exists\b|\b(must|has to|needs to) (already )?exist\b",
    re.IGNORECASE,
)
_IN_USE = (
    r"(already (exists?|(is |been )?(in use|used|taken|known))"
    r"|(used|taken|seen|sent) (before|already|earlier|previously)"
    r"|previously used|(is|are) in use|(used|sent) (twice|again)|duplicate\w*|repeated|reus(ed?|ing))"
)
_FAILURE = r"(error|fail\w*|reject\w*|refus\w*|conflict|409|denied)"
_STATED = re.compile(
    r"\b(must|has to|have to|needs to|shall) be (\w+ly )?(unique|new)\b"
    r"|\b(must|shall|should|may|can) ?not (already |yet )?(exist|be (already )?(in use|used|taken|reused))\b"
    r"|\b(can|may)(n't|not) be (re)?used (again|twice)?"
    rf"|\b{_IN_USE}\b[^.;]{{0,60}}\b{_FAILURE}\b|\b{_FAILURE}\b[^.;]{{0,60}}\b{_IN_USE}\b",
    re.IGNORECASE,
)
_RECOMMENDED = re.compile(r"\bshould be (\w+ly )?(unique|new)\b", re.IGNORECASE)
_UNIQUE = re.compile(r"\bunique(ly)?\b", re.IGNORECASE)
_MADE = r"(generat|assign|creat)\w*"
_LEFT_OUT = r"(not (provided|given|set|specified|supplied|present)|omitted|absent|missing|left out)"
_GENERATED = re.compile(
    rf"\b{_MADE}\b[^.;]{{0,60}}\b{_LEFT_OUT}|\b{_LEFT_OUT}\b[^.;]{{0,60}}\b{_MADE}"
    r"|\bclient[- ](generated|chosen|supplied|provided)\b|\bchosen by the (client|caller)\b",
    re.IGNORECASE,
)
_OF_NEW = re.compile(r"\b(id|identifier|uuid|key)\b[^.;]{0,20}\b(of|for) (the|this|a|your) new \w+", re.IGNORECASE)
_CONFLICT = re.compile(r"\b(exists?|in use|taken|duplicate\w*|unique\w*|used)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DistinctPlace:
    """A place of a request whose value must be new each time.

    Attributes:
        place: ``body`` or the location of the parameter.
        path: the field, or the parameter's name.
        schema: the schema of the value; ``root`` holds what it refers to.
        pointer: its place in the document.
        refused: whether the document says that a value in use is refused; an idempotency key is not refused.
        provenance: what that rests on.
        source: where the page states it.
        status: the status of the refusal, if the document names it.
    """

    place: str
    path: tuple[str, ...]
    schema: Schema
    root: Schema
    pointer: str
    refused: bool
    provenance: Provenance = Provenance.INFERRED
    source: str = ""
    status: int | None = None

    @property
    def key(self) -> tuple[str, tuple[str, ...]]:
        """What identifies the place within a request."""
        return self.place, self.path

    @property
    def name(self) -> str:
        """The key as one text: ``body/session_id``."""
        tokens = map(marked, self.path) if self.place == "body" else self.path
        return "/".join((self.place, *(token.replace("/", "~1") for token in tokens)))


@memoise_by_identity(maxsize=256)
def distinct_places(contract: Contract) -> tuple[DistinctPlace, ...]:
    """Return the places of a request whose value must be new each time, parameters first.

    They are those that ``x-chatcert-distinct`` marks. Without it, they are recognised by conservative rules: the
    description of a text or a number demands a new value; or its name is that of the thing that is created, and the
    operation documents status 409 or the description says that the client chooses the value.
    """
    found = list(_places(contract))
    stated = [one for one in found if one.refused]
    if len(stated) > 1:  # the document does not say of which of them its 409 is
        found = [_without_conflict(one) if one.source == _OF_OPERATION else one for one in found]
    return tuple(found)


def distinct_at(contract: Contract, place: str, path: tuple[str, ...]) -> DistinctPlace | None:
    """Return the place whose value must be new each time, ``None`` where it need not be."""
    return next((one for one in distinct_places(contract) if one.key == (place, path)), None)


def names_the_new_thing(contract: Contract, path: tuple[str, ...], description: str) -> bool:
    """Return whether a field has the name of an id or an alias of what is created, and not of something that exists."""
    chosen = _is_own_name(path[-1], _created(contract), top=len(path) == 1)
    return chosen and not _EXISTING.search(description)


def place_named(contract: Contract, name: str) -> DistinctPlace | None:
    """Return the place of that name, whether its values must be new or not; ``None`` where the request has none."""
    place, *path = (token.replace("~1", "/") for token in name.split("/"))
    for parameter in contract.parameters:
        if (parameter.location, [parameter.name]) == (place, path):
            return DistinctPlace(place, (*path,), parameter.schema, parameter.schema, parameter.pointer, refused=False)
    body = contract.body
    for field in walk(body.schema, body.schema_pointer) if body is not None and place == "body" else ():
        if body is not None:
            found = DistinctPlace(place, field.path, field.schema, body.schema, field.pointer, refused=False)
            if found.name == name:
                return found
    return None


def is_idempotency_key(name: str) -> bool:
    """Return whether a header or another parameter is an idempotency key by its name."""
    return "IDEMPOTEN" in snake(name)


_OF_OPERATION = "The description of status 409."


def _without_conflict(place: DistinctPlace) -> DistinctPlace:
    return DistinctPlace(place.place, place.path, place.schema, place.root, place.pointer, True, status=place.status)


def _places(contract: Contract) -> Iterator[DistinctPlace]:
    nouns = _created(contract)
    for parameter in contract.parameters:
        flat = flattened(parameter.schema, parameter.schema)
        marked = parameter.distinct if parameter.distinct is not None else flat.get(EXTENSION)
        if marked is False or parameter.resource is not None:
            continue
        found: DistinctPlace | None = None
        if isinstance(marked, Mapping):
            found = _marked(parameter.location, (parameter.name,), flat, parameter.schema, parameter.pointer, marked)
        elif is_idempotency_key(parameter.name):
            found = DistinctPlace(
                parameter.location, (parameter.name,), flat, parameter.schema, parameter.pointer, refused=False
            )
        elif parameter.location != "path" or _is_last_in_path(contract, parameter):
            described = Field((parameter.name,), flat, True, parameter.pointer)
            found = _recognised(contract, parameter.location, described, parameter.schema, parameter.description, nouns)
            if found is not None and parameter.location != "path" and found.provenance is not Provenance.STATED:
                found = None  # the name of a header or a query parameter shows nothing
        if found is not None:
            yield found
    body = contract.body
    for field in walk(body.schema, body.schema_pointer) if body is not None else ():
        if not field.path or not leads_to_one(field.path):
            continue
        marked = field.schema.get(EXTENSION)
        if isinstance(marked, Mapping):
            yield _marked("body", field.path, field.schema, body.schema if body else {}, field.pointer, marked)
        elif marked is not False and "x-chatcert-resource" not in field.schema and body is not None:
            if is_idempotency_key(field.path[-1]):
                yield DistinctPlace("body", field.path, field.schema, body.schema, field.pointer, refused=False)
                continue
            description = str(field.schema.get("description", ""))
            recognised = _recognised(contract, "body", field, body.schema, description, nouns)
            if recognised is not None:
                yield recognised


def _marked(
    place: str, path: tuple[str, ...], schema: Schema, root: Schema, pointer: str, extension: Mapping[str, Any]
) -> DistinctPlace:
    return DistinctPlace(
        place,
        path,
        schema,
        root,
        pointer,
        refused=extension.get("in-use") != "either",
        provenance=Provenance(extension.get("provenance", Provenance.STATED)),
        source=str(extension.get("source", "")),
        status=extension.get("status"),
    )


def _recognised(
    contract: Contract, place: str, field: Field, root: Schema, description: str, nouns: frozenset[str]
) -> DistinctPlace | None:
    """Return the place if the document shows that its value must be new, by conservative rules."""
    schema, name = field.schema, field.path[-1]
    if not is_scalar(schema, root):
        return None
    if any(word in schema for word in ("enum", "const", "default")) or schema.get("readOnly") is True:
        return None
    if _NEED_NOT.search(description):
        return None
    conflict = next((answer for answer in contract.answers if answer.status == str(CONFLICT)), None)
    status = CONFLICT if conflict is not None else None
    chosen = _is_own_name(name, nouns, top=len(field.path) == 1 or set(_words(field.path[-2])) <= nouns)
    chosen = chosen or (_words(name)[-1] in _IDS and _OF_NEW.search(description) is not None)
    if not chosen and _PER_PERSON.search(description):
        return None
    other = not chosen and _words(name)[-1] in _IDS and len(_words(name)) > 1  # the id of something else
    made = DistinctPlace(place, field.path, schema, root, field.pointer, refused=False)
    if _STATED.search(description) and not other:
        return _refused(made, Provenance.STATED, f"{name}, description.", status)
    if _RECOMMENDED.search(description) and not other:
        return _refused(made, Provenance.INFERRED, f"{name}, description.", status)
    if not chosen or _EXISTING.search(description):
        return None
    if conflict is not None:
        if _CONFLICT.search(conflict.description):
            return _refused(made, Provenance.STATED, _OF_OPERATION, status)
        return _refused(made, Provenance.INFERRED, "", status)
    is_chosen = place == "path" or _UNIQUE.search(description) or _GENERATED.search(description)
    return made if is_chosen else None


def is_scalar(schema: Schema, root: Schema) -> bool:
    """Return whether all values of a schema are texts, whole numbers or null."""
    branches = [branch for keyword in ("anyOf", "oneOf") for branch in schema.get(keyword) or []]
    schemas = [schema] if "type" in schema else [flattened(branch, root) for branch in branches]
    found = [
        kind
        for one in schemas
        for kind in ([one["type"]] if isinstance(one.get("type"), str) else one.get("type", [""]))
    ]
    return bool(set(found) - {"null"}) and set(found) <= {"string", "integer", "null"}


def _refused(place: DistinctPlace, provenance: Provenance, source: str, status: int | None) -> DistinctPlace:
    return DistinctPlace(
        place.place, place.path, place.schema, place.root, place.pointer, True, provenance, source, status
    )


def _is_last_in_path(contract: Contract, parameter: Parameter) -> bool:
    """Return whether a parameter names the thing that a request creates: it is the end of the operation's path."""
    return parameter.location == "path" and contract.path.rstrip("/").endswith("{" + parameter.name + "}")


def _created(contract: Contract) -> frozenset[str]:
    """Return the words for what the operation creates, from its path and its operationId."""
    segments = [segment for segment in contract.path.split("/") if segment and "{" not in segment]
    words = {word for text in (*segments, contract.operation_id) for word in _words(text)}
    singular = {word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words}
    return frozenset((words | singular) & _CHATS)


def _is_own_name(name: str, nouns: frozenset[str], *, top: bool) -> bool:
    """Return whether a field has the name of an id or an alias of the thing that the request creates."""
    words = _words(name)
    rest = set(words) - nouns - _CLIENT_WORDS
    if words in (("id",), ("uuid",)):
        return top
    if words[-1] in _IDS and len(words) > 1 and rest <= {words[-1]}:
        return True
    is_alias = bool(_ALIASES & set(words)) or {"unique", "name"} <= set(words)
    return is_alias and rest <= _ALIASES | _ALIAS_PARTS


def _words(name: str) -> tuple[str, ...]:
    return tuple(snake(name).lower().split("_"))
