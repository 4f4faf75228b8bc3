"""Check the members of the ``x-chatcert-*`` extensions of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from chatcert.exceptions import UsageError
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.pointer import join

PREFIX: Final = "x-chatcert-"


class Member(NamedTuple):
    """What a member of an extension may be: in words, as a check, and as a JSON Schema for editors."""

    words: str
    fits: Callable[[Any], bool]
    schema: Mapping[str, Any]


_TEXT = Member("a text", lambda value: isinstance(value, str), {"type": "string"})
_ANY = Member("any JSON value", lambda value: True, {})
_FLAG = Member("true or false", lambda value: isinstance(value, bool), {"type": "boolean"})
_SCHEMA = Member("a schema", lambda value: isinstance(value, Mapping), {"type": "object"})
_POINTER = Member(
    "a JSON Pointer",
    lambda value: isinstance(value, str) and value.startswith("/"),
    {"type": "string", "pattern": "^/"},
)


def _one_of(*members: str) -> Member:
    return Member(f"one of {', '.join(members)}", lambda value: value in members, {"enum": [*members]})


COMMON: Final = {"source": _TEXT, "provenance": _one_of(*(p.value for p in Provenance if p is not Provenance.OWN))}
MEMBERS: Final[Mapping[str, Mapping[str, Member]]] = {
    "promised": {"empty": _one_of("allowed")},
    "unique": {},
    "equals": {"expression": _TEXT, "prefix": _TEXT, "default": _ANY},
    "initial": {"value": _ANY},
    "clock": {"unit": _one_of("seconds", "milliseconds", "date-time")},
    "not-before": {"field": _TEXT},
    "constant": {"per": _TEXT},
    "reply": {
        "role": _TEXT,
        "speaker": _TEXT,
        "input": _POINTER,
    },
    "distinct": {
        "in-use": _one_of("refused", "either"),
        "status": Member(
            "a status from 400 to 499",
            lambda value: type(value) is int and 400 <= value < 500,
            {"type": "integer", "minimum": 400, "maximum": 499},
        ),
    },
    "resource": {"unknown": _one_of("refused", "either"), "required": _FLAG},
    "refusal": {
        "pointer": _POINTER,
        "value": _ANY,
        "schema": _SCHEMA,
    },
    "stream": {
        "terminator": Member(
            "a text that is not empty",
            lambda value: isinstance(value, str) and bool(value),
            {"type": "string", "minLength": 1},
        ),
        "error": _SCHEMA,
    },
    "prose": {"schema": _SCHEMA},
    "read": {"operation": _TEXT, "id": _TEXT},
    "delete": {"operation": _TEXT, "id": _TEXT, "body": _ANY, "unread": _one_of("allowed")},
    "list": {"operation": _TEXT, "items": _TEXT, "id": _POINTER, "page": _TEXT},
}
MAY_BE_FALSE: Final = ("distinct",)
NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "equals": ("expression",),
    "initial": ("value",),
    "clock": ("unit",),
    "not-before": ("field",),
    "refusal": ("pointer",),
    "read": ("operation", "id"),
    "delete": ("operation", "id"),
    "list": ("operation", "id"),
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
                kind = str(name).removeprefix(PREFIX) if str(name).startswith(PREFIX) else ""
                if kind in MEMBERS:
                    _check(join(pointer, name), kind, inner)
                pending.append((join(pointer, name), inner))


def _check(pointer: str, kind: str, value: Any) -> None:
    if kind in MAY_BE_FALSE and value is False:
        return
    if not isinstance(value, Mapping):
        members = ", ".join([*COMMON, *MEMBERS[kind]])
        raise UsageError(f"is {value!r}, no mapping", where=pointer, hint=f"it may hold {members}")
    for needed in NEEDED.get(kind, ()):
        if needed not in value:
            raise UsageError(f"does not say its {needed}", where=pointer, hint=f"add {needed}")
    for name, member in {**COMMON, **MEMBERS[kind]}.items():
        if name in value and not member.fits(value[name]):
            raise UsageError(f"{name} is {value[name]!r}", where=pointer, hint=f"it has to be {member.words}")
