"""The count of chats is never passed, by however many threads and processes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from chatcert.transport.chats.chat_count import ChatCount, ChatsSpent


@pytest.mark.parametrize("shared", [False, True])
def test_threads_create_no_more_than_allowed(tmp_path: Path, shared: bool) -> None:
    """Each of many threads that takes a place may create a chat, and no more take one than there are."""
    counts = [ChatCount(5, folder=tmp_path) for _ in range(4)] if shared else [ChatCount(5)] * 4
    created: list[int] = []

    def work(number: int) -> None:
        try:
            for turn in range(4):
                counts[number].take()
                counts[number].settle(created=turn != 0)
                created.extend([turn] if turn else [])
        except ChatsSpent:
            pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert 5 == len(created)


def test_a_place_is_kept_for_the_last_control() -> None:
    """What is reserved can be taken by the controls at the end alone."""
    count = ChatCount(2, reserved=1)
    count.take()
    count.settle(created=True)

    with pytest.raises(ChatsSpent):
        count.take()
    with count.for_controls():
        count.take()


def test_what_an_earlier_part_created_counts() -> None:
    """A run that is resumed goes on with its count."""
    with pytest.raises(ChatsSpent):
        ChatCount(3, spent=3).take()
