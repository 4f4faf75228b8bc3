"""Media types that a document lists for a part of a multipart form (OpenAPI 3.1, section 4.8.15, ``contentType``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MULTIPART = "multipart/form-data"


def is_multipart(media_type: str) -> bool:
    """Return whether bodies of a media type are multipart forms."""
    return media_type.partition(";")[0].strip().lower() == MULTIPART


def listed_types(encoding: Mapping[str, Any] | None, name: str) -> tuple[str, ...]:
    """Return the media types, and ranges of them, that ``encoding`` lists for a part, each once."""
    stated = (encoding or {}).get(name)
    declared = str(stated.get("contentType", "")) if isinstance(stated, Mapping) else ""
    return tuple(dict.fromkeys(text.strip() for text in declared.split(",") if text.strip()))
