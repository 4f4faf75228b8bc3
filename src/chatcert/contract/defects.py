"""Defects of a document itself: contradictions that no server can be blamed for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.contract.model import SpecDefect


def find_defects(document: Mapping[str, Any], path: str, method: str) -> Iterator[SpecDefect]:
    """Yield the defects of the document as published, as far as they concern one operation."""
    yield from ()
