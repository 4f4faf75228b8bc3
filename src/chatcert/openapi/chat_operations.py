"""The operations that read, delete and list chats: named by the overlay or, for reading, by a link of the document."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Answer, ChatListing, ChatOperation
from chatcert.openapi.document.operation_choice import operations
from chatcert.openapi.document.operation_parts import list_of, mapping_of
from chatcert.openapi.schemas.pointer import dereferenced, join, tokens_of

READ: Final = "x-chatcert-read"
DELETE: Final = "x-chatcert-delete"
LIST: Final = "x-chatcert-list"
_METHODS: Final = {READ: ("GET",), DELETE: ("DELETE", "POST", "PUT", "PATCH")}
_IN_BODY: Final = "$response.body#"
_PARAMETER: Final = re.compile(r"\{([^{}/]+)\}")


def read_operation(
    document: Mapping[str, Any], details: Mapping[str, Any], pointer: str, answers: Iterable[Answer]
) -> ChatOperation | None:
    """Return the operation that reads a chat: the one of ``x-chatcert-read``, else that of a link of a success.

    Args:
        details: the create operation.
        pointer: its place in the document.

    Raises:
        UsageError: the extension names no operation whose path has the id as its only parameter.
    """
    if READ in details:
        return _stated(READ, mapping_of(details[READ]), pointer)
    return next((found for answer in answers for found in _linked(document, answer)), None)


def delete_operation(details: Mapping[str, Any], pointer: str) -> ChatOperation | None:
    """Return the operation of ``x-chatcert-delete``; ``None`` where the overlay names none, whatever the document has.

    Raises:
        UsageError: the extension names no operation whose path has the id as its only parameter.
    """
    return _stated(DELETE, mapping_of(details[DELETE]), pointer) if DELETE in details else None


def list_operation(details: Mapping[str, Any], pointer: str) -> ChatListing | None:
    """Return the operation of ``x-chatcert-list``; ``None`` where the overlay names none.

    Raises:
        UsageError: the extension does not name a GET of a path without parameters.
    """
    if LIST not in details:
        return None
    value, where = mapping_of(details[LIST]), join(pointer, LIST)
    method, _, path = str(value.get("operation", "")).strip().partition(" ")
    path = path.strip()
    if method.upper() != "GET" or not path.startswith("/") or set("{}#\\") & set(path):
        raise UsageError(
            f"operation is {value.get('operation')!r}",
            where=where,
            hint="give GET and a path without parameters, such as GET /v1/chats?limit=100",
        )
    items, identity = str(value.get("items", _IN_BODY)), str(value.get("id", ""))
    if not (items == _IN_BODY or items.startswith(f"{_IN_BODY}/")):
        raise UsageError(f"items is {items!r}", where=where, hint=f"give {_IN_BODY} and the path of the list")
    return ChatListing(
        path, tokens_of(items.removeprefix(_IN_BODY)), tokens_of(identity), str(value.get("page", "")), where
    )


def _stated(extension: str, value: Mapping[str, Any], pointer: str) -> ChatOperation:
    where = join(pointer, extension)
    method, _, path = str(value.get("operation", "")).strip().partition(" ")
    path = path.strip()
    if method.upper() not in _METHODS[extension]:
        allowed = " or ".join(_METHODS[extension])
        raise UsageError(f"operation is {value.get('operation')!r}", where=where, hint=f"give {allowed} and a path")
    expression = str(value.get("id", ""))
    if not expression.startswith(f"{_IN_BODY}/"):
        raise UsageError(f"id is {expression!r}", where=where, hint=f"give {_IN_BODY}/ and the path of the id")
    return ChatOperation(
        method=method.upper(),
        path=path,
        parameter=_only_parameter(path, where),
        id_path=tokens_of(expression.removeprefix(_IN_BODY)),
        body=value.get("body"),
        has_body="body" in value,
        pointer=where,
        source=str(value.get("source", "")),
        may_be_unread=value.get("unread") == "allowed",
    )


def _only_parameter(path: str, where: str) -> str:
    """Return the name of the only parameter of a path, which fills a whole segment.

    A path without it, or with an empty value in it, may name all chats of a user.
    """
    segments = path.split("/")
    whole = [found[1] for segment in segments if (found := _PARAMETER.fullmatch(segment)) is not None]
    is_plain = path.startswith("/") and not set("?#%\\") & set(path) and not {".", ".."} & set(segments)
    if len(whole) != 1 or path.count("{") != 1 or path.count("}") != 1 or not is_plain or "" in segments[1:]:
        raise UsageError(
            f"{path!r} does not have the id as its only parameter",
            where=where,
            hint="give a path such as /v1/chats/{id}, the id in a segment of its own",
        )
    return whole[0]


def _linked(document: Mapping[str, Any], answer: Answer) -> Iterator[ChatOperation]:
    """Yield the operations that links of a success name, and that read a chat by its id alone."""
    if not answer.status.startswith("2"):
        return
    for name, raw in answer.links.items():
        try:
            link, _ = dereferenced(document, raw)
        except UsageError:
            continue
        given = {str(key).rpartition(".")[2]: value for key, value in mapping_of(link.get("parameters")).items()}
        found = _operation_of(document, link)
        if found is None or len(given) != 1 or "requestBody" in link:
            continue
        (parameter, expression), (path, item) = next(iter(given.items())), found
        where = join(answer.pointer, "links", name)
        try:
            is_its_path = _only_parameter(path, where) == parameter
        except UsageError:
            continue
        if is_its_path and str(expression).startswith(f"{_IN_BODY}/") and not _needs_more(document, item, parameter):
            id_path = tokens_of(str(expression).removeprefix(_IN_BODY))
            yield ChatOperation("GET", path, parameter, id_path, pointer=where, is_stated=False)


def _operation_of(document: Mapping[str, Any], link: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Return path and path item of the GET operation that a link names; ``None`` if it names another or none."""
    wanted, reference = link.get("operationId"), str(link.get("operationRef", ""))
    for path, method, item in operations(document):
        place = join("", "paths", path, method)
        if method == "get" and (
            (wanted is not None and item[method].get("operationId") == wanted)
            or (reference.startswith("#") and unquote(reference[1:]) == place)
        ):
            return path, item
    return None


def _needs_more(document: Mapping[str, Any], item: Mapping[str, Any], parameter: str) -> bool:
    """Return whether an operation has another required parameter, for which nothing is known to send."""
    for raw in (*list_of(item.get("parameters")), *list_of(mapping_of(item.get("get")).get("parameters"))):
        try:
            value, _ = dereferenced(document, raw)
        except UsageError:
            return True
        if value.get("required") is True and value.get("name") != parameter:
            return True
    return False
