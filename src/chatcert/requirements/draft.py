"""Draft requirements of one contract: their ids, levels, provenance and what a run has to know about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.openapi.contract import Contract
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import Check
from chatcert.requirements.own_rule import InstalledRule
from chatcert.requirements.requirement import Clause, Cost, Kind, Level, Rank, Requirement
from chatcert.text import shorten

_MUST = {Provenance.SCHEMA, Provenance.STATED}
_RANKS = {
    Kind.AUTHENTICATION: Rank.AUTHENTICATION,
    Kind.RESPONSE: Rank.RESPONSE,
    Kind.RELATION: Rank.RELATION,
    Kind.ACCEPTANCE: Rank.REQUEST,
    Kind.REFUSAL: Rank.REQUEST,
}
_MAX_SHOWN = 60
"""Characters of a value in a sentence."""


def format_value(value: Any) -> str:
    """Return a value as it stands in a sentence, cut to ``_MAX_SHOWN`` characters."""
    text = value if isinstance(value, str) else repr(value)
    return shorten(text, _MAX_SHOWN)


@dataclass(frozen=True, slots=True)
class Draft:
    """Makes requirements of one contract, and derives from their kind and provenance what a family leaves open.

    Attributes:
        rules: the user's own rules.
    """

    contract: Contract
    rules: tuple[InstalledRule, ...] = ()

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
        rank: Rank | None = None,
        cost: Cost | None = None,
        intrusive: bool = False,
        run_wide: bool = False,
        position: tuple[int, ...] = (),
    ) -> Requirement:
        """Return a requirement.

        Args:
            path: the id without its vendor.
            text: the clause in one sentence.
            level: follows from the provenance by default.
            rank: follows from the level and the kind by default.
            cost: one request by default; none where it is judged on answers to other requests.
        """
        binding = level or (Level.MUST if provenance in _MUST else Level.SHOULD)
        return Requirement(
            id=f"{self.contract.vendor}/{path}",
            vendor=self.contract.vendor,
            kind=kind,
            level=binding,
            provenance=provenance,
            clause=Clause(text, pointer, source),
            check=check,
            rank=_rank(kind, binding, rank),
            cost=cost or Cost(0 if run_wide else 1),
            intrusive=intrusive,
            run_wide=run_wide,
            position=position,
        )


def _rank(kind: Kind, level: Level, own: Rank | None) -> Rank:
    """Return the rank: refused logins last; before them own rules, hostile input and recommendations."""
    if own is Rank.LOCKING:
        return own
    if kind in (Kind.ROBUSTNESS, Kind.FRAMING, Kind.OWN):
        return Rank.HOSTILE
    if level is not Level.MUST:
        return Rank.RECOMMENDATION
    return own if own is not None else _RANKS.get(kind, Rank.OTHER)


def provenance_of(extension: Mapping[str, Any], default: Provenance = Provenance.STATED) -> Provenance:
    """Return the provenance that an ``x-chatcert-*`` extension names, or the default one."""
    return Provenance(extension.get("provenance", default))


def source_of(extension: Mapping[str, Any]) -> str:
    """Return the part of the page that an extension cites."""
    return str(extension.get("source", ""))
