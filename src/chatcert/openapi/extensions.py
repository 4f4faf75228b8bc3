"""Check the members of the ``x-chatcert-*`` extensions of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.pointer import join
from chatcert.openapi.provenance import Provenance

_PREFIX = "x-chatcert-"
_TEXT: tuple[str, Callable[[Any], bool]] = ("a text", lambda value: isinstance(value, str))
_FLAG: tuple[str, Callable[[Any], bool]] = ("true or false", lambda value: isinstance(value, bool))


def _one_of(*members: str) -> tuple[str, Callable[[Any], bool]]:
    return f"one of {', '.join(members)}", lambda value: value in members


_COMMON = {"source": _TEXT, "provenance": _one_of(*(p.value for p in Provenance))}
_MEMBERS: dict[str, dict[str, tuple[str, Callable[[Any], bool]]]] = {
    "promised": {"empty": _one_of("allowed")},
    "unique": {},
    "equals": {"expression": _TEXT, "prefix": _TEXT},
    "initial": {},
    "clock": {"unit": _one_of("seconds", "milliseconds", "date-time")},
    "not-before": {"field": _TEXT},
    "constant": {"per": _TEXT},
    "reply": {
        "role": _TEXT,
        "speaker": _TEXT,
        "input": ("a JSON Pointer", lambda value: isinstance(value, str) and value.startswith("/")),
    },
    "distinct": {
        "in-use": _one_of("refused", "either"),
        "status": ("a status from 400 to 499", lambda value: type(value) is int and 400 <= value < 500),
    },
    "resource": {"unknown": _one_of("refused", "either"), "required": _FLAG},
    "refusal": {
        "pointer": ("a JSON Pointer", lambda value: isinstance(value, str) and value.startswith("/")),
        "schema": ("a schema", lambda value: isinstance(value, Mapping)),
    },
    "stream": {
        "terminator": ("a text that is not empty", lambda value: isinstance(value, str) and bool(value)),
        "error": ("a schema", lambda value: isinstance(value, Mapping)),
    },
    "prose": {"schema": ("a schema", lambda value: isinstance(value, Mapping))},
    "read": {"operation": _TEXT, "id": _TEXT},
    "delete": {"operation": _TEXT, "id": _TEXT, "body": ("any JSON value", lambda value: True)},
}
_MAY_BE_FALSE = ("distinct",)
_NEEDED: dict[str, tuple[str, ...]] = {
    "equals": ("expression",),
    "initial": ("value",),
    "clock": ("unit",),
    "not-before": ("field",),
    "refusal": ("pointer",),
    "read": ("operation", "id"),
    "delete": ("operation", "id"),
}


def check_extensions(document: Mapping[str, Any]) -> None:
    """Check every ``x-chatcert-*`` extension of a document.

    Raises:
        UsageError: an extension is malformed; the error names its pointer and what is allowed there.
    """
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        pointer, value = pending.pop()
        if isinstance(value, list):
            pending += [(join(pointer, index), item) for index, item in enumerate(value)]
        elif isinstance(value, Mapping):
            for name, inner in value.items():
                kind = str(name).removeprefix(_PREFIX) if str(name).startswith(_PREFIX) else ""
                if kind in _MEMBERS:
                    _check(join(pointer, name), kind, inner)
                pending.append((join(pointer, name), inner))


def _check(pointer: str, kind: str, value: Any) -> None:
    if kind in _MAY_BE_FALSE and value is False:
        return
    if not isinstance(value, Mapping):
        members = ", ".join([*_COMMON, *_MEMBERS[kind]])
        raise UsageError(f"is {value!r}, no mapping", where=pointer, hint=f"it may hold {members}")
    for needed in _NEEDED.get(kind, ()):
        if needed not in value:
            raise UsageError(f"does not say its {needed}", where=pointer, hint=f"add {needed}")
    for name, (words, fits) in {**_COMMON, **_MEMBERS[kind]}.items():
        if name in value and not fits(value[name]):
            raise UsageError(f"{name} is {value[name]!r}", where=pointer, hint=f"it has to be {words}")
