"""What a request called, for messages, and whether a part of the path stands in its address twice."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from chatcert.text import one_line
from chatcert.transport.exchange import Exchange


def called(exchange: Exchange) -> str:
    """Return method and address of a request, without its query, which may hold credentials."""
    return one_line(f"{exchange.sent.method} {exchange.sent.url.partition('?')[0]}")


def doubled_path_hint(base: str, address: str) -> str:
    """Return what base address to give instead, if it holds a part of the operation's path already, else nothing.

    Args:
        base: the base address that was configured.
        address: the address that was called.
    """
    parts = urlsplit(base)
    ours = [segment for segment in parts.path.split("/") if segment]
    theirs = [segment for segment in urlsplit(address).path.split("/") if segment][len(ours) :]
    for length in range(min(len(ours), len(theirs)), 0, -1):
        if ours[-length:] in (theirs[:length], theirs[-length:]):
            doubled = "/".join(ours[-length:])
            kept = "/".join(("", *ours[:-length]))
            shorter = urlunsplit((parts.scheme, parts.netloc, kept, "", ""))
            return f"/{doubled} stands in it twice: give {shorter} as the address"
    return ""
