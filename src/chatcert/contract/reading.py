"""From an (overlaid) OpenAPI document to a Contract."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, cast
from urllib.parse import unquote

from chatcert.contract.defects import find_defects
from chatcert.contract.dialect import Converter
from chatcert.contract.model import Answer, Body, Contract, Credential, Location, Parameter
from chatcert.contract.pointer import join, locate
from chatcert.exceptions import UsageError

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON form of a value, as ``sha256:<hex>``."""
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
        UsageError: no OpenAPI document, no such operation, or several candidates.
    """
    if not isinstance(document.get("paths"), Mapping) or not ("openapi" in document or "swagger" in document):
        raise UsageError("not an OpenAPI document", where=where, hint="it needs `openapi` and `paths`")
    try:
        path, method, item = _pick(document, operation, where)
        return _read_operation(document, path, method, item, vendor, published or document, overlay)
    except UsageError as error:
        raise (error if error.where.startswith(where) else
               UsageError(f"{error.where} {error.what}".strip(), where=where, hint=error.hint)) from None  # fmt: skip


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
    info = _mapping(document.get("info"))
    credentials = tuple(_credentials(document, item, details))
    carried = {(c.location, c.name.lower()) for c in credentials}
    parameters = tuple(
        p for p in _parameters(document, path, item, details, pointer)
        if (p.location, p.name.lower()) not in carried
    )  # fmt: skip
    return Contract(
        vendor=vendor,
        title=str(info.get("title", vendor)),
        version=str(info.get("version", "")),
        method=method.upper(),
        path=path,
        operation_pointer=pointer,
        operation_id=str(details.get("operationId", "")),
        servers=tuple(_servers(document, item, details)),
        parameters=parameters,
        body=_body(document, details, pointer),
        answers=tuple(_answers(document, details, pointer)),
        credentials=credentials,
        document=document,
        spec_digest=digest_of(published),
        overlay_digest=digest_of(overlay) if overlay is not None else "",
        defects=tuple(find_defects(published, path, method)),
        published=published,
        overlay=overlay,
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    """``value``, or nothing where the document has something else in its place."""
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _names(value: Any) -> list[str]:
    return [name for name in _list(value) if isinstance(name, str)]


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Every operation of a document as (path, method in lower case, path item)."""
    for path, raw in _mapping(document.get("paths")).items():
        try:
            item, _ = _dereferenced(document, raw)
        except UsageError:
            continue  # a path that leads nowhere is not the one that is looked for
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                yield path, method, item


def _pick(
    document: Mapping[str, Any], wanted: str | None, where: str
) -> tuple[str, str, Mapping[str, Any]]:  # fmt: skip
    found = list(operations(document))
    posts = [o for o in found if o[1] == "post"]
    if wanted:
        named = [o for o in found if wanted in (f"{o[1].upper()} {o[0]}", o[2][o[1]].get("operationId"))]
        if len(named) != 1:
            raise UsageError(f"no operation {wanted!r}", where=where, hint=f"choose from: {_listing(found)}")
        return named[0]
    marked = [o for o in found if "x-chatcert-creates" in o[2][o[1]]]
    if len(marked) == 1:
        return marked[0]
    if not posts:
        raise UsageError("has no POST operation", where=where, hint=f"it offers: {_listing(found) or 'nothing'}")
    if len(posts) == 1:
        return posts[0]
    telling = [o for o in posts if _creates_chat(o)]
    if len(telling) == 1:
        return telling[0]
    raise UsageError(
        f"has {len(posts)} POST operations", where=where, hint=f"pick one with --operation: {_listing(posts)}"
    )


def _creates_chat(operation: tuple[str, str, Mapping[str, Any]]) -> bool:
    """Whether path, operationId or summary says that this operation creates a chat."""
    _, method, item = operation
    thing = r"(chat|conversation|thread|session)s?"
    names = f"{item[method].get('operationId', '')} {item[method].get('summary', '')}"
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", names).replace("_", " ").replace("-", " ").lower()
    if re.search(rf"\b(create|new|start|open|begin|initiate)\b(?:\s+\w+){{0,2}}\s+{thing}\b(?!\s+(completion|message))",
                 words):  # fmt: skip
        return True
    return re.search(rf"\b{thing}\s+create\b", words) is not None


def _listing(found: list[tuple[str, str, Mapping[str, Any]]]) -> str:
    names = [f'"{method.upper()} {path}"' for path, method, _ in found]
    return ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")


def _servers(document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any]) -> Iterator[str]:
    for holder in (details, item, document):
        servers = holder.get("servers")
        if isinstance(servers, list) and servers:
            for server in servers:
                yield _expanded(_mapping(server))
            return
    if "swagger" in document and document.get("host"):
        for scheme in _list(document.get("schemes")) or ["https"]:
            yield f"{scheme}://{document['host']}{document.get('basePath', '')}".rstrip("/")


def _expanded(server: Mapping[str, Any]) -> str:
    url = str(server.get("url", ""))
    for name, variable in _mapping(server.get("variables")).items():
        url = url.replace("{" + name + "}", str(_mapping(variable).get("default", "")))
    return url.rstrip("/")


def _dereferenced(document: Mapping[str, Any], value: Any) -> tuple[Mapping[str, Any], str | None]:
    """The object itself and, if it was a reference, the pointer to where it stands."""
    moved = None
    for _ in range(32):
        if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
            break
        moved, value = locate(document, value["$ref"])
    return _mapping(value), moved


def _parameters(
    document: Mapping[str, Any], path: str, item: Mapping[str, Any], details: Mapping[str, Any], pointer: str
) -> Iterator[Parameter]:
    converter = Converter(document, "request")
    merged: dict[tuple[str, str], Parameter] = {}
    holders = ((item, join("", "paths", path)), (details, pointer))
    for holder, base in holders:
        for index, raw in enumerate(_list(holder.get("parameters"))):
            value, moved = _dereferenced(document, raw)
            location, name = str(value.get("in", "")), str(value.get("name", ""))
            if location not in ("path", "query", "header", "cookie"):
                continue
            if location == "header" and name.lower() in ("accept", "content-type", "authorization"):
                continue  # OpenAPI 3.0.3, Parameter Object: these three are ignored
            schema = value.get("schema")
            if schema is None and isinstance(value.get("content"), Mapping):
                schema = next((_mapping(c).get("schema", {}) for c in value["content"].values()), {})
            if schema is None:
                schema = {k: v for k, v in value.items() if k not in ("name", "in", "required", "description")}
            resource = value.get("x-chatcert-resource") or _mapping(schema).get("x-chatcert-resource")
            merged[location, name] = Parameter(
                name=name,
                location=cast(Location, location),
                required=bool(value.get("required")) or location == "path",
                schema=converter.standalone(schema),
                example=_example(value, schema),
                resource=_mapping(resource) or None,
                pointer=moved or join(base, "parameters", index),
                description=str(value.get("description", "")),
            )
    yield from merged.values()


def _example(holder: Mapping[str, Any], schema: Any = None) -> Any:
    if "example" in holder:
        return holder["example"]
    examples = holder.get("examples")
    if isinstance(examples, Mapping):
        for entry in examples.values():
            if isinstance(entry, Mapping) and "value" in entry:
                return entry["value"]
    if isinstance(schema, Mapping):
        return schema.get("example", schema.get("default"))
    return None


def _body(document: Mapping[str, Any], details: Mapping[str, Any], pointer: str) -> Body | None:
    converter = Converter(document, "request")
    if "swagger" in document:
        return _swagger_body(document, details, pointer, converter)
    if "requestBody" not in details:
        return None
    value, moved = _dereferenced(document, details["requestBody"])
    base = moved or join(pointer, "requestBody")
    content = {name: _mapping(entry) for name, entry in _mapping(value.get("content")).items()}
    ordered = sorted(content, key=_preference)
    examples = tuple(
        example for name in ordered
        if (example := _example(content[name], content[name].get("schema"))) is not None
    )  # fmt: skip
    chosen = ordered[0] if ordered else "application/json"
    raw = content.get(chosen, {}).get("schema", {}) if ordered else {}
    return Body(
        required=bool(value.get("required")),
        content={name: converter.standalone(content[name].get("schema", {})) for name in ordered},
        examples=examples,
        pointer=base,
        schema_pointer=_schema_pointer(raw, join(base, "content", chosen, "schema")),
    )


def _swagger_body(
    document: Mapping[str, Any], details: Mapping[str, Any], pointer: str, converter: Converter
) -> Body | None:
    form: dict[str, Any] = {}
    required: list[str] = []
    consumes = _names(details.get("consumes")) or _names(document.get("consumes")) or ["application/json"]
    for index, raw in enumerate(_list(details.get("parameters"))):
        value, _ = _dereferenced(document, raw)
        place = join(pointer, "parameters", index)
        if value.get("in") == "body":
            schema = value.get("schema", {})
            media = sorted(consumes, key=_preference)
            return Body(
                required=bool(value.get("required")),
                content={name: converter.standalone(schema) for name in media},
                examples=(), pointer=place, schema_pointer=_schema_pointer(schema, join(place, "schema")),
            )  # fmt: skip
        if value.get("in") == "formData":
            name = str(value.get("name", ""))
            form[name] = {k: v for k, v in value.items() if k not in ("name", "in", "required")}
            if value.get("required"):
                required.append(name)
    if not form:
        return None
    media = [m for m in consumes if "form" in m] or ["application/x-www-form-urlencoded"]
    schema = {"type": "object", "properties": form, **({"required": required} if required else {})}
    place = join(pointer, "parameters")
    return Body(bool(required), {m: converter.standalone(schema) for m in media}, (), place, place)


def _preference(media_type: str) -> tuple[int, str]:
    """JSON first, then JSON-like types, forms and the rest."""
    base = media_type.partition(";")[0].strip().lower()
    if base == "application/json":
        return 0, media_type
    if base.endswith("+json") or base == "*/*":
        return 1, media_type
    return (2 if "form" in base else 3), media_type


def _schema_pointer(schema: Any, default: str) -> str:
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    return unquote(reference.removeprefix("#")) if isinstance(reference, str) else default


def _answers(document: Mapping[str, Any], details: Mapping[str, Any], pointer: str) -> Iterator[Answer]:
    converter = Converter(document, "response")
    produces = _names(details.get("produces")) or _names(document.get("produces")) or ["application/json"]
    for status, raw in _mapping(details.get("responses")).items():
        if not status or str(status).startswith("x-"):
            continue
        value, moved = _dereferenced(document, raw)
        base = moved or join(pointer, "responses", status)
        content = {name: _mapping(entry) for name, entry in _mapping(value.get("content")).items()}
        if "swagger" in document and "schema" in value:
            content = {media: {"schema": value["schema"]} for media in produces}
        ordered = sorted(content, key=_preference)
        raw_schema = content[ordered[0]].get("schema", {}) if ordered else {}
        default = join(base, "content", ordered[0], "schema") if ordered else base
        yield Answer(
            status=str(status),
            content={name: converter.standalone(content[name].get("schema", {})) for name in ordered},
            description=str(value.get("description", "")),
            pointer=base,
            schema_pointer=_schema_pointer(raw_schema, default),
            links=_mapping(value.get("links")),
        )


def _credentials(
    document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any]
) -> Iterator[Credential]:
    """The credentials that every request carries.

    Several alternatives are several keys only where the parameters say so too: a scheme that is also a
    required parameter is needed whatever alternative is taken. Otherwise the first alternative is used.
    """
    declared = _mapping(document.get("components")).get("securitySchemes") or document.get("securityDefinitions")
    container = _mapping(declared)
    security = _list(details.get("security", document.get("security")))
    base = "/securityDefinitions" if "securityDefinitions" in document else "/components/securitySchemes"
    alternatives = [list(entry) for entry in security if isinstance(entry, Mapping)]
    required = {
        (str(value.get("in")), str(value.get("name", "")).lower())
        for raw in (*_list(item.get("parameters")), *_list(details.get("parameters")))
        if (value := _dereferenced(document, raw)[0]).get("required")
    }
    named = [n for n in dict.fromkeys(n for a in alternatives for n in a) if n in container]
    known = {n: c for n in named if (c := _credential(n, _dereferenced(document, container[n])[0], join(base, n)))}
    needed = [n for n, c in known.items() if (c.location, c.name.lower()) in required]
    first: list[str] = next((a for a in alternatives if a and all(n in known for n in a)), [])
    if [] in alternatives and not needed:
        return  # anonymous use is documented
    for name in needed or first:
        yield known[name]


def _credential(name: str, scheme: Mapping[str, Any], pointer: str) -> Credential | None:
    kind, description = scheme.get("type"), str(scheme.get("description", ""))
    if kind == "apiKey" and scheme.get("in") in ("header", "query", "cookie"):
        return Credential(name, "apiKey", scheme["in"], str(scheme.get("name", "")), pointer, description)
    if kind == "basic" or (kind == "http" and str(scheme.get("scheme", "")).lower() == "basic"):
        return Credential(name, "basic", "header", "Authorization", pointer, description)
    if kind in ("oauth2", "openIdConnect") or (kind == "http" and str(scheme.get("scheme", "")).lower() == "bearer"):
        return Credential(name, "bearer", "header", "Authorization", pointer, description)
    return None
