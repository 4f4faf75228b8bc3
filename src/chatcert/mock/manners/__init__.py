"""Manners: peculiarities that the mock can have without breaking the contract."""

from __future__ import annotations

from collections.abc import Sequence

from chatcert.exceptions import UsageError
from chatcert.mock.manners.busy import busy_manners
from chatcert.mock.manners.chats import chat_manners
from chatcert.mock.manners.http_forms import http_form_manners
from chatcert.mock.manners.layout import layout_manners
from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.members import member_manners
from chatcert.mock.manners.refusals import refusal_manners
from chatcert.mock.manners.stream_forms import stream_form_manners
from chatcert.mock.manners.value_forms import value_manners
from chatcert.mock.manners.variations import Manner, Variations, combined
from chatcert.names import did_you_mean
from chatcert.openapi.contract import Contract

__all__ = ["Manner", "Variations", "manners_of", "variations_of"]

_FAMILIES = (
    member_manners,
    value_manners,
    refusal_manners,
    layout_manners,
    stream_form_manners,
    chat_manners,
    http_form_manners,
    busy_manners,
)
"""In the order in which several manners are applied: a body is compressed after it is serialised."""


def manners_of(contract: Contract) -> tuple[Manner, ...]:
    """Return every manner that makes a difference for a server of this contract.

    Some manners count what they have answered: derive them anew for each server.
    """
    draft = MannerDraft.of(contract)
    return tuple(manner for make in _FAMILIES for manner in make(draft) if draft.shows(manner))


def variations_of(contracts: Sequence[Contract], ids: Sequence[str]) -> dict[str, Variations]:
    """Return the variations of the manners with these ids, by vendor; vendors without a manner are left out.

    Raises:
        UsageError: no contract has a manner with that id; the hint names the nearest.
    """
    if not ids:
        return {}
    by_vendor = {contract.vendor: manners_of(contract) for contract in contracts}
    known = [manner.id for manners in by_vendor.values() for manner in manners]
    for wanted in ids:
        if wanted not in known:
            hint = did_you_mean(wanted, known, listed_by="chatcert faults --manners")
            raise UsageError(f"unknown manner {wanted!r}", hint=hint)
    chosen = {vendor: [manner for manner in manners if manner.id in ids] for vendor, manners in by_vendor.items()}
    return {vendor: combined(manners) for vendor, manners in chosen.items() if manners}
