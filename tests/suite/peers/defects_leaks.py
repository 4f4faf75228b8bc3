"""Defects that show what an answer must not hold: other requests, the inside of the server, wrong names, no reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from .defects_errors import errors, saying, statuses
from .kit import ALL, FREE_TEXT, Call, Defect, invalid, on_body, on_reply, spoken, unknown, valid, wrong_key
from .model import Refusal, Reply, Request, Service, Turn

Apply = Callable[[Service], None]


def words_of(request: Request) -> str:
    """Return what a client has written, however deep it stands."""
    try:
        found = json.loads(request.body)
    except (ValueError, RecursionError):
        return ""
    chat = found.get("chat", found) if isinstance(found, dict) else {}
    names = ("title", "input", "initial_message")
    return next((v for n in names if isinstance(chat, dict) and isinstance(v := chat.get(n), str)), "")


def kept_in(memory: list[str]) -> Apply:
    """Keep the words of every request that came, served or not."""

    def note(request: Request) -> None:
        memory.append(words_of(request))

    def apply(service: Service) -> None:
        service.before.append(note)

    return apply


def both(*parts: Apply) -> Apply:
    """Apply several changes."""

    def apply(service: Service) -> None:
        for part in parts:
            part(service)

    return apply


def last_words(vendor: str) -> Apply:
    """Write the words of the request before into the message of a refusal."""
    memory: list[str] = []
    kinds = "schema|syntax|resource"
    message: Callable[[Request, Refusal], str] = lambda q, r: f"{r.message} (after {(memory[-2:-1] or [''])[0]!r})"  # noqa: E731
    return both(kept_in(memory), saying(vendor, message, kinds))


def header_of_last() -> Apply:
    """Carry the words of the request before in a header."""
    memory: list[str] = []

    def show(_: Request, reply: Reply) -> None:
        reply.set("x-trace-input", "".join(c for c in (memory[-2:-1] or [""])[0] if 31 < ord(c) < 127))

    return both(kept_in(memory), on_reply(show))


def strangers_words() -> Apply:
    """Show the words of whoever was refused last beside a new chat."""
    memory: list[str] = []

    def refuse(request: Request, reply: Reply) -> None:
        if reply.kind == "auth":
            memory.append(words_of(request))

    return both(on_reply(refuse), on_body(lambda t, b: {**b, "recent": memory[-1:]}))


def echoed(vendor: str) -> Apply:
    """Reply with what the user has said."""

    def shape(turn: Turn, body: Any) -> Any:
        text = turn.values.get(FREE_TEXT[vendor]) or "Hello"
        if vendor == "polyai":
            return {**body, "response": text}
        return {**body, "response": [{**body["response"][0], "content": [text]}]}

    return on_body(shape)


def users_own(turn: Turn, body: Any) -> Any:
    """Call the one message of the reply the user's."""
    return {**body, "response": [{**one, "role": "user"} for one in body["response"]]}


Row = tuple[str, str, Apply, tuple[Call, ...], str, str]
QUERY = {"_sql": "UPDATE chats SET owner = 7", "_ms": 3}
INTERNALS = (
    ("mysql", "Unknown column 'chats.owner' in 'field list'"),
    ("redis", "redis.exceptions.ConnectionError: Error 111 connecting to 10.2.0.4:6379"),
    ("config", "no line 3 in /opt/chat/releases/12/config.yaml"),
)


def insides(vendor: str) -> Iterator[Row]:
    """Yield what shows the inside of a server."""
    for name, text in INTERNALS:
        shown = saying(vendor, lambda q, r, text=text: text, "schema|syntax")
        yield f"leak-{name}", f"refusals show {text}", shown, (invalid(vendor),), "no-internal-detail", "should"
    beside = on_body(lambda t, b: {**b, **QUERY})
    yield "leak-query", "a success shows its query", beside, (valid(vendor),), "no-internal-detail", "should"
    if vendor != "openwebui":
        lost = (unknown(vendor),)
        yield "teapot", "what is unknown is a 418", statuses(resource=418), lost, "documented-status", "should"


def others(vendor: str) -> Iterator[Row]:
    """Yield what shows other requests, where a request has words of its own."""
    if vendor == "agencii":
        return
    two, rule = (spoken(vendor, "first words here"), invalid(vendor)), "no-other-request"
    yield "last-words", "a refusal shows the request before", last_words(vendor), two, rule, "must"
    yield "last-header", "a header shows the request before", header_of_last(), two, rule, "must"
    if vendor != "polyai":
        strange = (wrong_key(vendor), valid(vendor))
        yield "strangers-words", "a success shows a refused request", strangers_words(), strange, rule, "must"


def voices(vendor: str) -> Iterator[Row]:
    """Yield replies that are none, and errors that name a field that does not exist."""
    said = tuple(spoken(vendor, text) for text in ("one", "two", "three"))
    if vendor in FREE_TEXT:
        yield "parrot", "the reply is what was said", echoed(vendor), said, "reply", "should"
    if vendor == "sigmamind":
        yield "own-voice", "the reply is the user's", on_body(users_own), (valid(vendor),), "reply", "should"
        column = {"message": "not valid", "validationErrors": {"col_3": "bad"}}
        named = errors(lambda q, r, b: {**b, **column}, "schema")
        yield "wrong-name", "errors name a column", named, (invalid(vendor),), "names-field", "should"


def shared() -> Iterator[Defect]:
    """Yield every defect of this module."""
    for vendor in ALL:
        for name, description, apply, calls, clause, severity in (*insides(vendor), *others(vendor), *voices(vendor)):
            yield Defect(name, vendor, description, apply, calls, breaks=clause, severity=severity)


DEFECTS: list[Defect] = list(shared())
