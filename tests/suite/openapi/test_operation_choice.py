"""Which operation is taken where a document has several."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.openapi.document.operation_choice import choose_operation


def document(**operations: Any) -> dict[str, Any]:
    """A document with POST operations by path, each with its operationId."""
    return {"paths": {path: {"post": {"operationId": name} if name else {}} for path, name in operations.items()}}


@pytest.mark.parametrize(
    ("operations", "expected"),
    [
        (
            {
                "/threads": "createThread",
                "/completions": "createChatCompletion",
                "/threads/{id}/messages": "createMessage",
            },
            "/threads",
        ),
        ({"/v1/conversations": "", "/v1/contacts": "", "/v1/conversations/{id}/reply": ""}, "/v1/conversations"),
        ({"/chats/new": "post_chats", "/users": "post_users"}, "/chats/new"),
        ({"/group_channels": "gcCreateChannel", "/users": "createUser"}, "/group_channels"),
        ({"/sessions": "Create a conversation session", "/tokens": "New session token"}, "/sessions"),
    ],
)
def test_the_one_that_creates_a_chat_is_picked(operations: dict[str, str], expected: str) -> None:
    """By its name, or by the collection that it posts to."""
    assert expected == choose_operation(document(**operations), None, "x.yaml")[0]


def test_candidates_are_listed() -> None:
    """Where two would do, these are named, and not what surely is none."""
    operations = {"/chats": "createChat", "/conversations": "createConversation", "/users": "createUser"}

    with pytest.raises(UsageError, match="has 3 POST operations") as caught:
        choose_operation(document(**operations), None, "x.yaml")

    assert 2 == caught.value.exit_code
    assert '"POST /chats", "POST /conversations"' in caught.value.hint
    assert "users" not in caught.value.hint


def test_names_with_spaces_and_names_given_twice() -> None:
    """An operationId may be any text; one that two operations have leaves a choice."""
    spaced = document(**{"/a": "Create a chat", "/b": "twice", "/c": "twice"})

    assert "/a" == choose_operation(spaced, "Create a chat", "x.yaml")[0]
    assert "/b" == choose_operation(spaced, "post /b", "x.yaml")[0]
    with pytest.raises(UsageError, match="2 operations that are called 'twice'"):
        choose_operation(spaced, "twice", "x.yaml")


def test_a_weak_word_alone_picks_nothing() -> None:
    """A session, channel or room may be of anything: name and path must both say it, or the candidates are listed."""
    operations = {"/moderation/setup": "createSetupSession", "/chat/channels/{id}/query": "getOrCreateChannel"}

    with pytest.raises(UsageError, match="has 2 POST operations") as caught:
        choose_operation(document(**operations), None, "x.yaml")

    assert "POST /moderation/setup" in caught.value.hint
    assert "POST /chat/channels/{id}/query" in caught.value.hint


def test_operations_of_later_versions_are_offered() -> None:
    """OpenAPI 3.2 has the method QUERY and any others; what is offered names them."""
    paths = {"/chats": {"query": {}, "additionalOperations": {"COPY": {}}}}

    with pytest.raises(UsageError) as caught:
        choose_operation({"openapi": "3.2.0", "info": {}, "paths": paths}, None, "a.yaml")

    assert 'it offers: "QUERY /chats", "COPY /chats"' == caught.value.hint
