"""Manners: honest peculiarities that the mock can be told to have; none of them breaks the contract."""

from __future__ import annotations

from collections.abc import Sequence

from chatcert.exceptions import UsageError
from chatcert.mock.manners.busy import busy_manners
from chatcert.mock.manners.http_forms import http_form_manners
from chatcert.mock.manners.layout import layout_manners
from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.members import member_manners
from chatcert.mock.manners.refusals import refusal_manners
from chatcert.mock.manners.value_forms import value_manners
from chatcert.mock.manners.variations import Manner, Variations, combined
from chatcert.names import did_you_mean
from chatcert.openapi.contract import Contract

__all__ = ["Manner", "Variations", "manners_of", "variations_of"]

_MAKERS = (member_manners, value_manners, refusal_manners, layout_manners, http_form_manners, busy_manners)
"""In the order in which several manners at once are applied: a text is compressed after it is written."""


def manners_of(contract: Contract) -> tuple[Manner, ...]:
    """Every manner that would make a difference for a server of this contract, each with an id of its own.

    Some manners count what they have answered: ask anew for each server.
    """
    draft = MannerDraft.of(contract)
    return tuple(manner for make in _MAKERS for manner in make(draft) if draft.shows(manner))


def variations_of(contracts: Sequence[Contract], ids: Sequence[str]) -> dict[str, Variations]:
    """The variations of the manners of these ids, by vendor; vendors without a manner are left out.

    Raises:
        UsageError: no contract has a manner of that id; the hint names the nearest.
    """
    if not ids:
        return {}
    by_vendor = {contract.vendor: manners_of(contract) for contract in contracts}
    known = [manner.id for manners in by_vendor.values() for manner in manners]
    for wanted in ids:
        if wanted not in known:
            raise UsageError(f"unknown manner {wanted!r}", hint=did_you_mean(wanted, known))
    chosen = {vendor: [manner for manner in manners if manner.id in ids] for vendor, manners in by_vendor.items()}
    return {vendor: combined(manners) for vendor, manners in chosen.items() if manners}
