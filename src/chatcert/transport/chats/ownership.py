"""Whether a chat that is read by its id is the one that a request of this run has created."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import flattened, walk
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.numbers import is_number, is_same_number
from chatcert.openapi.schemas.pointer import lookup
from chatcert.openapi.values.request_markers import markers_in
from chatcert.transport.chats.created_chats import created_chats, reasons_to_keep
from chatcert.transport.exchange import Exchange, Received

LEFT: Final = "the chat was not deleted: "
PRODUCTION: Final = "nothing is deleted on a production server without --clean-up-production"
NEAR: Final = 120.0
"""Seconds between the clocks of both sides, within which a chat was created by the request and not before it."""
_UNSTORED: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff\ufffd]|^\s+|\s+$")
"""What servers drop from texts that they store."""
_ESCAPED: Final = re.compile(r"\\u00([0-9a-fA-F]{2})")
_UNITS: Final = {"seconds": 1.0, "milliseconds": 1000.0}


def why_not_own(contract: Contract, created: Exchange, read: Received) -> str:
    """Return why a chat is not known to be the one that an exchange has created; empty if it is.

    It is known by the marker of the request. Where the request had no room for one, every documented member that it
    sent has to be there, and the time of creation that the answer gave, which has to be that of the request: no other
    chat has both.
    """
    markers = marks_in(created.sent.body or b"")
    if markers:
        return "" if markers & marks_in(read.body) else "what is read by its id holds no marker of this run"
    try:
        sent, answer, found = (json.loads(text) for text in (created.sent.body or b"", _body(created), read.body))
    except (ValueError, RecursionError):
        return "its request held no marker of this run to know it by"
    path, unit = _clock_of(contract)
    time = _seconds(lookup(answer, path), unit) if path else None
    if time is None or abs(time - created.started) > NEAR or lookup(found, path) != lookup(answer, path):
        return "its request held no marker of this run, and nothing else shows that it was created now"
    try:
        is_whole = _holds_all(found, _documented(contract, sent))
        return "" if is_whole else "its request held no marker, and what is read is not what was sent"
    except RecursionError:
        return "its request held no marker of this run to know it by"


def was_created_before(contract: Contract, content: Any, moment: float) -> bool:
    """Return whether a chat, as the server lists it, is known to be older than a moment.

    Args:
        moment: seconds since the epoch, on our clock.
    """
    path, unit = _clock_of(contract)
    time = _seconds(lookup(content, path), unit) if path else None
    return time is not None and time < moment - NEAR


def why_left(
    contract: Contract, read: Exchange, exchanges: Mapping[int, Exchange], resources: Iterable[Any] = ()
) -> str:
    """Return why the chat that was read may not be deleted, as a report says it; empty if it may.

    Args:
        read: the exchange that read it, whose control created it.
        exchanges: those of the run so far, by number.
        resources: the configured names of existing things.
    """
    why = _why_not_deleted(contract, read, exchanges, resources)
    return f"{LEFT}{why}" if why else ""


def _why_not_deleted(
    contract: Contract, read: Exchange, exchanges: Mapping[int, Exchange], resources: Iterable[Any]
) -> str:
    created = exchanges.get(read.control or 0)
    chats = list(created_chats(contract, exchanges.values()))
    reasons = {chat.exchange: why for chat, why in reasons_to_keep(contract, chats, exchanges, resources)}
    if created is None or created.number not in reasons:
        return "no chat was created"
    if why := reasons[created.number]:
        return why
    if read.received is None or not read.succeeded:
        return "it cannot be read"
    return why_not_own(contract, created, read.received)


def marks_in(data: bytes) -> set[str]:
    """Return the markers in a text, in which JSON may escape any letter."""
    text = data.decode("utf-8", "replace")
    if "\\u00" not in text:
        return markers_in(text)
    return markers_in(text) | markers_in(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))


def _body(exchange: Exchange) -> bytes:
    return exchange.received.body if exchange.received is not None else b""


@memoise_by_identity(16)
def _clock_of(contract: Contract) -> tuple[tuple[str, ...], str]:
    """Return where an answer says when the chat was created, and in which unit; nothing if it does not."""
    for answer in contract.successes:
        for field in walk(answer.schema or {}, ""):
            if isinstance(extension := field.schema.get("x-chatcert-clock"), dict):
                return field.path, str(extension.get("unit", ""))
    return (), ""


def _seconds(value: Any, unit: str) -> float | None:
    """Return a time in seconds since the epoch; ``None`` if it is none."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return None
        return moment.timestamp() if moment.tzinfo is not None else None
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value / _UNITS[unit] if is_number and unit in _UNITS else None


def _documented(contract: Contract, sent: Any) -> Any:
    """Return what a request sent without the members that the document does not have, which a server need not keep."""
    schema = contract.body.schema if contract.body is not None else {}
    known = flattened(schema, schema).get("properties")
    if not isinstance(sent, dict) or not isinstance(known, dict):
        return sent
    return {name: value for name, value in sent.items() if name in known}


def _holds_all(found: Any, sent: Any) -> bool:
    """Return whether each member of a request is somewhere in what is read, and there is at least one."""
    members = list(sent.values()) if isinstance(sent, dict) else [sent]
    places = list(_values_in(found))
    return bool(members) and all(any(_covers(place, member) for place in places) for member in members)


def _values_in(value: Any) -> list[Any]:
    """Return a JSON value and the values within its objects, two levels deep."""
    found, level = [value], [value]
    for _ in range(2):
        level = [inner for outer in level if isinstance(outer, dict) for inner in outer.values()]
        found += level
    return found


def _covers(found: Any, sent: Any) -> bool:
    """Return whether a value is what was sent; objects may have further members, and texts lack what is not stored.

    Of members whose names are the same once they are stored, one is enough: a server cannot keep them apart.
    """
    if isinstance(sent, dict):
        stored = _by_stored_name(found) if isinstance(found, dict) else {}
        return isinstance(found, dict) and all(
            any(_covers(one, value) for one in stored.get(name, ()) for value in values)
            for name, values in _by_stored_name(sent).items()
        )
    if isinstance(sent, list):
        is_list = isinstance(found, list) and len(found) == len(sent)
        return is_list and all(_covers(one, other) for one, other in zip(found, sent, strict=True))
    if isinstance(sent, str):
        return isinstance(found, str) and _stored(found) == _stored(sent)
    if is_number(sent):
        return is_number(found) and is_same_number(found, sent)
    return type(found) is type(sent) and bool(found == sent)


def _by_stored_name(members: Mapping[str, Any]) -> Mapping[str, list[Any]]:
    """Return the values of an object by the names under which a server may store them."""
    found: dict[str, list[Any]] = {}
    for name, value in members.items():
        found.setdefault(_stored(name), []).append(value)
    return found


def _stored(text: str) -> str:
    return _UNSTORED.sub("", text)
