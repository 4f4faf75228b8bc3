"""Serialise values as JSON."""

from __future__ import annotations

import json
from typing import Any

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_ASCII_ENCODER = json.JSONEncoder(separators=(",", ":"))


def encoded(value: Any) -> bytes:
    """Serialise a value as JSON in UTF-8; with ASCII escapes where it holds half of a surrogate pair."""
    try:
        return _ENCODER.encode(value).encode()
    except UnicodeEncodeError:
        return _ASCII_ENCODER.encode(value).encode()
