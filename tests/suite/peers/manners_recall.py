"""Honest answers that look like leaks: what was asked for is recalled, listed, quoted or pointed at."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from .defects_leaks import words_of
from .kit import ALL, FREE_TEXT, ID, Manner, invalid, on_body, spoken, valid
from .manners import shaped_errors
from .model import Refusal, Request, Service, Turn

Apply = Callable[[Service], None]
Row = tuple[str, str, Apply]


def recalling(vendor: str) -> Apply:
    """Quote the chat that a request continues."""
    said: dict[str, str] = {}

    def shape(turn: Turn, body: Any) -> Any:
        earlier = said.get(str(turn.values.get("previousChatId")), "")
        said[body[ID[vendor]]] = words_of(turn.request)
        return {**body, "memory": f"Before, you said: {earlier}"} if earlier else body

    return on_body(shape)


def listing(vendor: str) -> Apply:
    """List the last chats of the account, this one among them, by id and title."""
    chats: list[dict[str, str]] = []

    def shape(turn: Turn, body: Any) -> Any:
        chats.append({"id": body[ID[vendor]], "title": words_of(turn.request)})
        return {**body, "recent_chats": chats[-5:]}

    return on_body(shape)


def quoting(service: Service) -> None:
    """Quote in an error what its own request said, in full."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        sent = request.body.decode("utf-8", "replace")
        return {**body, "received": sent[:4000], "at": request.path} if isinstance(body, dict) else body

    service.error_shapes.append(shape)


def pointing(body: Any) -> Any:
    """Add the instance, the documentation and the place of the problem, as RFC 9457 has them."""
    more = {"instance": f"/problems/{uuid.uuid4()}", "docs": "https://docs.example.com/errors/usr/index.py.html"}
    return {**body, **more, "endpoint": "/srv/v1/chats"} if isinstance(body, dict) else body


def rows(vendor: str) -> Iterator[Row]:
    """Yield what any vendor's server may do."""
    yield "recall-list", "answers list the last chats", listing(vendor)
    yield "recall-quote", "errors quote their requests", quoting
    yield "recall-problem", "errors point at a problem of their own", shaped_errors(pointing)
    if vendor == "sigmamind":
        yield "recall-memory", "the agent remembers the chat that is continued", recalling(vendor)
    if vendor in FREE_TEXT:
        query = "SELECT name FROM chats WHERE id = 7"
        reply = (lambda t, b: {**b, "response": f"Try this: {query}"}) if vendor == "polyai" else None
        change = reply or (lambda t, b: {**b, "response": [{**b["response"][0], "content": [query]}]})
        yield "recall-sql", "the agent writes SQL for its user", on_body(change)


MANNERS: list[Manner] = [
    Manner(name, vendor, description, apply, (valid(vendor), spoken(vendor, json.dumps("words")), invalid(vendor)))
    for vendor in ALL
    for name, description, apply in rows(vendor)
]
