"""Choose the media type of a part of a multipart form, and make the bytes of a file of that type."""

from __future__ import annotations

import struct
import zlib
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from chatcert.cases.case import Cause, Unplannable
from chatcert.openapi.contract import Schema
from chatcert.openapi.multipart import listed_types
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.streams import is_json_type

ANY_BYTES = "application/octet-stream"
_NARROW = ("enum", "const", "pattern", "contentEncoding", "contentSchema")
"""Keywords that say which texts a part has, so that its text is sent as it is."""


def _chunk(kind: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file (ISO/IEC 15948, section 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


_PNG = b"".join(
    (
        b"\x89PNG\r\n\x1a\n",
        _chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        _chunk(b"IDAT", zlib.compress(b"\0\0")),
        _chunk(b"IEND", b""),
    )
)
_JPEG = b64decode(
    "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////"
    "////wAALCAABAAEBAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAA//EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AN//Z"
)
_GIF = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_WEBP = b64decode("UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA")
_BMP = struct.pack("<2sIHHIIiiHHIIiiII4s", b"BM", 58, 0, 0, 54, 40, 1, 1, 1, 24, 0, 4, 2835, 2835, 0, 0, b"\0" * 4)
_WAV = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 36, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", 0)
_ZIP = b"PK\x05\x06" + b"\0" * 18
_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
FILES: Mapping[str, bytes] = {
    "image/png": _PNG,
    "image/jpeg": _JPEG,
    "image/jpg": _JPEG,
    "image/gif": _GIF,
    "image/webp": _WEBP,
    "image/bmp": _BMP,
    "audio/wav": _WAV,
    "audio/x-wav": _WAV,
    "audio/wave": _WAV,
    "application/pdf": _PDF,
    "application/zip": _ZIP,
}
"""The smallest file of a media type; what follows its end is not read."""
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "image": ("image/png", "image/jpeg", "image/gif", "image/webp"),
    "audio": ("audio/wav",),
    "application": ("application/pdf", ANY_BYTES, "application/json"),
    "text": ("text/plain", "text/markdown", "text/csv"),
    "*": (ANY_BYTES, "text/plain", "image/png"),
}
"""Members of a range of media types, as they are tried."""


def sent_types(encoding: Mapping[str, Any] | None, name: str, form: Schema) -> dict[str, str]:
    """Return the media type in which a part is sent for each one that is listed for it.

    Of a range, a member is sent that is not listed itself. The empty text stands for what cannot be made.

    Args:
        form: the schema of the form, with all that it refers to.
    """
    listed, part = listed_types(encoding, name), part_schema(form, name)
    return {
        one: next((t for t in _members(one) if (t == one or t not in listed) and _can_be_made(t, part)), "")
        for one in listed
    }


def usual_type(encoding: Mapping[str, Any] | None, name: str, form: Schema) -> str:
    """Return the media type in which a part is sent where nothing else is asked for; empty for plain text.

    It is the first one of those that are listed that can be made; without a list, what the schema says (OpenAPI 3.1,
    section 4.8.15).
    """
    listed, part = listed_types(encoding, name), part_schema(form, name)
    if listed and listed[0] == "*/*":
        listed = ()
    if listed:
        made = [kind for kind in sent_types(encoding, name, form).values() if kind]
        return made[0] if made else listed[0].replace("/*", "/octet-stream")
    by_type = "application/json" if part.get("type") == "object" else ""
    by_format = ANY_BYTES if part.get("format") == "binary" and part.get("type") == "string" else by_type
    return str(part.get("contentMediaType", by_format))


def check_can_be_made(listed: str, sent: str) -> None:
    """Raise ``Unplannable`` where no part of a listed media type can be made."""
    if not sent and "*" in listed:
        raise Unplannable(f"chatcert makes no part of another media type of {listed}, so it is not tested", _UNMADE)
    if not sent:
        raise Unplannable(f"chatcert makes no part of the media type {listed}, so it is not tested", _UNMADE)


_UNMADE = Cause.NOT_SUPPORTED


def part_schema(form: Schema, name: str) -> Schema:
    """Return the flattened schema of one part: of an array, each item of which is a part, that of its items."""
    flat = flattened((flattened(form, form).get("properties") or {}).get(name, True), form)
    if flat.get("type") == "array":
        items = flattened(flat.get("items", True), form)
        return items if items.get("type") != "object" else {**items, "type": "array"}
    return flat


def file_of(text: str, media_type: str, part: Schema) -> bytes | None:
    """Return a file of a media type that holds a text after its end; ``None`` where the text is sent as it is.

    Its size is within the limits of the part if the length of the text is, and only then.
    """
    start = FILES.get(_base(media_type))
    if start is None or any(keyword in part for keyword in _NARROW) or part.get("format", "binary") != "binary":
        return None
    data = text.encode("utf-8", "replace")
    fits = _fits(len(text), part)
    return next((one for one in (start + data, start + data[len(start) :]) if _fits(len(one), part) == fits), None)


def _fits(length: int, part: Schema) -> bool:
    return bool(part.get("minLength", 0) <= length <= part.get("maxLength", length))


def _can_be_made(media_type: str, part: Schema) -> bool:
    """Return whether what a schema describes can be a part of a media type."""
    base, kind = _base(media_type), part.get("type", "string")
    if is_json_type(base):
        return True
    if kind not in ("string", ["string", "null"]):
        return base.startswith("text/") and base != "text/xml" and kind in ("integer", "number", "boolean")
    is_file = base in FILES and file_of("text", base, part) is not None
    return is_file or base == ANY_BYTES or (base.startswith("text/") and base != "text/xml")


def _members(listed: str) -> tuple[str, ...]:
    kind, _, rest = listed.partition("/")
    return _MEMBERS.get(kind, ()) if rest == "*" else (listed,)


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()
