"""Operations beside the create operation that look as if they read or deleted one chat, or listed all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from chatcert.exceptions import UsageError
from chatcert.onboarding.heuristics import is_chat_id
from chatcert.openapi.contract import Contract, Parameter
from chatcert.openapi.document.operation_choice import operations
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import join

_LISTS: Final = ("", "/", "/list", "/all")
"""What the path of a list of chats has beyond that of the chats."""
_PAGES: Final = ("page", "pagenumber")
"""Names of a parameter that counts pages, as small letters alone."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An operation that a person may name in the overlay.

    Attributes:
        rule: ``read``, ``list`` or ``delete``.
        content: the members of the extension.
        reason: why it is likely, in one line.
        requirements: paths of the requirements that follow from it.
    """

    rule: str
    content: dict[str, Any]
    reason: str
    requirements: tuple[str, ...]


def neighbours_of(contract: Contract) -> Iterator[Neighbour]:
    """Yield what looks as if it read, listed or deleted chats, if an answer has an id.

    One chat: the GET and the DELETE whose path is that of the chats with one parameter more. All chats: a GET of that
    path, whose answer holds a list of things with such an id.
    """
    expression = _id_expression(contract)
    if not expression or "{" in contract.path:
        return
    collection = contract.path.rstrip("/")
    places = {collection, collection.rpartition("/")[0]} - {""}
    for path, method, _ in operations(contract.document):
        parent, _, last = path.rpartition("/")
        if parent not in places or not (last.startswith("{") and last.endswith("}")) or last.count("{") != 1:
            continue
        name = f"{method.upper()} {path}"
        content = {"operation": name, "id": expression, "source": f"The operation {name}."}
        if method == "get" and contract.read is None:
            yield Neighbour("read", content, f"{name} looks as if it reads one chat.", ("lifecycle/created",))
        if method == "delete" and contract.delete is None:
            reason = f"{name} looks as if it deletes one chat; be sure of it, since chats are deleted by it."
            yield Neighbour("delete", content, reason, ())
    if contract.listing is None:
        yield from _lists(contract, sorted(places, key=len, reverse=True), expression.rpartition("/")[2])


def _lists(contract: Contract, places: list[str], id_name: str) -> Iterator[Neighbour]:
    """Yield the operations that look as if they listed chats, the likeliest first.

    Args:
        places: the paths that may be those of all chats.
        id_name: what the answer to the create operation calls the id.
    """
    known = {path for path, method, _ in operations(contract.document) if method == "get"}
    for path in (f"{place}{ending}" for place in places for ending in _LISTS):
        if path not in known:
            continue
        name = f"GET {path}"
        try:
            made = read_contract(dict(contract.document), vendor=contract.vendor, where="document", operation=name)
        except UsageError:
            continue
        items = _items(made, id_name)
        if items is None or any(parameter.required for parameter in made.parameters):
            continue
        content = {"operation": name, **items}
        page = next((one.name for one in made.parameters if _counts_pages(one)), "")
        if page:
            content["page"] = page
        reason = f"{name} looks as if it lists chats: an answer that never came is looked for there by its marker."
        yield Neighbour("list", {**content, "source": f"The operation {name}."}, reason, ())


def _items(contract: Contract, id_name: str) -> dict[str, str] | None:
    """Return where an answer holds a list, and where its items hold the id; ``None`` if it holds none, or several."""
    fields = [field for answer in contract.successes[:1] for field in walk(answer.schema or {}, answer.schema_pointer)]
    lists = [
        field.path for field in fields if "array" in field.types and "items" in field.schema and ANY not in field.path
    ]
    found = {path: id_at for path in lists if (id_at := _id_in(path, fields, id_name))}
    if len(found) != 1:
        return None
    ((path, id_at),) = found.items()
    return {**({"items": f"$response.body#{join('', *path)}"} if path else {}), "id": join("", *id_at)}


def _id_in(path: tuple[str, ...], fields: list[Field], id_name: str) -> tuple[str, ...]:
    """Return where the items of a list hold the id of a chat; empty if nothing there looks like one."""
    item = (*path, ANY)
    items = [replace(one, path=one.path[len(item) :]) for one in fields if one.path[: len(item)] == item]
    named = [one for one in items if one.path and ANY not in one.path and is_chat_id(one)]
    ordered = sorted(named, key=lambda one: (one.path[-1] != id_name, len(one.path)))
    return next((one.path for one in ordered), ())


def _counts_pages(parameter: Parameter) -> bool:
    """Return whether a parameter counts pages from 1."""
    plain = "".join(character for character in parameter.name.lower() if character.isalpha())
    start = [parameter.schema.get(keyword) for keyword in ("minimum", "default")]
    return parameter.location == "query" and plain in _PAGES and 0 not in start


def _id_expression(contract: Contract) -> str:
    """Return the runtime expression of the id of a chat in the first success; empty if none looks like one."""
    for answer in contract.successes[:1]:
        for field in walk(answer.schema or {}, answer.schema_pointer):
            if field.path and is_chat_id(field):
                return f"$response.body#/{'/'.join(field.path)}"
    return ""
