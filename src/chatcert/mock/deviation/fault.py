"""A fault: one defect that the mock can have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chatcert.mock.deviation.deviations import Deviations
from chatcert.requirements.requirement import Kind


@dataclass(frozen=True, slots=True)
class Fault:
    """A defect that the mock can have.

    Attributes:
        id: readable and stable: ``<vendor>/fault/<path of the broken requirement>[/<variant>]``.
        breaks: ids of the requirements that a server with this fault violates: first the one that the fault is made
            for, then those that break with it, as far as the catalogue alone can tell.
        description: what the server does, in one sentence.
        family: the kind of the requirement that it breaks first.
        deviations: how the mock does it.
        intermittent: whether it shows in some answers only.
    """

    id: str
    breaks: tuple[str, ...]
    description: str
    family: Kind
    deviations: Deviations = field(repr=False, compare=False)
    intermittent: bool = False


def combined(faults: Sequence[Fault]) -> Deviations:
    """Return the deviations of several faults at once."""
    merged = Deviations()
    for fault in faults:
        merged |= fault.deviations
    return merged
