"""Ledgers of runs that were killed and may have left chats: kept beside later runs until these are cleaned up."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path

from chatcert.exceptions import InputFileError
from chatcert.openapi.contract import Contract
from chatcert.run.records.ledger import read_ledger
from chatcert.run.records.workspace import is_cleaned, kept_runs, take_over
from chatcert.text import count
from chatcert.transport.chats.created_chats import answered_with_error, created_chats, unanswered


def replace_older(vendor_folder: Path, run_id: str, contract: Contract) -> str:
    """Begin a new run in the place of older ones; return a line on those that may have left chats, empty if none has.

    Their ledgers are put aside where the contract names the operation that deletes chats.
    """
    take_over(vendor_folder, run_id, partial(_may_have_left, contract))
    kept = kept_runs(vendor_folder)
    if not kept:
        return ""
    chats = sum(_chats_left(contract, place) or 0 for place in kept)
    runs = count(len(kept), "earlier run") + (" was" if len(kept) == 1 else " were")
    return (
        f"{contract.vendor}: {runs} not finished and may have left {count(chats, 'chat')}: "
        f"chatcert clean-up {shlex.quote(str(vendor_folder))} deletes them"
    )


def _may_have_left(contract: Contract, place: Path) -> bool:
    return contract.delete is not None and not is_cleaned(place) and _chats_left(contract, place) != 0


def _chats_left(contract: Contract, place: Path) -> int | None:
    """Return how many chats a run may have left; ``None`` where its ledger cannot be read."""
    try:
        ledger = read_ledger(place)
    except InputFileError:
        return None
    if ledger.header is None or ledger.header.mode == "mock":
        return 0
    made = sum(1 for _ in created_chats(contract, ledger.exchanges))
    gone = sum(row.removed for row in ledger.removals.values())
    doubtful = unanswered(contract, ledger.exchanges) + answered_with_error(contract, ledger.exchanges)
    return max(0, made + doubtful + max(0, ledger.sent - len(ledger.exchanges)) - gone)
