"""Defects of the chat that Open WebUI gives back, and of clocks."""

from __future__ import annotations

import html
import json
import time
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from .defects_response import computed, put, without
from .kit import PAYLOADS, Call, Defect, on_body, placed, setting, sometimes, valid
from .model import Exact, Reply, Request, Service, Turn, iso, random_id
from .reference import OPENWEBUI_FOLDER

Apply = Callable[[Service], None]
Row = tuple[str, str, Apply, str, str]


def each(value: Any, change: Callable[[Any], Any]) -> Any:
    """Rebuild a document with every scalar changed."""
    if isinstance(value, dict):
        return {key: each(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [each(item, change) for item in value]
    return change(value)


def on_text(change: Callable[[str], str]) -> Callable[[Any], Any]:
    """Change every string of a document."""
    return lambda value: each(value, lambda v: change(v) if isinstance(v, str) else v)


def pruned(keep: Callable[[str, Any], bool]) -> Callable[[Any], Any]:
    """Remove members of every object of a document."""

    def prune(value: Any) -> Any:
        if isinstance(value, dict):
            return {k: prune(v) for k, v in value.items() if keep(k, v)}
        return [prune(item) for item in value] if isinstance(value, list) else value

    return prune


def chatting(change: Callable[[Any], Any]) -> Apply:
    """Change the chat that Open WebUI gives back."""
    return computed("chat", change)


def frozen(service: Service) -> None:
    """Stop the clock at the start."""
    moment = time.time()
    service.clock = lambda: moment


def milliseconds(value: int) -> int:
    """Turn seconds into milliseconds."""
    return value * 1000 + 123


def random_user(turn: Turn, body: Any) -> Any:
    """Make up an owner."""
    return {**body, "user_id": random_id(12)}


def openwebui() -> Iterator[Row]:
    """Yield what Open WebUI's answer can get wrong beyond the common."""
    for name in ("user_id", "title", "chat", "created_at", "updated_at", "archived", "pinned"):
        yield (f"{name}-missing", f"{name} is left out", without(name), f"{name}/required", "must")
        yield (f"{name}-null", f"{name} is null", put(**{name: None}), f"{name}/type", "must")
    wrong = {
        "user_id": 123,
        "title": ["New"],
        "chat": "{}",
        "created_at": "2024-03-02T00:00:00Z",
        "archived": 0,
        "pinned": "false",
        "meta": [],
        "share_id": 0,
        "folder_id": 5,
    }
    for name, value in wrong.items():
        yield (
            f"{name}-mistyped",
            f"{name} is {json.dumps(value)}",
            put(**{name: value}),
            f"{name}/type",
            "must",
        )
    yield ("user_id-empty", "user_id is empty", put(user_id=""), "user_id/minLength", "should")
    yield (
        "user_id-random",
        "user_id changes from chat to chat",
        on_body(random_user),
        "user_id/constant",
        "should",
    )
    yield ("archived-true", "a new chat is archived", put(archived=True), "archived/equals", "must")
    yield ("pinned-true", "a new chat is pinned", put(pinned=True), "pinned/equals", "must")
    yield (
        "share_id-set",
        "a new chat is shared",
        put(share_id="s-1a2b"),
        "share_id/equals",
        "must",
    )
    yield (
        "meta-filled",
        "a new chat has metadata",
        put(meta={"tags": ["new"]}),
        "meta/equals",
        "must",
    )
    yield ("meta-string", "meta is a string", put(meta="{}"), "meta/type", "must")
    for name in ("created_at", "updated_at"):
        yield (
            f"{name}-milliseconds",
            f"{name} counts milliseconds",
            computed(name, milliseconds),
            f"{name}/clock",
            "must",
        )
        yield (
            f"{name}-fraction",
            f"{name} has a fraction",
            computed(name, lambda v: v + 0.25),
            f"{name}/type",
            "must",
        )
        yield (
            f"{name}-string",
            f"{name} is a string of digits",
            computed(name, str),
            f"{name}/type",
            "must",
        )
        yield (f"{name}-zero", f"{name} is 0", put(**{name: 0}), f"{name}/clock", "must")
        yield (f"{name}-iso", f"{name} is a date-time", computed(name, iso), f"{name}/type", "must")
    for flaw, shift in (("hour-ahead", 3600), ("hour-behind", -3600), ("day-behind", -86400)):
        yield (
            f"clock-{flaw}",
            f"both times are {flaw.replace('-', ' ')}",
            setting(clock=lambda s=shift: time.time() + s),
            "created_at/clock",
            "must",
        )
    yield (
        "clock-example",
        "both times are the page's",
        setting(clock=lambda: 1709337600),
        "created_at/clock",
        "must",
    )
    yield (
        "clock-nanoseconds",
        "both times count nanoseconds",
        on_body(
            lambda t, b: {
                **b,
                "created_at": b["created_at"] * 10**9,
                "updated_at": b["updated_at"] * 10**9,
            }
        ),
        "created_at/clock",
        "must",
    )
    yield (
        "updated-first",
        "updated_at is before created_at",
        computed("updated_at", lambda v: v - 5),
        "updated_at/order",
        "must",
    )
    yield (
        "title-default",
        "the title is not taken over",
        put(title="New Chat"),
        "title/equals",
        "must",
    )
    yield ("title-empty", "the title is empty", put(title=""), "title/equals", "must")
    yield ("chat-empty", "the chat comes back empty", put(chat={}), "chat/equals", "must")
    yield (
        "chat-untitled",
        "the chat's title is dropped",
        chatting(lambda c: {k: v for k, v in c.items() if k != "title"}),
        "chat/equals",
        "must",
    )
    yield (
        "chat-unread",
        "the chat's messages are dropped",
        chatting(lambda c: {**c, "history": {"messages": {}, "currentId": None}}),
        "chat/equals",
        "must",
    )
    yield (
        "chat-extended",
        "the chat comes back with a field more",
        chatting(lambda c: {**c, "version": 1}),
        "chat/equals",
        "should",
    )
    yield (
        "chat-number-strings",
        "numbers of the chat come back as strings",
        chatting(lambda c: each(c, lambda v: str(v) if type(v) is int else v)),
        "chat/equals",
        "must",
    )
    yield (
        "chat-now",
        "the messages' timestamps are rewritten",
        chatting(lambda c: each(c, lambda v: int(time.time()) if type(v) is int else v)),
        "chat/equals",
        "must",
    )


def to_float(value: Any) -> Any:
    """Turn integers into floats, as JavaScript or Lua libraries do."""
    return float(value) if type(value) is int else value


def to_double(value: Any) -> Any:
    """Lose what a double cannot hold."""
    return int(float(value)) if type(value) is int else value


def to_single(value: Any) -> Any:
    """Round fractions to two digits."""
    return Exact(f"{value:.2f}") if isinstance(value, float) else value


def plain(text: str) -> str:
    """Replace what is beyond the BMP."""
    return "".join("?" if c > "\uffff" else c for c in text)


def echoes() -> Iterator[Defect]:
    """Yield echoes of Open WebUI that only some chats show."""
    chat = PAYLOADS["openwebui"]["chat"]
    rows: list[tuple[str, str, Apply, dict[str, Any], str]] = [
        (
            "trimmed",
            "strings are trimmed",
            chatting(on_text(str.strip)),
            {"title": "  spaced  "},
            "must",
        ),
        (
            "nfc",
            "strings are normalised to NFC",
            chatting(on_text(lambda s: unicodedata.normalize("NFC", s))),
            {"title": "cafe\u0301"},
            "must",
        ),
        ("lower", "strings are put in lower case", chatting(on_text(str.lower)), {}, "must"),
        (
            "escaped",
            "strings are escaped for HTML",
            chatting(on_text(html.escape)),
            {"title": "a < b & c"},
            "must",
        ),
        (
            "no-emoji",
            "characters beyond the BMP are replaced",
            chatting(on_text(plain)),
            {"title": "hi \U0001f600"},
            "must",
        ),
        (
            "cut-100",
            "strings are cut at 100 characters",
            chatting(on_text(lambda s: s[:100])),
            {"title": "t" * 130},
            "must",
        ),
        (
            "crlf",
            "line breaks are rewritten",
            chatting(on_text(lambda s: s.replace("\r\n", "\n"))),
            {"title": "a\r\nb"},
            "must",
        ),
        (
            "no-nulls",
            "members that are null are dropped",
            chatting(pruned(lambda k, v: v is not None)),
            {"extra": None},
            "must",
        ),
        (
            "no-unknown",
            "members that the page does not show are dropped",
            chatting(lambda c: {k: v for k, v in c.items() if k in ("title", "history")}),
            {"models": ["m"]},
            "must",
        ),
        (
            "no-empties",
            "empty members are dropped",
            chatting(pruned(lambda k, v: v not in ({}, [], ""))),
            {"tags": []},
            "must",
        ),
        (
            "floats",
            "integers come back as floats",
            chatting(lambda c: each(c, to_float)),
            {},
            "should",
        ),
        (
            "doubles",
            "integers beyond 2^53 are rounded",
            chatting(lambda c: each(c, to_double)),
            {"n": 2**53 + 1},
            "must",
        ),
        (
            "rounded",
            "fractions are rounded to two digits",
            chatting(lambda c: each(c, to_single)),
            {"n": 0.12345},
            "must",
        ),
        (
            "booleans",
            "booleans come back as numbers",
            chatting(lambda c: each(c, lambda v: int(v) if isinstance(v, bool) else v)),
            {"flag": True},
            "must",
        ),
        (
            "flattened",
            "arrays of one item are unwrapped",
            chatting(single_unwrapped),
            {"models": ["m"]},
            "must",
        ),
        ("sorted", "arrays are sorted", chatting(sorted_lists), {"models": ["b", "a"]}, "must"),
        ("camel", "names are rewritten in camel case", chatting(camel), {"chat_mode": "x"}, "must"),
        (
            "title-trimmed",
            "the title is trimmed",
            computed("title", str.strip),
            {"title": "  spaced  "},
            "must",
        ),
        (
            "title-cut",
            "the title is cut at 50 characters",
            computed("title", lambda s: s[:50]),
            {"title": "t" * 80},
            "must",
        ),
        (
            "title-capital",
            "the title begins with a capital",
            computed("title", lambda s: s[:1].upper() + s[1:]),
            {"title": "lower"},
            "must",
        ),
    ]
    for flaw, description, apply, extra, severity in rows:
        yield Defect(
            f"echo-{flaw}",
            "openwebui",
            description,
            apply,
            (valid("openwebui").put(chat={**chat, **extra}),),
            breaks="response/200/" + ("title" if "title" in flaw else "chat") + "/equals",
            severity=severity,
        )


def single_unwrapped(value: Any) -> Any:
    """Unwrap arrays of one item."""
    if isinstance(value, dict):
        return {key: single_unwrapped(item) for key, item in value.items()}
    if isinstance(value, list):
        return single_unwrapped(value[0]) if len(value) == 1 else list(map(single_unwrapped, value))
    return value


def sorted_lists(value: Any) -> Any:
    """Sort arrays by how their items are written."""
    if isinstance(value, dict):
        return {key: sorted_lists(item) for key, item in value.items()}
    return sorted(map(sorted_lists, value), key=repr) if isinstance(value, list) else value


def camel(value: Any) -> Any:
    """Rewrite snake case names in camel case."""

    def name(key: str) -> str:
        head, *rest = key.split("_")
        return head + "".join(part.title() for part in rest)

    if isinstance(value, dict):
        return {name(key): camel(item) for key, item in value.items()}
    return list(map(camel, value)) if isinstance(value, list) else value


def foldered() -> Iterator[Defect]:
    """Yield wrong echoes of the folder, and times that only a series shows."""
    call: Call = valid("openwebui").put(folder_id=OPENWEBUI_FOLDER)
    for flaw, description, apply in (
        ("null", "folder_id comes back null", put(folder_id=None)),
        ("missing", "folder_id is left out though one was given", on_body(unfiled)),
        (
            "name",
            "folder_id comes back as the folder's name",
            computed("folder_id", lambda v: v and "Work"),
        ),
        ("cut", "folder_id comes back cut", computed("folder_id", lambda v: v and v[:8])),
    ):
        yield Defect(
            f"folder_id-echo-{flaw}",
            "openwebui",
            description,
            apply,
            (call,),
            breaks="response/200/folder_id/equals",
        )
    yield Defect(
        "clock-frozen",
        "openwebui",
        "both times stay where they were at the start",
        frozen,
        (valid("openwebui").repeat(2, pause=1.2),),
        breaks="response/200/created_at/clock",
    )
    yield Defect(
        "clock-frozen",
        "sigmamind",
        "createdAt stays where it was at the start",
        frozen,
        (valid("sigmamind").repeat(2, pause=1.2),),
        breaks="response/201/createdAt/clock",
    )
    yield Defect(
        "each-tenth-mixed-up",
        "openwebui",
        "each tenth chat comes back as another's",
        sometimes(10, mixed_up),
        (placed("openwebui", "title", "Mine").repeat(11),),
        breaks="response/200/chat/equals",
    )


def unfiled(turn: Turn, body: Any) -> Any:
    """Leave a folder out."""
    return {k: v for k, v in body.items() if k != "folder_id" or v is None}


def mixed_up(service: Service, request: Request, reply: Reply) -> None:
    """Give back somebody else's chat."""
    body = json.loads(reply.body)
    reply.body = service.encode({**body, "chat": {"title": "Salary talk"}})


def rows() -> Iterator[Defect]:
    """Yield what any chat shows."""
    for flaw, description, apply, clause, severity in openwebui():
        call = valid("openwebui").repeat(2 if flaw == "user_id-random" else 1)
        yield Defect(
            f"field-{flaw}",
            "openwebui",
            description,
            apply,
            (call,),
            breaks=f"response/200/{clause}",
            severity=severity,
        )


DEFECTS: list[Defect] = [*rows(), *echoes(), *foldered()]
