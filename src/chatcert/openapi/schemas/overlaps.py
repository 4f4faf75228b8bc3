"""Prove that alternatives of ``oneOf`` overlap so that no value is of one of them alone, or breaks one of them alone.

The proofs that no value is of an alternative alone are on values that have only properties which the alternative names:
a document that leaves its objects open does not mean that others be sent to tell alternatives apart.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.alternatives import Alternatives, alternatives_of, field_at, names_of, specialised
from chatcert.openapi.schemas.fields import Choice, flattened
from chatcert.openapi.schemas.inclusion import Inclusion

Contrary = tuple[Schema, Any]
"""What is left of a schema without a keyword, and the schema of what breaks the keyword."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Why no value is of one alternative alone, or breaks a keyword of it alone.

    Attributes:
        path: the field that the alternatives are for.
    """

    text: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Render the proof as part of a sentence."""
        return f"{'/'.join(self.path)}: {self.text}" if self.path else self.text


def swallowed_choice(root: Schema, choices: tuple[Choice, ...]) -> Overlap | None:
    """Return why no value is of the chosen alternatives alone; ``None`` if that is not proven."""
    for depth, choice in enumerate(choices):
        place = _place_of(root, choices[:depth], choice)
        if place is None or choice.keyword != "oneOf":
            continue
        other = _swallower(place, choice.index, root)
        if other is not None:
            names = names_of(place, root)
            mine, theirs = (names.get(number) or str(number + 1) for number in (choice.index, other))
            text = f"whatever has only properties that {mine} names is {theirs}, too, and oneOf asks for one of them"
            return Overlap(text, choice.path)
    return None


def inseparable(root: Schema, whole: Schema, path: tuple[str, ...]) -> Overlap | None:
    """Return why nothing on the way to a field is of exactly one alternative; ``None`` if that is not proven."""
    for depth in range(len(path) + 1):
        flat = field_at(root, path[:depth], whole)
        for place in _told_by_schema(flat):
            is_open = place.keyword != "oneOf" or place.allows_null or len(place.values) < len(place.branches)
            if not is_open and all(_swallower(place, number, whole) is not None for number in place.values):
                names = names_of(place, whole)
                listed = ", ".join(names.get(number) or str(number + 1) for number in place.values)
                text = f"whatever has only properties that one of {listed} names is another, too"
                return Overlap(f"{text}, and oneOf asks for one of them", path[:depth])
    return None


def always_matched(flat: Schema, keyword: str, root: Schema) -> Overlap | None:
    """Return why alternatives cannot be broken by a value that is none of them; ``None`` if that is not proven.

    With several alternatives of ``oneOf``, two of which may match at once, nothing is proven.
    """
    if keyword not in ("oneOf", "anyOf") or (keyword == "oneOf" and len(flat[keyword]) > 1):
        return None
    beside = {key: value for key, value in flat.items() if key != keyword}
    inclusion = Inclusion(root, root, closed=False, exclusive=False)
    if any(inclusion.holds(beside, branch) for branch in flat[keyword]):
        return Overlap("whatever the rest of the schema allows is an alternative")
    return None


def matched_elsewhere(root: Schema, choices: tuple[Choice, ...], contraries: Iterable[Contrary]) -> Overlap | None:
    """Return why whatever breaks a keyword of an alternative is valid all the same; ``None`` if that is not proven.

    Formats are left out of the others, since a server need not check them.

    Args:
        contraries: all ways to break the keyword, with the rest of the alternative.
    """
    place = _place_of(root, choices[:-1], choices[-1])
    if place is None:
        return None
    others = [branch for number, branch in enumerate(place.branches) if number != choices[-1].index]
    inclusion = Inclusion(root, root, closed=False, exclusive=False, ignored=frozenset(["format"]))
    broken = [{"allOf": [beside, demanded]} for beside, demanded in contraries]
    if broken and all(any(inclusion.holds(one, other) for other in others) for one in broken):
        return Overlap("whatever breaks this is another alternative, unless formats are checked", choices[-1].path)
    return None


def branch_of(root: Schema, choices: tuple[Choice, ...]) -> Schema | None:
    """Return the schema of the alternative that is chosen last, by itself."""
    place = _place_of(root, choices[:-1], choices[-1])
    return flattened(place.branches[choices[-1].index], root) if place is not None else None


def _place_of(root: Schema, before: tuple[Choice, ...], choice: Choice) -> Alternatives | None:
    """Return the alternatives of a choice, unless a discriminator tells them apart."""
    flat = field_at(specialised(root, before, alone=False), choice.path, root)
    return next((place for place in _told_by_schema(flat) if place.slot == choice.slot), None)


def _told_by_schema(flat: Schema | None) -> list[Alternatives]:
    if flat is None or "discriminator" in flat:
        return []
    return [place for place in alternatives_of(flat) if place.keyword in ("oneOf", "anyOf")]


def _swallower(place: Alternatives, number: int, root: Schema) -> int | None:
    """Return another alternative that allows whatever one of them describes; ``None`` if none is proven to."""
    inclusion = Inclusion(root, root, exclusive=False)
    others = [other for other in range(len(place.branches)) if other != number]
    return next((o for o in others if inclusion.holds(place.branches[number], place.branches[o])), None)
