"""The parts of a document that one operation uses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import SpecDefect
from chatcert.openapi.schemas.dialect import is_modern
from chatcert.openapi.schemas.keywords import CONDITIONAL, subschemas
from chatcert.openapi.schemas.pointer import join, locate

MAX_SCHEMAS = 5_000


@dataclass(frozen=True, slots=True)
class Node:
    """An object of the document, references followed, with its pointer; ``name`` is its key or media type."""

    pointer: str
    value: Mapping[str, Any]
    name: str = ""


@dataclass(frozen=True, slots=True)
class SchemaNode:
    """A schema that the operation uses; ``whole`` unless it applies only together with others (``allOf`` …)."""

    pointer: str
    value: Mapping[str, Any]
    whole: bool


@dataclass
class OperationParts:
    """The parts of a document that one operation uses, and the broken references among them."""

    document: Mapping[str, Any]
    path: str
    method: str
    unresolved: list[SpecDefect] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.modern = is_modern(self.document)
        self.item = self.at(join("", "paths", self.path), mapping_of(self.document.get("paths")).get(self.path))
        self.operation = self.at(join(self.item.pointer, self.method), self.item.value.get(self.method))
        self.parameters = [
            self.at(join(holder.pointer, "parameters", index), raw)
            for holder in (self.item, self.operation)
            for index, raw in enumerate(list_of(holder.value.get("parameters")))
        ]
        self.body = self.at(join(self.operation.pointer, "requestBody"), self.operation.value.get("requestBody"))
        self.responses = [
            self.at(join(self.operation.pointer, "responses", status), raw, str(status))
            for status, raw in mapping_of(self.operation.value.get("responses")).items()
            if not str(status).startswith("x-")
        ]
        self.schemas = list(self._schemas())

    def at(self, pointer: str, value: Any, name: str = "") -> Node:
        """Return the object at ``pointer``, references followed; an empty one for a broken reference."""
        for _ in range(32):
            if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
                break
            try:
                pointer, value = locate(self.document, value["$ref"])
            except UsageError as error:
                self.unresolved.append(_unresolved(pointer, value["$ref"], error))
                return Node(pointer, {}, name)
        return Node(pointer, mapping_of(value), name)

    def contents(self, holder: Node) -> Iterator[Node]:
        """Yield the media types of a body, an answer or a parameter, as OpenAPI 3 has them."""
        for name, raw in mapping_of(holder.value.get("content")).items():
            yield self.at(join(holder.pointer, "content", name), raw, str(name))
        if "swagger" in self.document and "schema" in holder.value:  # its examples are listed by media type
            yield Node(holder.pointer, {"schema": holder.value["schema"]}, "application/json")

    def holders(self) -> Iterator[Node]:
        """Yield all parts of the operation that have a schema and examples."""
        for parameter in self.parameters:
            if "content" not in parameter.value:
                yield parameter
            yield from self.contents(parameter)
        for holder in (self.body, *self.responses):
            yield from self.contents(holder)

    def _schemas(self) -> Iterator[SchemaNode]:
        roots: list[tuple[str, Any, bool]] = []
        for holder in self.holders():
            if "schema" in holder.value:
                roots.append((join(holder.pointer, "schema"), holder.value["schema"], True))
            elif "in" in holder.value and "swagger" in self.document:
                roots.append((holder.pointer, {k: v for k, v in holder.value.items() if k != "required"}, True))
        stack, seen = roots[::-1], set[str]()
        while stack and len(seen) < MAX_SCHEMAS:
            pointer, value, whole = stack.pop()
            if pointer in seen or isinstance(value, bool):
                continue
            seen.add(pointer)
            if not isinstance(value, Mapping):
                self.unresolved.append(SpecDefect(pointer, "A schema is due here, and this is none."))
                continue
            reference = value.get("$ref")
            if isinstance(reference, str):
                try:
                    stack.append((*locate(self.document, reference), whole))
                except UsageError as error:
                    self.unresolved.append(_unresolved(pointer, reference, error))
                value = {k: v for k, v in value.items() if k != "$ref"} if self.modern else {}
                whole = False
            if value or not isinstance(reference, str):
                yield SchemaNode(pointer, value, whole)
            children = [
                (join(pointer, *tokens), inner, keyword not in CONDITIONAL)
                for keyword, tokens, inner in subschemas(value)
            ]
            stack.extend(reversed(children))


def _unresolved(pointer: str, reference: str, error: UsageError) -> SpecDefect:
    return SpecDefect(join(pointer, "$ref"), f"The reference {unquote(reference)} {error.what}.")


def mapping_of(value: Any) -> Mapping[str, Any]:
    """Return ``value`` if it is an object, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def list_of(value: Any) -> list[Any]:
    """Return ``value`` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []
