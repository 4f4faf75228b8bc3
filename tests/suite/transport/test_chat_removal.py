"""Chats are deleted by their ids only where these can name nothing else, and what is read is the run's own."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.openapi.contract import Contract
from chatcert.openapi.document.overlay import apply_overlay
from chatcert.openapi.reading import read_contract
from chatcert.openapi.values.request_markers import marker_of
from chatcert.requirements.operation import Operation
from chatcert.transport.chats import chat_removal
from chatcert.transport.chats.chat_removal import MOST_FAILURES, ChatRemoval
from chatcert.transport.chats.created_chats import answered_with_error, created_chats, unanswered
from chatcert.transport.chats.ownership import why_not_own
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Role, Sent, TransportError
from chatcert.transport.target import Target

Rows = list[tuple[str | None, bool, str]]


def contract_of(chat_store: ModuleType, **named: bool) -> Contract:
    """The contract of the store, with the operations that its overlay names."""
    document = apply_overlay(chat_store.document(), chat_store.overlay(**named), where="overlay.json")
    return read_contract(document, vendor="store", where="store.json")


def exchange(number: int, body: Any, status: int | None, answer: Any = None, method: str = "POST") -> Exchange:
    """An exchange of a run."""
    received = Received(status, (), json.dumps(answer).encode()) if status is not None else None
    return Exchange(
        number=number,
        case=f"case {number}",
        requirement="store/accepts/required-only",
        expectation=Expectation.ACCEPTED,
        role=Role.CASE,
        sent=Sent(method, "http://store/v1/chats", "/v1/chats", (), json.dumps(body).encode()),
        started=time.time(),
        seconds=0.1,
        received=received,
        error=None if received is not None else TransportError(ErrorKind.TIMEOUT, "no answer"),
    )


def created(chat_store: ModuleType, kept: Any, number: int, text: str | None = None, **wrong: Any) -> Exchange:
    """An exchange that has created a chat; its text has a marker unless another one is given."""
    body = {"text": text if text is not None else f"Hello {marker_of('run', str(number))}"}
    status, answer = kept.create(chat_store.KEY, body)
    return exchange(number, body, status, {**answer, **wrong})


@pytest.fixture
def remove(chat_store: ModuleType) -> Callable[..., Rows]:
    """Deletes the chats of exchanges on a store, and returns what became of each."""

    def removing(kept: Any, exchanges: list[Exchange], resources: Any = None, **named: bool) -> Rows:
        target = Target(kept.url, {"Key": Secret(chat_store.KEY)}, resources or {})
        removal = ChatRemoval(contract_of(chat_store, **named), target, exchanges)
        return [(one.id, one.removed, one.reason) for one in removal.run()]

    return removing


@pytest.mark.parametrize(
    "identity",
    [
        "",
        ".",
        "..",
        "a/b",
        "a?b",
        "a#b",
        "a%2fb",
        "a;b",
        "a\\b",
        "ä",
        "a\tb",
        "a b",
        "all",
        "a,b",
        "*",
        7,
        None,
        ["x"],
        "x" * 300,
    ],
)
def test_an_id_that_may_name_something_else_leads_to_no_delete(
    chat_store: ModuleType, remove: Callable[..., Rows], identity: Any
) -> None:
    """Whatever is no plain text of one segment of a path is not deleted, not even where nothing can be read."""
    with chat_store.serving(chat_store.Store()) as kept:
        rows = remove(kept, [created(chat_store, kept, 1, id=identity)], read=False, unread=True)

    assert [(False, True)] == [(removed, bool(reason)) for _, removed, reason in rows]
    assert ([], 1, chat_store.MINE) == (kept.deletes, len(kept.left), kept.mine)


def test_an_id_that_came_twice_is_not_deleted(chat_store: ModuleType, remove: Callable[..., Rows]) -> None:
    """A server that gives every chat the same id, in whatever case, may mean any chat by it."""
    with chat_store.serving(chat_store.Store()) as kept:
        sent = [created(chat_store, kept, number, id=name) for number, name in enumerate(("mine-1", "MINE-1"), 1)]
        rows = remove(kept, sent, read=False, unread=True)

    assert [(False, "its id came in 2 answers of this run")] * 2 == [(removed, why) for _, removed, why in rows]
    assert ([], chat_store.MINE) == (kept.deletes, kept.mine)


def test_a_configured_resource_is_not_deleted(chat_store: ModuleType, remove: Callable[..., Rows]) -> None:
    """The name of an existing thing that the user has configured is none of the run's chats."""
    with chat_store.serving(chat_store.Store()) as kept:
        rows = remove(kept, [created(chat_store, kept, 1, id="mine-2")], {"folder": "mine-2"}, read=False, unread=True)

    assert [("mine-2", False, "its id is that of a configured resource")] == rows
    assert [] == kept.deletes


def test_an_id_in_a_refusal_or_an_answer_to_another_method_is_not_deleted(
    chat_store: ModuleType, remove: Callable[..., Rows]
) -> None:
    """Only what came in a success of the create operation was created by it."""
    sent = [exchange(1, {}, 400, {"id": "mine-1"}), exchange(2, {}, 200, {"id": "mine-2"}, method="GET")]
    with chat_store.serving(chat_store.Store()) as kept:
        rows = remove(kept, sent, read=False, unread=True)

    assert [("mine-2", False, "its id came in an answer to GET")] == rows
    assert [] == kept.deletes


def test_a_chat_that_holds_no_marker_of_the_run_is_not_deleted(
    chat_store: ModuleType, remove: Callable[..., Rows]
) -> None:
    """A foreign id that came once is found out by reading it."""
    with chat_store.serving(chat_store.Store()) as kept:
        rows = remove(kept, [created(chat_store, kept, 1, id="mine-1")])

    assert [("mine-1", False, "what is read by its id holds no marker of this run")] == rows
    assert [] == kept.deletes


@pytest.mark.parametrize(("age", "removed"), [(0, True), (86_400, False)])
def test_a_chat_without_room_for_a_marker_is_known_by_content_and_time(
    chat_store: ModuleType, remove: Callable[..., Rows], age: int, removed: bool
) -> None:
    """Where a request held no marker, all that it sent has to be there, and it has to have been created just then."""
    with chat_store.serving(chat_store.Store()) as kept:
        one = created(chat_store, kept, 1, "a")
        name = kept.left[0]
        moment = int(time.time()) - age
        kept.chats[name] = {**kept.chats[name], "created": moment}
        one = exchange(1, {"text": "a"}, 201, {"id": name, "text": "a", "created": moment})
        rows = remove(kept, [one])

    assert [removed] == [row[1] for row in rows]
    assert ([] if removed else [name]) == kept.left


@pytest.mark.parametrize(
    ("sent", "found", "is_own"),
    [
        (10**308, 1e308, True),
        (2**64 + 1, 2.0**64, True),
        (-0.0, 0, True),
        (1, 1.0, True),
        (1, 2, False),
        (1, True, False),
        (0, False, False),
        (1, "1", False),
    ],
)
def test_numbers_are_what_was_sent_if_json_does_not_tell_them_apart(
    chat_store: ModuleType, sent: Any, found: Any, is_own: bool
) -> None:
    """A server that keeps doubles gives back the same number in another form (RFC 8259 section 6)."""
    answer = {"id": "a", "created": int(time.time())}
    one = exchange(1, {"text": {"a": [sent]}}, 201, answer)
    read = Received(200, (), json.dumps({**answer, "text": {"a": [found]}}).encode())

    assert is_own == (why_not_own(contract_of(chat_store), one, read) == "")


@pytest.mark.parametrize(
    ("found", "is_own"),
    [
        ({"": "b", "x": 1}, True),
        ({"": "a", "x": 1}, True),
        ({"": "b", "\x01": "a", "x": 1, "more": 2}, True),
        ({"": "b"}, False),
        ({"": "c", "x": 1}, False),
        ({"x": 1}, False),
        ("x", False),
    ],
)
def test_names_that_a_server_cannot_keep_apart_are_one(chat_store: ModuleType, found: Any, is_own: bool) -> None:
    """What is dropped from names makes some of them equal, so that one value is left of several."""
    answer = {"id": "a", "created": int(time.time())}
    one = exchange(1, {"text": {"": "a", "\ud800": "b", "x": 1}}, 201, answer)
    read = Received(200, (), json.dumps({**answer, "text": found}).encode())

    assert is_own == (why_not_own(contract_of(chat_store), one, read) == "")


def test_a_foreign_chat_with_other_content_is_not_deleted(chat_store: ModuleType, remove: Callable[..., Rows]) -> None:
    """A chat that was created just now, with another content, is not the run's own."""
    with chat_store.serving(chat_store.Store()) as kept:
        _, other = kept.create(chat_store.KEY, {"text": "b"})
        rows = remove(kept, [created(chat_store, kept, 1, "a", id=other["id"])])

    assert [False] == [row[1] for row in rows]
    assert [] == kept.deletes


def test_a_member_that_the_document_does_not_have_need_not_be_kept(
    chat_store: ModuleType, remove: Callable[..., Rows]
) -> None:
    """A request without a marker may hold more than the document: a server stores what it knows."""
    with chat_store.serving(chat_store.Store()) as kept:
        _, answer = kept.create(chat_store.KEY, {"text": "a"})
        rows = remove(kept, [exchange(1, {"text": "a", "undocumented": {"a": 1}}, 201, answer)])

    assert [True] == [row[1] for row in rows]
    assert [] == kept.left


def test_a_chat_that_the_run_has_deleted_is_gone(chat_store: ModuleType, remove: Callable[..., Rows]) -> None:
    """It is not looked for again, since a server may answer anything about a chat that is not there."""
    with chat_store.serving(chat_store.Store()) as kept:
        first = created(chat_store, kept, 1)
        deletion = exchange(2, None, 204, method="DELETE")
        rows = remove(kept, [first, replace(deletion, operation=Operation.DELETE, control=1)])

    assert [True] == [row[1] for row in rows]
    assert ([], []) == (kept.calls, kept.deletes)


def test_chats_are_deleted_once_each(chat_store: ModuleType, remove: Callable[..., Rows]) -> None:
    """The run's own chats are gone; one that is gone already counts as removed."""
    with chat_store.serving(chat_store.Store()) as kept:
        sent = [created(chat_store, kept, number) for number in range(1, 4)]
        kept.chats.pop(kept.left[0])
        rows = remove(kept, sent)

    assert [True] * 3 == [removed for _, removed, _ in rows]
    assert (2, [], chat_store.MINE) == (len(kept.deletes), kept.left, kept.mine)


def test_chats_that_no_reading_has_ever_found_are_not_called_removed(
    chat_store: ModuleType, remove: Callable[..., Rows]
) -> None:
    """Where the operation that reads answers 404 to every id, its path may be wrong, and the chats may be there."""
    with chat_store.serving(chat_store.Store()) as kept:
        sent = [created(chat_store, kept, number) for number in range(1, 3)]
        kept.chats.clear()
        rows = remove(kept, sent)

    assert ["GET /v1/chats/{id} finds neither it nor any other chat of this run"] * 2 == [why for _, _, why in rows]
    assert [] == kept.deletes


def test_chats_are_gone_where_the_run_itself_has_read_one(chat_store: ModuleType, remove: Callable[..., Rows]) -> None:
    """A 404 says that a chat is gone as soon as the same operation has found another one."""
    with chat_store.serving(chat_store.Store()) as kept:
        sent = [created(chat_store, kept, 1), replace(exchange(2, None, 200, method="GET"), operation=Operation.READ)]
        kept.chats.clear()
        rows = remove(kept, sent)

    assert [True] == [removed for _, removed, _ in rows]


@pytest.mark.parametrize("status", [200, 204])
def test_a_deletion_that_does_nothing_is_no_removal(
    chat_store: ModuleType, remove: Callable[..., Rows], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """A chat that can still be read after a successful DELETE is listed as not removed, whichever success it was."""
    monkeypatch.setattr(chat_removal, "LATER", (0.0, 0.0))
    with chat_store.serving(chat_store.Store(forgets=True, deleted=status)) as kept:
        rows = remove(kept, [created(chat_store, kept, number) for number in range(1, 3)])

    why = f"status {status} to DELETE /v1/chats/{{id}}, but it can still be read"
    assert [why] * 2 == [reason for _, _, reason in rows]


@pytest.mark.parametrize("status", [200, 204])
def test_a_chat_that_says_that_it_is_deleted_is_removed(
    chat_store: ModuleType, remove: Callable[..., Rows], status: int
) -> None:
    """Another answer than before the deletion says that the chat is gone, as for the requirement on deletion."""
    with chat_store.serving(chat_store.Store(marks=True, deleted=status)) as kept:
        rows = remove(kept, [created(chat_store, kept, 1)])

    assert [True] == [removed for _, removed, _ in rows]


def test_a_success_without_content_is_believed_once_a_chat_is_gone(
    chat_store: ModuleType, remove: Callable[..., Rows]
) -> None:
    """Only the first chat is read again, since each request counts."""
    with chat_store.serving(chat_store.Store(deleted=204)) as kept:
        rows = remove(kept, [created(chat_store, kept, number) for number in range(1, 4)])

    assert [True] * 3 == [removed for _, removed, _ in rows]
    assert (4, 3) == (sum(method == "GET" for method, _ in kept.calls), len(kept.deletes))


def test_nothing_more_is_sent_to_a_server_that_fails(chat_store: ModuleType, remove: Callable[..., Rows]) -> None:
    """After some failures in a row the rest is listed, with that reason."""
    with chat_store.serving(chat_store.Store()) as kept:
        sent = [created(chat_store, kept, number) for number in range(1, MOST_FAILURES + 3)]
    rows = remove(kept, sent)

    assert 2 == sum("nothing more was sent" in why for _, _, why in rows)
    assert not any(removed for _, removed, _ in rows)


def test_what_may_have_left_a_chat_is_counted(chat_store: ModuleType) -> None:
    """A request without an answer and one with a server error may have created a chat; a refused one has not."""
    sent = [
        exchange(1, {}, None),
        exchange(2, {}, 500, {}),
        exchange(3, {}, 400, {}),
        exchange(4, {}, 201, {"id": "x"}),
    ]
    contract = contract_of(chat_store)

    assert (1, 1) == (unanswered(contract, sent), answered_with_error(contract, sent))
    assert [("x", 4)] == [(chat.id, chat.exchange) for chat in created_chats(contract, sent)]
