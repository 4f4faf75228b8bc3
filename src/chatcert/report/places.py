"""Where a clause stands in the vendor's file: the line that a JSON Pointer leads to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from chatcert.contract.pointer import join


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
class _Frame:
    """A collection that is being read; ``key`` is the next member's, where it is a mapping and the key was read."""

    pointer: str
    mapping: bool
    key: str | None = None
    index: int = 0


def lines_of(text: str) -> dict[str, int]:
    """The line, from 1, of every place in a JSON or YAML document, by JSON Pointer (RFC 6901).

    Of a member that is the line of its key. The events of the parser are read, not its tree: that neither recurses nor
    expands aliases, so that no document is too deep. What follows an error in the document has no line.
    """
    lines: dict[str, int] = {}
    stack: list[_Frame] = []
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            if isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
            elif isinstance(event, yaml.DocumentEndEvent):
                break
            elif isinstance(event, yaml.NodeEvent):
                _enter(event, stack, lines)
    except (yaml.YAMLError, ValueError):
        return lines
    return lines


def line_of(lines: dict[str, int], pointer: str) -> int | None:
    """The line of a place or, where the document does not have it, of the nearest place around it.

    ``None`` where nothing but the whole document is left, and for the empty pointer.
    """
    while pointer and pointer not in lines:
        pointer = pointer.rpartition("/")[0]
    return lines[pointer] if pointer else None


def _enter(event: Any, stack: list[_Frame], lines: dict[str, int]) -> None:
    """Note the place of one node; a collection becomes the innermost frame."""
    frame = stack[-1] if stack else None
    line = event.start_mark.line + 1
    pointer = ""
    if frame is not None and frame.mapping:
        if frame.key is None:
            if not isinstance(event, yaml.ScalarEvent):
                raise ValueError("a mapping key is not a string")
            frame.key = event.value
            lines[join(frame.pointer, event.value)] = line
            return
        pointer, frame.key = join(frame.pointer, frame.key), None
    elif frame is not None:
        pointer = join(frame.pointer, frame.index)
        frame.index += 1
        lines[pointer] = line
    if isinstance(event, yaml.CollectionStartEvent):
        stack.append(_Frame(pointer, isinstance(event, yaml.MappingStartEvent)))
