"""Operations of a document beside the create operation that look as if they read or deleted one chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chatcert.onboarding.heuristics import is_chat_id
from chatcert.openapi.contract import Contract
from chatcert.openapi.fields import walk
from chatcert.openapi.operation_choice import operations


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An operation that a person may name in the overlay.

    Attributes:
        rule: ``read`` or ``delete``.
        content: the members of the extension.
        reason: why it is likely, in one line.
        requirements: paths of the requirements that follow from it.
    """

    rule: str
    content: dict[str, Any]
    reason: str
    requirements: tuple[str, ...]


def neighbours_of(contract: Contract) -> Iterator[Neighbour]:
    """Yield the GET and the DELETE whose path is that of the chats with one parameter more, if an answer has an id."""
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


def _id_expression(contract: Contract) -> str:
    """Return the runtime expression of the id of a chat in the first success; empty if none looks like one."""
    for answer in contract.successes[:1]:
        for field in walk(answer.schema or {}, answer.schema_pointer):
            if field.path and is_chat_id(field):
                return f"$response.body#/{'/'.join(field.path)}"
    return ""
