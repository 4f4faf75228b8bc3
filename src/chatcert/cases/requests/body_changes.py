"""Changes of one valid body that can be made together: other values of different fields, and texts joined in one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import Any

from chatcert.cases.requests.designed_values import LONG_TEXT
from chatcert.cases.values.echo_corpus import LONG_LIST
from chatcert.openapi.schemas.pointer import MISSING


class Blend(StrEnum):
    """How several values of one field share a request."""

    ALONE = "alone"
    """They do not: a field has one value."""
    TEXTS = "texts"
    """One after another, in a text that holds all of them."""
    MEMBERS = "members"
    """Side by side, in an object that takes members of any name."""
    ANY = "any"
    """With every value of it: that the field is there is enough."""
    PROPERTIES = "properties"
    """Side by side, under different names: the schema names none of them."""


@dataclass(frozen=True, slots=True)
class Change:
    """A value of one field of the body.

    Attributes:
        name: the field, at the top level of the body.
        value: what it holds; ``MISSING`` where it is left out. Of ``Blend.MEMBERS``, the members that are added.
        known: of ``Blend.MEMBERS``, the members that every valid request has there.
        in_place: of ``Blend.MEMBERS``, whether those of ``known`` have to be replaced themselves, under their names.
    """

    name: str
    value: Any
    blend: Blend = Blend.ALONE
    known: Mapping[str, Any] | None = None
    in_place: bool = False


def with_changes(body: Mapping[str, Any], changes: Iterable[Change], longest: int = LONG_TEXT) -> dict[str, Any] | None:
    """Return a body with all of the changes; ``None`` where two of them exclude each other.

    Args:
        longest: characters of a text that several texts are joined in.
    """
    result = dict(body)
    made: dict[str, Change] = {}
    ordered = sorted(changes, key=lambda change: change.blend is Blend.ANY)
    for change in ordered:
        name, before = change.name, made.get(change.name)
        made.setdefault(name, change)
        match change.blend:
            case Blend.PROPERTIES:
                result[_free_name(name, result)] = change.value
            case Blend.ANY if before is None or before.value is not MISSING:
                result.setdefault(name, change.value)
            case Blend.MEMBERS if before is None or before.blend is Blend.MEMBERS:
                found = _with_members(result.get(name, change.known), change)
                if found is None:
                    return None
                result[name] = found
            case Blend.TEXTS if before is not None and before.blend is Blend.TEXTS:
                result[name] = f"{result[name]} {change.value}"
                if len(result[name]) > longest:
                    return None
            case _ if before is not None:
                return None
            case _ if change.value is MISSING:
                result.pop(name, None)
            case _:
                result[name] = change.value
    return result


def _with_members(value: Any, change: Change) -> dict[str, Any] | None:
    """Return an object with more members: a text beside a known one's, each new one under a name that is free."""
    members = dict(value) if isinstance(value, dict) else dict(change.known or {})
    known = change.known or {}
    for name, member in change.value.items():
        current, usual = members.get(name, MISSING), known.get(name, MISSING)
        if current is MISSING or (usual is not MISSING and current == usual):
            members[name] = member
        elif usual is not MISSING and isinstance(current, str) and isinstance(member, str):
            members[name] = f"{current} {member}"
        elif change.in_place and usual is not MISSING and member != current:
            return None
        else:
            members[_free_name(name, members)] = member
    return members if len(members) <= LONG_LIST + len(change.value) else None


def _free_name(name: str, members: Mapping[str, Any]) -> str:
    """Return a name that no member has yet."""
    if name not in members:
        return name
    return next(other for number in count(2) if (other := f"{name}_{number}") not in members)
