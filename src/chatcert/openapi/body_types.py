"""Media types of request bodies: which are written, and which hold any bytes at all."""

from __future__ import annotations

from chatcert.openapi.streams import stream_form

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_ANY_BYTES = ("application/octet-stream",)


def can_be_written(media_type: str) -> bool:
    """Return whether bodies of a media type are written: JSON and YAML, forms, texts, and any bytes.

    XML, sequences of JSON texts, images and binary encodings are not.
    """
    base = _base(media_type)
    if "xml" in base or stream_form(base) is not None:
        return False
    return "json" in base or "yaml" in base or "*" in base or base.startswith("text/") or base in (*FORMS, *_ANY_BYTES)


def holds_any_bytes(media_type: str) -> bool:
    """Return whether whatever is sent is a body of this media type, nothing and white space included."""
    return _base(media_type) in _ANY_BYTES


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
