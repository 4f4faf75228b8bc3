"""The plans of one run: from the shelf where the same ones were made before, else made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import astuple
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chatcert.cases.case import Case
from chatcert.cases.plan import Plan, Planned
from chatcert.cases.profile import Profile
from chatcert.contract.model import Contract
from chatcert.contract.reading import digest_of
from chatcert.contract.requirements import Requirement
from chatcert.installed import lock
from chatcert.report.proof import sources_digest
from chatcert.shelf import Shelf

if TYPE_CHECKING:
    from chatcert.cases.planning import Planner

FORMAT = "chatcert-plans/1"
BOUNDARIES = "chatcert-boundaries/1"


class Plans:
    """Plans by requirement. What makes them is loaded only where something has to be made.

    Args:
        resources: configured names of existing things, by field name.
        seed: the run's seed; the same seed gives the same requests.
        gentle: plan nothing hostile or malformed.
        shelf: where plans are kept from one run to the next.
    """

    def __init__(
        self,
        contract: Contract,
        resources: Mapping[str, Any],
        profile: Profile,
        seed: int,
        *,
        gentle: bool = False,
        shelf: Shelf | None = None,
    ) -> None:
        self._contract, self.resources, self._profile, self._seed = contract, resources, profile, seed
        self._gentle = gentle
        self._shelf = shelf or Shelf(None)
        self._key = self._key_of(FORMAT, astuple(profile), seed, gentle, dict(resources))
        self._planned = self._kept()
        self._grown = False

    def _key_of(self, form: str, *more: object) -> str:
        """What something on the shelf follows from: the document, the code that made it, and whatever else there is."""
        contract = self._contract
        document = (contract.vendor, contract.operation, contract.spec_digest, contract.overlay_digest)
        return digest_of([form, sources_digest(), lock(), document, more]).removeprefix("sha256:")

    def _kept(self) -> Planned:
        with suppress(ValueError, TypeError, KeyError, IndexError):
            return Planned.from_text(self._shelf.get(self._key) or "")
        return Planned()

    @cached_property
    def _planner(self) -> Planner:
        from chatcert.cases.planning import Planner

        return Planner(
            self._contract, self.resources, self._profile, self._seed, gentle=self._gentle, boundaries=self._boundaries
        )

    def _boundaries(self) -> dict[str, list[Any]]:
        """Boundary values, which follow from the document alone: from the shelf, whatever seed they were made with."""

        def make() -> dict[str, list[Any]]:
            from chatcert.cases.schemathesis_source import boundaries_of

            return boundaries_of(self._contract)

        return self._shelf.value(self._key_of(BOUNDARIES), make)

    def plan(self, requirement: Requirement) -> Plan:
        """The cases of one requirement, each confirmed by the validator to be what it claims to be."""
        if requirement.id not in self._planned.plans:
            self._planned.plans[requirement.id] = self._planner.plan(requirement)
            self._grown = True
        return self._planned.plans[requirement.id]

    def control(self) -> Case:
        """The smallest valid request, which one exchange may serve for all."""
        if self._planned.control is None:
            self._planned.control = self._planner.control()
            self._grown = True
        return self._planned.control

    def optional_resources(self) -> Iterable[tuple[str, Case]]:
        """Each configured name that the smallest request does without, with the valid request that names it."""
        if self._planned.options is None:
            self._planned.options = tuple(self._planner.optional_resources())
            self._grown = True
        return self._planned.options

    def keep(self) -> None:
        """Put what was made on the shelf, beside what another process has put there meanwhile."""
        if not self._grown:
            return
        self._grown = False
        text = self._planned.merged(self._kept()).to_text()
        if text is not None:
            self._shelf.put(self._key, text)
