"""The words of the catalogue: requirements, their levels, where they come from, and what each one checks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chatcert.openapi.provenance import Provenance


class Kind(StrEnum):
    """The family of a requirement."""

    ACCEPTANCE = "acceptance"
    REFUSAL = "refusal"
    AUTHENTICATION = "authentication"
    RESPONSE = "response"
    ERROR = "error"
    RELATION = "relation"
    RESOURCE = "resource"
    ROBUSTNESS = "robustness"
    PROTOCOL = "protocol"
    SECURITY = "security"


class Level(StrEnum):
    """How binding a requirement is (RFC 2119)."""

    MUST = "must"
    SHOULD = "should"


@dataclass(frozen=True, slots=True)
class Clause:
    """Where a requirement comes from.

    Attributes:
        text: the clause in one sentence.
        pointer: its place in the specification (JSON Pointer), empty if it stands elsewhere.
        source: the section of the page, or the RFC, that states it.
    """

    text: str
    pointer: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Accepts:
    """A valid request is accepted.

    Attributes:
        variation: which valid request: ``required-only``, ``all-fields``, ``present``, ``absent``, ``enum``,
            ``null``, ``type``, a limit keyword, ``blank``, ``extra``, ``body-absent``, ``body-empty``, ``link``
            or a wire form such as ``scheme-case``.
        path: the field concerned.
        value: the enum member, type name or other detail.
        place: ``body`` or a parameter location.
    """

    variation: str
    path: tuple[str, ...] = ()
    value: Any = None
    place: str = "body"


@dataclass(frozen=True, slots=True)
class Refuses:
    """A request that breaks one keyword at one place is refused."""

    place: str
    path: tuple[str, ...]
    keyword: str


@dataclass(frozen=True, slots=True)
class RefusesPayload:
    """A payload that is no JSON object of the right media type is refused: ``form`` names how it is wrong."""

    form: str


@dataclass(frozen=True, slots=True)
class Authenticates:
    """A request in which one credential is wrong in the way that ``form`` names is refused."""

    scheme: str
    form: str


@dataclass(frozen=True, slots=True)
class Answers:
    """A rule that every answer of one status keeps.

    Attributes:
        status: as documented: ``201``, ``4XX``; ``any`` for all answers.
        rule: ``status``, ``content-type``, ``json``, ``schema``, ``promised``, ``unique``, ``equals``, ``clock``,
            a schema keyword, ...
        path: the field concerned.
        detail: the rule's own data (an extension's content, a keyword's value).
    """

    status: str
    rule: str
    path: tuple[str, ...] = ()
    detail: Any = None


@dataclass(frozen=True, slots=True)
class KnowsResource:
    """A well-formed identifier of nothing is not served: ``form`` is ``unknown`` or ``malformed``."""

    place: str
    path: tuple[str, ...]
    form: str
    open_question: bool = False


@dataclass(frozen=True, slots=True)
class Withstands:
    """Hostile but well-framed input at one place leads to no crash, hang or dropped connection."""

    place: str
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """Another HTTP method does not create a chat."""

    method: str


Check = Accepts | Refuses | RefusesPayload | Authenticates | Answers | KnowsResource | Withstands | Method


@dataclass(frozen=True, slots=True)
class Requirement:
    """One testable statement of a contract.

    Attributes:
        id: readable path, stable across edits elsewhere in the document.
        vendor: the vendor it belongs to, which is also the id's first segment.
    """

    id: str
    vendor: str
    kind: Kind
    level: Level
    provenance: Provenance
    clause: Clause
    check: Check

    @property
    def path(self) -> str:
        """The id without its vendor: the same kind at every vendor."""
        return self.id.partition("/")[2]

    @property
    def harsh(self) -> bool:
        """Whether it is tested by hostile or malformed requests, which not everybody wants on a server in use."""
        return isinstance(self.check, Withstands | Method | RefusesPayload)
