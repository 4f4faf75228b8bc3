"""Build the faults of one contract: ids, families and the requirements that they break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from chatcert.mock.deviation.deviations import Deviations
from chatcert.mock.deviation.fault import Fault
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive, with_rules
from chatcert.requirements.check import Accepts
from chatcert.requirements.own_rule import InstalledRule
from chatcert.requirements.requirement import Kind, Requirement

Checked = TypeVar("Checked")

SERVER_ERROR = "response/any/no-server-error"
"""Path of the requirement that there is no server error."""


@dataclass(frozen=True, slots=True)
class FaultDraft:
    """Builds the faults of one contract.

    Attributes:
        requirements: the contract's catalogue by id.
    """

    contract: Contract
    requirements: Mapping[str, Requirement]
    _by_class: dict[type, list[Requirement]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, contract: Contract, rules: Sequence[InstalledRule] = ()) -> FaultDraft:
        """Return a draft over the contract's catalogue and a user's own rules."""
        return cls(contract, with_rules(derive(contract), rules).requirements)

    def family(self, kind: Kind, check: type[Checked]) -> Iterator[tuple[Requirement, Checked]]:
        """Yield the requirements of one family that have a check of one class."""
        for requirement, found in self.checks(check):
            if requirement.kind is kind:
                yield requirement, found

    def checks(self, check: type[Checked]) -> Iterator[tuple[Requirement, Checked]]:
        """Yield every requirement that has a check of one class."""
        if check not in self._by_class:
            self._by_class[check] = [one for one in self.requirements.values() if isinstance(one.check, check)]
        for requirement in self._by_class[check]:
            assert isinstance(requirement.check, check)
            yield requirement, requirement.check

    def paths(self, *checks: type) -> list[str]:
        """Return the paths of the requirements that have a check of one of these classes, class by class."""
        return [requirement.path for check in checks for requirement, _ in self.checks(check)]

    def accepting(self, place: str, path: tuple[str, ...]) -> Iterator[str]:
        """Yield the paths of the requirements that valid values of one field are accepted.

        A fault that shows for one kind of value breaks every requirement whose valid value may be of that kind.
        """
        for requirement, check in self.checks(Accepts):
            if path and (check.place, check.path) == (place, path):
                yield requirement.path

    def make(
        self,
        requirement: Requirement,
        variant: str,
        description: str,
        *also: str,
        intermittent: bool = False,
        **deviations: Any,
    ) -> Fault:
        """Return a fault that breaks ``requirement``.

        Args:
            variant: last segment of the id; empty where there is only one way to break the requirement.
            also: paths of further requirements that it breaks; those that the catalogue does not have are left out. A
                server error breaks the requirement that there is none, which need not be named.
            intermittent: whether it shows in some answers only.
            deviations: fields of ``Deviations``.
        """
        vendor = self.contract.vendor
        also = (*also, SERVER_ERROR) if deviations.get("crashes") else also
        others = [f"{vendor}/{path}" for path in also if f"{vendor}/{path}" in self.requirements]
        return Fault(
            id=f"{vendor}/fault/{requirement.path}" + (f"/{variant}" if variant else ""),
            breaks=tuple(dict.fromkeys([requirement.id, *others])),
            description=description,
            family=requirement.kind,
            deviations=Deviations(**deviations),
            intermittent=intermittent,
        )
