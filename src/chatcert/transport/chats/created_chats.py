"""The chats that a run has created: read from its exchanges alone, so that anybody can find them again."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.requirements.operation import Operation
from chatcert.transport.exchange import ErrorKind, Exchange

LONGEST_ID: Final = 256
CONFIGURED: Final = "its id is that of a configured resource"
"""Why a chat is not deleted."""
_SAFE: Final = re.compile(r"[A-Za-z0-9._~:@!$+=-]+")
"""Ids that stay one segment of a path, however often a server or a proxy decodes it, and are no list or pattern."""
_WORDS: Final = frozenset(
    [
        *("all", "any", "batch", "bulk", "current", "default", "first", "last", "latest", "me", "mine", "my", "new"),
        *("none", "null", "own", "self", "true", "false", "undefined", "clear", "archive", "archived", "delete"),
    ]
)
"""Texts that may name something else than one chat where an id is expected."""
_MAY_HAVE_CREATED: Final = frozenset(
    {ErrorKind.TIMEOUT, ErrorKind.RESET, ErrorKind.INCOMPLETE, ErrorKind.PROTOCOL, ErrorKind.DECODING}
)


@dataclass(frozen=True, slots=True)
class CreatedChat:
    """A chat that a success of the run speaks of.

    Attributes:
        id: the value where the contract has the id of a chat; ``None`` where that is no text.
        exchange: number of the exchange.
    """

    id: str | None
    exchange: int

    def to_dict(self) -> dict[str, Any]:
        """Return the row of ``created.jsonl``."""
        return {"id": self.id, "exchange": self.exchange}


@dataclass(frozen=True, slots=True)
class Removal:
    """What became of one chat.

    Attributes:
        id: of the chat, as its answer gave it.
        exchange: number of the exchange that created it; ``None`` where the run was killed before it recorded one.
        removed: whether it is gone.
        reason: why it is not; empty if it is.
    """

    id: str | None
    exchange: int | None
    removed: bool
    reason: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the row of ``clean-up.jsonl``."""
        return {"id": self.id, "exchange": self.exchange, "removed": self.removed, "reason": self.reason}


def rows_of(rows: Iterable[CreatedChat | Removal]) -> bytes:
    """Return rows as lines of JSON, in ASCII."""
    return b"".join(json.dumps(row.to_dict()).encode("ascii") + b"\n" for row in rows)


@memoise_by_identity(16)
def id_path_of(contract: Contract) -> tuple[str, ...]:
    """Return where an answer holds the id of the chat: as the overlay states it, or where values are unique.

    Empty where the contract does not say.
    """
    for operation in (contract.delete, contract.read):
        if operation is not None:
            return operation.id_path
    for answer in contract.successes:
        for field in walk(answer.schema or {}, ""):
            if "x-chatcert-unique" in field.schema:
                return field.path
    return ()


def created_chats(contract: Contract, exchanges: Iterable[Exchange]) -> Iterator[CreatedChat]:
    """Yield a chat for each success of the create operation, in the order of sending.

    A success of another method counts where it holds an id.
    """
    path = id_path_of(contract)
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        if exchange.succeeded and exchange.operation is Operation.CREATE:
            found = _id_in(exchange, path)
            if exchange.sent.method == contract.method or found is not None:
                yield CreatedChat(found, exchange.number)


def id_created_by(contract: Contract, exchange: Exchange) -> str:
    """Return the id of the chat that an exchange has created; empty where it is none that may stand in a path."""
    found = _id_in(exchange, id_path_of(contract)) if exchange.succeeded else None
    return found if found is not None and not why_unsafe(found) else ""


def _id_in(exchange: Exchange, path: tuple[str, ...]) -> str | None:
    assert exchange.received is not None
    try:
        found = lookup(json.loads(exchange.received.body), path) if path else MISSING
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _is_creating(contract: Contract, exchange: Exchange) -> bool:
    return exchange.sent.method == contract.method and exchange.operation is Operation.CREATE


def unanswered(contract: Contract, exchanges: Iterable[Exchange]) -> int:
    """Return how many requests got no whole answer: each may have left a chat of which nothing is known."""
    return sum(
        _is_creating(contract, exchange) and exchange.error is not None and exchange.error.kind in _MAY_HAVE_CREATED
        for exchange in exchanges
    )


def answered_with_error(contract: Contract, exchanges: Iterable[Exchange]) -> int:
    """Return how many requests were answered with a server error, after which a chat may be there as well."""
    return sum(
        _is_creating(contract, exchange) and exchange.status is not None and exchange.status >= 500
        for exchange in exchanges
    )


def reasons_to_keep(
    contract: Contract, chats: Sequence[CreatedChat], exchanges: Mapping[int, Exchange], resources: Iterable[Any]
) -> Iterator[tuple[CreatedChat, str]]:
    """Yield each chat with the reason why nothing may be deleted by its id; an empty one where that is safe to try.

    Args:
        exchanges: those of the run, by number.
        resources: the configured names of existing things.
    """
    times = Counter(chat.id.casefold() for chat in chats if chat.id is not None)
    known = {str(value).casefold() for value in resources}
    for chat in chats:
        yield chat, _reason(contract, chat, exchanges[chat.exchange], times, known)


def _reason(
    contract: Contract, chat: CreatedChat, exchange: Exchange, times: Mapping[str, int], known: set[str]
) -> str:
    if chat.id is None:
        return "the answer has no text as its id"
    if why := why_unsafe(chat.id):
        return why
    if exchange.sent.method != contract.method:
        return f"its id came in an answer to {exchange.sent.method}"
    if chat.id.casefold() in known:
        return CONFIGURED
    if (often := times[chat.id.casefold()]) > 1:
        return f"its id came in {often} answers of this run"
    return ""


def why_unsafe(identity: str) -> str:
    """Return why an id may name something else than one chat when it stands in a path; empty if it cannot."""
    if not identity:
        return "its id is empty"
    if len(identity) > LONGEST_ID:
        return f"its id is longer than {LONGEST_ID} characters"
    if not _SAFE.fullmatch(identity) or not identity.strip("."):
        return "its id could name something else when it stands in a path"
    return "its id is a word that may name more than one chat" if identity.casefold() in _WORDS else ""
