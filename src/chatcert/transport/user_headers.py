"""Headers that a user adds to each request: what may be added, and whose values look like credentials."""

from __future__ import annotations

import re
from typing import Final

from chatcert.exceptions import UsageError

NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""The name of a header (RFC 9110 section 5.6.2)."""

RESERVED_HEADERS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Headers that belong to the message framing; another value would change what is tested."""

SECRET_NAME: Final = re.compile(r"auth|cookie|secret|token|password|signature|(?:^|[-_])key$|api-?key", re.IGNORECASE)
"""Names of headers whose values are masked, wherever they come from."""


def separated(line: str, where: str) -> tuple[str, str]:
    """Return name and value of a header that is given as ``NAME: VALUE``.

    Raises:
        UsageError: it is no such line, belongs to the message framing, or cannot be sent; the value is not shown.
    """
    name, colon, value = (part.strip() for part in line.partition(":"))
    if not colon or not NAME.fullmatch(name) or not value:
        raise UsageError("no header", where=where, hint="give 'NAME: VALUE'")
    if name.lower() in RESERVED_HEADERS:
        raise UsageError(f"{name} belongs to the message itself", where=where, hint="leave it out")
    if not (value.isascii() and value.isprintable()):
        raise UsageError(f"{name} has characters that no header can carry", where=where, hint="encode the value")
    return name, value
