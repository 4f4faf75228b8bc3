"""In which way a text fails to be JSON, and what a careless parser would make of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from chatcert.openapi.pointer import MISSING

_TRUE_BEGINNING = re.compile(r"(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-)\Z")
_CLOSINGS = ("}", "]", "]}", "}}", "}]}")

_MENDINGS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("comment", lambda text: re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)),
    ("trailing-comma", lambda text: re.sub(r",(\s*[}\]])", r"\1", text)),
    ("single-quotes", lambda text: text.replace("'", '"')),
)


def mistake(text: str) -> tuple[str, Any]:
    """In which way a text is no JSON, and the value that shows through, if one does."""
    stripped = text.strip()
    try:
        value = json.loads(stripped)
    except RecursionError:
        return "", MISSING
    except json.JSONDecodeError as error:
        return _broken(stripped, error)
    except ValueError:
        return "", MISSING
    return ("nan", MISSING) if _has_constant(value) else ("", value)


def _broken(text: str, error: json.JSONDecodeError) -> tuple[str, Any]:
    if not text or text[0] == "\ufeff":
        return "", MISSING
    if error.msg.startswith("Invalid control character"):
        return _tried("control-character", text, strict=False)
    for form, mend in _MENDINGS:
        mended = mend(text)
        if mended != text and _tried(form, mended)[0]:
            return _tried(form, mended)
    if error.msg == "Extra data":
        return "trailing-bytes", json.JSONDecoder().raw_decode(text)[0]
    at_end = error.pos >= len(text) or error.msg.startswith("Unterminated string")
    if at_end or _TRUE_BEGINNING.match(text[error.pos :]):
        for closing in _CLOSINGS:
            if _tried("unclosed", text + closing)[0]:
                return _tried("unclosed", text + closing)
        return ("truncated", MISSING) if text[0] in '{["' else ("garbage", MISSING)
    if error.pos == 0:
        return "garbage", MISSING
    return ("missing-comma", MISSING) if "delimiter" in error.msg else ("", MISSING)


def _tried(form: str, text: str, *, strict: bool = True) -> tuple[str, Any]:
    """``form`` and the value of a mended text; no form where it is no JSON still."""
    try:
        return form, json.loads(text, strict=strict)
    except ValueError:
        return "", MISSING


def _has_constant(value: Any) -> bool:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, float) and not math.isfinite(item):
            return True
        pending += item.values() if isinstance(item, dict) else item if isinstance(item, list) else []
    return False
