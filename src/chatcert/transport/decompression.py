"""Decompression of an answer's body up to a size limit, since a few bytes may decompress without end."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

MAX_LAYERS = 4
_WINDOWS = {
    "gzip": (16 + zlib.MAX_WBITS,),
    "x-gzip": (16 + zlib.MAX_WBITS,),
    "deflate": (zlib.MAX_WBITS, -zlib.MAX_WBITS),
}
_UNASKED = ("br", "zstd", "compress", "x-compress", "dcb", "dcz")
_GZIP = b"\x1f\x8b"
ACCEPTED = "gzip, deflate"
"""The Accept-Encoding header for the codings that are supported here."""


class UnpackingError(ValueError):
    """A body is not encoded as its Content-Encoding says."""


def unpack(body: bytes, codings: Iterable[str], limit: int, *, partial: bool = False) -> tuple[bytes, bool]:
    """Decode a body's content codings, the last one first (RFC 9110 section 8.4).

    Args:
        limit: how many bytes of decoded content are returned at most.
        partial: whether the end of the body is missing.

    Returns:
        The decoded body, and whether it was cut at the limit.

    Raises:
        UnpackingError: the body has another coding, or too many layers.
    """
    layers = [name.strip().lower() for name in codings if name.strip() and name.strip().lower() != "identity"]
    if len(layers) > MAX_LAYERS:
        raise UnpackingError(f"{len(layers)} layers of Content-Encoding")
    cut = False
    for name in reversed(layers):
        if name in _UNASKED and not _is_text(body):
            raise UnpackingError(f"the body is packed as {name}, which was not asked for")
        if name not in _WINDOWS:
            break  # not a compression: some servers name a character set here
        body, more = _layer(body, name, limit, partial=partial or cut)
        cut = cut or more
    return body, cut


def _layer(body: bytes, name: str, limit: int, *, partial: bool) -> tuple[bytes, bool]:
    trouble = ""
    for window in _WINDOWS[name]:
        try:
            machine = zlib.decompressobj(window)
            plain = machine.decompress(body, limit)
            while machine.eof and machine.unused_data.startswith(_GZIP) and len(plain) < limit:  # RFC 1952 section 2.2
                rest, machine = machine.unused_data, zlib.decompressobj(window)
                plain += machine.decompress(rest, limit - len(plain))
        except zlib.error as error:
            trouble = str(error)
            continue
        if len(plain) < limit and not machine.eof and not partial:
            raise UnpackingError(f"the {name} body breaks off")
        return plain, bool(machine.unconsumed_tail) and not machine.eof
    raise UnpackingError(f"no {name} body: {trouble}")


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
