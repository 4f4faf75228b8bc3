"""Writing faults of one contract: ids, families and the requirements that they break, in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from chatcert.mock.faults.deviations import Departures, Fault
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Accepts
from chatcert.requirements.requirement import Requirement

Checked = TypeVar("Checked")


@dataclass(frozen=True, slots=True)
class FaultDraft:
    """Makes the faults of one contract.

    Attributes:
        requirements: the contract's catalogue by id.
    """

    contract: Contract
    requirements: Mapping[str, Requirement]

    @classmethod
    def of(cls, contract: Contract) -> FaultDraft:
        """A draft over the contract's catalogue."""
        return cls(contract, derive(contract).requirements)

    def of_kind(self, kind: type[Checked]) -> Iterator[tuple[Requirement, Checked]]:
        """Every requirement with a check of one class."""
        for requirement in self.requirements.values():
            if isinstance(requirement.check, kind):
                yield requirement, requirement.check

    def accepting(self, place: str, path: tuple[str, ...]) -> Iterator[str]:
        """Paths of the requirements that valid values of one field are accepted.

        A fault that shows in a kind of value shows in every valid value that happens to be of that kind.
        """
        for requirement, check in self.of_kind(Accepts):
            if path and (check.place, check.path) == (place, path):
                yield requirement.path

    def make(
        self, requirement: Requirement, family: str, variant: str, text: str, *also: str, **departures: Any
    ) -> Fault:
        """A fault that breaks ``requirement``.

        Args:
            variant: last segment of its id; empty where there is one way only.
            also: paths of further requirements that it breaks; those that the catalogue does not have are left out.
            departures: fields of ``Departures``.
        """
        vendor = self.contract.vendor
        others = [f"{vendor}/{path}" for path in also if f"{vendor}/{path}" in self.requirements]
        return Fault(
            id=f"{vendor}/fault/{requirement.path}" + (f"/{variant}" if variant else ""),
            breaks=tuple(dict.fromkeys([requirement.id, *others])),
            description=text,
            family=family,
            departures=Departures(**departures),
        )
