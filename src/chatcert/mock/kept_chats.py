"""The chats that a mocked operation has created: read and deleted by their ids, each by its owner alone."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from chatcert.mock.call import Headers, Reply
from chatcert.mock.json_writer import encoded
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced

MAX_KEPT: Final = 10_000
_JSON: Final[Headers] = [(b"content-type", b"application/json")]


class Flaw(StrEnum):
    """What a server does wrong with the chats that it has created."""

    LOST = "lost"
    ALTERED = "altered"
    PUBLIC = "public"
    SHARED = "shared"
    UNDELETABLE = "undeletable"
    UNDELETED = "undeleted"


class Habit(StrEnum):
    """How a server may answer about a chat in its own way."""

    WRAPPED = "wrapped"
    FORBIDDEN = "forbidden"
    GONE = "gone"
    CONFIRMED = "confirmed"
    TOMBSTONE = "tombstone"


@dataclass(frozen=True, slots=True)
class Kept:
    """One chat.

    Attributes:
        owner: whose it is: the other account's, or not.
        deleted: whether it was deleted and is known to have been there.
    """

    value: Any
    owner: bool
    deleted: bool = False


class KeptChats:
    """The chats of one service.

    Args:
        ways: flaws and habits of the server.
    """

    def __init__(self, contract: Contract, ways: Collection[Flaw | Habit] = ()) -> None:
        self._id_path = next((one.id_path for one in (contract.read, contract.delete) if one is not None), ())
        self._is_unnamed = bool(self._id_path) and _is_free(contract, self._id_path)
        self._ways = frozenset(ways)
        self._chats: OrderedDict[str, Kept] = OrderedDict()

    @property
    def is_public(self) -> bool:
        """Whether chats can be read without credentials."""
        return Flaw.PUBLIC in self._ways

    def named(self, value: Any) -> Any:
        """Return an answer with an id of its own, where the document does not say that each chat has one."""
        if self._is_unnamed and isinstance(lookup(value, self._id_path), str):
            return replaced(value, self._id_path, str(uuid.uuid4()))
        return value

    def remember(self, body: Any, value: Any, *, owner: bool) -> None:
        """Keep a chat that was created.

        Args:
            body: what the request said.
            value: what the answer says.
        """
        name = lookup(value, self._id_path) if self._id_path else MISSING
        if not isinstance(name, str) or Flaw.LOST in self._ways:
            return
        whole = value
        if isinstance(body, dict) and isinstance(value, dict):
            whole = replaced({**value, **body}, self._id_path, name)
        if Flaw.ALTERED in self._ways:
            whole = _altered(whole, self._id_path)
        self._chats[name] = Kept(whole, owner)
        if len(self._chats) > MAX_KEPT:
            self._chats.popitem(last=False)

    def read(self, name: str, *, owner: bool) -> Reply:
        """Return the answer to somebody who reads a chat."""
        chat = self._chats.get(name)
        if chat is None or (chat.deleted and Habit.TOMBSTONE not in self._ways):
            return _refusal(410 if chat is not None and Habit.GONE in self._ways else 404)
        if chat.owner is not owner and not self._ways & {Flaw.SHARED, Flaw.PUBLIC}:
            return _refusal(403 if Habit.FORBIDDEN in self._ways else 404)
        value = {"id": name, "deleted": True} if chat.deleted else chat.value
        return Reply(200, encoded({"data": value} if Habit.WRAPPED in self._ways else value), _JSON)

    def delete(self, name: str, *, owner: bool) -> Reply:
        """Return the answer to somebody who deletes a chat."""
        chat = self._chats.get(name)
        if chat is None or chat.deleted or chat.owner is not owner:
            return _refusal(404)
        if Flaw.UNDELETABLE in self._ways:
            return _refusal(500)
        if Flaw.UNDELETED not in self._ways:
            self._chats[name] = Kept(chat.value, chat.owner, deleted=True)
        return Reply(200, encoded({"deleted": True}), _JSON) if Habit.CONFIRMED in self._ways else Reply(204, b"", [])


def _is_free(contract: Contract, path: tuple[str, ...]) -> bool:
    """Return whether the value at a place of a success may be any text, and nothing says that it is unique."""
    for answer in contract.successes[:1]:
        for field in walk(answer.schema or {}, ""):
            if field.path == path:
                return not {"x-chatcert-unique", "pattern", "format", "enum", "const", "maxLength"} & set(field.schema)
    return False


def _altered(value: Any, id_path: tuple[str, ...]) -> Any:
    """Return a chat in which every text is that of another one, its id excepted."""

    def other(inner: Any) -> Any:
        if isinstance(inner, str):
            return "of another chat"
        if isinstance(inner, dict):
            return {key: other(member) for key, member in inner.items()}
        return [other(item) for item in inner] if isinstance(inner, list) else inner

    return replaced(other(value), id_path, lookup(value, id_path))


def _refusal(status: int) -> Reply:
    return Reply(status, encoded({"detail": "there is no such chat"}), _JSON)
