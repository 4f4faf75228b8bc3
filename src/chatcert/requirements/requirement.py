"""A requirement: one testable statement of a contract, and what a run has to know to plan it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Final

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import Check

OWN: Final = "own"
"""The first segment of the paths of users' own rules."""


class Kind(StrEnum):
    """The family of a requirement; its value is the name of the family's module in every room."""

    ACCEPTANCE = "acceptance"
    REFUSAL = "refusal"
    AUTHENTICATION = "authentication"
    RESOURCE = "resource"
    ROBUSTNESS = "robustness"
    PROTOCOL = "protocol"
    RESPONSE = "response"
    ERROR = "error"
    RELATION = "relation"
    SECURITY = "security"
    STREAM = "stream"
    ISOLATION = "isolation"
    FRAMING = "framing"
    STATE = "state"
    LIFECYCLE = "lifecycle"
    OWN = "own"


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "must"
    SHOULD = "should"


class Rank(IntEnum):
    """Order of sending: the requirements that say most about a vendor come first."""

    SMALLEST_REQUEST = 0
    AUTHENTICATION = 1
    RESPONSE = 2
    RELATION = 3
    REQUIRED_FIELD = 4
    REQUEST = 5
    OTHER = 6
    MANY_REQUESTS = 7
    RECOMMENDATION = 8
    HOSTILE = 9
    LOCKING = 10
    """Refused logins, after which a server may lock the account out: nothing else should come after them."""


@dataclass(frozen=True, slots=True)
class Cost:
    """About how many requests are sent for one requirement alone; what others share is left out.

    Attributes:
        requests: the number of requests under every profile.
        examples: whether the property-based examples of the profile are added.
        valid_bodies: whether the generated valid bodies of the profile are added.
        hostile: how many of the hostile values of the profile are added at most.
        from_standard: whether nothing is sent for it under the profile ``quick``.
    """

    requests: int = 0
    examples: bool = False
    valid_bodies: bool = False
    hostile: int = 0
    from_standard: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """The sentence of the contract that a requirement rests on.

    Attributes:
        text: the clause in one sentence.
        pointer: its place in the specification (JSON Pointer), empty if it stands elsewhere.
        source: the section of the page, or the RFC, that states it.
    """

    text: str
    pointer: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One testable statement of a contract.

    Attributes:
        id: readable path, stable across edits elsewhere in the document.
        vendor: the vendor it belongs to, which is also the id's first segment.
        rank: when its requests are sent.
        cost: how many requests are sent for it alone.
        intrusive: whether it is tested with hostile or malformed requests, or with other methods, which not every
            owner of a server in use permits.
        run_wide: whether it is judged on answers to requests of other requirements too.
        position: its order in its part of the catalogue; the parts are ordered by the first segment of ``path``.
    """

    id: str
    vendor: str
    kind: Kind
    level: Level
    provenance: Provenance
    clause: Clause
    check: Check
    rank: Rank = Rank.OTHER
    cost: Cost = Cost(1)
    intrusive: bool = False
    run_wide: bool = False
    position: tuple[int, ...] = ()

    @property
    def path(self) -> str:
        """The id without its vendor: the same kind at every vendor."""
        return self.id.partition("/")[2]


def is_own(name: str) -> bool:
    """Return whether an id is that of a requirement which a user's own rule makes."""
    return name.split("/", 2)[1:2] == [OWN]
