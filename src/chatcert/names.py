"""Names of environment variables and of a header, and the nearest known name for one that is unknown."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from functools import lru_cache

PREFIX = "CHATCERT"
MOCK_STATUS_HEADER = "X-Chatcert-Mock-Status"
"""Asks the bundled mock to answer a valid request with a documented error status. Nothing but the mock is sent it."""
MAX_NAMED = 20
"""How many known names a message lists; of more it lists three."""

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^A-Za-z0-9]+")


def variable_name(vendor: str, name: str) -> str:
    """Return the environment variable that holds a credential or a resource of one vendor.

    Args:
        vendor: the vendor's name: ``open-webui``.
        name: a security scheme, field or parameter as the document writes it: ``apiKeyAuth``, ``account_id``.

    Returns:
        ``CHATCERT_<VENDOR>_<NAME>``: ``CHATCERT_OPEN_WEBUI_API_KEY_AUTH``.
    """
    return f"{PREFIX}_{_OTHER.sub('_', vendor).strip('_').upper()}_{snake(name)}"


@lru_cache(maxsize=4096)
def snake(name: str) -> str:
    """Convert a name to upper snake case: ``apiKeyAuth`` and ``API-Key-Auth`` become ``API_KEY_AUTH``."""
    return _OTHER.sub("_", _WORD_STARTS.sub("_", name)).strip("_").upper()


def did_you_mean(name: str, known: Collection[str], *, listed_by: str = "") -> str:
    """Return a hint for a name that is unknown: the nearest of the known names, or how to find one.

    Args:
        name: what was given.
        known: the names that exist. Case is ignored when they are compared.
        listed_by: the command that lists them, where there is one and they are too many for a message.
    """
    by_lower = {one.lower(): one for one in reversed(list(known))}
    near = difflib.get_close_matches(name.lower(), by_lower, n=1)
    if near:
        return f"did you mean {by_lower[near[0]]}?"
    if listed_by:
        return f"{listed_by} lists them"
    if not known:
        return "there is none"
    few = list(known)[:3] if len(known) > MAX_NAMED else list(known)
    return f"known: {', '.join(few)}{' and others' if len(few) < len(known) else ''}"
