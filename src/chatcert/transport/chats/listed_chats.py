"""Find created chats whose ids no answer gave: the server's list of chats shows the markers of their requests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chatcert.cases.requests.two_accounts import OTHER_CREDENTIALS, OTHER_WITH_OWN
from chatcert.openapi.contract import ChatListing, Contract
from chatcert.openapi.schemas.pointer import lookup
from chatcert.requirements.operation import Operation
from chatcert.text import count
from chatcert.transport.chats.created_chats import CONFIGURED, created_chats, why_unsafe
from chatcert.transport.chats.ownership import marks_in, was_created_before
from chatcert.transport.exchange import Exchange, Received

MAX_ITEMS: Final = 20_000
"""Items of a list that are looked at."""


@dataclass(frozen=True, slots=True)
class ListedChat:
    """An item of the list of chats.

    Attributes:
        id: the id of its chat; ``None`` if that is not a text.
        content: the whole item.
        markers: the markers of requests that it holds.
    """

    id: str | None
    content: Any = field(repr=False)
    markers: frozenset[str]


@dataclass(frozen=True, slots=True)
class FoundChat:
    """A chat in the list that a request without a success may have created.

    Attributes:
        id: of the chat.
        exchange: number of the exchange of that request; ``None`` where only its sending is recorded.
        marker: the marker of that request, which the item holds.
        reason: why nothing may be deleted by this id; empty where that is safe to try.
    """

    id: str | None
    exchange: int | None
    marker: str
    reason: str


def read_items(listing: ChatListing, answer: Received) -> list[ListedChat] | None:
    """Return the items of an answer; ``None`` where it holds no list."""
    try:
        items = lookup(json.loads(answer.body), listing.items)
    except (ValueError, RecursionError):
        return None
    return [_listed(listing, item) for item in items[:MAX_ITEMS]] if isinstance(items, list) else None


def _listed(listing: ChatListing, item: Any) -> ListedChat:
    found = lookup(item, listing.id_path)
    text = json.dumps(item, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return ListedChat(found if isinstance(found, str) else None, item, frozenset(marks_in(text)))


def is_trusted(contract: Contract, items: Sequence[ListedChat], exchanges: Mapping[int, Exchange]) -> bool:
    """Return whether a list agrees with the answers of this run on the chats that they created.

    At least one of these chats must be listed with the marker of its request, and none with that of another request.
    """
    known: dict[str, set[str]] = {}
    for chat in created_chats(contract, exchanges.values()):
        if chat.id is not None:
            known.setdefault(chat.id, set()).update(marks_in(exchanges[chat.exchange].sent.body or b""))
    own = {marker for exchange in exchanges.values() for marker in marks_in(exchange.sent.body or b"")}
    listed = [(known[item.id], item.markers & own) for item in items if item.id is not None and item.id in known]
    return any(sent & shown for sent, shown in listed) and not any(shown - sent for sent, shown in listed)


def found_chats(
    contract: Contract,
    items: Sequence[ListedChat],
    exchanges: Mapping[int, Exchange],
    in_flight: Mapping[str, int],
    resources: Iterable[Any],
) -> Iterator[FoundChat]:
    """Yield the chats of a list that requests without a success have created, and whether they may be deleted.

    Args:
        exchanges: those of the run, by number.
        in_flight: how many requests with a marker were sent of which no exchange is recorded.
        resources: the configured names of existing things.
    """
    sent = _without_success(exchanges.values(), in_flight)
    named = {chat.id.casefold() for chat in created_chats(contract, exchanges.values()) if chat.id is not None}
    configured = {str(value).casefold() for value in resources}
    times = Counter(item.id.casefold() for item in items if item.id is not None)
    began = min((exchange.started for exchange in exchanges.values()), default=0.0)
    candidates = [
        (marker, item)
        for item in items
        if item.id is None or item.id.casefold() not in named
        for marker in sorted(item.markers & sent.keys())[:1]
    ]
    listed, turns = Counter(marker for marker, _ in candidates), Counter[str]()
    for marker, item in candidates:
        numbers = sent[marker]
        if listed[marker] > len(numbers):
            reason = f"the list has {listed[marker]} chats with the marker of {count(len(numbers), 'request')}"
        elif was_created_before(contract, item.content, began):
            reason = "the list says that it was created before the run"
        else:
            reason = _why_kept(item, times, configured)
        turns[marker] += 1
        yield FoundChat(item.id, numbers[min(turns[marker], len(numbers)) - 1], marker, reason)


def _without_success(exchanges: Iterable[Exchange], in_flight: Mapping[str, int]) -> dict[str, list[int | None]]:
    """Return, for each marker, the numbers of the exchanges that brought no success; ``None`` for an unrecorded one.

    Requests of the other account are left out: the list is that of our own.
    """
    found: dict[str, list[int | None]] = {}
    for exchange in exchanges:
        is_own = exchange.operation is Operation.CREATE and exchange.edit not in (OTHER_WITH_OWN, OTHER_CREDENTIALS)
        if is_own and not exchange.succeeded:
            for marker in marks_in(exchange.sent.body or b""):
                found.setdefault(marker, []).append(exchange.number)
    for marker, times in in_flight.items():
        found.setdefault(marker, []).extend([None] * times)
    return found


def _why_kept(item: ListedChat, times: Mapping[str, int], configured: set[str]) -> str:
    """Return why nothing may be deleted by the id of an item; empty where that is safe to try."""
    if item.id is None:
        return "the list has no text as its id"
    if why := why_unsafe(item.id):
        return why
    if item.id.casefold() in configured:
        return CONFIGURED
    return "its id is in the list more than once" if times[item.id.casefold()] > 1 else ""
