"""Classify malformed JSON texts, and parse them as a lenient parser would."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

from chatcert.openapi.schemas.pointer import MISSING

_TRUE_BEGINNING = re.compile(r"(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-)\Z")
_CLOSINGS = ("}", "]", "]}", "}}", "}]}")

_REPAIRS: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("comment", lambda text: re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)),
    ("trailing-comma", lambda text: re.sub(r",(\s*[}\]])", r"\1", text)),
    ("single-quotes", lambda text: text.replace("'", '"')),
)


def mistake(text: str) -> tuple[str, Any]:
    """Return in which way a text is malformed, empty if unknown, and the value that a lenient parser reads, if any."""
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
    for form, repair in _REPAIRS:
        repaired = repair(text)
        if repaired != text and _tried(form, repaired)[0]:
            return _tried(form, repaired)
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
    """Return ``form`` and the value of a repaired text; no form if it is still malformed."""
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
