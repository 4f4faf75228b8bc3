"""Documents of every shape that vendors publish: nothing breaks, the mock keeps to them, and its faults are found."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from chatcert.cases.planning import Planner
from chatcert.cases.profile import profile_named
from chatcert.certification import Certification, judge_all
from chatcert.contract.catalogue import Catalogue, derive
from chatcert.contract.requirements import Answers, Kind, Method, Requirement
from chatcert.judge.verdict import Word
from chatcert.mock.faults import Fault, faults_of
from chatcert.mock.faults.wire import NamesKeptProtocol
from chatcert.mock.server import create_app, environment
from chatcert.mock.world import World
from chatcert.target.settings import Target, from_environment
from chatcert.vendors import open_spec

FOLDER = Path(__file__).parents[1] / "documents"
DOCUMENTS = (
    "classic.yaml", "courier.yaml", "dialog.yaml", "exchange.yaml", "helpdesk.json", "muddle.yaml", "relay.yaml",
    "sketch.yaml", "split/openapi.yaml", "strict.yaml", "upload.yaml",
)  # fmt: skip
SAMPLE = 10
"""Faults of each document that are met: the same ones every time, whatever is added elsewhere."""


@dataclass
class Switchboard:
    """An ASGI application that is whatever it is told to be."""

    app: Any = None
    address: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def switchboard() -> Iterator[Switchboard]:
    """One server for everything, one after another."""
    board = Switchboard()
    config = uvicorn.Config(board, port=0, http=NamesKeptProtocol, log_level="critical", lifespan="off")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not running.started and time.monotonic() < deadline:
        time.sleep(0.01)
    board.address = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    yield board
    running.should_exit = True
    thread.join(10)


@dataclass
class Vendor:
    """What the servers of one document share: secrets, names of existing things, and so the plan."""

    document: str
    catalogue: Catalogue = field(init=False)
    world: World = field(init=False)
    planners: dict[str, Planner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.catalogue = derive(open_spec(FOLDER / self.document))
        self.world = World.of(self.catalogue.contract)

    def certified(
        self, board: Switchboard, profile: str, requirements: list[Requirement], faults: tuple[str, ...] = ()
    ) -> dict[str, list[str]]:
        """The requirements by verdict after a run."""
        contract = self.catalogue.contract
        board.app = create_app([contract], faults=faults, worlds={contract.vendor: self.world})
        settings = from_environment(contract, environment(contract, self.world))
        target = Target(f"{board.address}/{contract.vendor}", *settings, timeout=5.0)
        plans = self.planners.get(profile)
        run = Certification(self.catalogue, target, profile_named(profile), seed=1, jobs=4, plans=plans)
        self.planners[profile] = run.planner
        try:
            run.preflight()
            run.run_all(requirements)
        finally:
            run.close()
        verdicts = judge_all(self.catalogue, run.exchanges, run.reasons, run.unfinished).values()
        return {word.value: [v.requirement for v in verdicts if v.word is word] for word in Word}

    def concerned(self, fault: Fault) -> list[Requirement]:
        """The requirements whose cases can show a fault."""
        if fault.family == "constancy":
            return list(self.catalogue.requirements.values())
        found = [self.catalogue.requirements[name] for name in fault.breaks]
        kinds = {Kind.ACCEPTANCE, Kind.REFUSAL, Kind.AUTHENTICATION, Kind.RESOURCE}
        if any(isinstance(requirement.check, Answers | Method) for requirement in found):
            found += [r for r in self.catalogue.requirements.values() if r.kind in kinds or isinstance(r.check, Method)]
        return list({requirement.id: requirement for requirement in found}.values())


@cache
def vendor_of(document: str) -> Vendor:
    return Vendor(document)


@pytest.mark.parametrize("profile", ["quick", "standard"])
@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_mock_keeps_to_it(switchboard: Switchboard, document: str, profile: str) -> None:
    """Nothing is broken, doubtful, left out or beyond us, and most of what is asked for can be judged."""
    vendor = vendor_of(document)
    words = vendor.certified(switchboard, profile, list(vendor.catalogue.requirements.values()))

    assert {} == {word: words[word] for word in ("fail", "error", "inconclusive", "not-run", "warn") if words[word]}
    assert len(words["pass"]) > 3 * len(words["not-applicable"])


def sampled(document: str) -> list[Fault]:
    """Some faults of one document, each of whose requirements has a case."""
    vendor = vendor_of(document)
    faults = faults_of(vendor.catalogue.contract)
    return sorted(faults, key=lambda fault: hashlib.sha256(fault.id.encode()).hexdigest())[:SAMPLE]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_its_faults_are_found(switchboard: Switchboard, document: str) -> None:
    """The requirement that a fault is made for breaks, unless nothing can be sent that shows it."""
    vendor = vendor_of(document)
    missed: list[str] = []
    for fault in sampled(document):
        words = vendor.certified(switchboard, "quick", vendor.concerned(fault), (fault.id,))
        seen = fault.breaks[0] in [*words["fail"], *words["warn"]]
        unplannable = fault.breaks[0] in words["not-applicable"]
        missed += [] if seen or unplannable else [fault.id]
        assert [] == words["error"]

    assert [] == missed
