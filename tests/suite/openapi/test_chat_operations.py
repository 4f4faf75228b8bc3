"""The operations that read and delete a chat: named with the id as the only parameter, and deletion never guessed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.openapi.chat_operations import DELETE, READ
from chatcert.openapi.contract import Contract

POST = "/paths/~1teams~1{team}~1chats/post"
ID = "$response.body#/id"


@pytest.mark.parametrize(("extension", "method"), [(READ, "GET"), (DELETE, "DELETE"), (DELETE, "POST")])
def test_an_extension_names_an_operation(
    changed: Callable[..., Any], read: Callable[..., Contract], extension: str, method: str
) -> None:
    """Method, path and the place of the id are those of the extension."""
    value = {"operation": f"{method} /chats/{{id}}", "id": "$response.body#/data/id", "source": "Chats."}

    contract = read(changed({f"{POST}/{extension}": value}))
    found = contract.read if extension == READ else contract.delete

    assert found is not None
    assert (f"{method} /chats/{{id}}", "id", ("data", "id")) == (found.name, found.parameter, found.id_path)


@pytest.mark.parametrize(
    "path",
    [
        *("/chats", "/chats/", "/chats/{id}/", "/teams/{team}/chats/{id}", "/chats/{id}/{id}", "/chats/id-{id}"),
        *("/chats?id={id}", "/chats/{id}?all=true", "chats/{id}", "/chats/../{id}", "//chats/{id}", "/chats/{id", ""),
    ],
)
def test_a_path_that_could_name_more_than_one_chat_is_refused(
    changed: Callable[..., Any], read: Callable[..., Contract], path: str
) -> None:
    """Only a path with the id as its one parameter, in a segment of its own, names one chat."""
    with pytest.raises(UsageError) as caught:
        read(changed({f"{POST}/{DELETE}": {"operation": f"DELETE {path}", "id": ID}}))

    assert DELETE in caught.value.line()


@pytest.mark.parametrize(
    ("extension", "value"),
    [
        (READ, {"operation": "DELETE /chats/{id}", "id": ID}),
        (DELETE, {"operation": "GET /chats/{id}", "id": ID}),
        (DELETE, {"operation": "DELETE /chats/{id}", "id": "id"}),
        (DELETE, {"operation": "DELETE /chats/{id}"}),
        (DELETE, {"id": ID}),
    ],
)
def test_a_malformed_operation_is_refused(
    changed: Callable[..., Any], read: Callable[..., Contract], extension: str, value: Any
) -> None:
    """A read is a GET, a deletion is none, and both say where the id is."""
    with pytest.raises(UsageError) as caught:
        read(changed({f"{POST}/{extension}": value}))

    assert extension in caught.value.line()


LINK = {"operationId": "getChat", "parameters": {"chat": ID}}
GET = {"operationId": "getChat", "parameters": [{"name": "chat", "in": "path", "required": True}], "responses": {}}


@pytest.mark.parametrize(
    ("link", "linked", "found"),
    [
        (LINK, {"get": GET}, "GET /chats/{chat}"),
        ({**LINK, "parameters": {"path.chat": ID}}, {"get": GET}, "GET /chats/{chat}"),
        (
            {"operationRef": "#/paths/~1chats~1{chat}/get", "parameters": {"chat": ID}},
            {"get": GET},
            "GET /chats/{chat}",
        ),
        (LINK, {"delete": GET}, ""),
        ({**LINK, "parameters": {"chat": "$request.body#/text"}}, {"get": GET}, ""),
        ({**LINK, "parameters": {"chat": ID, "page": "1"}}, {"get": GET}, ""),
        (
            LINK,
            {"get": {**GET, "parameters": [*GET["parameters"], {"name": "v", "in": "query", "required": True}]}},
            "",
        ),
    ],
)
def test_a_link_names_the_operation_that_reads(
    changed: Callable[..., Any], read: Callable[..., Contract], link: Any, linked: Any, found: str
) -> None:
    """A GET that needs nothing but the id of the answer reads the chat; nothing of a link ever deletes."""
    contract = read(changed({f"{POST}/responses/201/links": {"Read": link}, "/paths/~1chats~1{chat}": linked}))

    assert found == (contract.read.name if contract.read is not None else "")
    assert contract.delete is None
