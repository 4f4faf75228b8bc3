"""Names: of environment variables, upper snake case of the specification's own ones; and the one that was meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

PREFIX = "CHATCERT"

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_OTHER = re.compile(r"[^A-Za-z0-9]+")


def variable_name(vendor: str, name: str) -> str:
    """The variable that holds a credential or a resource of one vendor.

    Args:
        vendor: the vendor's name: ``open-webui``.
        name: a security scheme, field or parameter as the document writes it: ``apiKeyAuth``, ``account_id``.

    Returns:
        ``CHATCERT_<VENDOR>_<NAME>``: ``CHATCERT_OPEN_WEBUI_API_KEY_AUTH``.
    """
    return f"{PREFIX}_{_OTHER.sub('_', vendor).strip('_').upper()}_{snake(name)}"


def snake(name: str) -> str:
    """``name`` in upper snake case: ``apiKeyAuth`` and ``API-Key-Auth`` become ``API_KEY_AUTH``."""
    return _OTHER.sub("_", _WORD_STARTS.sub("_", name)).strip("_").upper()


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """The nearest of the known names, or all of them."""
    near = difflib.get_close_matches(name.lower(), [one.lower() for one in known], n=1)
    if near:
        return f"did you mean {next(one for one in known if one.lower() == near[0])}?"
    return f"known: {', '.join(known)}" if known else "there is none"
