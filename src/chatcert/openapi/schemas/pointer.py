"""JSON Pointers (RFC 6901), as ``$ref`` fragments, clauses and findings use them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from chatcert.exceptions import UsageError
from chatcert.openapi.schemas.path_tokens import ANY

MISSING: Final[Any] = object()
"""Stands for a value that is not there: a body, a parameter, a member, or what a pointer leads to."""


def escape(token: str) -> str:
    """Escape one reference token (RFC 6901, section 3)."""
    return token.replace("~", "~0").replace("/", "~1")


def join(base: str, *tokens: str | int) -> str:
    """Extend the pointer ``base`` by unescaped ``tokens``."""
    return base + "".join(f"/{escape(str(token))}" for token in tokens)


def tokens_of(pointer: str) -> tuple[str, ...]:
    """Return the unescaped tokens of a pointer; the empty pointer has none."""
    if not pointer:
        return ()
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in pointer.removeprefix("/").split("/"))


def _is_index(token: str) -> bool:
    """Return whether a token is an array index (RFC 6901, section 4): ASCII digits, no leading zero."""
    return re.fullmatch(r"0|[1-9][0-9]{0,8}", token) is not None


def lookup(value: Any, tokens: Iterable[str | int]) -> Any:
    """Return the value that ``tokens`` lead to, or ``MISSING``."""
    for token in tokens:
        if isinstance(value, Mapping) and token in value:
            value = value[token]
        elif isinstance(value, list) and _is_index(str(token)) and int(token) < len(value):
            value = value[int(token)]
        else:
            return MISSING
    return value


def concrete_paths(value: Any, tokens: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the paths of all values that ``tokens`` lead to, where ``*`` stands for every index of a list."""
    paths: list[tuple[str, ...]] = [()]
    for token in tokens:
        if token != ANY:
            paths = [(*path, token) for path in paths]
            continue
        lists = [(path, lookup(value, path)) for path in paths]
        paths = [(*path, str(index)) for path, items in lists if isinstance(items, list) for index in range(len(items))]
    return [path for path in paths if lookup(value, path) is not MISSING]


def locate(document: Mapping[str, Any], reference: str) -> tuple[str, Any]:
    """Return the pointer and the value that a ``#/...`` reference leads to, after following references to references.

    A reference with siblings is not followed further: the caller decides what the siblings mean.

    Raises:
        UsageError: the reference points nowhere, outside the document, or at itself.
    """
    seen: set[str] = set()
    while True:
        if reference in seen:
            raise UsageError("refers to itself", where=f"$ref {reference!r}", hint="mend the document")
        seen.add(reference)
        if not reference.startswith("#"):
            raise UsageError("points outside the document", where=f"$ref {reference!r}", hint="bundle it first")
        pointer = unquote(reference[1:])
        value = lookup(document, tokens_of(pointer))
        if value is MISSING or pointer[:1] not in ("", "/"):
            raise UsageError("points nowhere", where=f"$ref {reference!r}", hint="mend the document")
        inner = value.get("$ref") if isinstance(value, Mapping) else None
        if not isinstance(inner, str) or len(value) > 1:
            return pointer, value
        reference = inner


def dereferenced(document: Mapping[str, Any], value: Any) -> tuple[Mapping[str, Any], str | None]:
    """Return the object behind any references, and its pointer if there was a reference; ``{}`` if it is not an object.

    Raises:
        UsageError: the reference points nowhere, outside the document, or at itself.
    """
    moved = None
    for _ in range(32):
        if not isinstance(value, Mapping) or not isinstance(value.get("$ref"), str):
            break
        moved, value = locate(document, value["$ref"])
    return value if isinstance(value, Mapping) else {}, moved


def replaced(value: Any, tokens: tuple[str, ...], new: Any) -> Any:
    """Return a copy of ``value`` with ``new`` at the location of ``tokens``; ``MISSING`` removes what is there.

    Missing parents are created as objects.
    """
    if not tokens:
        return new
    head, rest = tokens[0], tokens[1:]
    if isinstance(value, list):
        items = list(value)
        index = int(head)
        if new is MISSING and not rest:
            del items[index]
        elif index == len(items):
            items.append(replaced(None, rest, new))
        else:
            items[index] = replaced(items[index], rest, new)
        return items
    members = dict(value) if isinstance(value, Mapping) else {}
    if new is MISSING and not rest:
        members.pop(head, None)
    else:
        members[head] = replaced(members.get(head), rest, new)
    return members
