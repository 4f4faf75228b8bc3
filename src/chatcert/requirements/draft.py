"""Writing requirements of one contract: ids, levels and provenance in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.openapi.contract import Contract
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.requirement import Check, Clause, Kind, Level, Requirement

_MUST = {Provenance.SCHEMA, Provenance.STATED}


def shown(value: Any, limit: int = 60) -> str:
    """A value as it stands in a sentence, cut to ``limit`` characters."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


@dataclass(frozen=True, slots=True)
class Draft:
    """Makes the requirements of one contract."""

    contract: Contract

    def make(
        self,
        path: str,
        kind: Kind,
        check: Check,
        text: str,
        *,
        provenance: Provenance = Provenance.SCHEMA,
        level: Level | None = None,
        pointer: str = "",
        source: str = "",
    ) -> Requirement:
        """A requirement; where no level is given, it follows from the provenance."""
        derived = Level.MUST if provenance in _MUST else Level.SHOULD
        return Requirement(
            id=f"{self.contract.vendor}/{path}",
            vendor=self.contract.vendor,
            kind=kind,
            level=level or derived,
            provenance=provenance,
            clause=Clause(text, pointer, source),
            check=check,
        )


def provenance_of(extension: Mapping[str, Any]) -> Provenance:
    """The provenance that an ``x-chatcert-*`` extension gives itself; ``stated`` if it is silent."""
    return Provenance(extension.get("provenance", Provenance.STATED))


def source_of(extension: Mapping[str, Any]) -> str:
    """The part of the page that an extension cites."""
    return str(extension.get("source", ""))
