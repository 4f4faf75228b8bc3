"""Find faults by their ids, and by the checks of the requirements that they break."""

from __future__ import annotations

from typing import Any

from chatcert.mock.faults import Fault, _wanted, faults_of
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.vendors import open_vendor


def fault_named(vendor: str, path: str) -> Fault:
    """One fault by its id without vendor."""
    name = f"{vendor}/fault/{path}"
    return _wanted(open_vendor(vendor), {name}, ())[name]  # it derives no more faults than it has to


def with_check(contract: Contract, kind: type) -> list[tuple[Fault, Any]]:
    """Every fault with the check of the requirement that it is made for, where that is of one class."""
    requirements = derive(contract).requirements
    pairs = [(fault, requirements[fault.breaks[0]].check) for fault in faults_of(contract)]
    return [(fault, check) for fault, check in pairs if isinstance(check, kind)]


def faults_with(contract: Contract, kind: type) -> list[tuple[Fault, Any, str]]:
    """Every fault with its check, where that is of one class, and with its variant."""
    found = []
    for fault in faults_of(contract):
        requirement = derive_cached(contract)[fault.breaks[0]]
        if isinstance(requirement.check, kind):
            found.append(
                (
                    fault,
                    requirement.check,
                    fault.id.removeprefix(f"{contract.vendor}/fault/{requirement.path}").strip("/"),
                )
            )
    return found


CATALOGUES: dict[str, Any] = {}


def derive_cached(contract: Contract) -> Any:
    """The catalogue of a contract, derived once."""
    if contract.vendor not in CATALOGUES:
        CATALOGUES[contract.vendor] = derive(contract).requirements
    return CATALOGUES[contract.vendor]
