"""Read the values of requests as they were sent: of bodies of each media type, and of parameters in each style."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from chatcert.judge.answers.chosen_answers import values_at
from chatcert.judge.answers.json_text import NotJson, read_json
from chatcert.judge.evidence import Evidence
from chatcert.judge.sent_forms import content_type, is_form
from chatcert.openapi.contract import Contract, Parameter
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.streams import is_json_type
from chatcert.requirements.check import Accepts
from chatcert.text import format_json
from chatcert.transport.exchange import Exchange

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


def sent_values(evidence: Evidence, exchange: Exchange, check: Accepts) -> Iterator[Any]:
    """Yield the values that a request has where a check looks: JSON values, or the texts that stand for them."""
    if check.place != "body":
        yield from _of_parameter(evidence.contract, exchange, check)
        return
    base = content_type(exchange).partition(";")[0].strip().lower()
    if is_form(exchange) or is_json_type(base) or not base:
        yield from values_at(evidence.sent_json(exchange), check.path)
    elif not check.path:
        yield (exchange.sent.body or b"").decode("utf-8", "replace")


def is_sent_as(found: Any, value: Any) -> bool:
    """Return whether a text that was sent stands for a value."""
    return isinstance(found, str) and found == (value if isinstance(value, str) else format_json(value))


def _of_text(text: str, rest: tuple[str, ...], delimiter: str) -> Iterator[Any]:
    """Yield what a text holds at a path: in JSON, as a list of items, or as names and values in turn."""
    if not rest:
        yield text
        return
    try:
        value = read_json(text.encode("utf-8", "replace"))
    except NotJson:
        value = None
    if isinstance(value, dict | list):
        yield from values_at(value, rest)
        return
    if isinstance(value, str):
        text = value
    items = text.split(delimiter)
    if rest == (ANY,):
        yield from items
    elif len(rest) == 1:
        yield from (item for name, item in zip(items[::2], items[1::2], strict=False) if name == rest[0])
        yield from (item.removeprefix(f"{rest[0]}=") for item in items if item.startswith(f"{rest[0]}="))


def _of_parameter(contract: Contract, exchange: Exchange, check: Accepts) -> Iterator[Any]:
    """Yield the texts of a parameter, or of an item or a member of it."""
    name, rest = check.path[0], check.path[1:]
    found = next((p for p in contract.parameters if (p.location, p.name) == (check.place, name)), None)
    if found is None:
        return
    match found.location:
        case "query" if found.is_whole_query:
            yield from _of_text(unquote(urlsplit(exchange.sent.url).query), rest or (), ",")
        case "query":
            pairs = parse_qsl(urlsplit(exchange.sent.url).query, keep_blank_values=True)
            yield from _of_pairs(pairs, found, rest)
        case "cookie":
            lines = [value for key, value in exchange.sent.headers if key.lower() == "cookie"]
            crumbs = [crumb.strip().partition("=") for line in lines for crumb in line.split(";")]
            yield from _of_pairs([(key, text) for key, _, text in crumbs], found, rest)
        case "header":
            for text in (value for key, value in exchange.sent.headers if key.lower() == name.lower()):
                yield from _of_text(text, rest, _DELIMITERS.get(found.style, ","))
        case "path":
            segment = _segment(contract.path, urlsplit(exchange.sent.url).path, name)
            yield from _of_segment(segment, found, rest) if segment is not None else ()


def _of_pairs(pairs: list[tuple[str, str]], parameter: Parameter, rest: tuple[str, ...]) -> Iterator[Any]:
    flat = flattened(parameter.schema, parameter.schema)
    delimiter = _DELIMITERS.get(parameter.style, ",")
    for key, text in pairs:
        is_item = key == parameter.name and rest == (ANY,) and parameter.explode and not parameter.media_type
        is_member = bool(rest) and key == f"{parameter.name}[{rest[0]}]"
        is_exploded = bool(rest) and parameter.explode and flat.get("type") == "object" and key == rest[0]
        if is_item or is_member or is_exploded:
            yield text
        elif key == parameter.name:
            yield from _of_text(text, rest, delimiter)


def _of_segment(segment: str, parameter: Parameter, rest: tuple[str, ...]) -> Iterator[Any]:
    """Yield what a segment of a path holds in its style (RFC 6570, section 3.2)."""
    delimiter = _DELIMITERS.get(parameter.style, ",")
    text = segment
    if parameter.style == "label":
        text, delimiter = segment.removeprefix("."), "." if parameter.explode else ","
    if parameter.style == "matrix":
        parts = [part.removeprefix(f"{parameter.name}=") for part in segment.removeprefix(";").split(";")]
        text = ",".join(parts)
    yield from _of_text(unquote(text), rest, delimiter)


def _segment(template: str, path: str, name: str) -> str | None:
    """Return what stands for a parameter in a path that ends as a template says, as it was sent."""
    pieces = re.split(r"(\{[^{}]*\})", template)
    pattern = "".join(
        (r"(?P<one>[^/]*)" if piece == f"{{{name}}}" else r"[^/]*") if piece[:1] == "{" else re.escape(piece)
        for piece in pieces
    )
    found = re.search(f"{pattern}$", path) if f"{{{name}}}" in pieces else None
    return found["one"] if found is not None else None
