"""Where a clause stands in the vendor's file: the line that a JSON Pointer leads to."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from chatcert.openapi.loading import MAX_DEPTH
from chatcert.openapi.pointer import tokens_of
from chatcert.text import encodable

_ESCAPE = re.compile(r"\\[^u]|(?:\\u[dD][89a-fA-F][0-9a-fA-F]{2})+")
"""An escape of JSON that YAML does not have, halves of surrogate pairs; or any other, which is passed over."""


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A vendor's document as it lies on disk.

    Attributes:
        uri: how to refer to it: relative to where the specifications are, or absolute.
        text: its content.
    """

    uri: str
    text: str


@dataclass(slots=True)
class SourceNode:
    """A value in a document.

    Attributes:
        line: where it begins, from 1; where it is a member of a mapping, the line of its key.
        children: the places inside it, by the token of a JSON Pointer (RFC 6901).
    """

    line: int
    children: dict[str, SourceNode] = field(default_factory=dict)

    def line_at(self, pointer: str) -> int | None:
        """The line of a place inside this one or, where the document does not have it, of the nearest one around it.

        ``None`` where that would be this place itself.
        """
        place = self
        for token in tokens_of(pointer):
            if token not in place.children:
                break
            place = place.children[token]
        return place.line if place is not self else None


@dataclass(slots=True)
class _Open:
    """A collection that is being read; ``key`` is the member's whose value comes next, where it is a mapping."""

    place: SourceNode
    mapping: bool
    key: str | None = None


@lru_cache(maxsize=4)
def index_lines(text: str) -> SourceNode:
    """All places of a JSON or YAML document.

    The parser's events are read, not its tree: that neither recurses nor expands aliases. What follows an error in the
    document, or a part that is nested more deeply than documents may be, has no place. What is returned is not to be
    changed: it is kept for the next who asks.
    """
    root = SourceNode(1)
    stack: list[_Open] = []
    text = _ESCAPE.sub(_character, text) if text.lstrip()[:1] == "{" else text
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.DocumentEndEvent):
                break
            elif isinstance(event, yaml.NodeEvent):
                _enter(event, stack, root)
    except (yaml.YAMLError, ValueError):
        return root
    return root


def _character(escape: re.Match[str]) -> str:
    return encodable(json.loads(f'"{escape[0]}"')) if escape[0].startswith("\\u") else escape[0]


def _enter(event: Any, stack: list[_Open], root: SourceNode) -> None:
    """Note the place of one node; a collection becomes the innermost one that is open."""
    around = stack[-1] if stack else None
    line = event.start_mark.line + 1
    place = root
    if around is not None and around.mapping:
        if around.key is None:
            if not isinstance(event, yaml.ScalarEvent):
                raise ValueError("a mapping key is not a string")
            around.key = event.value
            around.place.children[event.value] = SourceNode(line)
            return
        place, around.key = around.place.children[around.key], None
    elif around is not None:
        place = around.place.children.setdefault(str(len(around.place.children)), SourceNode(line))
    if isinstance(event, yaml.CollectionStartEvent):
        if len(stack) >= MAX_DEPTH:
            raise ValueError("nested too deeply")
        stack.append(_Open(place, isinstance(event, yaml.MappingStartEvent)))
