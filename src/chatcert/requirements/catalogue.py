"""The catalogue: every requirement of a contract, fixed before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chatcert.openapi.contract import Contract
from chatcert.openapi.memoise import once
from chatcert.openapi.reading import digest_of
from chatcert.requirements.acceptance import acceptance
from chatcert.requirements.authentication import authentication
from chatcert.requirements.draft import Draft
from chatcert.requirements.refusal import refusal
from chatcert.requirements.requirement import Requirement
from chatcert.requirements.response import answers
from chatcert.requirements.robustness import protocol, resources, robustness

FAMILIES = (acceptance, refusal, authentication, resources, robustness, protocol, answers)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All requirements of one contract, in the order in which they are put to the test.

    Requirements on answers come last: they are judged over everything that the others have seen.
    """

    contract: Contract
    requirements: Mapping[str, Requirement]

    @property
    def digest(self) -> str:
        """SHA-256 over ids, levels, provenances and clauses, in order: as a report holds them."""
        return digest_of(
            [
                [_encodable(text) for text in (r.id, r.level, r.provenance, r.clause.text, r.clause.pointer)]
                for r in self.requirements.values()
            ]
        )


def _encodable(text: str) -> str:
    """A text as a file in UTF-8 can hold it: a document may have halves of surrogate pairs, a report may not."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@once(most=128)
def derive(contract: Contract) -> Catalogue:
    """Every requirement that follows from ``contract``; where two families name the same id, the first stands.

    It is made once for a contract: planning asks for it again.
    """
    draft = Draft(contract)
    found: dict[str, Requirement] = {}
    for family in FAMILIES:
        for requirement in family(draft):
            found.setdefault(requirement.id, requirement)
    return Catalogue(contract, found)
