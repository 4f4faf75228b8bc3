"""Faults: the defects that the mock can be told to have, derived from the contract like the requirements themselves."""

from __future__ import annotations

from collections.abc import Sequence

from chatcert.exceptions import UsageError
from chatcert.mock.faults.acceptance import acceptance_faults
from chatcert.mock.faults.authentication import authentication_faults
from chatcert.mock.faults.deviations import Departures, Fault, together
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.faults.intermittent import constancy_faults
from chatcert.mock.faults.protocol import protocol_faults
from chatcert.mock.faults.refusal import validation_faults
from chatcert.mock.faults.resource import resource_faults
from chatcert.mock.faults.response import answer_faults, wrong_refusals
from chatcert.mock.faults.robustness import robustness_faults
from chatcert.mock.faults.security import security_faults
from chatcert.names import did_you_mean
from chatcert.openapi.contract import Contract

__all__ = ["FAMILIES", "Departures", "Fault", "chosen", "faults_of", "together"]

FAMILIES = (
    "acceptance",
    "validation",
    "authentication",
    "resources",
    "robustness",
    "protocol",
    "status",
    "response",
    "errors",
    "security",
    "constancy",
)

_MAKERS = (
    acceptance_faults,
    validation_faults,
    authentication_faults,
    resource_faults,
    robustness_faults,
    protocol_faults,
    answer_faults,
    wrong_refusals,
    security_faults,
    constancy_faults,
)


def faults_of(contract: Contract) -> tuple[Fault, ...]:
    """Every fault that a server of this contract can have, each with an id of its own.

    Some faults remember what they have answered: ask anew for each server.
    """
    draft = FaultDraft.of(contract)
    found: dict[str, Fault] = {}
    for make in _MAKERS:
        for fault in make(draft):
            found.setdefault(fault.id, fault)
    return tuple(found.values())


def chosen(contracts: Sequence[Contract], ids: Sequence[str]) -> dict[str, Departures]:
    """The departures of the faults of these ids, by vendor; vendors without a fault are left out.

    Raises:
        UsageError: no contract has a fault of that id; the hint names the nearest.
    """
    if not ids:
        return {}
    by_vendor = {contract.vendor: {fault.id: fault for fault in faults_of(contract)} for contract in contracts}
    for wanted in ids:
        if not any(wanted in faults for faults in by_vendor.values()):
            known = [name for faults in by_vendor.values() for name in faults]
            hint = did_you_mean(wanted, known, listed_by="chatcert faults")
            raise UsageError(f"unknown fault {wanted!r}", hint=hint)
    return {
        vendor: together([faults[wanted] for wanted in dict.fromkeys(ids) if wanted in faults])
        for vendor, faults in by_vendor.items()
        if any(wanted in faults for wanted in ids)
    }
