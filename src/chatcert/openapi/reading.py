"""Read a Contract from an OpenAPI document to which its overlay was applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast
from urllib.parse import unquote

from chatcert.exceptions import UsageError
from chatcert.openapi.answer_headers import read_headers
from chatcert.openapi.body_types import can_be_written
from chatcert.openapi.chat_operations import delete_operation, list_operation, read_operation
from chatcert.openapi.contract import Answer, Body, Contract, Location, Parameter, SpecDefect
from chatcert.openapi.defects import find_defects
from chatcert.openapi.document.document_kinds import foreign_mapping
from chatcert.openapi.document.extensions import check_extensions
from chatcert.openapi.document.operation_choice import choose_operation, operations
from chatcert.openapi.document.operation_parts import list_of, mapping_of
from chatcert.openapi.query_strings import (
    dereferenced_or_empty,
    example_of,
    parameters_of_query,
    untested_parameters,
)
from chatcert.openapi.refusal_marks import EXTENSION as REFUSAL
from chatcert.openapi.schemas.branched_fields import are_cut, branched_fields, is_large
from chatcert.openapi.schemas.dialect import Converter
from chatcert.openapi.schemas.fields import MAX_SEGMENTS, cut_at
from chatcert.openapi.schemas.keywords import MOST_SENT, is_sent
from chatcert.openapi.schemas.nullables import with_merged_nulls
from chatcert.openapi.schemas.pointer import dereferenced, join
from chatcert.openapi.schemas.references import with_plain_references
from chatcert.openapi.schemas.shared_fields import MAX_FIELDS
from chatcert.openapi.security_schemes import MUTUAL_TLS, Security, security_of
from chatcert.openapi.stream_reading import read_streams, stream_defects
from chatcert.openapi.streams import stream_form
from chatcert.openapi.values.third_parties import harmless_body, harmless_parameter

__all__ = ["digest_of", "operations", "read_contract"]


def digest_of(value: Any) -> str:
    """Return the SHA-256 of the canonical JSON form of a value as ``sha256:<hex>``."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def read_contract(
    document: Mapping[str, Any],
    *,
    vendor: str,
    where: str,
    published: Mapping[str, Any] | None = None,
    overlay: Mapping[str, Any] | None = None,
    operation: str | None = None,
) -> Contract:
    """Read the create-chat operation of an overlaid document.

    Args:
        document: the document with its overlay applied.
        vendor: the vendor's name, first segment of every requirement id.
        where: the document's path, for error lines.
        published: the document as the vendor publishes it (digest, defects); ``document`` if there is no overlay.
        overlay: the overlay, for its digest.
        operation: ``POST /path`` or an operationId; needed where the document leaves a choice.

    Raises:
        UsageError: no OpenAPI document, no such operation, several candidates, or a malformed extension.
    """
    if (foreign := foreign_mapping(document)) is not None:
        raise UsageError(foreign[0], where=where, hint=foreign[1])
    if not isinstance(document.get("paths"), Mapping) or not ("openapi" in document or "swagger" in document):
        raise UsageError("not an OpenAPI document", where=where, hint="it needs `openapi` and `paths`")
    document = with_plain_references(document)
    published = document if published is None else with_plain_references(published)
    try:
        check_extensions(document)
        path, method, item = choose_operation(document, operation, where)
        return _read_operation(document, path, method, item, vendor, published, overlay)
    except UsageError as error:
        raise (
            error
            if error.where.startswith(where)
            else UsageError(f"{error.where} {error.what}".strip(), where=where, hint=error.hint)
        ) from None


def _read_operation(
    document: Mapping[str, Any],
    path: str,
    method: str,
    item: Mapping[str, Any],
    vendor: str,
    published: Mapping[str, Any],
    overlay: Mapping[str, Any] | None,
) -> Contract:
    pointer = join("", "paths", path, method)
    details = item[method]
    info = mapping_of(document.get("info"))
    security = security_of(document, item, details, pointer, path)
    carried = {(c.location, c.name.lower()) for c in security.credentials}
    parameters = [
        p for p in _parameters(document, path, item, details, pointer) if (p.location, p.name.lower()) not in carried
    ]
    body, forced = _body(document, details, pointer), []
    if body is not None:
        body, names = harmless_body(body)
        forced += [(name, body.pointer) for name in names]
    for index, parameter in enumerate(parameters):
        parameters[index], names = harmless_parameter(parameter)
        forced += [(name, parameter.pointer) for name in names]
    answers = tuple(_answers(document, details, pointer))
    untested = list(untested_parameters(document, item, details, pointer))
    return Contract(
        vendor=vendor,
        title=str(info.get("title", vendor)),
        version=str(info.get("version", "")),
        method=method.upper(),
        path=path,
        operation_pointer=pointer,
        operation_id=str(details.get("operationId", "")),
        servers=tuple(_servers(document, item, details)),
        parameters=tuple(parameters),
        body=body,
        answers=answers,
        credentials=security.credentials,
        alternatives=security.alternatives,
        certificate_is_enough=security.certificate_is_enough,
        document=document,
        spec_digest=digest_of(published),
        overlay_digest=digest_of(overlay) if overlay is not None else "",
        defects=(
            *find_defects(published, path, method),
            *_limits_of(body),
            *_named_hosts(forced),
            *(defect for _, _, defect in untested),
            *_untested_calls(document, details, pointer),
            *_unwritten(body),
            *_untestable(security, details, pointer),
            *stream_defects(answers),
        ),
        published=published,
        overlay=overlay,
        unwritten=next((name for name, required, _ in untested if required), ""),
        read=read_operation(document, details, pointer, answers),
        delete=delete_operation(details, pointer),
        listing=list_operation(details, pointer),
    )


def _untestable(security: Security, details: Mapping[str, Any], pointer: str) -> Iterator[SpecDefect]:
    """Yield which credentials of the document no request can carry."""
    place = join(pointer if "security" in details else "", "security")
    for name, kind in security.untestable.items():
        text = f"The security scheme {name} ({kind}) is not tested: no request can be made for a scheme of its type."
        if kind == MUTUAL_TLS:
            text = f"The security scheme {name} ({kind}) is not tested: a connection has it, and no request."
        yield SpecDefect(place, text)


def _untested_calls(document: Mapping[str, Any], details: Mapping[str, Any], pointer: str) -> Iterator[SpecDefect]:
    """Yield the requests that the server of the document sends itself: nothing here receives them."""
    holders = (
        ("callback", mapping_of(details.get("callbacks")), join(pointer, "callbacks")),
        ("webhook", mapping_of(document.get("webhooks")), "/webhooks"),
    )
    for kind, calls, place in holders:
        for name in calls:
            if not str(name).startswith("x-"):
                text = f"The {kind} {name} is not tested: the server sends it, and chatcert receives no requests."
                yield SpecDefect(join(place, str(name)), text)


def _unwritten(body: Body | None) -> Iterator[SpecDefect]:
    """Yield that bodies are of a media type alone that is not written, such as XML."""
    if body is not None and not can_be_written(body.media_type):
        text = f"The body is {body.media_type}, which is not written: no test of the body says anything of the server."
        yield SpecDefect(body.pointer, text)


def _named_hosts(forced: Iterable[tuple[str, str]]) -> Iterator[SpecDefect]:
    """Yield where requests name hosts of others, because the document allows no other value."""
    for name, pointer in forced:
        where = name or "The body"
        text = f"{where} names a host of others, and the document allows no other value: the server may contact it."
        yield SpecDefect(pointer, text)


def _limits_of(body: Body | None) -> Iterator[SpecDefect]:
    """Yield what of a large request body is not tested."""
    if body is None:
        return
    if are_cut(body.schema):
        text = f"The body describes too many fields: the {MAX_FIELDS} nearest to its root are tested on their own."
        yield SpecDefect(body.schema_pointer, text)
    elif not is_large(body.schema) and (deepest := cut_at(body.schema)):
        why = "The body describes too many fields" if deepest < MAX_SEGMENTS else "The fields of the body nest deep"
        text = f"{why}: those more than {deepest} levels deep are not tested on their own."
        yield SpecDefect(body.schema_pointer, text)
    for field in branched_fields(body.schema, body.schema_pointer):
        for keyword in MOST_SENT:
            limit = field.schema.get(keyword)
            if not is_sent(keyword, limit, beyond=True):
                text = f"{keyword} {limit} is more than chatcert sends: whether it is kept is not tested."
            elif not is_sent(keyword, limit, beyond=False):
                text = f"{keyword} {limit} is more than chatcert sends: that such a value is accepted is not tested."
            else:
                continue
            yield SpecDefect(join(field.pointer, keyword), text)


def _names(value: Any) -> list[str]:
    return [name for name in list_of(value) if isinstance(name, str)]


def _servers(document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any]) -> Iterator[str]:
    for holder in (details, item, document):
        servers = holder.get("servers")
        if isinstance(servers, list) and servers:
            for server in servers:
                yield _expanded(mapping_of(server))
            return
    if "swagger" in document and document.get("host"):
        for scheme in list_of(document.get("schemes")) or ["https"]:
            yield f"{scheme}://{document['host']}{document.get('basePath', '')}".rstrip("/")


def _expanded(server: Mapping[str, Any]) -> str:
    url = str(server.get("url", ""))
    for name, variable in mapping_of(server.get("variables")).items():
        url = url.replace("{" + name + "}", str(mapping_of(variable).get("default", "")))
    return url.rstrip("/")


def _parameters(
    document: Mapping[str, Any], path: str, item: Mapping[str, Any], details: Mapping[str, Any], pointer: str
) -> Iterator[Parameter]:
    converter = Converter(document, "request")
    merged: dict[tuple[str, str], Parameter] = {}
    holders = ((item, join("", "paths", path)), (details, pointer))
    for holder, base in holders:
        for index, raw in enumerate(list_of(holder.get("parameters"))):
            value, moved = dereferenced_or_empty(document, raw)
            location, name = str(value.get("in", "")), str(value.get("name", ""))
            if location == "querystring":
                for part in parameters_of_query(document, value, moved or join(base, "parameters", index), converter):
                    merged.setdefault(("query", part.name), part)
            if location not in ("path", "query", "header", "cookie"):
                continue
            if location == "header" and name.lower() in ("accept", "content-type", "authorization"):
                continue  # OpenAPI 3.0.3, Parameter Object: these three are ignored
            schema, media_type = value.get("schema"), ""
            if schema is None and isinstance(value.get("content"), Mapping):
                media_type = str(next(iter(value["content"]), ""))
                schema = next((mapping_of(c).get("schema", {}) for c in value["content"].values()), {})
            style, explode = _style(value, location, swagger="swagger" in document)
            if schema is None:
                schema = {k: v for k, v in value.items() if k not in ("name", "in", "required", "description")}
            resource = value.get("x-chatcert-resource") or mapping_of(schema).get("x-chatcert-resource")
            merged[location, name] = Parameter(
                name=name,
                location=cast(Location, location),
                required=bool(value.get("required")) or location == "path",
                schema=converter.standalone(schema),
                example=example_of(value, schema),
                resource=mapping_of(resource) or None,
                pointer=moved or join(base, "parameters", index),
                description=str(value.get("description", "")),
                distinct=value.get("x-chatcert-distinct"),
                style=style,
                explode=explode,
                allow_reserved=value.get("allowReserved") is True,
                media_type=media_type,
            )
    yield from merged.values()


_COLLECTION_FORMATS = {
    "csv": ("form", False),
    "ssv": ("spaceDelimited", False),
    "tsv": ("tabDelimited", False),
    "pipes": ("pipeDelimited", False),
    "multi": ("form", True),
}
"""Style and ``explode`` for each ``collectionFormat`` (Swagger 2.0, Parameter Object)."""


def _style(value: Mapping[str, Any], location: str, *, swagger: bool) -> tuple[str, bool]:
    """Return style and ``explode`` of a parameter, or their defaults (OpenAPI 3.1, section 4.8.12.2)."""
    default = "form" if location in ("query", "cookie") else "simple"
    if swagger:
        style, explode = _COLLECTION_FORMATS.get(str(value.get("collectionFormat", "csv")), ("form", False))
        return (style if style != "form" else default), explode
    named = value.get("style")
    style = named if isinstance(named, str) else default
    declared = value.get("explode")
    return style, declared if isinstance(declared, bool) else style == "form"


def _body(document: Mapping[str, Any], details: Mapping[str, Any], pointer: str) -> Body | None:
    converter = Converter(document, "request")
    if "swagger" in document:
        return _swagger_body(document, details, pointer, converter)
    if "requestBody" not in details:
        return None
    value, moved = dereferenced(document, details["requestBody"])
    base = moved or join(pointer, "requestBody")
    content = {name: mapping_of(entry) for name, entry in mapping_of(value.get("content")).items()}
    ordered = sorted(content, key=_preference)
    examples = tuple(
        example for name in ordered if (example := example_of(content[name], content[name].get("schema"))) is not None
    )
    chosen = ordered[0] if ordered else "application/json"
    raw = content.get(chosen, {}).get("schema", {}) if ordered else {}
    return Body(
        required=bool(value.get("required")),
        content={name: converter.standalone(content[name].get("schema", {})) for name in ordered},
        examples=examples,
        pointer=base,
        schema_pointer=_schema_pointer(raw, join(base, "content", chosen, "schema")),
        encodings={name: _encoding(document, name, entry) for name, entry in content.items()},
    )


def _encoding(document: Mapping[str, Any], media_type: str, entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how the fields of a form are written; OpenAPI 3.0 knows styles in URL-encoded forms only."""
    stated = mapping_of(entry.get("encoding"))
    if "multipart" not in media_type or not str(document.get("openapi", "")).startswith("3.0"):
        return stated
    return {
        name: {key: value for key, value in mapping_of(one).items() if key not in ("style", "explode")}
        for name, one in stated.items()
    }


def _swagger_body(
    document: Mapping[str, Any], details: Mapping[str, Any], pointer: str, converter: Converter
) -> Body | None:
    form: dict[str, Any] = {}
    encoding: dict[str, Any] = {}
    required: list[str] = []
    consumes = _names(details.get("consumes")) or _names(document.get("consumes")) or ["application/json"]
    for index, raw in enumerate(list_of(details.get("parameters"))):
        value, _ = dereferenced_or_empty(document, raw)
        place = join(pointer, "parameters", index)
        if value.get("in") == "body":
            schema = value.get("schema", {})
            media = sorted(consumes, key=_preference)
            return Body(
                required=bool(value.get("required")),
                content={name: converter.standalone(schema) for name in media},
                examples=(),
                pointer=place,
                schema_pointer=_schema_pointer(schema, join(place, "schema")),
            )
        if value.get("in") == "formData":
            name = str(value.get("name", ""))
            form[name] = {k: v for k, v in value.items() if k not in ("name", "in", "required")}
            if value.get("type") == "array":
                style, explode = _style(value, "query", swagger=True)
                encoding[name] = {"style": style, "explode": explode}
            if value.get("required"):
                required.append(name)
    if not form:
        return None
    media = [m for m in consumes if "form" in m] or ["application/x-www-form-urlencoded"]
    schema = {"type": "object", "properties": form, **({"required": required} if required else {})}
    place = join(pointer, "parameters")
    content = {m: converter.standalone(schema) for m in media}
    return Body(bool(required), content, (), place, place, encodings=dict.fromkeys(media, encoding))


def _preference(media_type: str) -> tuple[int, str]:
    """Sort key of media types: JSON, then JSON-like types, forms, others, and those that are not written."""
    base = media_type.partition(";")[0].strip().lower()
    if base == "application/json":
        return 0, media_type
    if (base.endswith("+json") and stream_form(base) is None) or base == "*/*":
        return 1, media_type
    if "form" in base:
        return 2, media_type
    return (3 if can_be_written(base) else 4), media_type


def _schema_pointer(schema: Any, default: str) -> str:
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    return unquote(reference.removeprefix("#")) if isinstance(reference, str) else default


def _refusal(response: Mapping[str, Any], schema: Mapping[str, Any], converter: Converter) -> Mapping[str, Any] | None:
    extension = response.get(REFUSAL) or schema.get(REFUSAL)
    if not isinstance(extension, Mapping):
        return None
    part = {"schema": converter.standalone(extension["schema"])} if "schema" in extension else {}
    return {**extension, **part}


def _answers(document: Mapping[str, Any], details: Mapping[str, Any], pointer: str) -> Iterator[Answer]:
    converter = Converter(document, "response")
    produces = _names(details.get("produces")) or _names(document.get("produces")) or ["application/json"]
    for status, raw in mapping_of(details.get("responses")).items():
        if not status or str(status).startswith("x-"):
            continue
        value, moved = dereferenced_or_empty(document, raw)
        base = moved or join(pointer, "responses", status)
        content = {name: mapping_of(entry) for name, entry in mapping_of(value.get("content")).items()}
        if "swagger" in document and "schema" in value:
            content = {media: {"schema": value["schema"]} for media in produces}
        ordered = sorted(content, key=_preference)
        first = next((name for name in ordered if stream_form(name) is None), "")
        raw_schema = content[first].get("schema", {}) if first else {}
        default = join(base, "content", first, "schema") if first else base
        schemas = {name: converter.standalone(content[name].get("schema", {})) for name in ordered}
        place = _schema_pointer(raw_schema, default)
        yield Answer(
            status=str(status),
            content={name: with_merged_nulls(part, place) for name, part in schemas.items()},
            description=str(value.get("description", "")),
            pointer=base,
            schema_pointer=place,
            links=mapping_of(value.get("links")),
            refusal=_refusal(value, dereferenced_or_empty(document, raw_schema)[0], converter),
            headers=tuple(read_headers(document, value, base, converter)),
            streams=tuple(read_streams(document, {name: content[name] for name in ordered}, base, converter)),
        )
