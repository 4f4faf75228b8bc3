"""Small correct servers whose clients choose a name, and their documents; they share no code with chatcert."""

from __future__ import annotations

import json
import re
import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator

_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def document(path: str, body: dict[str, Any], answer: dict[str, Any], **responses: str) -> dict[str, Any]:
    """An OpenAPI document with one operation.

    Args:
        responses: the description of each documented error, by status with an underscore before it.
    """
    errors = {
        status.removeprefix("_"): {"description": text, "content": {"application/json": {"schema": deepcopy(_ERROR)}}}
        for status, text in {"_400": "The request is not valid.", **responses}.items()
        if text
    }
    success = {"description": "Created.", "content": {"application/json": {"schema": answer}}}
    operation = {
        "operationId": "create",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"201": success, **errors},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Chosen names", "version": "1"},
        "paths": {path: {"post": operation}},
    }


def threads() -> dict[str, Any]:
    """A thread may bring its own UUID; that 409 is documented is all that the document says."""
    body = {
        "type": "object",
        "properties": {
            "thread_id": {"type": "string", "format": "uuid", "description": "The id. If not given, one is generated."},
            "title": {"type": "string", "minLength": 1, "maxLength": 80},
            "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
        },
    }
    answer = {
        "type": "object",
        "required": ["thread_id"],
        "properties": {"thread_id": {"type": "string", "format": "uuid"}},
    }
    return document("/threads", body, answer, _409="Conflict Error")


def sessions() -> dict[str, Any]:
    """A session has to have an id of the client, between 1 and 64 characters."""
    body = {
        "type": "object",
        "required": ["sessionId", "userId"],
        "properties": {
            "sessionId": {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[A-Za-z0-9_.-]+$"},
            "userId": {"type": "string", "minLength": 1, "maxLength": 40},
            "language": {"type": "string", "enum": ["en", "de"]},
        },
    }
    answer = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    return document("/sessions", body, answer, _409="A session with this id already exists.")


def rooms() -> dict[str, Any]:
    """A room may have an alias, which must not be in use: 400, since no conflict is documented."""
    body = {
        "type": "object",
        "properties": {
            "room_alias_name": {
                "type": "string",
                "minLength": 3,
                "maxLength": 30,
                "description": "The local part of the alias; it must not already be in use.",
            },
            "topic": {"type": "string", "maxLength": 200},
        },
    }
    answer = {"type": "object", "required": ["room_id"], "properties": {"room_id": {"type": "string"}}}
    return document("/createRoom", body, answer)


def silent() -> dict[str, Any]:
    """A chat has a name that must be new, which the document does not say."""
    body = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 60},
            "topic": {"type": "string", "minLength": 1, "maxLength": 100},
            "private": {"type": "boolean"},
        },
    }
    answer = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    return document("/chats", body, answer)


def members() -> dict[str, Any]:
    """Each member of a chat has a number that must be new, which the document does not say."""
    member = {
        "type": "object",
        "required": ["ref"],
        "properties": {"ref": {"type": "integer", "minimum": 1}, "note": {"type": "string"}},
    }
    body = {
        "type": "object",
        "required": ["members"],
        "properties": {"members": {"type": "array", "minItems": 1, "items": member}},
    }
    answer = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    return document("/chats", body, answer)


def tokens() -> dict[str, Any]:
    """A request may carry a token in a header, which must not have been used before."""
    body = {"type": "object", "properties": {"topic": {"type": "string", "maxLength": 80}}}
    answer = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
    made = document("/chats", body, answer, _409="The token is in use.")
    schema = {"type": "string", "minLength": 8, "maxLength": 64}
    text = "A token of the client; one that was used before is rejected."
    parameter = {"name": "Request-Token", "in": "header", "schema": schema, "description": text}
    made["paths"]["/chats"]["post"]["parameters"] = [parameter]
    return made


@dataclass
class ChosenNames:
    """An ASGI application that keeps to one of the documents.

    Attributes:
        name: the field whose value must be new: of the body, of the items of a list (``list/*/field``), or a header.
        status: the status that refuses a value in use; 201 serves it.
        names: the values in use.
        keys: the idempotency keys that came, in order.
    """

    document: dict[str, Any]
    name: str
    status: int = 409
    names: set[Any] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the operation."""
        self.path, item = next(iter(self.document["paths"].items()))
        self.operation = item["post"]
        schema = self.operation["requestBody"]["content"]["application/json"]["schema"]
        self.validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        headers = {key.decode("latin-1").lower(): value.decode("latin-1") for key, value in scope["headers"]}
        status, answer = self.reply(scope["method"], scope["path"], headers, body)
        data = json.dumps(answer).encode()
        sent = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode())]
        if status == 405:
            sent.append((b"allow", b"POST"))
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else data})

    def reply(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        """Return the status and the body of the answer to one request."""
        if path != self.path:
            return 404, {"error": "nothing here"}
        if method != "POST":
            return 405, {"error": "POST only"}
        if re.match(r"application/json\s*(;|$)", headers.get("content-type", ""), re.IGNORECASE) is None:
            return 415, {"error": "JSON only"}
        try:
            value = json.loads(body.decode(), parse_constant=lambda text: json.loads("no " + text))
        except (ValueError, RecursionError):
            return 400, {"error": "not JSON"}
        try:
            token = headers.get("request-token", "........")
            if not self.validator.is_valid(value) or not 8 <= len(token) <= 64:
                return 400, {"error": "not valid"}
        except RecursionError:
            return 400, {"error": "too deep"}
        return self.create(headers, value)

    def create(self, headers: dict[str, str], value: dict[str, Any]) -> tuple[int, Any]:
        """Create what a valid body asks for, unless its name is in use."""
        if "idempotency-key" in headers:
            self.keys.append(headers["idempotency-key"])
        several, _, within = self.name.partition("/*/")
        if within:
            used = {item[within] for item in value[several]}
        else:
            used = {value.get(self.name), headers.get(self.name.lower())} - {None}
        if used & self.names and self.status != 201:
            return self.status, {"error": f"{self.name} is in use"}
        self.names |= used
        chosen = value.get(self.name)
        return 201, {member: chosen if member == self.name and chosen else str(uuid.uuid4()) for member in self.members}

    @property
    def members(self) -> list[str]:
        """The required members of the success."""
        schema = self.operation["responses"]["201"]["content"]["application/json"]["schema"]
        return list(schema["required"])


def okay() -> dict[str, Any]:
    """A chat API that answers every call with 200, and says in ``ok`` whether it was served."""
    body = {
        "type": "object",
        "required": ["topic"],
        "properties": {
            "topic": {"type": "string", "minLength": 1, "maxLength": 80},
            "private": {"type": "boolean"},
        },
    }
    answer = {
        "type": "object",
        "required": ["ok"],
        "properties": {"ok": {"type": "boolean"}, "id": {"type": "string"}, "error": {"type": "string"}},
    }
    made = document("/chats", body, answer, _400="")
    responses = made["paths"]["/chats"]["post"]["responses"]
    made["paths"]["/chats"]["post"]["responses"] = {"200": responses["201"]}
    responses["201"]["x-chatcert-refusal"] = {
        "pointer": "/ok",
        "value": False,
        "schema": {"type": "object", "required": ["ok", "error"], "properties": {"error": {"type": "string"}}},
    }
    return made


class Okay(ChosenNames):
    """An application that keeps to ``okay``; what it says to a refused request can be replaced.

    Attributes:
        says: the body of a refusal.
    """

    says: dict[str, Any] = {"ok": False, "error": "not valid"}  # noqa: RUF012  replaced, never changed

    def reply(self, method: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        """Return 200 whatever was asked of the operation."""
        status, answer = super().reply(method, path, headers, body)
        if status == 201:
            return 200, {"ok": True, "id": str(uuid.uuid4())}
        return (200, self.says) if status in (400, 415) else (status, answer)

    @property
    def members(self) -> list[str]:
        """The members of the success, which is made above."""
        return []
