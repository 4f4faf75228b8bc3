"""Decompression of an answer's body up to a size limit, since a few bytes may decompress without end."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

MAX_LAYERS = 4
MAX_MEMBERS = 4096
"""Compressed streams that a body may consist of: servers send one, and tools that work in blocks a few hundred."""
_PIECE = 16 * 1024
"""Bytes that are decompressed at once."""
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
            plain, ended, cut = _inflate(body, window, limit)
        except zlib.error as error:
            trouble = str(error)
            continue
        if len(plain) < limit and not ended and not partial:
            raise UnpackingError(f"the {name} body breaks off")
        return plain, cut
    raise UnpackingError(f"no {name} body: {trouble}")


def _inflate(body: bytes, window: int, limit: int) -> tuple[bytes, bool, bool]:
    """Decompress the members of a body (RFC 1952 section 2.2) in time that is linear in its length.

    The body is read in pieces, because ``zlib`` copies what follows the end of each member.

    Returns:
        At most ``limit`` bytes, whether the last member that was read is complete, and whether more follows.

    Raises:
        zlib.error: the body is not compressed in this way.
        UnpackingError: it has too many members.
    """
    machine = zlib.decompressobj(window)
    plain = bytearray()
    piece, position, members = b"", 0, 1
    while len(plain) < limit:
        if len(piece) < len(_GZIP) and position < len(body):
            taken = body[position : position + _PIECE]
            piece, position = piece + taken, position + len(taken)
        if not piece or (machine.eof and not piece.startswith(_GZIP)):
            return bytes(plain), machine.eof, False
        if machine.eof:
            members += 1
            if members > MAX_MEMBERS:
                raise UnpackingError(f"more than {MAX_MEMBERS:,} compressed members")
            machine = zlib.decompressobj(window)
        plain += machine.decompress(piece, limit - len(plain))
        piece = machine.unused_data if machine.eof else machine.unconsumed_tail
    more = bool(piece) or position < len(body)
    return bytes(plain), machine.eof, more and not machine.eof


def _is_text(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
