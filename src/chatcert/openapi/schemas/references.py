"""Rewrite references by ``$id``, ``$anchor`` and ``$dynamicAnchor`` into JSON Pointers (JSON Schema 2020-12, 8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urljoin

from chatcert.openapi.schemas.pointer import MISSING, join, lookup, tokens_of

_VALUES = ("example", "examples", "default", "const", "enum")
"""Keywords that hold values, in which nothing is a reference."""


def with_plain_references(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the document with each reference by a name as a reference by a place; others stay as they are.

    ``$dynamicRef`` becomes ``$ref`` where one schema alone has the anchor: no other can take its place then.
    """
    names = _Names()
    names.collect(document, str(document.get("$self", "")), "")
    return names.rewritten(document, str(document.get("$self", ""))) if names.found else document


def _children(node: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(node, Mapping):
        yield from ((key, value) for key, value in node.items() if key not in _VALUES or isinstance(value, Mapping))
    elif isinstance(node, list):
        yield from enumerate(node)


def _base_of(node: Any, base: str) -> str:
    own = node.get("$id") if isinstance(node, Mapping) else None
    return urljoin(base, own).partition("#")[0] if isinstance(own, str) else base


@dataclass
class _Names:
    """The schemas that have a name: by their address, and by the address and an anchor in it."""

    resources: dict[str, str] = field(default_factory=dict)
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    dynamic: dict[str, list[str]] = field(default_factory=dict)

    @property
    def found(self) -> bool:
        return len(self.resources) > 1 or bool(self.anchors)

    def collect(self, node: Any, base: str, pointer: str) -> None:
        base = _base_of(node, base)
        if isinstance(node, Mapping):
            if not pointer or isinstance(node.get("$id"), str):
                self.resources.setdefault(base, pointer)
            for keyword in ("$anchor", "$dynamicAnchor"):
                if isinstance(node.get(keyword), str):
                    self.anchors.setdefault((base, node[keyword]), pointer)
            if isinstance(node.get("$dynamicAnchor"), str):
                self.dynamic.setdefault(node["$dynamicAnchor"], []).append(pointer)
        for key, value in _children(node):
            self.collect(value, base, join(pointer, key))

    def rewritten(self, node: Any, base: str, root: Any = None) -> Any:
        root = node if root is None else root
        base = _base_of(node, base)
        if isinstance(node, list):
            return [self.rewritten(item, base, root) for item in node]
        if not isinstance(node, Mapping):
            return node
        result: dict[str, Any] = {}
        kept = {key for key, _ in _children(node)}
        for key, value in node.items():
            result[key] = self.rewritten(value, base, root) if key in kept else value
        if isinstance(node.get("$ref"), str):
            result["$ref"] = self._plain(node["$ref"], base, root)
        anchor = node.get("$dynamicRef")
        if isinstance(anchor, str) and "$ref" not in node and self._is_plain(anchor):
            del result["$dynamicRef"]
            result["$ref"] = self._plain(anchor, base, root)
        return result

    def _is_plain(self, reference: str) -> bool:
        """Return whether a dynamic reference can lead to one schema only: it is like any other reference then."""
        name = reference.partition("#")[2]
        return name.startswith("/") or len(self.dynamic.get(name, ())) <= 1

    def _plain(self, reference: str, base: str, root: Any) -> str:
        address = base + reference if reference.startswith("#") else urljoin(base, reference)
        place, _, fragment = address.partition("#")
        fragment = unquote(fragment)
        resource = self.resources.get(place)
        if resource is None:
            return reference
        if fragment and not fragment.startswith("/"):
            found = self.anchors.get((place, fragment))
            return reference if found is None else f"#{found}"
        if lookup(root, tokens_of(resource + fragment)) is MISSING:
            return reference  # many documents write pointers from their own root all the same
        return f"#{resource}{fragment}"
