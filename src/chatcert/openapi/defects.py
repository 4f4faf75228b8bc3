"""Defects of a document itself: contradictions that no server can be blamed for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import SpecDefect
from chatcert.openapi.dialect import Converter, Direction, is_contradicted, is_sound
from chatcert.openapi.fields import ANY, walk
from chatcert.openapi.keywords import CONDITIONAL, RANGES
from chatcert.openapi.loading import REPEATED_KEY
from chatcert.openapi.operation_parts import Page, UsedSchema, Value, list_of, mapping_of
from chatcert.openapi.pointer import join, locate, lookup
from chatcert.openapi.regex import compiled, is_endless, reads_alike
from chatcert.openapi.security_schemes import carries_credential
from chatcert.openapi.validator import Validator, validator_for
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
    """Yield the defects of the document as published, as far as they concern one operation.

    Each comes once, in an order that the document alone decides; no document, however odd, makes it raise.

    Args:
        path: the operation's key under ``paths``.
        method: its method in lower case.
    """
    page = Page(document, path, method)
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
        lambda page: page.broken,
    ):
        for found in check(page):
            defect = SpecDefect(found.pointer, " ".join(found.problem.split()))  # names may hold line breaks
            if defect not in seen:
                seen.add(defect)
                yield defect


def _version(page: Page) -> Iterator[SpecDefect]:
    key = "swagger" if "swagger" in page.document else "openapi"
    version = page.document.get(key)
    if not re.fullmatch(r"2\.0" if key == "swagger" else r"3\.[0-2](\.\d+)?(-.+)?", str(version)):
        yield SpecDefect(f"/{key}", f"{format_json(version)} is no version of OpenAPI that is known.")


def _servers(page: Page) -> Iterator[SpecDefect]:
    own = page.document.get("host") if "swagger" in page.document else None
    hosts = [("/host", f"//{own}")] if own is not None else []
    for holder in (page.operation, page.item, Value("", page.document)):
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
    except ValueError:  # no address at all, such as an IPv6 one that is not closed
        return ""


def _path(page: Page) -> Iterator[SpecDefect]:
    names = {name.strip("+*") for name in re.findall(r"\{([^{}]+)\}", page.path)}
    declared = {str(p.value.get("name")): p.pointer for p in page.parameters if p.value.get("in") == "path"}
    for name in sorted(names - set(declared)):
        yield SpecDefect(page.item.pointer, f"The path has {{{name}}}, which no path parameter declares.")
    for name, pointer in declared.items():
        if name not in names:
            yield SpecDefect(pointer, f"The path parameter {name} does not occur in the path.")


def _operation_id(page: Page) -> Iterator[SpecDefect]:
    own = page.operation.value.get("operationId")
    for path, item in mapping_of(page.document.get("paths")).items():
        for method, operation in mapping_of(item).items():
            if (
                own is not None
                and mapping_of(operation).get("operationId") == own
                and (path, method) != (page.path, page.method)
            ):
                yield SpecDefect(
                    join(page.operation.pointer, "operationId"),
                    f"The operationId {format_json(own)} also names {method.upper()} {path}.",
                )


def _security(page: Page) -> Iterator[SpecDefect]:
    alternatives, pointer = _alternatives(page)
    components = mapping_of(page.document.get("components"))
    declared = mapping_of(components.get("securitySchemes") or page.document.get("securityDefinitions"))
    base = "/components/securitySchemes" if components.get("securitySchemes") else "/securityDefinitions"
    names = list(dict.fromkeys(name for alternative in alternatives for name in alternative))
    schemes = {name: page.at(join(base, name), declared[name]) for name in names if name in declared}
    for name in names:
        if name not in declared:
            yield SpecDefect(pointer, f"`security` names {name}, which no security scheme declares.")
    required = {_carrier(p.value) for p in page.parameters if p.value.get("required") is True}
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
    for parameter in page.parameters:
        if carries_credential(parameter.value) and _carrier(parameter.value) not in schemes_of_parameters:
            name = str(parameter.value.get("name"))
            spoken_for = name.lower() == "authorization" and any(
                s.value.get("type") != "apiKey" for s in schemes.values()
            )
            if not spoken_for:
                problem = f"The parameter {name} carries a credential, which no security scheme says."
                yield SpecDefect(parameter.pointer, problem)
    if declared and not names and "security" not in page.document and "security" not in page.operation.value:
        yield SpecDefect(base, f"{', '.join(map(str, declared))}: declared, yet `security` asks for no credential.")
    for scheme in schemes.values():
        texts = (scheme.value.get("description"), page.operation.value.get("description"))
        token = next((m[0] for text in texts if (m := _OPAQUE_TOKEN.search(str(text or "")))), None)
        if token and str(scheme.value.get("bearerFormat", "")).upper() == "JWT":
            problem = f"bearerFormat says JWT, yet the token shown begins with {token}, which is none."
            yield SpecDefect(join(scheme.pointer, "bearerFormat"), problem)


def _carrier(value: Mapping[str, Any]) -> tuple[str, str]:
    return str(value.get("in")), str(value.get("name")).lower()


def _alternatives(page: Page) -> tuple[list[list[str]], str]:
    """The ways to authenticate, each a list of scheme names, and where the document lists them."""
    own = "security" in page.operation.value
    listed = (page.operation.value if own else page.document).get("security")
    pointer = join(page.operation.pointer if own else "", "security")
    return [[str(name) for name in entry] for entry in list_of(listed) if isinstance(entry, Mapping)], pointer


def _body(page: Page) -> Iterator[SpecDefect]:
    if page.body.value.get("required") is True:
        return
    for content in page.contents(page.body):
        schema = content.value.get("schema")
        if schema is None:
            continue
        try:
            needs_something = not Validator(Converter(page.document, "request").standalone(schema)).is_valid({})
        except RecursionError:
            return
        if needs_something:
            problem = "The body may be left out, while its schema needs something in it: which holds is not said."
            yield SpecDefect(page.body.pointer, problem)
            return


def _repeated(page: Page) -> Iterator[SpecDefect]:
    names = list_of(page.document.get(REPEATED_KEY))
    if names:
        yield SpecDefect(
            "", f"A mapping holds {', '.join(format_json(name) for name in names[:5])} twice; the last one counts."
        )


def _answers(page: Page) -> Iterator[SpecDefect]:
    statuses = [response.name.upper() for response in page.responses]
    pointer = join(page.operation.pointer, "responses") if page.responses else page.operation.pointer
    if not any(status.startswith("2") for status in statuses):
        yield SpecDefect(pointer, "No success answer is documented.")
    if not any(status[:1] in ("4", "5") or status == "DEFAULT" for status in statuses):
        yield SpecDefect(pointer, "No error answer is documented.")
        return
    if (page.body.value or page.parameters) and not {"400", "422", "4XX", "DEFAULT"}.intersection(statuses):
        yield SpecDefect(pointer, "No answer to an invalid request (400 or 422) is documented.")
    alternatives, _ = _alternatives(page)
    if alternatives and all(alternatives) and not {"401", "403", "4XX", "DEFAULT"}.intersection(statuses):
        yield SpecDefect(pointer, "Credentials are asked for, but no answer to bad ones (401 or 403) is documented.")


def _looseness(page: Page) -> Iterator[SpecDefect]:
    loose: dict[str, tuple[list[str], str]] = {}
    for response in page.responses:
        for content in page.contents(response):
            schema = content.value.get("schema")
            names = _optional_names(page.document, schema) if _is_json(content.name) else []
            if not names:
                continue
            pointer = page.at(join(content.pointer, "schema"), schema).pointer
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
    """The properties of a schema that ``{}`` passes; none where it does not, or where it names none."""
    try:
        converted = Converter(document, "response").standalone(schema)
    except RecursionError:
        return []
    if not validator_for(converted).is_valid({}):
        return []
    fields = islice(walk(converted, ""), MAX_EXAMPLES)
    return [f.path[0] for f in fields if len(f.path) == 1 and f.path != (ANY,)]


def _schema_defects(page: Page) -> Iterator[SpecDefect]:
    for place in page.schemas:
        schema = place.value
        for keyword, value in schema.items():
            if not is_sound(keyword, value):
                yield SpecDefect(join(place.pointer, keyword), f"{keyword} cannot be {format_json(value)}.")
        yield from _patterns(place)
        if is_contradicted(schema):
            yield SpecDefect(
                join(place.pointer, "format"),
                f"The format {format_json(schema['format'])} is denied by the lengths or by every value that "
                "stand beside it: nothing is held to it.",
            )
        if not page.modern and schema.get("type") == "array" and "items" not in schema:
            yield SpecDefect(place.pointer, "An array has to say what its `items` are, and this one does not.")
        yield from _limits(place)
        if place.whole:
            yield from _required(place)
        yield from _enum(page, place)


def _patterns(place: UsedSchema) -> Iterator[SpecDefect]:
    pattern, names = place.value.get("pattern"), place.value.get("patternProperties")
    if isinstance(pattern, str) and compiled(pattern) is None:
        yield SpecDefect(
            join(place.pointer, "pattern"),
            f"The pattern {format_json(pattern)} is no regular expression that every engine reads alike: "
            "nothing is held to it.",
        )
    for name in names if isinstance(names, Mapping) else ():
        if not reads_alike(str(name)):
            yield SpecDefect(
                join(place.pointer, "patternProperties", name),
                f"{format_json(name)} is no regular expression that every engine reads alike: "
                "no property is held to it.",
            )
        elif is_endless(str(name)):
            yield SpecDefect(
                join(place.pointer, "patternProperties", name),
                f"{format_json(name)} repeats what repeats itself, so that some names take an engine endless "
                "time: no property is held to it.",
            )


def _endless(page: Page) -> Iterator[SpecDefect]:
    """Schemas that no value can match, since every value would have to hold another one of the same kind."""
    for place in page.schemas:
        if not _has_end(page.document, place.value, (place.pointer,)):
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


def _limits(place: UsedSchema) -> Iterator[SpecDefect]:
    schema = Converter({}, "request").standalone({k: v for k, v in place.value.items() if k.startswith(("m", "e"))})
    for low, high in RANGES:
        if low in schema and high in schema:
            touching = schema[low] == schema[high] and "exclusive" in low + high
            if schema[low] > schema[high] or touching:
                yield SpecDefect(
                    join(place.pointer, low), f"No value can be within {low} {schema[low]} and {high} {schema[high]}."
                )


def _required(place: UsedSchema) -> Iterator[SpecDefect]:
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


def _enum(page: Page, place: UsedSchema) -> Iterator[SpecDefect]:
    only_type = {key: place.value[key] for key in ("type", "nullable", "x-nullable") if key in place.value}
    members = place.value.get("enum")
    for index, member in enumerate(list_of(members) if "type" in only_type else ()):
        if words := _breach(_validators(page.document, [only_type], "request"), member):
            yield SpecDefect(join(place.pointer, "enum", index), f"The enum value breaks its own type: {words}.")


def _examples(page: Page) -> Iterator[SpecDefect]:
    shown = list(islice(_shown_values(page), MAX_EXAMPLES))
    schemas = [schema for *_, schema in shown]
    as_sent, as_answered = (_validators(page.document, schemas, way) for way in _DIRECTIONS)
    for (what, pointer, value, _), *either in zip(shown, as_sent, as_answered, strict=True):
        if words := _breach(either, value):
            yield SpecDefect(pointer, f"{what} breaks its own schema: {words}.")


def _shown_values(page: Page) -> Iterator[tuple[str, str, Any, Any]]:
    """Every value that the document shows, as (what it is, pointer, value, its schema)."""
    for holder in page.holders():
        schema = holder.value.get("schema")
        if isinstance(schema, Mapping) and (_is_json(holder.name) or "in" in holder.value):
            yield from (("The example", *found, schema) for found in _shown_by(page, holder))
    for response in page.responses if "swagger" in page.document else ():
        for name, value in mapping_of(response.value.get("examples")).items():
            if _is_json(str(name)) and isinstance(response.value.get("schema"), Mapping):
                pointer = join(response.pointer, "examples", name)
                yield "The example", pointer, value, response.value["schema"]
    for place in page.schemas:
        for key, what in (("example", "The example"), ("default", "The default")):
            if key in place.value and (place.whole or key == "example"):  # a part's default is one of the whole
                yield what, join(place.pointer, key), place.value[key], place.value
        for index, value in enumerate(list_of(place.value.get("examples"))):
            yield "The example", join(place.pointer, "examples", index), value, place.value


def _shown_by(page: Page, holder: Value) -> Iterator[tuple[str, Any]]:
    if "example" in holder.value:
        yield join(holder.pointer, "example"), holder.value["example"]
    for name, raw in mapping_of(holder.value.get("examples")).items():
        example = page.at(join(holder.pointer, "examples", name), raw)
        if "value" in example.value:
            yield join(example.pointer, "value"), example.value["value"]


def _validators(document: Mapping[str, Any], schemas: list[Any], direction: Direction) -> list[Validator]:
    """One validator for each schema; what the schemas share is converted once for all of them."""
    try:
        converted = Converter(document, direction).standalone({"prefixItems": schemas} if schemas else {})
    except RecursionError:
        return [Validator({})] * len(schemas)
    shared = converted.get("$defs", {})
    return [
        Validator({**schema, "$defs": {**schema.get("$defs", {}), **shared}} if isinstance(schema, dict) else {})
        for schema in converted.get("prefixItems", [])
    ]


def _breach(either: Iterable[Validator], value: Any) -> str:
    """How a value breaks each of the schemas, in words; nothing if it keeps one, in a request or in an answer."""
    words: list[str] = []
    for validator in either:
        words = [_words(*breach, value) for breach in islice(validator.breaches(value), 4)]
        if not words:
            return ""
    return ", ".join(words[:3]) + (" and more" if words[3:] else "")


def _words(path: tuple[str, ...], keyword: str, message: str, value: Any) -> str:
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
    return base in ("application/json", "text/json", "*/*") or base.endswith("+json")
