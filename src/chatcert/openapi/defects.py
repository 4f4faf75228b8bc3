"""Find defects of a document itself: contradictions that no server is responsible for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import REDIRECTS, SpecDefect
from chatcert.openapi.document.loading import REPEATED_KEY
from chatcert.openapi.document.operation_parts import Node, OperationParts, SchemaNode, list_of, mapping_of
from chatcert.openapi.foreign_keywords import foreign_keywords
from chatcert.openapi.patterns.regex import compiled, is_endless
from chatcert.openapi.schemas.dialect import Converter, Direction, is_contradicted, is_sound
from chatcert.openapi.schemas.discriminators import mapped_to_nothing
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.keywords import CONDITIONAL, RANGES
from chatcert.openapi.schemas.path_tokens import leads_to_one
from chatcert.openapi.schemas.pointer import join, locate, lookup
from chatcert.openapi.schemas.validator import Validator, validator_for
from chatcert.openapi.security_schemes import carries_credential
from chatcert.openapi.streams import stream_form
from chatcert.text import format_json

MAX_EXAMPLES = 500
MAX_REFERENCES = 30

_DIRECTIONS: tuple[Direction, Direction] = ("request", "response")
_PLACEHOLDER_HOST = re.compile(
    r"(^|\.)example(\.(com|net|org|edu))?$|\b(your|my)[-_]?(own[-_]?)?(domain|host|server|company|site|instance)(?=[-_.]|$)"
)
_OPAQUE_TOKEN = re.compile(r"(?<![\w-])[spra]k[-_][A-Za-z0-9][\w-]*")
_BREACHES = {
    "required": "is missing",
    "enum": "is none of the listed values",
    "const": "is not the one value that is allowed",
    "minLength": "is too short",
    "maxLength": "is too long",
    "minimum": "is too small",
    "maximum": "is too large",
    "minItems": "has too few items",
    "maxItems": "has too many items",
    "pattern": "does not match its pattern",
    "format": "is not written in its format",
    "additionalProperties": "has a property that is not allowed",
    "anyOf": "fits none of the alternatives",
    "oneOf": "does not fit exactly one of the alternatives",
}
_WITH_ARTICLE = {"integer": "an integer", "object": "an object", "array": "an array", "null": "null"}


def find_defects(document: Mapping[str, Any], path: str, method: str) -> Iterator[SpecDefect]:
    """Yield the defects of the published document in one operation, each once, in a deterministic order.

    It raises for no document.

    Args:
        path: the operation's key under ``paths``.
        method: its method in lower case.
    """
    parts = OperationParts(document, path, method)
    seen: set[SpecDefect] = set()
    for check in (
        _version,
        _servers,
        _path,
        _operation_id,
        _security,
        _body,
        _answers,
        _looseness,
        _schema_defects,
        _endless,
        _examples,
        _repeated,
        lambda parts: parts.unresolved,
    ):
        for found in check(parts):
            defect = SpecDefect(found.pointer, " ".join(found.problem.split()))  # names may contain line breaks
            if defect not in seen:
                seen.add(defect)
                yield defect


def _version(parts: OperationParts) -> Iterator[SpecDefect]:
    key = "swagger" if "swagger" in parts.document else "openapi"
    version = parts.document.get(key)
    if not re.fullmatch(r"2\.0" if key == "swagger" else r"3\.[0-2](\.\d+)?(-.+)?", str(version)):
        yield SpecDefect(f"/{key}", f"{format_json(version)} is no version of OpenAPI that is known.")


def _servers(parts: OperationParts) -> Iterator[SpecDefect]:
    own = parts.document.get("host") if "swagger" in parts.document else None
    hosts = [("/host", f"//{own}")] if own is not None else []
    for holder in (parts.operation, parts.item, Node("", parts.document)):
        servers = list_of(holder.value.get("servers"))
        hosts += [
            (join(holder.pointer, "servers", index, "url"), str(mapping_of(server).get("url", "")))
            for index, server in enumerate(servers)
        ]
        if servers:
            break
    for pointer, url in hosts:
        host = _host(url)
        if _PLACEHOLDER_HOST.search(host):
            yield SpecDefect(pointer, f"The server address {host} is a placeholder: nobody can be reached there.")


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:  # no URL, such as an IPv6 address without its closing bracket
        return ""


def _path(parts: OperationParts) -> Iterator[SpecDefect]:
    fixed = re.search(r"[?#].*", parts.path)
    if fixed is not None:
        what = "a query, which every request has" if fixed[0][0] == "?" else "a fragment, which is not sent"
        yield SpecDefect(parts.item.pointer, f"The path has {what}: OpenAPI 3.1, section 4.8.8.1, allows none.")
    names = {name.strip("+*") for name in re.findall(r"\{([^{}]+)\}", parts.path)}
    declared = {str(p.value.get("name")): p.pointer for p in parts.parameters if p.value.get("in") == "path"}
    for name in sorted(names - set(declared)):
        yield SpecDefect(parts.item.pointer, f"The path has {{{name}}}, which no path parameter declares.")
    for name, pointer in declared.items():
        if name not in names:
            yield SpecDefect(pointer, f"The path parameter {name} does not occur in the path.")


def _operation_id(parts: OperationParts) -> Iterator[SpecDefect]:
    own = parts.operation.value.get("operationId")
    for path, item in mapping_of(parts.document.get("paths")).items():
        for method, operation in mapping_of(item).items():
            if (
                own is not None
                and mapping_of(operation).get("operationId") == own
                and (path, method) != (parts.path, parts.method)
            ):
                yield SpecDefect(
                    join(parts.operation.pointer, "operationId"),
                    f"The operationId {format_json(own)} also names {method.upper()} {path}.",
                )


def _security(parts: OperationParts) -> Iterator[SpecDefect]:
    alternatives, pointer = _alternatives(parts)
    components = mapping_of(parts.document.get("components"))
    declared = mapping_of(components.get("securitySchemes") or parts.document.get("securityDefinitions"))
    base = "/components/securitySchemes" if components.get("securitySchemes") else "/securityDefinitions"
    names = list(dict.fromkeys(name for alternative in alternatives for name in alternative))
    schemes = {name: parts.at(join(base, name), declared[name]) for name in names if name in declared}
    for name in names:
        if name not in declared:
            yield SpecDefect(pointer, f"`security` names {name}, which no security scheme declares.")
    required = {_carrier(p.value) for p in parts.parameters if p.value.get("required") is True}
    demanded = {
        n: str(s.value.get("name"))
        for n, s in schemes.items()
        if s.value.get("type") == "apiKey" and _carrier(s.value) in required
    }
    if any(set(demanded) - set(alternative) for alternative in alternatives):
        offers = " or ".join(" with ".join(alternative) or "no credential" for alternative in alternatives)
        yield SpecDefect(
            pointer, f"By `security`, {offers} is enough, while `parameters` require {' and '.join(demanded.values())}."
        )
    schemes_of_parameters = {_carrier(s.value) for s in schemes.values()}
    for parameter in parts.parameters:
        if carries_credential(parameter.value) and _carrier(parameter.value) not in schemes_of_parameters:
            name = str(parameter.value.get("name"))
            spoken_for = name.lower() == "authorization" and any(
                s.value.get("type") != "apiKey" for s in schemes.values()
            )
            if not spoken_for:
                problem = f"The parameter {name} carries a credential, which no security scheme says."
                yield SpecDefect(parameter.pointer, problem)
    if declared and not names and "security" not in parts.document and "security" not in parts.operation.value:
        yield SpecDefect(base, f"{', '.join(map(str, declared))}: declared, yet `security` asks for no credential.")
    for scheme in schemes.values():
        texts = (scheme.value.get("description"), parts.operation.value.get("description"))
        token = next((m[0] for text in texts if (m := _OPAQUE_TOKEN.search(str(text or "")))), None)
        if token and str(scheme.value.get("bearerFormat", "")).upper() == "JWT":
            problem = f"bearerFormat says JWT, yet the token shown begins with {token}, which is none."
            yield SpecDefect(join(scheme.pointer, "bearerFormat"), problem)


def _carrier(value: Mapping[str, Any]) -> tuple[str, str]:
    return str(value.get("in")), str(value.get("name")).lower()


def _alternatives(parts: OperationParts) -> tuple[list[list[str]], str]:
    """Return the alternatives of ``security``, each a list of scheme names, and their pointer."""
    own = "security" in parts.operation.value
    listed = (parts.operation.value if own else parts.document).get("security")
    pointer = join(parts.operation.pointer if own else "", "security")
    return [[str(name) for name in entry] for entry in list_of(listed) if isinstance(entry, Mapping)], pointer


def _body(parts: OperationParts) -> Iterator[SpecDefect]:
    if parts.body.value.get("required") is True:
        return
    for content in parts.contents(parts.body):
        schema = content.value.get("schema")
        if schema is None:
            continue
        try:
            needs_something = not Validator(Converter(parts.document, "request").standalone(schema)).is_valid({})
        except RecursionError:
            return
        if needs_something:
            problem = "The body may be left out, while its schema needs something in it: which holds is not said."
            yield SpecDefect(parts.body.pointer, problem)
            return


def _repeated(parts: OperationParts) -> Iterator[SpecDefect]:
    names = list_of(parts.document.get(REPEATED_KEY))
    if names:
        yield SpecDefect(
            "", f"A mapping holds {', '.join(format_json(name) for name in names[:5])} twice; the last one counts."
        )


def _answers(parts: OperationParts) -> Iterator[SpecDefect]:
    statuses = [response.name.upper() for response in parts.responses]
    pointer = join(parts.operation.pointer, "responses") if parts.responses else parts.operation.pointer
    if not any(status.startswith("2") for status in statuses):
        moved = next((status for status in statuses if status.startswith("3")), "")
        text = f"No success answer is documented but {moved}, a redirect: it is taken for the success."
        if moved not in REDIRECTS:
            text = f"No success answer is documented but {moved}, which is none."
        yield SpecDefect(pointer, text if moved else "No success answer is documented.")
    if not any(status[:1] in ("4", "5") or status == "DEFAULT" for status in statuses):
        yield SpecDefect(pointer, "No error answer is documented.")
        return
    if (parts.body.value or parts.parameters) and not {"400", "422", "4XX", "DEFAULT"}.intersection(statuses):
        yield SpecDefect(pointer, "No answer to an invalid request (400 or 422) is documented.")
    alternatives, _ = _alternatives(parts)
    if alternatives and all(alternatives) and not {"401", "403", "4XX", "DEFAULT"}.intersection(statuses):
        yield SpecDefect(pointer, "Credentials are asked for, but no answer to bad ones (401 or 403) is documented.")


def _looseness(parts: OperationParts) -> Iterator[SpecDefect]:
    loose: dict[str, tuple[list[str], str]] = {}
    for response in parts.responses:
        for content in parts.contents(response):
            schema = content.value.get("schema")
            names = _optional_names(parts.document, schema) if _is_json(content.name) else []
            if not names:
                continue
            pointer = parts.at(join(content.pointer, "schema"), schema).pointer
            words = f"none of its properties ({', '.join(names[:3])}{', …' if names[3:] else ''}) is required."
            if response.name.startswith("2"):
                yield SpecDefect(pointer, f"An empty object passes for a success answer: {words}")
            elif response.name[:1] in ("4", "5") or response.name == "default":
                loose.setdefault(pointer, ([], words))[0].append(response.name)
    if loose:
        pointer, (_, words) = next(iter(loose.items()))
        statuses = dict.fromkeys(status for listed, _ in loose.values() for status in listed)
        yield SpecDefect(pointer, f"An empty object passes for the error answers {', '.join(statuses)}: {words}")


def _optional_names(document: Mapping[str, Any], schema: Any) -> list[str]:
    """Return the properties of a schema for which ``{}`` is valid; an empty list if it is not valid."""
    try:
        converted = Converter(document, "response").standalone(schema)
    except RecursionError:
        return []
    if not validator_for(converted).is_valid({}):
        return []
    fields = islice(walk(converted, ""), MAX_EXAMPLES)
    return [f.path[0] for f in fields if len(f.path) == 1 and leads_to_one(f.path)]


def _schema_defects(parts: OperationParts) -> Iterator[SpecDefect]:
    for place in parts.schemas:
        schema = place.value
        for keyword, value in schema.items():
            if not is_sound(keyword, value):
                is_text = isinstance(value, str) and keyword != "type"
                shown = f"the text {json.dumps(value[:60])}" if is_text else format_json(value)
                yield SpecDefect(join(place.pointer, keyword), f"{keyword} cannot be {shown}.")
        yield from foreign_keywords(parts, place)
        yield from _patterns(place)
        if isinstance(schema.get("$dynamicRef"), str):
            yield SpecDefect(
                join(place.pointer, "$dynamicRef"),
                f"{format_json(schema['$dynamicRef'])} can lead to several schemas: it is not followed.",
            )
        for name, target in mapped_to_nothing(parts.document, schema.get("discriminator")):
            yield SpecDefect(
                join(place.pointer, "discriminator", "mapping", name),
                f"The discriminator maps {name} to {target}, which does not exist.",
            )
        if is_contradicted(schema):
            yield SpecDefect(
                join(place.pointer, "format"),
                f"The format {format_json(schema['format'])} contradicts the length limits or all values beside it: "
                "it is not checked.",
            )
        if not parts.modern and schema.get("type") == "array" and "items" not in schema:
            yield SpecDefect(place.pointer, "An array has to say what its `items` are, and this one does not.")
        yield from _limits(place)
        if place.whole:
            yield from _required(place)
        yield from _enum(parts, place)


def _patterns(place: SchemaNode) -> Iterator[SpecDefect]:
    pattern, names = place.value.get("pattern"), place.value.get("patternProperties")
    if isinstance(pattern, str) and compiled(pattern) is None:
        yield SpecDefect(
            join(place.pointer, "pattern"),
            f"The pattern {format_json(pattern)} is no regular expression that every engine reads alike: "
            "it is not checked.",
        )
    for name in names if isinstance(names, Mapping) else ():
        if compiled(str(name)) is None:
            yield SpecDefect(
                join(place.pointer, "patternProperties", name),
                f"{format_json(name)} is no regular expression that every engine reads alike: it is not checked.",
            )
        elif is_endless(str(name)):
            yield SpecDefect(
                join(place.pointer, "patternProperties", name),
                f"{format_json(name)} repeats a repetition, so that an engine may never finish with some names: "
                "it is not checked.",
            )


def _endless(parts: OperationParts) -> Iterator[SpecDefect]:
    """Yield schemas that no value can match, since each value would have to contain another one without end."""
    for place in parts.schemas:
        if not _has_end(parts.document, place.value, (place.pointer,)):
            yield SpecDefect(place.pointer, "No value can match: it would have to hold itself without end.")
            return


def _has_end(document: Mapping[str, Any], schema: Any, been: tuple[str, ...]) -> bool:
    if not isinstance(schema, Mapping) or len(been) > MAX_REFERENCES:
        return True
    reference = schema.get("$ref")
    if isinstance(reference, str):
        try:
            pointer, value = locate(document, reference)
        except UsageError:
            return True
        return pointer not in been and _has_end(document, value, (*been, pointer))
    properties = mapping_of(schema.get("properties"))
    needed = [
        properties[name] for name in list_of(schema.get("required")) if isinstance(name, str) and name in properties
    ]
    needed += list_of(schema.get("allOf"))
    least = schema.get("minItems")
    needed += [schema.get("items")] if isinstance(least, int) and least > 0 else []
    if schema.get("type", "object") not in ("object", "array") or schema.get("nullable") is True:
        needed = []
    alternatives = [list_of(schema.get(key)) for key in ("oneOf", "anyOf")]
    return all(_has_end(document, part, been) for part in needed) and all(
        any(_has_end(document, part, been) for part in parts) for parts in alternatives if parts
    )


def _limits(place: SchemaNode) -> Iterator[SpecDefect]:
    schema = Converter({}, "request").standalone({k: v for k, v in place.value.items() if k.startswith(("m", "e"))})
    for low, high in RANGES:
        if low in schema and high in schema:
            touching = schema[low] == schema[high] and "exclusive" in low + high
            if schema[low] > schema[high] or touching:
                yield SpecDefect(
                    join(place.pointer, low), f"No value can be within {low} {schema[low]} and {high} {schema[high]}."
                )


def _required(place: SchemaNode) -> Iterator[SpecDefect]:
    schema, properties = place.value, place.value.get("properties")
    open_ended = any(
        isinstance(schema.get(word), Mapping | list)
        for word in (*CONDITIONAL, "additionalProperties", "patternProperties")
    )
    if isinstance(properties, Mapping) and not open_ended and is_sound("required", schema.get("required", [])):
        for name in schema.get("required", ()):
            if name not in properties:
                yield SpecDefect(
                    join(place.pointer, "required"), f"`required` names {name}, which `properties` does not define."
                )


def _enum(parts: OperationParts, place: SchemaNode) -> Iterator[SpecDefect]:
    only_type = {key: place.value[key] for key in ("type", "nullable", "x-nullable") if key in place.value}
    members = place.value.get("enum")
    for index, member in enumerate(list_of(members) if "type" in only_type else ()):
        if words := _describe_breaches(_validators(parts.document, [only_type], "request"), member):
            yield SpecDefect(join(place.pointer, "enum", index), f"The enum value breaks its own type: {words}.")


def _examples(parts: OperationParts) -> Iterator[SpecDefect]:
    shown = list(islice(_documented_values(parts), MAX_EXAMPLES))
    schemas = [schema for *_, schema in shown]
    as_sent, as_answered = (_validators(parts.document, schemas, way) for way in _DIRECTIONS)
    for (what, pointer, value, _), *either in zip(shown, as_sent, as_answered, strict=True):
        if words := _describe_breaches(either, value):
            yield SpecDefect(pointer, f"{what} breaks its own schema: {words}.")


def _documented_values(parts: OperationParts) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield the examples and defaults of the document as (kind, pointer, value, schema)."""
    for holder in parts.holders():
        schema = holder.value.get("schema")
        if isinstance(schema, Mapping) and (_is_json(holder.name) or "in" in holder.value):
            yield from (("The example", *found, schema) for found in _examples_of(parts, holder))
    for response in parts.responses if "swagger" in parts.document else ():
        for name, value in mapping_of(response.value.get("examples")).items():
            if _is_json(str(name)) and isinstance(response.value.get("schema"), Mapping):
                pointer = join(response.pointer, "examples", name)
                yield "The example", pointer, value, response.value["schema"]
    for place in parts.schemas:
        for key, what in (("example", "The example"), ("default", "The default")):
            if key in place.value and (place.whole or key == "example"):  # a part's default is one of the whole
                yield what, join(place.pointer, key), place.value[key], place.value
        for index, value in enumerate(list_of(place.value.get("examples"))):
            yield "The example", join(place.pointer, "examples", index), value, place.value


def _examples_of(parts: OperationParts, holder: Node) -> Iterator[tuple[str, Any]]:
    if "example" in holder.value:
        yield join(holder.pointer, "example"), holder.value["example"]
    for name, raw in mapping_of(holder.value.get("examples")).items():
        example = parts.at(join(holder.pointer, "examples", name), raw)
        if "value" in example.value:
            yield join(example.pointer, "value"), example.value["value"]


def _validators(document: Mapping[str, Any], schemas: list[Any], direction: Direction) -> list[Validator]:
    """Return a validator for each schema; shared definitions are converted once for all of them."""
    try:
        converted = Converter(document, direction, lenient=True).standalone({"prefixItems": schemas} if schemas else {})
    except RecursionError:
        return [Validator({})] * len(schemas)
    shared = converted.get("$defs", {})
    return [
        Validator({**schema, "$defs": {**schema.get("$defs", {}), **shared}} if isinstance(schema, dict) else {})
        for schema in converted.get("prefixItems", [])
    ]


def _describe_breaches(either: Iterable[Validator], value: Any) -> str:
    """Describe how a value breaks its schema as request and as answer; empty if it is valid as either."""
    words: list[str] = []
    for validator in either:
        words = [_describe(*breach, value) for breach in islice(validator.breaches(value), 4)]
        if not words:
            return ""
    return ", ".join(words[:3]) + (" and more" if words[3:] else "")


def _describe(path: tuple[str, ...], keyword: str, message: str, value: Any) -> str:
    place = "/".join(path) or "it"
    wanted = re.search(r"is not of type (.*)\Z", message)
    if keyword == "type" and wanted:
        types = " or ".join(_WITH_ARTICLE.get(name, f"a {name}") for name in re.findall(r"'(\w+)'", wanted[1]))
        return f"{place} is {_type_of(lookup(value, path))}, not {types}"
    return f"{place} {_BREACHES.get(keyword, f'breaks its {keyword}')}"


def _type_of(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "an array"}
    return names.get(type(value), "null" if value is None else "an object")


def _is_json(media_type: str) -> bool:
    base = media_type.partition(";")[0].strip().lower()
    is_json = base in ("application/json", "text/json", "*/*") or base.endswith("+json")
    return is_json and stream_form(base) is None
