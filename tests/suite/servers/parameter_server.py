"""A server that reads one parameter in its style and keeps it to its schema; it shares no code with chatcert.

It reads what OpenAPI 3.1 (section 4.8.12) and RFC 6570 say that a client writes, before anything is decoded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, unquote_plus

from json_server import JsonHandler, running
from jsonschema import Draft202012Validator

Described = dict[str, Any]
Pairs = list[tuple[str, str]]
ABSENT = object()
DEFAULT = {"querystring": "form", "query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def scalar(text: str, schema: Any) -> Any:
    """The value of a text, in the type of its schema."""
    kind = schema.get("type")
    if kind == "integer" and re.fullmatch(r"-?\d+", text, re.ASCII):
        return int(text)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", text, re.ASCII):
        return float(text)
    return text == "true" if kind == "boolean" and text in ("true", "false") else text


def members(pairs: Pairs, schema: Any) -> dict[str, Any]:
    """The object that names and texts make."""
    inner = schema.get("properties", {})
    return {name: scalar(text, inner.get(name, {})) for name, text in pairs}


def alternating(parts: list[str]) -> Pairs:
    """The pairs of a list of names and values."""
    if len(parts) % 2:
        raise ValueError("a name without a value")
    return list(zip(parts[::2], parts[1::2], strict=True))


def equations(parts: list[str]) -> Pairs:
    """The pairs of a list of equations."""
    return [(name, value) for name, value in (part.split("=", 1) for part in parts)]


class Reader:
    """Reads one parameter."""

    def __init__(self, described: Described) -> None:
        self.name, self.place = described["name"], described["in"]
        self.content = "content" in described
        self.schema = described["content"]["application/json"]["schema"] if self.content else described["schema"]
        self.style = described.get("style", DEFAULT[self.place])
        self.explode = described.get("explode", self.style == "form")
        self.kind = self.schema.get("type")

    def value(self, query: str, headers: Any, segment: str) -> Any:
        """The value in a request, ``ABSENT`` without one; raises ``ValueError`` for what is in no such style."""
        if self.place == "querystring":
            return json.loads(unquote(query)) if query else ABSENT
        if self.place in ("query", "cookie"):
            cookies = [part.strip() for line in headers.get_all("Cookie") or () for part in line.split(";")]
            parts = query.split("&") if self.place == "query" else cookies
            pairs = [(unquote_plus(name), text) for name, _, text in (part.partition("=") for part in parts if part)]
            return self.of_pairs(pairs, unquote_plus if self.place == "query" else unquote)
        if self.place == "header":
            lines = headers.get_all(self.name)
            return ABSENT if not lines else self.of_text(", ".join(lines), ",", str)
        prefix = {"label": ".", "matrix": ";"}.get(self.style, "")
        if not segment.startswith(prefix):
            raise ValueError("no prefix")
        if self.style == "matrix":
            return self.of_matrix(segment[1:])
        separator = "." if self.style == "label" and self.explode else ","
        return self.of_text(segment.removeprefix(prefix), separator, unquote)

    def of_pairs(self, pairs: Pairs, decoded: Any) -> Any:
        """The value in a query or in cookies."""
        if self.style == "deepObject":
            names = [(re.fullmatch(re.escape(self.name) + r"\[([^\[\]]*)\]", name), text) for name, text in pairs]
            found = [(name[1], decoded(text)) for name, text in names if name]
            return members(found, self.schema) if found else ABSENT
        if self.kind == "object" and self.explode and not self.content:
            found = [(name, decoded(text)) for name, text in pairs if name in self.schema["properties"]]
            return members(found, self.schema) if found else ABSENT
        texts = [text for name, text in pairs if name == self.name]
        if not texts:
            return ABSENT
        if self.kind == "array" and self.explode and not self.content:
            return [scalar(decoded(text), self.schema["items"]) for text in texts]
        if len(texts) > 1:
            raise ValueError("twice")
        separator = {"spaceDelimited": "%20", "pipeDelimited": "|"}.get(self.style, ",")
        return self.of_text(texts[0].replace("%7C", "|"), separator, decoded, equal=False)

    def of_matrix(self, text: str) -> Any:
        """The value of a path segment in the style ``matrix``, without its first semicolon."""
        parts = text.split(";")
        if self.explode and self.kind == "object":
            return members([(unquote(n), unquote(t)) for n, t in equations(parts)], self.schema)
        if any(not part.startswith(f"{self.name}=") for part in parts):
            raise ValueError("another name")
        texts = [part.partition("=")[2] for part in parts]
        if self.explode and self.kind == "array":
            return [scalar(unquote(one), self.schema["items"]) for one in texts]
        return self.of_text(",".join(texts), ",", unquote, equal=False)

    def of_text(self, text: str, separator: str, decoded: Any, *, equal: bool = True) -> Any:
        """The value of one text."""
        if self.content:
            return json.loads(decoded(text))
        if self.kind not in ("array", "object"):
            return scalar(decoded(text), self.schema)
        parts = [decoded(part.strip()) for part in text.split(separator)]
        if self.kind == "array":
            return [scalar(part, self.schema["items"]) for part in parts]
        return members(equations(parts) if self.explode and equal else alternating(parts), self.schema)


@contextmanager
def parameter_server(described: Described) -> Iterator[str]:
    """Run a server that creates a chat for each request whose parameter is right; gives its address."""
    one, valid = Reader(described), Draft202012Validator(Reader(described).schema).is_valid

    class Handler(JsonHandler):
        def handle_call(self) -> None:
            self.body()
            path, _, query = self.path.partition("?")
            place = re.fullmatch(r"/chats/([^/]*)" if one.place == "path" else r"/chats()", path)
            if place is None:
                self.reply(404, {"why": "nothing is here"})
            elif self.command != "POST":
                self.reply(405, {"why": "POST only"}, Allow="POST")
            elif self.is_right(query, place[1]):
                self.reply(201, {"id": "c1"})
            else:
                self.reply(400, {"why": "invalid"})

        def is_right(self, query: str, segment: str) -> bool:
            try:
                value = one.value(query, self.headers, segment)
            except (ValueError, RecursionError):
                return False
            return not described.get("required") if value is ABSENT else bool(valid(value))

    with running(Handler) as url:
        yield url
