"""Tokens of the paths of fields: the names of properties, and tokens that stand for many items or keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from chatcert.openapi.patterns.regex import compiled


class OpenToken(str):
    """A token that stands for any item of an array and any key of an object, or for all keys that match a pattern.

    It is written ``*``, with the pattern after it, and differs from a property of that very name.
    """

    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        """Return whether the other one stands for the same, which no name of a property does."""
        return isinstance(other, OpenToken) and str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        """Return the contrary of equality."""
        return not self == other

    @property
    def pattern(self) -> str:
        """The pattern of the keys that it stands for; empty where it stands for all others."""
        return self[1:]


ANY: Final = OpenToken("*")
"""Path token for any item of an array and any additional key of an object."""


def of_pattern(pattern: str) -> OpenToken:
    """Return the token that stands for all keys which match a pattern."""
    return OpenToken(f"*{pattern}")


def is_open(token: str) -> bool:
    """Return whether a token of a path stands for many: any item or key, or all keys that match a pattern."""
    return isinstance(token, OpenToken)


def leads_to_one(path: Iterable[str]) -> bool:
    """Return whether a path leads to at most one value of a body: no token of it stands for many."""
    return not any(map(is_open, path))


def matches_key(token: str, key: str) -> bool:
    """Return whether a token of a path that stands for many stands for a key of an object, too."""
    if token == ANY:
        return True
    expression = compiled(token.pattern) if isinstance(token, OpenToken) else None
    return expression is not None and expression.search(key)


def marked(token: str) -> str:
    """Return a token so that no two look alike: a name has ``~2`` for a ``*`` at its beginning, an empty one is ``~3``.

    Where ``/`` and ``~`` are escaped as in JSON Pointers, no other name looks like that.
    """
    if is_open(token):
        return token
    return f"~2{token[1:]}" if token.startswith("*") else token or "~3"


def shown_token(token: str) -> str:
    """Return a token as requirement ids write it: on one segment (RFC 6901, section 3), and no two tokens alike."""
    text = token.replace("~", "~0").replace("/", "~1")
    return text if is_open(token) else marked(text)
