"""Unusual spellings of a path, for which a server may find the operation but forget to check credentials."""

from __future__ import annotations

from typing import Final

from chatcert.requirements.oddities import Oddity
from chatcert.transport.credentials.credential_forms import Inexpressible

REWRITE_HEADERS: Final = ("X-Original-URL", "X-Rewrite-URL")
"""Headers in which gateways pass on the path that a client requested."""
DOT_SEGMENT: Final = "/./"


def odd_path(path: str, oddity: Oddity | None, template: str = "") -> str:
    """Return another spelling of a percent-encoded path; the path itself if ``oddity`` is not about paths.

    Args:
        template: the path with its parameters in braces; parameters keep their spelling.

    Raises:
        Inexpressible: the path has no letter, so it has no spelling in capitals.
    """
    head, _, last = path.rpartition("/")
    match oddity:
        case Oddity.TRAILING_SLASH:
            return f"{path}/" if last else head
        case Oddity.DOUBLED_SLASH:
            return f"{head}//{last}"
        case Oddity.UPPER_CASE:
            return _in_capitals(path, template or path)
        case Oddity.PERCENT_ENCODED:
            start = next(
                (at for at in range(len(path) - 1, -1, -1) if path[at].isalnum() and not _encoded(path, at)), 0
            )
            return f"{path[:start]}%{ord(path[start]):02X}{path[start + 1 :]}"
        case Oddity.PATH_PARAMETER:
            return f"{path};x=1"
        case Oddity.SUFFIX:
            return f"{path}.json"
        case Oddity.DOT_SEGMENT:
            return f"{head}{DOT_SEGMENT}{last}"
        case Oddity.REWRITTEN:
            return "/"
        case _:
            return path


def _encoded(path: str, at: int) -> bool:
    """Return whether a character is one of the two digits of a percent-encoded one."""
    return "%" in path[max(0, at - 2) : at]


def _in_capitals(path: str, template: str) -> str:
    """Return the path with its last fixed lower-case segment in capitals."""
    segments = path.split("/")
    fixed = {segment for segment in template.split("/") if "{" not in segment and "%" not in segment}
    for index in range(len(segments) - 1, -1, -1):
        if segments[index] in fixed and segments[index].islower():
            return "/".join([*segments[:index], segments[index].upper(), *segments[index + 1 :]])
    raise Inexpressible("no segment of the path has another spelling in capitals")
