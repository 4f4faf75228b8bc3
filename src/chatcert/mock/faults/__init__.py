"""The faults of the mock, derived from the contract like the requirements that they break: one module a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from chatcert.exceptions import UsageError
from chatcert.mock.deviation.deviations import Deviations
from chatcert.mock.deviation.fault import Fault, combined
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.faults import (
    acceptance,
    authentication,
    error,
    framing,
    isolation,
    lifecycle,
    protocol,
    refusal,
    relation,
    resource,
    response,
    robustness,
    security,
    state,
    stream,
)
from chatcert.names import did_you_mean
from chatcert.openapi.contract import Contract
from chatcert.requirements.requirement import Kind

__all__ = ["FAMILIES", "Fault", "deviations_of", "faults_of"]

FAMILIES: Mapping[Kind, Callable[[FaultDraft], Iterator[Fault]]] = {
    Kind.ACCEPTANCE: acceptance.derive,
    Kind.REFUSAL: refusal.derive,
    Kind.AUTHENTICATION: authentication.derive,
    Kind.RESOURCE: resource.derive,
    Kind.ROBUSTNESS: robustness.derive,
    Kind.PROTOCOL: protocol.derive,
    Kind.RESPONSE: response.derive,
    Kind.ERROR: error.derive,
    Kind.RELATION: relation.derive,
    Kind.SECURITY: security.derive,
    Kind.STREAM: stream.derive,
    Kind.ISOLATION: isolation.derive,
    Kind.FRAMING: framing.derive,
    Kind.STATE: state.derive,
    Kind.LIFECYCLE: lifecycle.derive,
}
"""What derives the faults that break the requirements of one kind."""


def faults_of(contract: Contract) -> tuple[Fault, ...]:
    """Return every fault that a server of this contract can have, family by family.

    Some faults remember what they have answered: derive them anew for each server.
    """
    draft = FaultDraft.of(contract)
    faults: dict[str, Fault] = {}
    for derive in FAMILIES.values():
        for fault in derive(draft):
            faults.setdefault(fault.id, fault)
    return tuple(faults.values())


def deviations_of(contracts: Sequence[Contract], ids: Sequence[str]) -> dict[str, Deviations]:
    """Return the deviations of the faults with these ids, by vendor; vendors without a fault are left out.

    Raises:
        UsageError: no contract has a fault with that id; the hint names the nearest.
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
        vendor: combined([faults[wanted] for wanted in dict.fromkeys(ids) if wanted in faults])
        for vendor, faults in by_vendor.items()
        if any(wanted in faults for wanted in ids)
    }
