"""The one module of this tool that imports chatcert: everything else works on what it returns.

Whoever moves or renames a module of chatcert changes the imports here, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import chatcert
from chatcert.cases.case import Case, JsonBody, RawBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.exceptions import ChatcertError
from chatcert.mock.backend import Backend, environment
from chatcert.mock.faults import faults_of
from chatcert.mock.manners import manners_of
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import derive
from chatcert.transport.target import from_environment
from chatcert.vendors import known_vendors, open_spec, open_vendor

__all__ = ["Case", "ChatcertError", "Contract", "JsonBody", "RawBody"]

RESOURCE_SEED = 1
"""Gives the same names of existing things in every record."""

NAMED = {"ServiceSid": "IS0123456789abcdef0123456789abcdef"}
"""What the mock makes from a pattern is another value every time: values of our own."""


def checkout() -> Path:
    """The root of the checkout whose chatcert is imported, which need not be the one that this file is part of."""
    return Path(chatcert.__file__).resolve().parents[2]


def profiles() -> Sequence[str]:
    """Names of the profiles, the smallest first."""
    return tuple(PROFILES)


def vendors() -> Sequence[str]:
    """Names of the bundled vendors."""
    return known_vendors()


def contract_of(subject: str, documents: Path) -> Contract:
    """The contract of a bundled vendor, or of a document below ``documents``.

    Raises:
        ChatcertError: the document cannot be used.
    """
    return open_vendor(subject) if subject in known_vendors() else open_spec(documents / subject)


def requirements_of(contract: Contract) -> tuple[str, dict[str, dict[str, str]]]:
    """The digest of the catalogue, and each requirement by its id, in the order of the catalogue."""
    catalogue = derive(contract)
    rows = {
        one.id: {
            "kind": str(one.kind),
            "level": str(one.level),
            "provenance": str(one.provenance),
            "clause": one.clause.text,
            "pointer": one.clause.pointer,
            "source": one.clause.source,
        }
        for one in catalogue.requirements.values()
    }
    return catalogue.digest, rows


def faults(contract: Contract) -> dict[str, list[str]]:
    """What each fault of the mock breaks, by the fault's id."""
    return {fault.id: list(fault.breaks) for fault in faults_of(contract)}


def manners(contract: Contract) -> list[str]:
    """Ids of the manners of the mock."""
    return [manner.id for manner in manners_of(contract)]


def resources(contract: Contract, *, everything: bool = True) -> dict[str, Any]:
    """Names of existing things, as the mock has them.

    Args:
        everything: configure also what a run could do without.
    """
    _, found = from_environment(contract, environment(contract, Backend.of(contract, RESOURCE_SEED)))
    needed = resource_names(contract)
    return {name: NAMED.get(name, value) for name, value in found.items() if everything or needed.get(name, True)}


def plans(
    contract: Contract, named: Mapping[str, Any], profile: str, seed: int, *, gentle: bool
) -> Iterator[tuple[str, Iterable[Case], str]]:
    """Each requirement's id with its cases, and the reason where there is none."""
    planner = Planner(contract, named, PROFILES[profile], seed, safe_only=gentle)
    for requirement in derive(contract).requirements.values():
        plan = planner.plan(requirement)
        yield requirement.id, plan.cases, plan.reason
