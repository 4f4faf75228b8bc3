"""The catalogue: every requirement of a contract, fixed before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import digest_of
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.requirements import (
    acceptance,
    authentication,
    error,
    framing,
    isolation,
    lifecycle,
    own,
    protocol,
    refusal,
    relation,
    resource,
    response,
    robustness,
    security,
    state,
    stream,
)
from chatcert.requirements.draft import Draft
from chatcert.requirements.own_rule import InstalledRule
from chatcert.requirements.requirement import OWN, Kind, Requirement
from chatcert.text import encodable

FAMILIES: Final[Mapping[Kind, Callable[[Draft], Iterator[Requirement]]]] = {
    Kind.ACCEPTANCE: acceptance.derive,
    Kind.REFUSAL: refusal.derive,
    Kind.AUTHENTICATION: authentication.derive,
    Kind.RESOURCE: resource.derive,
    Kind.ROBUSTNESS: robustness.derive,
    Kind.PROTOCOL: protocol.derive,
    Kind.RESPONSE: response.derive,
    Kind.ERROR: error.derive,
    Kind.RELATION: relation.derive,
    Kind.SECURITY: security.derive,
    Kind.STREAM: stream.derive,
    Kind.ISOLATION: isolation.derive,
    Kind.FRAMING: framing.derive,
    Kind.STATE: state.derive,
    Kind.LIFECYCLE: lifecycle.derive,
    Kind.OWN: own.derive,
}

_PARTS = (
    "accepts",
    "request",
    "auth",
    "resource",
    "robustness",
    "framing",
    "state",
    "protocol",
    "lifecycle",
    "response",
    OWN,
)
"""The parts of a catalogue in their order: the first segments of the paths of requirements."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All requirements of one contract, in the order in which a report lists them.

    Requirements on answers come after all others of the contract: they are judged over everything that the others have
    seen. A user's own rules come last.
    """

    contract: Contract
    requirements: Mapping[str, Requirement]

    @property
    def digest(self) -> str:
        """SHA-256 over ids, levels, provenances and clauses, in order: as a report holds them."""
        return digest_of(
            [
                [encodable(text) for text in (r.id, r.level, r.provenance, r.clause.text, r.clause.pointer)]
                for r in self.requirements.values()
            ]
        )


@memoise_by_identity(maxsize=128)
def derive(contract: Contract) -> Catalogue:
    """Derive every requirement of ``contract``; of several with the same id, the first one counts.

    The catalogue is memoised for each contract, since planning asks for it again.
    """
    draft = Draft(contract)
    requirements: dict[str, Requirement] = {}
    for derive_family in FAMILIES.values():
        for requirement in derive_family(draft):
            requirements.setdefault(requirement.id, requirement)
    return Catalogue(contract, {r.id: r for r in sorted(requirements.values(), key=_position)})


def with_rules(catalogue: Catalogue, rules: Iterable[InstalledRule]) -> Catalogue:
    """Return a catalogue with the requirements that a user's own rules make after all others."""
    drafted = own.derive(Draft(catalogue.contract, tuple(rules)))
    return replace(catalogue, requirements={**catalogue.requirements, **{one.id: one for one in drafted}})


def _position(requirement: Requirement) -> tuple[int, ...]:
    return _PARTS.index(requirement.path.partition("/")[0]), *requirement.position
