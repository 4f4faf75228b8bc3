"""Find the line of a JSON Pointer in a vendor's document, JSON or YAML."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from chatcert.openapi.document.loading import MAX_DEPTH
from chatcert.openapi.schemas.pointer import tokens_of
from chatcert.text import encodable

_ESCAPE = re.compile(r"\\[^u]|(?:\\u[dD][89a-fA-F][0-9a-fA-F]{2})+")
"""Escaped surrogates, which JSON has and YAML does not; or any other escape, which is left alone."""


@dataclass(frozen=True, slots=True)
class SpecFile:
    """A vendor's document on disk.

    Attributes:
        uri: its address, relative to the folder of the specifications, or absolute.
        text: its content.
    """

    uri: str
    text: str


@dataclass(slots=True)
class SourceNode:
    """A value in a document, with its line.

    Attributes:
        line: where it begins, from 1; for a member of a mapping, the line of its key.
        children: the values inside it, by the token of a JSON Pointer (RFC 6901).
    """

    line: int
    children: dict[str, SourceNode] = field(default_factory=dict)

    def line_at(self, pointer: str) -> int | None:
        """Return the line of a pointer below this value or, if it does not exist, of the nearest value around it.

        It is ``None`` if that is this value itself.
        """
        place = self
        for token in tokens_of(pointer):
            if token not in place.children:
                break
            place = place.children[token]
        return place.line if place is not self else None


@dataclass(slots=True)
class _Open:
    """A collection that is being read; in a mapping, ``key`` is the key whose value comes next."""

    place: SourceNode
    mapping: bool
    key: str | None = None


@lru_cache(maxsize=4)
def index_lines(text: str) -> SourceNode:
    """Index the lines of a JSON or YAML document.

    It reads the events of the parser, not its tree, which neither recurses nor expands aliases. Values after a syntax
    error, or nested more deeply than ``MAX_DEPTH``, have no line. The result is memoised: do not change it.
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
    """Record the line of one node; a collection becomes the innermost open one."""
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
