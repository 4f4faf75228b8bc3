"""Drift between a vendor's contract and another version of its document, under the same overlay."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from chatcert.drift.differences import Drift, UnmatchedAction, drift
from chatcert.openapi.contract import Contract
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.document.overlay import apply_matching_actions
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.vendors import OVERLAY


def drift_of(old: Contract, path: Path, operation: str | None = None) -> Drift:
    """Compare a contract with another version of its document, under the same overlay as far as its targets are found.

    Raises:
        UsageError: the document cannot be used, or its operation cannot be identified.
    """
    published = read_document(path)
    read: dict[str, Any] = {"vendor": old.vendor, "where": str(path), "published": published, "operation": operation}
    if old.overlay is None:
        return drift(old, read_contract(published, **read))
    where = f"specs/{old.vendor}/{OVERLAY}"
    overlay = dict(old.overlay)
    document, unmatched = apply_matching_actions(published, overlay, where=where)
    new = read_contract(document, **read, overlay=overlay)
    if not unmatched:
        return drift(old, new)
    known, here = derive(old).requirements, derive(new).requirements
    actions = []
    for number in unmatched:
        rest = derive(_without(old, (number,), where)).requirements
        ids = tuple(name for name in known if name not in rest and name not in here)
        actions.append(UnmatchedAction(number, str(overlay["actions"][number]["target"]), ids))
    return drift(old, new, unmatched=tuple(actions), bare=_without(old, unmatched, where))


def _without(contract: Contract, actions: tuple[int, ...], where: str) -> Contract:
    """Return a contract without some actions of its overlay."""
    document, _ = apply_matching_actions(
        dict(contract.published), dict(contract.overlay or {}), where=where, without=actions
    )
    read = read_contract(document, vendor=contract.vendor, where=where, operation=contract.operation)
    return replace(read, published=contract.published, spec_digest=contract.spec_digest)
