"""Find the operation of a document that creates a chat."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.document.operation_parts import mapping_of
from chatcert.openapi.schemas.pointer import dereferenced

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
Operation = tuple[str, str, Mapping[str, Any]]
"""Path, method in lower case, path item."""

MAX_LISTED = 12
_CHAT_WORDS = (r"(chat|conversation|thread)s?", r"(session|channel|room|dialog|dialogue|discussion|ticket)s?")
"""Regular expressions for what is created, the most specific words first; those of the second one are weak.

A weak word names many other things too: it counts where both name and path have it.
"""


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Yield the operations of a document as (path, method in lower case, path item)."""
    paths = document.get("paths")
    for path, raw in paths.items() if isinstance(paths, Mapping) else ():
        try:
            item, _ = dereferenced(document, raw)
        except UsageError:
            continue  # a broken reference cannot be the operation
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                yield path, method, item


def choose_operation(document: Mapping[str, Any], wanted: str | None, where: str) -> Operation:
    """Return the operation that is named, or the only one that evidently creates a chat.

    Args:
        wanted: ``POST /path`` or an operationId; ``None`` to find it.

    Raises:
        UsageError: there is no such operation, or more than one; the hint lists them.
    """
    found = list(operations(document))
    if wanted:
        return _operation_named(found, wanted.strip(), where)
    marked = [o for o in found if "x-chatcert-creates" in o[2][o[1]]]
    if len(marked) == 1:
        return marked[0]
    posts = [o for o in found if o[1] == "post"]
    if not posts:
        raise UsageError("has no POST operation", where=where, hint=f"it offers: {_offered(document, found)}")
    if len(posts) == 1:
        return posts[0]
    likely: list[Operation] = []
    for word in _CHAT_WORDS:
        for matches in (_name_matches, _path_matches):
            matching = [o for o in posts if matches(o, word)]
            likely += [o for o in matching if o not in likely]
            if len(matching) > 1 or word is _CHAT_WORDS[-1]:  # those whose name and path both match
                matching = [o for o in matching if _name_matches(o, word) and _path_matches(o, word)]
            if len(matching) == 1:
                return matching[0]
        if likely:
            break
    raise UsageError(
        f"has {len(posts)} POST operations", where=where, hint=f"pick one with --operation: {_listing(likely or posts)}"
    )


def _offered(document: Mapping[str, Any], found: Iterable[Operation]) -> str:
    """List all operations, those of OpenAPI 3.2 included: ``query``, and others under ``additionalOperations``."""
    others = [
        (path, method, item)
        for path, item in mapping_of(document.get("paths")).items()
        for method in (
            *(("query",) if "query" in mapping_of(item) else ()),
            *mapping_of(mapping_of(item).get("additionalOperations")),
        )
    ]
    return _listing([*found, *others]) or "nothing"


def _operation_named(found: list[Operation], wanted: str, where: str) -> Operation:
    method, _, path = wanted.partition(" ")
    named = [o for o in found if (o[1], o[0]) == (method.lower(), path.strip())]
    named = named or [o for o in found if o[2][o[1]].get("operationId") == wanted]
    if len(named) == 1:
        return named[0]
    if named:
        hint = f'name it as "METHOD /path": {_listing(named)}'
        raise UsageError(f"has {len(named)} operations that are called {wanted!r}", where=where, hint=hint)
    near = [o for o in found if wanted.lower() in f"{o[1]} {o[0]} {o[2][o[1]].get('operationId', '')}".lower()]
    raise UsageError(f"no operation {wanted!r}", where=where, hint=f"choose from: {_listing(near or found)}")


def _name_matches(operation: Operation, word: str) -> bool:
    """Return whether operationId or summary says that the operation creates what the word names."""
    _, method, item = operation
    names = f"{item[method].get('operationId', '')} {item[method].get('summary', '')}"
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", names).replace("_", " ").replace("-", " ").replace("/", " ").lower()
    if re.search(
        rf"\b(create|new|start|open|begin|initiate)\b(?:\s+\w+){{0,2}}\s+{word}\b(?!\s+(completion|message))", words
    ):
        return True
    return re.search(rf"\b{word}\s+create\b", words) is not None


def _path_matches(operation: Operation, word: str) -> bool:
    """Return whether the path is a collection of what the word names: ``/v1/chats``, ``/conversations/new``."""
    return re.search(rf"/[\w-]*?\b{word}(/(new|create|start))?/?\Z", operation[0].lower().replace("_", "-")) is not None


def _listing(found: list[Operation]) -> str:
    names = [f'"{method.upper()} {path}"' for path, method, _ in found]
    return ", ".join(names[:MAX_LISTED]) + (f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else "")
