"""Recognise values of a request that name something which has to exist, where no extension says so."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.names import snake
from chatcert.openapi.contract import Contract, Parameter, Schema
from chatcert.openapi.distinct import distinct_at, names_the_new_thing
from chatcert.openapi.schemas.fields import Field, flattened, walk
from chatcert.openapi.schemas.finite_values import finite_values
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import ANY, leads_to_one
from chatcert.openapi.schemas.pointer import MISSING, lookup

IDS = frozenset(["id", "ids", "uuid", "guid", "sid"])
"""Last words of names of ids."""
CLIENT_CHOSEN = frozenset(
    ["idempotency", "correlation", "trace", "request", "external", "nonce", "tracking", "transaction"]
)
"""Words of ids that the client chooses."""
NOT_RESOURCES = frozenset(["version", "api", "format", "lang", "language", "locale", "region"])
"""Words of parameters that name no resource."""
_CODES = frozenset(
    [
        *(
            "alias",
            "cursor",
            "currency",
            "code",
            "country",
            "digest",
            "domain",
            "email",
            "encoding",
            "format",
            "handle",
        ),
        *("hash", "host", "id", "ids", "key", "kind", "lang", "language", "link", "locale", "medium", "mime", "model"),
        *("path", "phone", "platform", "provider", "region", "role", "secret", "server", "slug", "sort", "state"),
        *("status", "time", "timestamp", "timezone", "token", "type", "tz", "uri", "url", "user", "username", "uuid"),
        *("version", "zone"),
    ]
)
"""Last words of names of fields that hold a name or a code, not what a person writes."""
_THINGS = frozenset(
    [
        *("account", "agent", "app", "application", "assistant", "bot", "cluster", "collection", "customer"),
        *("database", "db", "group", "member", "namespace", "org", "organisation", "organization", "owner"),
        *("project", "realm", "shop", "site", "store", "team", "tenant", "user", "username", "workspace"),
    ]
)
"""Last words of parameters that name a thing, as they stand in a query or a header."""
_LIMITS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))
_DESCRIBED = re.compile(
    r"^(?:optional[.:]? *)?(?:(?:a|the) )?(?:list|array|set) of (?:the )?"
    r"(?:(?!new |unique )[\w-]+ ){0,2}(?:ids|identifiers|uuids)\b"
    r"|^(?:optional[.:]? *)?(?:the )?(?:ids|identifiers|uuids) of (?!new )"
    r"|^(?:optional[.:]? *)?(?:(?:the|an?) )?(?:[\w-]+ ){0,2}(?:id|identifier|uuid) of an? existing\b",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"x{4,}|\*{3,}|^<[^<>]+>$|^\{[^{}]+\}$|^\[[^\[\]]+\]$|\.\.\.$|(?<![a-z])(your|my)[-_]|(?:^|[-_:])0{6,}(?:$|-)",
    re.IGNORECASE,
)


def words_of(name: str) -> tuple[str, ...]:
    """Split a name into words in lower case: ``agentId`` and ``agent-id`` give agent, id."""
    return tuple(snake(name).lower().split("_"))


def holds_name_or_code(path: tuple[str, ...]) -> bool:
    """Return whether a field looks like the place of a name or a code, such as ``room_alias_name`` or ``version``."""
    words = words_of(key_of(path))
    return words[-1] in _CODES or bool(set(words) & {"alias", "handle", "slug"})


def is_placeholder(value: Any) -> bool:
    """Return whether an example stands for a value instead of being one: ``VARIANT-xxxxxxxx``, ``<user>``."""
    if not isinstance(value, str) or (" " in value and not value.startswith("<")):
        return False
    return _PLACEHOLDER.search(value) is not None


def parameter_names_resource(name: str, schema: Schema, *, in_path: bool) -> bool:
    """Return whether a parameter looks like the id of a resource that has to exist."""
    words = set(words_of(name))
    if "enum" in schema or "const" in schema or words & CLIENT_CHOSEN:
        return False
    return not words & NOT_RESOURCES if in_path else words_of(name)[-1] in IDS - {"ids"} and len(words) > 1


def field_names_resource(field: Field) -> bool:
    """Return whether a request field looks like the id of a resource that has to exist."""
    words = words_of(field.path[-1])
    if field.schema.get("readOnly") is True or "enum" in field.schema or "const" in field.schema:
        return False
    if not is_id_typed(field) or set(words) & CLIENT_CHOSEN:
        return False
    if len(words) == 1:
        return words[0] in IDS - {"ids"} and len(field.path) > 1
    return words[-1] in IDS - {"ids"}


def is_id_typed(field: Field) -> bool:
    """Return whether a field has a type that ids have."""
    return "type" in field.schema and {"string", "integer"} & set(field.types) != set()


def key_of(path: tuple[str, ...]) -> str:
    """Return the name under which a value of a field is configured; items of an array share that of the array."""
    return next((name for name in reversed(path) if name != ANY), "")


def parameter_names_something(contract: Contract, parameter: Parameter) -> bool:
    """Return whether the value of a parameter has to exist: an extension says so, or its name or its example does."""
    if parameter.resource is not None:
        return True
    flat = flattened(parameter.schema, parameter.schema)
    if _has_known_value(flat) or not _is_text(flat):
        return False
    if distinct_at(contract, parameter.location, (parameter.name,)) is not None:
        return False
    words = words_of(parameter.name)
    if set(words) & (CLIENT_CHOSEN | NOT_RESOURCES):
        return False
    thing = words[-1].removesuffix("s") if flat.get("type") == "array" else words[-1]
    if thing in _THINGS or (words[-1] in IDS and len(words) > 1) or _DESCRIBED.search(parameter.description.strip()):
        return True
    return any(map(is_placeholder, (*_each(parameter.example), *_shown_in(flat, parameter.schema))))


def field_names_something(contract: Contract, field: Field) -> bool:
    """Return whether the value of a field has to exist: an extension says so, or its name or its example does."""
    if "x-chatcert-resource" in field.schema:
        return True
    if not field.path or distinct_at(contract, "body", field.path) is not None:
        return False
    if names_the_new_thing(contract, field.path, str(field.schema.get("description", ""))):
        return False
    if _has_known_value(field.schema) or field.schema.get("readOnly") is True:
        return False
    words = words_of(key_of(field.path))
    if set(words) & CLIENT_CHOSEN:
        return False
    if words[-1] == "ids" and len(words) > 1:
        return field.path[-1] == ANY or "array" in field.types
    if field.path in _shown_as_names(contract):
        return True
    return field.path[-1] != ANY and field_names_resource(field)


@memoise_by_identity(maxsize=256)
def _shown_as_names(contract: Contract) -> frozenset[tuple[str, ...]]:
    """Return the fields that are described as existing names, or of which the document shows a placeholder.

    Where the items of an array are such names, the array and its items are both among them.
    """
    found: set[tuple[str, ...]] = set()
    for field in walk(contract.body.schema, contract.body.schema_pointer) if contract.body is not None else ():
        is_item = field.path[-1:] == (ANY,)
        described = _DESCRIBED.search(str(field.schema.get("description", "")).strip()) is not None
        shown = {"string", "array"} & set(field.types) and any(map(is_placeholder, _shown(contract, field)))
        if is_item and field.path[:-1] in found:
            found.add(field.path)
        elif (described and {"string", "integer", "array"} & set(field.types)) or shown:
            found.update((field.path, field.path[:-1]) if is_item else (field.path,))
    return frozenset(found)


def _has_known_value(schema: Schema) -> bool:
    """Return whether the document lists values, or has a default that is one."""
    return "enum" in schema or "const" in schema or ("default" in schema and not is_placeholder(schema["default"]))


def _is_text(flat: Schema) -> bool:
    return flat.get("type", "string") in ("string", "integer", "array")


def _shown(contract: Contract, field: Field) -> Iterator[Any]:
    """Yield the values that a document shows of a field; of an array, those of its items."""
    body = contract.body
    yield from _shown_in(field.schema, body.schema if body is not None else {})
    for example in body.examples if body is not None else ():
        value = lookup(example, field.path) if leads_to_one(field.path) else MISSING
        if value is not MISSING:
            yield from _each(value)


def _shown_in(schema: Schema, root: Schema) -> Iterator[Any]:
    """Yield the examples and the default of a schema; of an array, those of its items, too."""
    items = flattened(schema["items"], root) if isinstance(schema.get("items"), Mapping) else {}
    for part in (schema, items):
        listed = part.get("examples")
        for value in (part.get("example"), part.get("default"), *(listed if isinstance(listed, list) else ())):
            yield from _each(value)


def _each(value: Any) -> Iterator[Any]:
    """Yield the items of a list, or the value itself."""
    yield from value if isinstance(value, list) else (value,)


def needs_value(contract: Contract, parameter: Parameter) -> bool:
    """Return whether no usable value of a required parameter is known: it names something, or has no example."""
    if not parameter.required or "enum" in parameter.schema or "const" in parameter.schema:
        return False
    if parameter.resource is not None:
        return bool(parameter.resource.get("required", True))
    if distinct_at(contract, parameter.location, (parameter.name,)) is not None:
        return False
    unusable = parameter.example is None or is_placeholder(parameter.example)
    in_path = parameter.location == "path" and not _lists_its_values(parameter)
    return unusable and (in_path or parameter_names_something(contract, parameter))


def _lists_its_values(parameter: Parameter) -> bool:
    """Return whether the schema of a parameter says which values there are, and it is not named like an id.

    So does an enum, a boolean, a number between two limits, and an array or object of such values.
    """
    return words_of(parameter.name)[-1] not in IDS and _is_listed(parameter.schema, parameter.schema)


def _is_listed(schema: Any, root: Schema) -> bool:
    flat = flattened(schema, root) if isinstance(schema, Mapping) else {}
    parts = [flat, *(dict(part) for part in flat.get("allOf", ()) if isinstance(part, Mapping))]
    if flat.get("type") == "array":
        return _is_listed(flat.get("items"), root)
    if flat.get("type") == "object":
        members = flat.get("properties") or {}
        return bool(members) and all(_is_listed(member, root) for member in members.values())
    is_bounded = flat.get("type") in ("integer", "number") and all(
        any(limit in part for part in parts for limit in limits) for limits in _LIMITS
    )
    return is_bounded or finite_values(parts) is not None


def resource_names(contract: Contract) -> dict[str, bool]:
    """Return the names of the request whose values have to exist, and whether a run needs a value for each."""
    found: dict[str, bool] = {}
    for parameter in contract.parameters:
        needed = needs_value(contract, parameter)
        if needed or parameter_names_something(contract, parameter):
            found[parameter.name] = found.get(parameter.name, False) or needed
    if contract.body is not None:
        for field in walk(contract.body.schema, contract.body.schema_pointer):
            extension = field.schema.get("x-chatcert-resource")
            if isinstance(extension, Mapping):
                found[key_of(field.path)] = bool(extension.get("required", field.required))
            elif field.path and field_names_something(contract, field):
                found.setdefault(key_of(field.path), False)
    return found


def needed_by_body(contract: Contract) -> tuple[str, ...]:
    """Return the names of the values that every body holds and that have to exist."""
    body = contract.body
    if body is None or not body.required:
        return ()
    fields = walk(body.schema, body.schema_pointer)
    needed = (field for field in fields if len(field.path) == 1 and field.required)
    return tuple(key_of(field.path) for field in needed if field_names_something(contract, field))


def configurable_names(contract: Contract) -> tuple[str, ...]:
    """Return every name of the request for which a value may be configured."""
    names = [parameter.name for parameter in contract.parameters]
    if contract.body is not None:
        names += [key_of(field.path) for field in walk(contract.body.schema, "") if key_of(field.path)]
    return tuple(dict.fromkeys(names))
