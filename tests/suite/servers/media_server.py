"""A server that reads chats in many media types, each by its own rules; it shares no code with chatcert."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

from json_server import JsonHandler, running
from jsonschema import Draft202012Validator

JSON, VENDOR, TEXT = "application/json", "application/vnd.lab.chat+json", "text/plain"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
Reader = Callable[[bytes, str], Any]
"""Returns the value that is to keep to the schema of a media type; raises ``ValueError`` where there is none."""


def from_json(raw: bytes, content_type: str) -> Any:
    """Read one JSON text."""
    return json.loads(raw.decode(), parse_constant=int)


def from_text(raw: bytes, content_type: str) -> Any:
    """Read a text."""
    return raw.decode()


def as_texts(raw: bytes, content_type: str) -> dict[str, str]:
    """Read a form whose values are texts, whatever the schema says of them."""
    if not content_type.lower().startswith("multipart/"):
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    if not message.is_multipart():
        raise ValueError("no parts")
    found = [(part.get_param("name", header="content-disposition"), part) for part in message.iter_parts()]
    return {str(name): (part.get_payload(decode=True) or b"").decode() for name, part in found}


def from_form(raw: bytes, content_type: str) -> dict[str, Any]:
    """Read a form whose numbers are numbers."""
    return {
        name: int(text) if text.lstrip("-").isdigit() else text for name, text in as_texts(raw, content_type).items()
    }


READERS: Mapping[str, Reader] = {
    JSON: from_json,
    VENDOR: from_json,
    TEXT: from_text,
    FORM: from_form,
    MULTIPART: from_form,
}


@contextmanager
def media_server(schemas: Mapping[str, Any], readers: Mapping[str, Reader] = READERS) -> Iterator[str]:
    """Run a server that creates a chat for each body that is valid in its media type; gives its address.

    Args:
        schemas: what it checks, by media type that it takes.
        readers: how it reads a body, by media type.
    """
    rules = {name: Draft202012Validator(schema) for name, schema in schemas.items()}

    class Handler(JsonHandler):
        def handle_call(self) -> None:
            raw = self.body()
            content_type = self.headers.get("Content-Type") or ""
            media_type = content_type.partition(";")[0].strip().lower()
            if self.path.partition("?")[0] != "/chats":
                self.reply(404, {"why": "nothing is here"})
            elif self.command != "POST":
                self.reply(405, {"why": "POST only"}, Allow="POST")
            elif media_type not in rules:
                self.reply(415, {"why": "no such media type"})
            elif self.takes(raw, content_type, media_type):
                self.reply(201, {"id": "c1"})
            else:
                self.reply(400, {"why": "invalid"})

        def takes(self, raw: bytes, content_type: str, media_type: str) -> bool:
            try:
                return rules[media_type].is_valid(readers[media_type](raw, content_type))
            except (ValueError, RecursionError):
                return False

    with running(Handler) as url:
        yield url
