"""Which operation of a document creates a chat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.pointer import dereferenced

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
Operation = tuple[str, str, Mapping[str, Any]]
"""Path, method in lower case, path item."""

MAX_LISTED = 12
_THINGS = (r"(chat|conversation|thread|session)s?", r"(channel|room|dialog|dialogue|discussion|ticket)s?")
"""What is created, the plainest words first."""


def operations(document: Mapping[str, Any]) -> Iterator[Operation]:
    """Every operation of a document as (path, method in lower case, path item)."""
    paths = document.get("paths")
    for path, raw in paths.items() if isinstance(paths, Mapping) else ():
        try:
            item, _ = dereferenced(document, raw)
        except UsageError:
            continue  # a path that leads nowhere is not the one that is looked for
        for method in METHODS:
            if isinstance(item.get(method), Mapping):
                yield path, method, item


def pick(document: Mapping[str, Any], wanted: str | None, where: str) -> Operation:
    """The operation that is asked for, or the one that plainly creates a chat.

    Args:
        wanted: ``POST /path`` or an operationId; ``None`` to find it.

    Raises:
        UsageError: there is no such operation, or more than one; the hint lists them.
    """
    found = list(operations(document))
    if wanted:
        return _named(found, wanted.strip(), where)
    marked = [o for o in found if "x-chatcert-creates" in o[2][o[1]]]
    if len(marked) == 1:
        return marked[0]
    posts = [o for o in found if o[1] == "post"]
    if not posts:
        raise UsageError("has no POST operation", where=where, hint=f"it offers: {_listing(found) or 'nothing'}")
    if len(posts) == 1:
        return posts[0]
    likely: list[Operation] = []
    for thing in _THINGS:
        for tells in (_says_so, _path_says_so):
            telling = [o for o in posts if tells(o, thing)]
            likely += [o for o in telling if o not in likely]
            if len(telling) > 1:  # some say it twice, by name and by path
                telling = [o for o in telling if _says_so(o, thing) and _path_says_so(o, thing)]
            if len(telling) == 1:
                return telling[0]
        if likely:
            break
    raise UsageError(
        f"has {len(posts)} POST operations", where=where, hint=f"pick one with --operation: {_listing(likely or posts)}"
    )


def _named(found: list[Operation], wanted: str, where: str) -> Operation:
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


def _says_so(operation: Operation, thing: str) -> bool:
    """Whether operationId or summary says that this operation creates a thing."""
    _, method, item = operation
    names = f"{item[method].get('operationId', '')} {item[method].get('summary', '')}"
    words = re.sub(r"([a-z])([A-Z])", r"\1 \2", names).replace("_", " ").replace("-", " ").replace("/", " ").lower()
    if re.search(
        rf"\b(create|new|start|open|begin|initiate)\b(?:\s+\w+){{0,2}}\s+{thing}\b(?!\s+(completion|message))", words
    ):
        return True
    return re.search(rf"\b{thing}\s+create\b", words) is not None


def _path_says_so(operation: Operation, thing: str) -> bool:
    """Whether something is posted to a collection of such things: ``/v1/chats``, ``/conversations/new``."""
    return (
        re.search(rf"/[\w-]*?\b{thing}(/(new|create|start))?/?\Z", operation[0].lower().replace("_", "-")) is not None
    )


def _listing(found: list[Operation]) -> str:
    names = [f'"{method.upper()} {path}"' for path, method, _ in found]
    return ", ".join(names[:MAX_LISTED]) + (f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else "")
