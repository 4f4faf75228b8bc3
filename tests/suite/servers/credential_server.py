"""A server that checks credentials by a given rule; it shares no code with chatcert."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from typing import Any

from json_server import JsonHandler, running

Accepts = Callable[[Message], bool]
"""Given the headers of a request, return whether its credentials are accepted."""
KEY = b"the key of the issuer of tokens, which nobody else has"
AUDIENCE = "chats"


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def token(**claims: Any) -> str:
    """Return a token that the server issues."""
    held = {"sub": "tester", "aud": AUDIENCE, "exp": int(time.time()) + 3600, **claims}
    start = _packed(b'{"alg":"HS256","typ":"JWT"}') + "." + _packed(json.dumps(held).encode())
    return start + "." + _packed(hmac.new(KEY, start.encode(), hashlib.sha256).digest())


def holds(
    text: str, *, unsigned: bool = False, unchecked: bool = False, late: bool = False, any_reader: bool = False
) -> bool:
    """Return whether a token holds; each argument leaves one look at it out."""
    try:
        header, claims, signature = text.split(".")
        algorithm, held = json.loads(_unpacked(header))["alg"], json.loads(_unpacked(claims))
        right = hmac.compare_digest(
            _packed(hmac.new(KEY, f"{header}.{claims}".encode(), hashlib.sha256).digest()), signature
        )
    except (ValueError, KeyError, TypeError):
        return False
    signed = (algorithm == "HS256" and (right or (unchecked and bool(signature)))) or (
        unsigned and algorithm == "none" and not signature
    )
    return signed and (late or held["exp"] > time.time()) and (any_reader or held["aud"] == AUDIENCE)


@contextmanager
def credential_server(accepts: Accepts) -> Iterator[str]:
    """Run a server that creates chats for whoever has the right credentials; gives its address."""

    class Handler(JsonHandler):
        def handle_call(self) -> None:
            raw = self.body()
            if self.command != "POST":
                self.reply(405, {"error": "POST only"}, Allow="POST")
            elif not accepts(self.headers):
                self.reply(401, {"error": "who are you?"}, WWW_Authenticate="Bearer")
            elif not (self.headers.get("Content-Type") or "").lower().startswith("application/json"):
                self.reply(415, {"error": "JSON only"})
            elif not self.is_chat(raw):
                self.reply(400, {"error": "no such chat can be made"})
            else:
                self.reply(201, {"id": "c1"})

        def is_chat(self, raw: bytes) -> bool:
            try:
                body = json.loads(raw.decode(), parse_constant=int)
            except (ValueError, RecursionError):
                return False
            title = body.get("title") if isinstance(body, dict) else None
            return isinstance(title, str) and 1 <= len(title) <= 20 and len(body) == 1

    with running(Handler) as url:
        yield url
