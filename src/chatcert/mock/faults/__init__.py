"""The faults of the mock, derived from the contract like the requirements that they break: one module a family."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

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
    own,
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
from chatcert.requirements.own_rule import InstalledRule
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
    Kind.OWN: own.derive,
}
"""What derives the faults that break the requirements of one kind."""


def faults_of(contract: Contract, rules: Sequence[InstalledRule] = ()) -> tuple[Fault, ...]:
    """Return every fault that a server of this contract can have, family by family.

    Some faults remember what they have answered: derive them anew for each server.

    Args:
        rules: the user's own rules, each of which brings a fault.
    """
    return tuple(_derived(contract, rules))


def _derived(contract: Contract, rules: Sequence[InstalledRule]) -> Iterator[Fault]:
    """Yield the faults one by one, so that whoever wants few of them need not derive all."""
    draft = FaultDraft.of(contract, rules)
    known: set[str] = set()
    for derive in FAMILIES.values():
        for fault in derive(draft):
            if fault.id not in known:
                known.add(fault.id)
                yield fault


def _wanted(contract: Contract, ids: Collection[str], rules: Sequence[InstalledRule]) -> dict[str, Fault]:
    """Return the faults of a contract that have one of these ids."""
    found: dict[str, Fault] = {}
    for fault in _derived(contract, rules):
        if fault.id in ids:
            found[fault.id] = fault
            if len(found) == len(ids):
                break
    return found


def deviations_of(
    contracts: Sequence[Contract], ids: Sequence[str], rules: Mapping[str, Sequence[InstalledRule]] | None = None
) -> dict[str, Deviations]:
    """Return the deviations of the faults with these ids, by vendor; vendors without a fault are left out.

    Args:
        rules: the user's own rules, by vendor.

    Raises:
        UsageError: no contract has a fault with that id; the hint names the nearest.
    """
    if not ids:
        return {}
    wanted = dict.fromkeys(ids)
    own = rules or {}
    by_vendor = {contract.vendor: _wanted(contract, wanted, own.get(contract.vendor, ())) for contract in contracts}
    for unknown in (name for name in wanted if not any(name in faults for faults in by_vendor.values())):
        known = [fault.id for contract in contracts for fault in faults_of(contract, own.get(contract.vendor, ()))]
        raise UsageError(f"unknown fault {unknown!r}", hint=did_you_mean(unknown, known, listed_by="chatcert faults"))
    return {
        vendor: combined([faults[name] for name in wanted if name in faults])
        for vendor, faults in by_vendor.items()
        if faults
    }
