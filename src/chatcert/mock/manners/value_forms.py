"""Manners of values: times, numbers and identifiers in other forms that are right as well."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from chatcert.mock.examples import timestamp
from chatcert.mock.manners.manner_draft import EditPlan, EditPlanner, MannerDraft, free
from chatcert.mock.manners.members import links
from chatcert.mock.manners.variations import Manner
from chatcert.mock.validators import Predicate, predicate
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import Field, walk

SECONDS_OFF = 20
_EXACT_DOUBLES = 2**53
_EAST = timezone(timedelta(hours=5, minutes=30))
_DIGITS = 18
_LONG = 100

_TIMES: Mapping[str, tuple[str, Callable[[datetime], str]]] = {
    "time-offset": ("in the zone +05:30", lambda instant: instant.astimezone(_EAST).isoformat(timespec="milliseconds")),
    "time-whole-seconds": ("without a fraction", lambda instant: f"{instant:%Y-%m-%dT%H:%M:%SZ}"),
    "time-lower-case": ("with t and z in lower case", lambda instant: f"{instant:%Y-%m-%dt%H:%M:%S.%f}"[:-3] + "z"),
    "time-nanoseconds": ("with a fraction of nine digits", lambda instant: f"{instant:%Y-%m-%dT%H:%M:%S.%f}000Z"),
}
_IDENTIFIERS: Mapping[str, tuple[str, Callable[[], str]]] = {
    "id-uuid": ("are UUIDs", lambda: str(uuid.uuid4())),
    "id-digits": ("consist of digits", lambda: str(secrets.randbelow(9 * 10 ** (_DIGITS - 1)) + 10 ** (_DIGITS - 1))),
    "id-long": ("are 100 characters long", lambda: secrets.token_urlsafe(_LONG)[:_LONG]),
}


def value_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners of other right values for times, numbers and identifiers."""
    for name, (words, write) in _TIMES.items():
        yield draft.make(name, f"times are written {words} (RFC 3339)", values=(draft.edit(_times(write)),))
    for name, words, seconds in (("clock-fast", "ahead", SECONDS_OFF), ("clock-slow", "behind", -SECONDS_OFF)):
        yield draft.make(name, f"the clock is {SECONDS_OFF} s {words}", values=(draft.edit(_clocks(seconds)),))
    yield draft.make(
        "integers-as-doubles", "integers are written with a fraction of zero", values=(draft.edit(_integers),)
    )
    for name, (words, make) in _IDENTIFIERS.items():
        yield draft.make(
            name, f"identifiers {words}", values=(draft.edit(_identifiers(draft.contract, make), errors=False),)
        )


def _times(write: Callable[[datetime], str]) -> EditPlanner:
    def rewritten(value: Any) -> Any:
        instant = _instant(value)
        return value if instant is None else write(instant)

    return lambda places: [(p.path, rewritten) for p in free(places) if p.schema.get("format") == "date-time"]


def _instant(value: Any) -> datetime | None:
    """Parse an RFC 3339 time, in UTC; ``None`` where the text is none."""
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant is not None and instant.tzinfo is not None else None


def _clocks(seconds: int) -> EditPlanner:
    def shifted(factor: int) -> Callable[[Any], Any]:
        def shift(value: Any) -> Any:
            instant = _instant(value)
            if instant is not None:
                return timestamp(instant.timestamp() + seconds)
            return value + seconds * factor if isinstance(value, int) and not isinstance(value, bool) else value

        return shift

    def plan(places: Sequence[Field]) -> EditPlan:
        for place in free(places):
            rule = place.schema.get("x-chatcert-clock")
            unit = rule.get("unit") if isinstance(rule, Mapping) else None
            if rule or "x-chatcert-not-before" in place.schema or place.schema.get("format") == "date-time":
                yield place.path, shifted(1000 if unit == "milliseconds" else 1)

    return plan


def _integers(places: Sequence[Field]) -> EditPlan:
    """Write integers with a zero fraction, which are integers still (JSON Schema 2020-12, validation section 6.1.1)."""
    return [(p.path, _as_double) for p in places if "type" in p.schema and "integer" in p.types and not _echoed(p)]


def _as_double(value: Any) -> Any:
    return float(value) if type(value) is int and abs(value) <= _EXACT_DOUBLES else value


def _echoed(place: Field) -> bool:
    rule = place.schema.get("x-chatcert-equals")
    return isinstance(rule, Mapping) and "$request" in str(rule.get("expression"))


def _identifiers(contract: Contract, make: Callable[[], str]) -> EditPlanner:
    """Give every unique text another shape, if the request fields that it goes into allow it."""
    taken = {path: list(_receivers(contract, name)) for path, name in links(contract)}

    def renamed(receivers: list[Predicate]) -> Callable[[Any], Any]:
        def rename(value: Any) -> Any:
            made = make()
            return made if isinstance(value, str) and all(takes(made) for takes in receivers) else value

        return rename

    return lambda places: [
        (p.path, renamed(taken.get(p.path, []))) for p in free(places) if "x-chatcert-unique" in p.schema
    ]


def _receivers(contract: Contract, name: str) -> Iterator[Predicate]:
    if contract.body is not None:
        root = contract.body.schema
        for place in walk(root, contract.body.schema_pointer):
            if place.path == (name,):
                yield predicate(place.schema, root)
