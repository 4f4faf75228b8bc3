"""Mishaps, such as a key that expires or a gateway that blocks, change no verdict under certify or pytest."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chatcert.cases.profile import profile_named
from chatcert.cli.main import main
from chatcert.mock.process import RunningMock, running_mock
from chatcert.requirements.catalogue import derive
from chatcert.run.shards import split
from chatcert.vendors import open_vendor

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("hurried")]

VENDOR = "agencii"
OPEN = {"not-run", "inconclusive", "not-applicable"}


@pytest.fixture(scope="module")
def mishap(request: pytest.FixtureRequest) -> Iterator[Callable[[str], Any]]:
    """A callable that imports a module of the bench on mishaps, which lies outside of every package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(request.config.rootpath / "bench"))
        yield lambda name: importlib.import_module(f"mishap.{name}")


@pytest.fixture(scope="module")
def calm(mishap: Any, mock: RunningMock, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The run without any mishap."""
    return mishap("trial").run(VENDOR, f"{mock.url}/{VENDOR}", mock.environment, tmp_path_factory.mktemp("calm"))


@pytest.fixture
def expiring(mishap: Any, mock: RunningMock) -> Iterator[Callable[[int], Any]]:
    """Starts a server whose key expires with the request of a number."""
    stages: list[Any] = []
    host, _, port = mock.url.removeprefix("http://").partition(":")

    def start(begins: int) -> Any:
        act = mishap("catalogue").mishaps({})[0].act
        stages.append(mishap("stage").Stage((host, int(port)), begins, act))
        return stages[-1]

    yield start
    for stage in stages:
        stage.close()


QUICK = [
    "key expires, 401",
    "key revoked, 403",
    "key expires, 200 and an error",
    "quota, 402",
    "certificate expires",
    "wall, 403 and HTML",
    "maintenance, 200 and HTML",
    "maintenance, 302 and HTML",
    "404 to everything",
    "slower than the limit",
    "state lost",
    "connections closed after an answer",
    "the client's clock jumps",
    "first address dead",
]


LATE = ("slower than the limit", "first address dead")
"""The mishaps that are waited for, up to a time limit."""


@pytest.mark.parametrize(("name", "moment"), [(name, 20 + 60 * (place % 2)) for place, name in enumerate(QUICK)])
def test_a_mishap_makes_no_verdict(
    mishap: Any, mock: RunningMock, calm: Any, environment: pytest.MonkeyPatch, name: str, moment: int
) -> None:
    """The run has the end of the mishap, and no verdict but those of an undisturbed run rests on its answers."""
    if name in LATE:  # one trial at a time needs less patience than the many of the bench
        for module in ("catalogue", "trial"):
            environment.setattr(mishap(module), "TIMEOUT", 1.5)
    resources = {"apiIntegrationId": mock.environment["CHATCERT_AGENCII_API_INTEGRATION_ID"]}
    (chosen,) = [one for one in mishap("catalogue").mishaps(resources) if one.name == name]

    outcome = mishap("trial").tried(VENDOR, chosen, moment, calm, mock)

    assert [] == outcome.wrong


def test_a_breach_that_was_seen_before_is_reported(
    mishap: Any, environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The exit status is that of the mishap, and the finding is in the report."""
    with running_mock([VENDOR], seed=1, faults=[f"{VENDOR}/fault/response/200/chatId/type"]) as mock:
        trial = mishap("trial")
        calm = trial.run(VENDOR, f"{mock.url}/{VENDOR}", mock.environment, tmp_path / "calm")
        broken = {name for name, verdict in calm.verdicts.items() if verdict == "fail"}
        assert broken
        outcome = trial.tried(VENDOR, mishap("catalogue").mishaps({})[0], 60, calm, mock, breaches=sorted(broken))

    assert [] == outcome.wrong
    assert 78 == outcome.status


@pytest.mark.parametrize(("begins", "status"), [(60, 78), (1_000_000, 1)])
def test_a_key_that_expires_where_no_valid_request_is_served(
    mishap: Any, certify: Any, expiring: Any, mock: RunningMock, begins: int, status: int
) -> None:
    """A breach from before the mishap is reported; answers from after it lead to no verdict."""
    stage = expiring(1)
    expired = stage.act

    async def act(stage: Any, arrived: Any) -> Any:
        if arrived.number >= begins:
            return await expired(stage, arrived)
        answer = await stage.forward(arrived)
        refusal = mishap("stage").message(b"422 Unprocessable", b"application/json", b'{"detail": "no"}')
        return refusal if answer.startswith(b"HTTP/1.1 2") else answer

    stage.act = act
    address = f"http://127.0.0.1:{stage.port}/{VENDOR}"

    run = certify(VENDOR, "--url", address, "--profile", "quick", variables=dict(mock.environment))

    assert status == run.status, run.text
    assert f"{VENDOR}/accepts/required-only" in run.with_word(VENDOR, "fail")
    rows = run.report(VENDOR)["requirements"]
    used = [number for row in rows if row["finding"] for number in row["finding"]["exchanges"]]
    assert max(used) < begins


def test_a_report_says_what_ended_and_when(certify: Any, expiring: Any, mock: RunningMock) -> None:
    """The first screen has one sentence on it, with the exit status; verify derives the verdicts again."""
    stage = expiring(60)

    run = certify(VENDOR, "--url", f"http://127.0.0.1:{stage.port}/{VENDOR}", variables=dict(mock.environment))

    report = run.report(VENDOR)
    assert 78 == run.status
    assert "The run ended early, with exit status 78: valid requests were served until 20" in report["missing"][0]
    assert "a valid request was answered with status 401" in report["missing"][0]
    assert report["missing"][0].endswith("Next: has the value of BearerAuth expired, or was it revoked?")
    numbers = [int(number) for number in re.findall(r"\(exchange (\d+)\)", report["missing"][0])]
    lines = (run.folder / VENDOR / "evidence.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [row for row in map(json.loads, lines) if "number" in row]
    statuses = {row["number"]: row["received"]["status"] for row in rows}
    assert [200, 401] == [statuses[number] for number in numbers]
    assert "passed" == report["contact"]["preflight"]
    assert not run.with_word(VENDOR, "fail", "warn", "error")
    assert run.with_word(VENDOR, "inconclusive")
    assert 0 == main(["verify", str(run.folder / VENDOR / "report.json")])
    assert 78 == main(["report", str(run.folder / VENDOR)])


def test_a_resumed_run_sends_again_what_does_not_count(certify: Any, expiring: Any, mock: RunningMock) -> None:
    """With a key that is good, the run ends as an undisturbed one does."""
    stage = expiring(60)
    address = f"http://127.0.0.1:{stage.port}/{VENDOR}"
    first = certify(VENDOR, "--url", address, variables=dict(mock.environment))
    assert 78 == first.status
    stage.begins = 1_000_000

    rest = certify(VENDOR, "--url", address, "--resume", variables=dict(mock.environment))

    assert 0 == rest.status, rest.text
    assert {"pass", "not-applicable"} >= set(rest.words(VENDOR).values())


def test_shards_and_their_merge_obey_the_rule(certify: Any, expiring: Any, mock: RunningMock, tmp_path: Path) -> None:
    """A shard whose key expired adds no verdict to the whole."""
    address = f"http://127.0.0.1:{expiring(100).port}/{VENDOR}"
    shards = [
        certify(VENDOR, "--url", address, "--shard", f"{n}/2", variables=dict(mock.environment), folder=f"shard-{n}")
        for n in (1, 2)
    ]
    assert [0, 78] == [shard.status if shard.status == 78 else 0 for shard in shards]

    merged = main(["merge", *(str(shard.folder) for shard in shards), "--report-dir", str(tmp_path / "whole")])

    report = json.loads((tmp_path / "whole" / VENDOR / "report.json").read_text(encoding="utf-8"))
    assert 78 == merged
    assert "with exit status 78: shard 2 of 2: valid requests were served until" in report["missing"][0]
    assert 78 == main(["report", str(tmp_path / "whole")])
    assert not [row["id"] for row in report["requirements"] if row["verdict"] in ("fail", "warn")]
    assert 0 == main(["verify", str(tmp_path / "whole" / VENDOR / "report.json")])


def test_a_breach_in_a_shard_that_nothing_stopped_counts(
    certify: Any, expiring: Any, mock: RunningMock, tmp_path: Path
) -> None:
    """The other shard, whose key expired, is reported beside it."""
    with running_mock([VENDOR], seed=1, faults=[f"{VENDOR}/fault/response/200/chatId/type"]) as wrong:
        host, _, port = wrong.url.removeprefix("http://").partition(":")
        stage = expiring(1_000_000)
        stage.upstream = (host, int(port))
        address = f"http://127.0.0.1:{stage.port}/{VENDOR}"
        catalogue = derive(open_vendor(VENDOR)).requirements
        holder = split(catalogue.values(), profile_named("quick"), 2)[f"{VENDOR}/response/200/chatId/type"]
        shards = []
        for number in (1, 2):
            stage.begins = 1_000_000 if number == holder else stage.requests + 12
            options = ("--url", address, "--shard", f"{number}/2")
            shards.append(certify(VENDOR, *options, variables=dict(wrong.environment), folder=f"shard-{number}"))
    assert [1 if number == holder else 78 for number in (1, 2)] == [shard.status for shard in shards]

    merged = main(["merge", *(str(shard.folder) for shard in shards), "--report-dir", str(tmp_path / "whole")])

    report = json.loads((tmp_path / "whole" / VENDOR / "report.json").read_text(encoding="utf-8"))
    assert 1 == merged
    assert f"with exit status 78: shard {3 - holder} of 2: valid requests were served until" in report["missing"][0]


@pytest.mark.parametrize(("door", "workers"), [("run_pytest", ()), ("start_pytest", ("-n", "2"))])
def test_pytest_obeys_the_rule(
    request: pytest.FixtureRequest, expiring: Any, mock: RunningMock, door: str, workers: tuple[str, ...]
) -> None:
    """In one process and in several: exit 78, no breach, and what was not proven is inconclusive."""
    address = f"http://127.0.0.1:{expiring(100).port}/{VENDOR}"
    run_pytest = request.getfixturevalue(door)

    run = run_pytest("--vendor", VENDOR, "--url", address, *workers, variables=dict(mock.environment))

    assert 78 == run.status, run.text
    assert not run.with_word(VENDOR, "fail", "warn", "error")
    assert f"{len(run.with_word(VENDOR, 'inconclusive', 'not-run'))} failed" in run.text
    assert "valid requests were served until" in run.text
    assert "passed before the run showed otherwise; the report decides: agencii/" in " ".join(run.text.split())


def test_where_nothing_happens_no_test_is_overruled(run_pytest: Any, mock: RunningMock) -> None:
    """What a test showed while the run went on is what the report says."""
    run = run_pytest("--vendor", VENDOR, "--url", f"{mock.url}/{VENDOR}", variables=dict(mock.environment))

    assert 0 == run.status, run.text
    assert "the report decides" not in run.text
