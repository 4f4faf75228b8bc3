"""A server that keeps to one JSON Schema, or to anything else that a rule says; it shares no code with chatcert."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from json_server import JsonHandler, running
from jsonschema import Draft202012Validator

Rule = Callable[[Any], bool]
Answer = Callable[[Any], Any]


def matching(schema: Any) -> Rule:
    """Return the rule that takes what a schema allows."""
    return Draft202012Validator(schema).is_valid


@contextmanager
def schema_server(rule: Rule, answer: Answer = lambda body: {"id": "c1"}, path: str = "/chats") -> Iterator[str]:
    """Run a server that creates a chat for each body that the rule takes; gives its address.

    Args:
        answer: makes the body of a success from that of the request.
    """

    class Handler(JsonHandler):
        def handle_call(self) -> None:
            raw = self.body()
            media_type = self.media_type()
            if self.path.partition("?")[0] != path:
                self.reply(404, {"why": "nothing is here"})
            elif self.command != "POST":
                self.reply(405, {"why": "POST only"}, Allow="POST")
            elif media_type != "application/json":
                self.reply(415, {"why": "JSON only"})
            else:
                self.judge(raw)

        def judge(self, raw: bytes) -> None:
            try:
                body = json.loads(raw.decode(), parse_constant=int)
                taken = rule(body)
            except (ValueError, RecursionError):
                taken = False
            self.reply(201, answer(body)) if taken else self.reply(400, {"why": "invalid"})

    with running(Handler) as url:
        yield url
