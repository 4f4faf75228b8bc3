"""Ways of framing a request, and what is sent in them."""

from __future__ import annotations

from enum import StrEnum


class Framing(StrEnum):
    """Ways in which the same request may be framed or negotiated; none of them changes what it means."""

    CHUNKED = "chunked"
    EXPECT_CONTINUE = "expect-continue"
    CONNECTION_CLOSE = "connection-close"
    ACCEPT_ABSENT = "accept-absent"
    ACCEPT_ANY = "accept-any"
    ACCEPT_WEIGHTED = "accept-weighted"
    ACCEPT_LIST = "accept-list"
    CODING_ABSENT = "accept-encoding-absent"
    CODING_GZIP = "accept-encoding-gzip"
    CODING_IDENTITY = "accept-encoding-identity"
    CODING_REFUSED = "accept-encoding-refused"
    LANGUAGE = "accept-language"


class Content(StrEnum):
    """What a request is that is framed in another way."""

    VALID = "valid"
    INVALID = "invalid"
    UNAUTHENTICATED = "unauthenticated"
