"""Servers whose clients choose a name that must be new: honest ones are conformant, once and again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.exchange import Exchange
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

from . import chosen_names
from .chosen_names import ChosenNames

Certify = Callable[..., tuple[dict[str, Verdict], list[Exchange]]]


class Switchboard:
    """An ASGI application that is whatever it is told to be."""

    app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on."""
        await self.app(scope, receive, send)


@pytest.fixture(scope="module")
def certified() -> Iterator[Certify]:
    """Certify a server in this process, and return the verdicts and the exchanges."""
    board = Switchboard()
    running = uvicorn.Server(uvicorn.Config(board, port=0, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    url = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"

    def certify(server: ChosenNames, *, jobs: int = 1, seed: int = 1) -> tuple[dict[str, Verdict], list[Exchange]]:
        board.app = server
        catalogue = derive(read_contract(server.document, vendor="own", where="own.yaml"))
        target = Target(url, {}, {}, limits=Limits(timeout=10.0))
        run = Execution(catalogue, target, profile_named("quick"), seed=seed, jobs=jobs)
        try:
            run.preflight()
            run.run_all(catalogue.requirements.values())
        finally:
            run.close()
        return judge_all(catalogue, run.exchanges, run.reasons, run.unfinished), run.exchanges

    yield certify
    running.should_exit = True
    thread.join(10)


def not_passed(verdicts: dict[str, Verdict]) -> dict[str, VerdictKind]:
    """The verdicts other than a pass."""
    return {name: verdict.kind for name, verdict in verdicts.items() if verdict.kind is not VerdictKind.PASS}


HONEST = {
    "thread_id": (chosen_names.threads, 409),
    "sessionId": (chosen_names.sessions, 409),
    "room_alias_name": (chosen_names.rooms, 400),
}


@pytest.mark.parametrize("name", HONEST)
@pytest.mark.parametrize("jobs", [1, 4])
def test_an_honest_server_is_conformant_in_every_run(certified: Certify, name: str, jobs: int) -> None:
    """Every requirement passes, and again on the same server, which remembers the names of the first run."""
    make, status = HONEST[name]
    server = ChosenNames(make(), name, status)
    first, _ = certified(server, jobs=jobs)
    second, _ = certified(server, jobs=jobs)

    assert {} == not_passed(first) == not_passed(second)
    assert f"own/request/body/{name}/distinct" in first


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("sessionId", 201, VerdictKind.FAIL),
        ("sessionId", 400, VerdictKind.FAIL),
        ("sessionId", 500, VerdictKind.FAIL),
        ("thread_id", 201, VerdictKind.WARN),
        ("thread_id", 500, VerdictKind.FAIL),
        ("room_alias_name", 201, VerdictKind.FAIL),
        ("room_alias_name", 409, VerdictKind.PASS),
    ],
)
def test_a_server_that_does_not_refuse_as_documented(
    certified: Certify, name: str, status: int, kind: VerdictKind
) -> None:
    """A value in use that is served, or refused in another way, breaks this requirement and no other."""
    verdicts, _ = certified(ChosenNames(HONEST[name][0](), name, status))

    assert kind is verdicts[f"own/request/body/{name}/distinct"].kind
    assert {f"own/request/body/{name}/distinct"} >= {
        name for name, word in not_passed(verdicts).items() if word is not VerdictKind.NOT_APPLICABLE
    }


def test_each_request_has_an_idempotency_key_of_its_own(certified: Certify) -> None:
    """Where the document has the header, every request carries a new key, but for the one that leaves it out."""
    document = chosen_names.threads()
    document["paths"]["/threads"]["post"]["parameters"] = [
        {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    ]
    server = ChosenNames(document, "thread_id")
    verdicts, exchanges = certified(server)

    assert {} == not_passed(verdicts)
    assert len(server.keys) == len({*server.keys})
    without = [e for e in exchanges if not any(name == "Idempotency-Key" for name, _ in e.sent.headers)]
    assert ["own/accepts/header/Idempotency-Key/absent"] == [e.requirement for e in without]
