"""Unusual properties of requests: what a request asks for must not depend on them."""

from __future__ import annotations

from enum import StrEnum


class Oddity(StrEnum):
    """Unusual properties of a request because of which a server may forget to check credentials."""

    TRAILING_SLASH = "trailing-slash"
    DOUBLED_SLASH = "doubled-slash"
    UPPER_CASE = "upper-case"
    PERCENT_ENCODED = "percent-encoded"
    PATH_PARAMETER = "path-parameter"
    SUFFIX = "suffix"
    DOT_SEGMENT = "dot-segment"
    REWRITTEN = "rewritten-path"

    PROXY_HEADERS = "proxy-headers"
    METHOD_OVERRIDE = "method-override"
    LARGE_BODY = "large-body"
    NO_BODY = "no-body"
    CONTENT_TYPE = "content-type"


PATH_ODDITIES = (
    Oddity.TRAILING_SLASH,
    Oddity.DOUBLED_SLASH,
    Oddity.UPPER_CASE,
    Oddity.PERCENT_ENCODED,
    Oddity.PATH_PARAMETER,
    Oddity.SUFFIX,
    Oddity.DOT_SEGMENT,
    Oddity.REWRITTEN,
)
"""Oddities of the path that a request is sent to."""
