"""Manners of keeping chats: how a server answers about a chat that was created, deleted, or is another's."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.mock.kept_chats import Habit
from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.variations import Manner


def chat_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners of the operations that read and delete a chat, where there are any."""
    contract = draft.contract
    if contract.read is None:
        return
    yield draft.make("chat-wrapped", "a chat that is read stands in a member of the answer", chats=(Habit.WRAPPED,))
    if contract.credentials:
        yield draft.make("chat-forbidden", "another's chat is refused with 403", chats=(Habit.FORBIDDEN,))
    if contract.delete is not None:
        yield draft.make("chat-gone", "a chat that was deleted is answered with 410", chats=(Habit.GONE,))
        yield draft.make("chat-confirmed", "a deletion is answered with 200 and JSON", chats=(Habit.CONFIRMED,))
        yield draft.make("chat-tombstone", "a chat that was deleted says so when read", chats=(Habit.TOMBSTONE,))
