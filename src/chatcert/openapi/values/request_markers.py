"""Markers: short unique texts within the free texts of requests, by which an answer shows whose data it holds."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator

from chatcert.names import snake
from chatcert.openapi.contract import Contract, Schema
from chatcert.openapi.distinct import EXTENSION as DISTINCT
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.memoise import memoise_by_identity

MARKER = re.compile(r"(?<![a-z0-9])cc[a-z2-7]{12}(?![a-z0-9])", re.IGNORECASE)
"""What a marker looks like. Whether such a text is one, the requests of the run show."""
_SMALL = re.compile(r"cc(?<![a-z0-9]cc)[a-z2-7]{12}(?![a-z0-9])")
"""The same for a text in small letters: a pattern that begins with fixed letters is searched ten times as fast."""

_MAX_DEPTH = 4
_FREE = frozenset(
    [
        *("message", "text", "input", "title", "content", "prompt", "greeting", "question", "query", "subject"),
        *("description", "note", "notes", "topic", "summary", "comment", "instructions", "label"),
    ]
)
"""Last words of the names of fields in which a person writes what they like."""
_BOUND = frozenset(
    [
        "enum",
        "const",
        "format",
        "pattern",
        "not",
        "if",
        "oneOf",
        "anyOf",
        "contentEncoding",
        "x-chatcert-resource",
        DISTINCT,
    ]
)
"""Keywords that say what a text has to be."""


def marker_of(run: str, request: str) -> str:
    """Return the marker of a request.

    Args:
        run: identifies the session that sends it.
        request: identifies the request within its plan; equal requests have the same marker.
    """
    digest = hashlib.sha256(f"{run} {request}".encode()).digest()
    return "cc" + base64.b32encode(digest).decode("ascii")[:12].lower()


def markers_in(text: str) -> set[str]:
    """Return what looks like a marker in a text, in small letters."""
    return set(_SMALL.findall(text.lower()))


@memoise_by_identity(maxsize=64)
def free_texts(contract: Contract) -> tuple[tuple[str, ...], ...]:
    """Return the paths of the fields of a body that may hold any text, outer ones first.

    The name of such a field speaks of a text, its type is ``string``, and neither schema nor overlay bounds it by more
    than its length.
    """
    if contract.body is None:
        return ()
    root = contract.body.schema
    found = _texts(root, root, ())
    return tuple(sorted(found, key=len))


def schema_at(root: Schema, path: tuple[str, ...]) -> Schema:
    """Return the schema of a field at a path of ``free_texts``."""
    schema = root
    for name in path:
        schema = flattened(schema, root)["properties"][name]
    return flattened(schema, root)


def _texts(schema: Schema, root: Schema, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    flat = flattened(schema, root)
    if len(path) > _MAX_DEPTH or flat.get("readOnly") is True:
        return
    if path and flat.get("type") == "string":
        if snake(path[-1]).lower().split("_")[-1] in _FREE and not _is_bound(flat):
            yield path
        return
    for name, inner in (flat.get("properties") or {}).items():
        yield from _texts(inner, root, (*path, name))


def _is_bound(flat: Schema) -> bool:
    """Return whether a text is bounded by more than its length."""
    prose = flat.get("x-chatcert-prose")
    stated = prose.get("schema", {}) if isinstance(prose, dict) else {}
    return bool(_BOUND & {key for key, value in flat.items() if value is not False}) or bool(
        set(stated) - {"minLength"}
    )
