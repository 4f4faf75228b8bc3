"""Differences between two records, one line each."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

VARIES = "(varies)"
"""Stands for what differs from run to run of the same version; it is never compared."""

SHOWN = 4
"""How many places of the same difference a line names."""


class _Absent:
    """Where one of the records has nothing."""


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs.

    Attributes:
        path: section, subject, and the keys below.
        change: a description of the change.
    """

    path: tuple[str, ...]
    change: str

    @property
    def group(self) -> tuple[str, str, str]:
        """What the differences in one line of the output have in common."""
        return self.path[0], self.path[-1], self.change

    @property
    def place(self) -> str:
        """Where it is, as far as the group does not say so."""
        return " ".join(self.path[1:-1])


def differences(old: Any, new: Any, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Every difference between two values; one that is missing as a whole is one difference."""
    old, new = _keyed(old), _keyed(new)
    if old == new or VARIES in (old, new):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in dict.fromkeys([*old, *new]):
            yield from differences(old.get(key, ABSENT), new.get(key, ABSENT), (*path, key))
    else:
        yield Difference(path, f"{_shown(old)} -> {_shown(new)}")


def _keyed(value: Any) -> Any:
    """Return a list of texts as a mapping, so that members are compared and not positions."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value) and len(set(value)) == len(value):
        return dict.fromkeys(value, "present")
    return value


def _shown(value: Any) -> str:
    if value is ABSENT:
        return "absent"
    if isinstance(value, Mapping):
        return "present"
    return json.dumps(value, ensure_ascii=False)


def lines(found: Iterable[Difference]) -> list[str]:
    """The differences, the same change at several places in one line; a count for each section comes last."""
    groups: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for difference in found:
        groups[difference.group].append(difference.place)
    reported = [f"{section}: {key}: {change} [{_places(places)}]" for (section, key, change), places in groups.items()]
    totals: Counter[str] = Counter()
    for (section, _, _), places in groups.items():
        totals[section] += len(places)
    return [*reported, *(f"{count} differences in {section}" for section, count in totals.items())]


def _places(places: list[str]) -> str:
    more = ", ..." if len(places) > SHOWN else ""
    return f"{len(places)}: {', '.join(places[:SHOWN])}{more}"


def varying(first: Any, second: Any) -> Any:
    """The first of two records of the same version, with a mark wherever the second is not the same."""
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        return {
            key: varying(first[key], second[key]) if key in first and key in second else VARIES
            for key in dict.fromkeys([*first, *second])
        }
    return first if first == second else VARIES


def marks(value: Any) -> int:
    """Return the number of marks in a record."""
    if isinstance(value, Mapping):
        return sum(marks(inner) for inner in value.values())
    return int(value == VARIES)
