"""What differs between an entry and the one before it: product, document, suite, and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatcert.register.entries import Entry
from chatcert.register.site.site_view import ShownEntry


@dataclass(frozen=True)
class Changes:
    """The differences from an older entry of the same vendor.

    Attributes:
        former: the older entry.
        causes: what was changed: label, old value, new value.
        verdicts: requirement, old verdict, new verdict, in the order of the catalogue; ``new`` or ``gone`` where only
            one of the two has it.
    """

    former: Entry
    causes: tuple[tuple[str, str, str], ...]
    verdicts: tuple[tuple[str, str, str], ...]

    @property
    def is_unexplained(self) -> bool:
        """Return whether verdicts changed although neither product, document nor suite did."""
        return bool(self.verdicts) and not self.causes


def changes_of(shown: ShownEntry, older: Sequence[ShownEntry]) -> Changes | None:
    """Return what differs from the newest of the older entries at the same place; ``None`` if there is none.

    Args:
        older: the older entries of the vendor, the newest one first.
    """
    entry = shown.entry
    place = entry.certificate["place"]
    where = (place["environment"], place["region"], entry.certificate["product"]["operation"])
    for one in older:
        row = one.entry.certificate
        if (row["place"]["environment"], row["place"]["region"], row["product"]["operation"]) == where:
            return Changes(one.entry, tuple(_causes(one.entry, entry)), tuple(_verdicts(one.entry, entry)))
    return None


def _causes(old: Entry, new: Entry) -> list[tuple[str, str, str]]:
    pairs = (
        ("product version", old.certificate["product"]["version"], new.certificate["product"]["version"]),
        ("document", _digest(old, "spec"), _digest(new, "spec")),
        ("document version", old.certificate["product"]["document"], new.certificate["product"]["document"]),
        ("overlay", _digest(old, "overlay"), _digest(new, "overlay")),
        ("suite", old.certificate["made_with"]["suite"], new.certificate["made_with"]["suite"]),
        ("profile", old.certificate["made_with"]["profile"], new.certificate["made_with"]["profile"]),
    )
    return [pair for pair in pairs if pair[1] != pair[2]]


def _digest(entry: Entry, name: str) -> str:
    digests = entry.certificate["digests"]
    text = digests["spec"] if name == "spec" else digests["overlay"]
    return text[:19] or "none"


def _verdicts(old: Entry, new: Entry) -> list[tuple[str, str, str]]:
    before, after = old.verdicts, new.verdicts
    names = [*after, *(name for name in before if name not in after)]
    rows = [(name, before.get(name, "new"), after.get(name, "gone")) for name in names]
    return [row for row in rows if row[1] != row[2]]
