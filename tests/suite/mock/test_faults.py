"""The faults as a whole: their ids, what they claim to break, how they are chosen."""

from __future__ import annotations

import pytest

from chatcert.exceptions import UsageError
from chatcert.mock.faults import FAMILIES, deviations_of, faults_of
from chatcert.mock.server import create_app
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind
from chatcert.vendors import known_vendors, open_vendor

from .calling import Caller

# A body that has no second member cannot be reordered.
UNREACHABLE = {"agencii/accepts/wire/key-order"}


def test_ids_are_unique_and_readable(contract: Contract) -> None:
    """Every fault has an id of its own, which says what it breaks, and a description."""
    faults = faults_of(contract)

    assert len(faults) == len({fault.id for fault in faults})
    for fault in faults:
        vendor, _, path = fault.breaks[0].partition("/")
        assert fault.id == f"{vendor}/fault/{path}" or fault.id.startswith(f"{vendor}/fault/{path}/")
        assert fault.description
        assert "<" not in fault.description, "a description must not be the representation of an object"


def test_ids_are_stable(contract: Contract) -> None:
    """The same contract gives the same faults in the same order."""
    assert [fault.id for fault in faults_of(contract)] == [fault.id for fault in faults_of(contract)]


def test_breaks_name_requirements(contract: Contract) -> None:
    """What a fault claims to break is in the catalogue, and every requirement has a fault that breaks it."""
    catalogue = set(derive(contract).requirements)
    broken = {requirement for fault in faults_of(contract) for requirement in fault.breaks}

    assert broken <= catalogue
    assert catalogue - broken <= UNREACHABLE


def test_every_family_at_every_vendor(contract: Contract) -> None:
    """Each vendor has faults of each family that its requirements belong to; four families are not at every vendor."""
    families = {requirement.kind for requirement in derive(contract).requirements.values()}

    assert families == {fault.family for fault in faults_of(contract)}
    assert set(FAMILIES) - families <= {Kind.STREAM, Kind.ISOLATION, Kind.LIFECYCLE, Kind.OWN}


@pytest.mark.slow
def test_every_fault_answers(contract: Contract) -> None:
    """A mock with any one fault answers a valid request and an invalid one, and never falls over by itself."""
    for fault in faults_of(contract):
        if fault.id.endswith("/framing"):  # ends its connection too early, which takes a real one
            continue
        caller = Caller(contract, fault)

        for response in (caller.post(), caller.post(5), caller.post(headers={})):
            assert 200 <= response.status_code < 600


def test_faults_stay_with_their_vendor() -> None:
    """A fault of one vendor leaves the others faithful."""
    contracts = [open_vendor(name) for name in known_vendors()]

    deviations = deviations_of(contracts, ["polyai/fault/auth/X-TOKEN/missing", "agencii/fault/protocol/allow"])

    assert {"polyai", "agencii"} == set(deviations)
    assert callable(create_app(contracts, faults=["polyai/fault/auth/X-TOKEN/missing"]))


def test_several_faults_at_once() -> None:
    """Faults add up."""
    contract = open_vendor("agencii")
    faults = {fault.id: fault for fault in faults_of(contract)}
    caller = Caller(
        contract,
        faults["agencii/fault/auth/Authorization/missing"],
        faults["agencii/fault/request/body/apiIntegrationId/required"],
        faults["agencii/fault/response/200/chatId/promised/dropped"],
    )

    response = caller.post({}, headers={})

    assert 200 == response.status_code
    assert {} == response.json()


@pytest.mark.parametrize(
    ("wanted", "part"),
    [
        ("agencii/fault/auth/Authorization/mising", "did you mean agencii/fault/auth/Authorization/missing"),
        ("", "chatcert faults"),
    ],
)
def test_unknown_fault(wanted: str, part: str) -> None:
    """An id that no contract has is a usage error whose hint names the nearest."""
    with pytest.raises(UsageError, match="unknown fault") as raised:
        create_app([open_vendor("agencii")], faults=[wanted])

    assert part in raised.value.hint
