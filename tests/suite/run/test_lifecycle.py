"""The life of a chat on whole servers: the mock with each flaw and habit, and a server that shares no code with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.faults import faults_of
from chatcert.mock.manners import manners_of
from chatcert.mock.server import create_app, environment
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_spec

CONTRACT = open_spec(Path(__file__).parents[1] / "documents" / "kept.yaml")
CATALOGUE = derive(CONTRACT)
FAULTS = {fault.id: fault for fault in faults_of(CONTRACT) if fault.family is Kind.LIFECYCLE}
HABITS = [manner.id for manner in manners_of(CONTRACT) if manner.name.startswith("chat-")]
STAGES = {name for name, requirement in CATALOGUE.requirements.items() if requirement.kind is Kind.LIFECYCLE}


def verdicts(target: Target, waits: list[float]) -> dict[str, VerdictKind]:
    """The verdicts on the life of a chat, without waiting for anything that comes later."""
    run = Execution(CATALOGUE, target, profile_named("quick"), seed=1)
    run.session._sleep = waits.append
    try:
        run.preflight()
        run.run_all([CATALOGUE.requirements[name] for name in STAGES])
    finally:
        run.close()
    return {name: v.kind for name, v in judge_all(CATALOGUE, run.exchanges, run.reasons, {}).items() if name in STAGES}


@pytest.fixture
def certified(switchboard: Any) -> Callable[..., dict[str, VerdictKind]]:
    """Certifies a mock with faults and manners."""

    def certify(**ways: list[str]) -> dict[str, VerdictKind]:
        backend = Backend.of(CONTRACT)
        switchboard.app = create_app([CONTRACT], backends={"kept": backend}, **ways)
        credentials, resources = from_environment(CONTRACT, environment(CONTRACT, backend))
        return verdicts(Target(f"{switchboard.address}/kept", credentials, resources), [])

    return certify


def test_a_faithful_server(certified: Any) -> None:
    """All four requirements hold."""
    assert dict.fromkeys(STAGES, VerdictKind.PASS) == certified()


@pytest.mark.parametrize("name", FAULTS)
def test_each_flaw_is_found(certified: Any, name: str) -> None:
    """A fault breaks the requirements that it says it breaks, and no other of the family."""
    found = certified(faults=[name])

    assert {one for one, kind in found.items() if kind is VerdictKind.FAIL} == set(FAULTS[name].breaks)


@pytest.mark.parametrize("name", HABITS)
def test_no_habit_is_blamed(certified: Any, name: str) -> None:
    """Whatever an honest server answers, nothing is broken."""
    assert VerdictKind.FAIL not in certified(manners=[name]).values()


@pytest.mark.parametrize(
    ("flaws", "broken"),
    [
        ({}, set()),
        ({"leaks": True}, {"without-credentials", "other-account"}),
        ({"forgets": True}, {"deleted"}),
    ],
)
@pytest.mark.slow
def test_another_server(chat_store: ModuleType, flaws: Any, broken: set[str]) -> None:
    """A server that shares no code with the mock is judged alike, and loses no chat that was there before."""
    with chat_store.serving(chat_store.Store(**flaws)) as kept:
        secrets = {"Key": Secret(chat_store.KEY), "other_Key": Secret(chat_store.OTHER_KEY)}
        found = verdicts(Target(kept.url, secrets), [])

    assert broken == {name.rpartition("/")[2] for name, kind in found.items() if kind is VerdictKind.FAIL}
    assert chat_store.MINE == kept.mine


@pytest.mark.parametrize("identity", ["", "mine-1", "a/../mine-1"])
def test_a_chat_with_the_id_of_another_is_not_deleted(chat_store: ModuleType, identity: str) -> None:
    """A server that answers with an empty, constant or odd id gets no DELETE."""
    with chat_store.serving(chat_store.Store(lambda kept: identity)) as kept:
        found = verdicts(Target(kept.url, {"Key": Secret(chat_store.KEY)}), [])

    assert [] == kept.deletes
    assert chat_store.MINE == kept.mine
    assert VerdictKind.PASS not in {kind for name, kind in found.items() if name.endswith("/deleted")}


def test_a_foreign_chat_is_not_deleted(chat_store: ModuleType) -> None:
    """Where an answer claims the id of one of the user's own chats, reading it shows that it is none of the run's."""
    others = iter(list(chat_store.MINE))
    with chat_store.serving(chat_store.Store(lambda kept: next(others))) as kept:
        verdicts(Target(kept.url, {"Key": Secret(chat_store.KEY)}), [])

    assert [] == kept.deletes
    assert chat_store.MINE == kept.mine


def test_nothing_is_deleted_in_production(chat_store: ModuleType) -> None:
    """A target that may not be deleted from gets no DELETE, whatever it is tested for."""
    with chat_store.serving(chat_store.Store()) as kept:
        verdicts(Target(kept.url, {"Key": Secret(chat_store.KEY)}, may_delete=False), [])

    assert [] == kept.deletes
