"""Cases of lifecycle: few requests, each about the chat that its control has created."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatcert.cases.case import Case
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.operation import Operation
from chatcert.requirements.requirement import Kind
from chatcert.vendors import open_spec

DOCUMENT = Path(__file__).parents[1] / "documents" / "kept.yaml"


@pytest.fixture(scope="module")
def contract() -> Contract:
    """The contract of a document with operations that read and delete."""
    return open_spec(DOCUMENT)


def planned(contract: Contract, stage: str, credentials: tuple[str, ...] = ("Key", "other_Key")) -> tuple[Case, ...]:
    planner = Planner(contract, {}, profile_named("quick"), 1, credentials=credentials)
    return planner.plan(derive(contract).requirements[f"kept/lifecycle/{stage}"]).cases


def test_a_chat_is_deleted_only_after_it_was_read(contract: Contract) -> None:
    """A chat of its own is read, deleted and read again, one request after another."""
    read, delete, again, later = planned(contract, "deleted")

    assert [Operation.READ, Operation.DELETE, Operation.READ] == [c.request.operation for c in (read, delete, again)]
    assert all(case.in_turn and case.group for case in (read, delete, again))
    assert later.wait
    assert {case.control.id for case in (read, delete, again, later) if case.control} == {
        "shared/kept/lifecycle/deleted"
    }


def test_strangers_read_the_chat_of_another(contract: Contract) -> None:
    """Nobody's and the other account's requests are about a chat that a valid request has created."""
    (nobody,), (other,) = planned(contract, "without-credentials"), planned(contract, "other-account")

    assert {CredentialForm.MISSING} == set(nobody.request.credentials.values())
    assert {CredentialForm.OTHER_ACCOUNT} == set(other.request.credentials.values())
    assert nobody.control is not None
    assert nobody.control.is_valid


def test_another_account_has_to_be_configured(contract: Contract) -> None:
    """Without one there is no such request."""
    assert () == planned(contract, "other-account", ("Key",))


def test_they_are_few(contract: Contract) -> None:
    """A run sends at most nine requests more than without the family, those that wait included."""
    planner = Planner(contract, {}, profile_named("quick"), 1, credentials=("Key", "other_Key"))
    own, others = set(), set()
    for requirement in derive(contract).requirements.values():
        for case in planner.plan(requirement).cases:
            ids = {case.id, case.control.id} if case.control is not None else {case.id}
            (own if requirement.kind is Kind.LIFECYCLE else others).update(ids)

    assert len(own - others) <= 9
