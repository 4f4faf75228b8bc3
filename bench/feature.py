"""A feature of OpenAPI as ``bench/features.py`` tries it, and the document that shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from feature_server import Server

DIALECTS = ("2.0", "3.0", "3.1", "3.2")
ALL = frozenset(DIALECTS)
THREE = frozenset(("3.0", "3.1", "3.2"))
MODERN = frozenset(("3.1", "3.2"))
NEWEST = frozenset(("3.2",))

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Feature:
    """One keyword or feature.

    Attributes:
        name: what it is called in the matrix.
        document: makes the document in a dialect.
        honest: a server that does all that the document says.
        stricter: servers that refuse what the feature allows.
        looser: servers that serve what the feature forbids.
        wrong: servers whose answers break the feature; ``None`` for the honest one that gives back the planned
            invalid bodies.
        accepts, refuses, answers: patterns of the ids, without the vendor, of the requirements that are about it.
        untested: what a report says of it, as a regular expression, if it says that this is not tested.
        secrets: what the servers know by the names of credentials and parameters.
    """

    name: str
    document: Callable[[str], Mapping[str, Any]]
    honest: Server
    stricter: Sequence[Server] = ()
    looser: Sequence[Server] = ()
    wrong: Sequence[Server] | None = ()
    accepts: Sequence[str] = ()
    refuses: Sequence[str] = ()
    answers: Sequence[str] = ()
    dialects: frozenset[str] = ALL
    untested: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)


OBJECT: Mapping[str, Any] = {"type": "object"}
REFUSAL = {"type": "object", "properties": {"detail": {"type": "string"}}}


def operation_document(
    dialect: str,
    *,
    content: Mapping[str, Any] | None = None,
    parameters: Sequence[Mapping[str, Any]] = (),
    answer: Mapping[str, Any] | None = None,
    refusals: Mapping[str, Any] | None = None,
    path: str = "/chats",
    schemas: Mapping[str, Any] | None = None,
    schemes: Mapping[str, Any] | None = None,
    security: Sequence[Mapping[str, Any]] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Return a document whose only operation creates a chat.

    Args:
        content: the Media Type Objects of the body; in Swagger the first one's schema stands for all.
        answer: members of the answer of status 200, which is any JSON object without them.
        refusals: further answers, by status.
        more: members of the operation.
    """
    content = {JSON: {"schema": OBJECT}} if content is None else content
    answer = {"content": {JSON: {"schema": OBJECT}}} if answer is None else answer
    answers = {
        "200": {"description": "made", **answer},
        "400": {"description": "no", "content": {JSON: {"schema": REFUSAL}}},
    }
    answers |= refusals or {}
    info = {"title": "Feature", "version": "1"}
    operation: dict[str, Any] = {"operationId": "createChat", "parameters": [*parameters]}
    if security is not None:
        operation["security"] = [*security]
    if dialect == "2.0":
        if content:
            body = {"in": "body", "name": "body", "required": True, **next(iter(content.values()))}
            operation["parameters"].append(body)
            operation["consumes"] = [*content]
        operation |= {"produces": [JSON], "responses": {k: _swagger(v) for k, v in answers.items()}, **more}
        top = {"definitions": schemas or {}, "securityDefinitions": schemes or {}}
        return {"swagger": "2.0", "info": info, "paths": {path: {"post": operation}}, **_held(top)}
    if content:
        operation["requestBody"] = {"required": True, "content": content}
    operation |= {"responses": answers, **more}
    components = _held({"schemas": schemas or {}, "securitySchemes": schemes or {}})
    return {"openapi": f"{dialect}.0", "info": info, "paths": {path: {"post": operation}}, "components": components}


def _held(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: member for name, member in members.items() if member}


def _swagger(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as Swagger writes it."""
    rest = {name: member for name, member in answer.items() if name != "content"}
    first: Mapping[str, Any] = next(iter(answer.get("content", {}).values()), {})
    return {**rest, **first}


def each(dialects: frozenset[str], value: Any) -> dict[str, Any]:
    """Return the same value for each of some dialects."""
    return dict.fromkeys(dialects, value)
