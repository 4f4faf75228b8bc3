"""What is to be done to the tracker, so that it says what a night has found: pure, and the same every time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from chatcert.nightly.subject import Concern, Sighting
from chatcert.nightly.ticket import Place, Ticket, body_of, comment_of, title_of


class Kind(StrEnum):
    """What is done to one issue."""

    OPEN = "open"
    UPDATE = "update"
    REOPEN = "reopen"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    Attributes:
        number: the issue's; zero for one that is opened.
        comment: what is said below it; nothing where it is empty.
    """

    kind: Kind
    key: tuple[str, ...]
    number: int
    title: str
    body: str
    comment: str = ""

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self) | {"kind": self.kind.value, "key": list(self.key)}


def plan(concerns: Iterable[Concern], tickets: Iterable[Ticket]) -> tuple[Action, ...]:
    """What makes the tracker say what the concerns say; nothing where it does already.

    An issue is opened once for what is broken, and its body tells since when and in how many nights. It is closed when
    every leg at which it was broken was seen to hold, and by nothing else. A closed one is opened again by a sighting
    that is later than all that it knows of. Where several issues are about the same, the oldest is kept.
    """
    known: dict[tuple[str, ...], Ticket] = {}
    for ticket in sorted(tickets, key=lambda one: one.number, reverse=True):
        known[ticket.key] = ticket
    found = (_action(concern, known.get(concern.key)) for concern in sorted(concerns, key=lambda one: one.key))
    return tuple(action for action in found if action is not None)


def _action(concern: Concern, ticket: Ticket | None) -> Action | None:
    before = dict(ticket.places) if ticket is not None else {}
    if ticket is not None and not ticket.is_open:  # whoever closed it has said that it is over
        before = {name: replace(place, broken=False) for name, place in before.items()}
    places = dict(before)
    fresh = [sighting for sighting in concern.sightings if _enter(places, sighting)]
    if not fresh:
        return None
    details = [one.details for one in fresh if one.details] or ([ticket.details] if ticket is not None else [])
    number = ticket.number if ticket is not None else 0
    title, body = title_of(concern), body_of(concern, places, details)
    names = sorted({one.place for one in fresh})
    broken = any(place.broken for place in places.values())
    if ticket is None:
        return Action(Kind.OPEN, concern.key, 0, title, body) if broken else None
    if not ticket.is_open:
        again = comment_of(f"{concern.contact} So again, at".lstrip(), [n for n in names if places[n].broken])
        return Action(Kind.REOPEN, concern.key, number, title, body, again) if broken else None
    if broken:
        return Action(Kind.UPDATE, concern.key, number, title, body)
    return Action(Kind.CLOSE, concern.key, number, title, body, comment_of("No longer so, at", names))


def _enter(places: dict[str, Place], sighting: Sighting) -> bool:
    """Enter what was seen into what is known; whether it was news."""
    place = places.get(sighting.place)
    if place is not None and sighting.moment <= place.last:
        return False
    if sighting.broken:
        lasting = place is not None and place.broken
        first = place.first if lasting and place is not None else sighting.moment
        nights = place.nights + 1 if lasting and place is not None else 1
        places[sighting.place] = Place(first, sighting.moment, nights, broken=True)
        return True
    if place is None:
        return False
    places[sighting.place] = replace(place, last=sighting.moment, broken=False)
    return place.broken


def counted(actions: Iterable[Action]) -> Mapping[Kind, int]:
    """How many actions of each kind there are."""
    kinds = [action.kind for action in actions]
    return {kind: kinds.count(kind) for kind in Kind}
