"""Findings are sent again: confirmed on the faulty server, gone on the repaired one."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.mock.backend import Backend
from chatcert.mock.server import create_app, environment
from chatcert.vendors import open_vendor

pytestmark = pytest.mark.slow

BREACHES = {
    "sigmamind/request/body/type": "request/body/type",
    "sigmamind/request/body/null": "request/body/null",
    "sigmamind/request/body/agentId/required": "request/body/agentId/required",
    "sigmamind/request/body/agentId/maxLength": "request/body/agentId/maxLength",
    "sigmamind/request/json/truncated": "request/json/truncated",
    "sigmamind/protocol/method/PUT": "protocol/method/PUT/creates",
    "sigmamind/protocol/method/DELETE": "protocol/method/DELETE/creates",
    "sigmamind/resource/agentId/unknown": "resource/agentId/unknown/crash",
    "sigmamind/accepts/body/agentId/maxLength": "accepts/body/agentId/maxLength",
    "sigmamind/accepts/body/agentId/minLength": "accepts/body/agentId/minLength",
}
"""A requirement and the fault that breaks it."""
CONTRACT = open_vendor("sigmamind")
BACKEND = Backend.of(CONTRACT, 1)


@pytest.fixture
def serve(switchboard: Any) -> Callable[..., str]:
    """Serves the vendor with faults, or without, at one address."""

    def serving(*faults: str) -> str:
        switchboard.app = create_app([CONTRACT], faults=faults, backends={"sigmamind": BACKEND})
        return f"{switchboard.address}/sigmamind"

    return serving


@pytest.fixture
def broken(certify: Any, serve: Callable[..., str]) -> Callable[..., Any]:
    """Certifies a server with a fault, on the requirement that it breaks."""

    def certified(fault: str, name: str) -> Any:
        variables = environment(CONTRACT, BACKEND)
        return certify("sigmamind", "--url", serve(fault), "--only", name, variables=variables)

    return certified


def test_findings_are_confirmed_and_then_gone(
    broken: Any, serve: Callable[..., str], capfd: pytest.CaptureFixture[str]
) -> None:
    """Ten servers with one fault each: replay says that the finding is there, and after the repair that it is gone."""
    results = {}
    for name, fault in BREACHES.items():
        run = broken(f"sigmamind/fault/{fault}", name)
        there = main(["replay", str(run.folder / "sigmamind"), name])
        said = capfd.readouterr().out
        serve()
        gone = main(["replay", str(run.folder / "sigmamind"), name.partition("/")[2]])
        results[name] = (there, f"{name}: confirmed" in said, gone, f"{name}: gone" in capfd.readouterr().out)

    assert 10 == len(results)
    assert {(1, True, 0, True)} == set(results.values()), results


@pytest.mark.parametrize("fault", ["state/every-time/refused", "response/201/chatId/unique/one-in-ten"])
def test_a_finding_that_comes_and_goes_is_looked_for_long_enough(
    certify: Any, serve: Callable[..., str], capfd: pytest.CaptureFixture[str], fault: str
) -> None:
    """One in ten requests goes wrong: it is there still, though its own requests are served now; then it is gone."""
    name, variables = f"sigmamind/{fault.rpartition('/')[0]}", environment(CONTRACT, BACKEND)
    url = serve(f"sigmamind/fault/{fault}")
    run = certify("sigmamind", "--url", url, "--profile", "standard", variables=variables)
    folder = str(run.folder / "sigmamind")
    capfd.readouterr()
    assert "fail" == run.words("sigmamind")[name]

    serve(f"sigmamind/fault/{fault}")
    there = main(["replay", folder, name])
    assert (1, True) == (there, f"{name}: confirmed" in capfd.readouterr().out)
    serve()
    gone = main(["replay", folder, name])
    said = capfd.readouterr().out
    assert (0, True) == (gone, f"{name}: gone" in said)
    assert "times, since it came now and then" in said


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("sigmamind/request/body/agentId/maxLength", {"agentId", "input"}),
        ("sigmamind/accepts/body/agentId/maxLength", {"agentId", "input"}),
        ("sigmamind/resource/agentId/unknown", {"agentId", "input"}),
    ],
)
def test_a_failing_body_is_made_minimal(
    broken: Any, serve: Callable[..., str], capfd: pytest.CaptureFixture[str], name: str, kept: set[str]
) -> None:
    """With at most thirty more requests, nothing is left of the body but what the breach needs."""
    run = broken(f"sigmamind/fault/{BREACHES[name]}", name)
    capfd.readouterr()
    status = main(["replay", str(run.folder / "sigmamind"), name, "--minimise", "30", "--format", "json"])
    minimal = json.loads(capfd.readouterr().out)["result"]["minimal"]

    assert 1 == status
    assert minimal["is_minimal"], minimal
    assert minimal["requests"] <= 30
    assert kept == set(minimal["body"])


def test_what_cannot_be_replayed(broken: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """An unknown id, one without a finding, and a server that is gone are said in a line; JSON is for programs."""
    name = "sigmamind/request/body/agentId/maxLength"
    run = broken("sigmamind/fault/request/body/agentId/maxLength", name)
    folder = str(run.folder / "sigmamind")
    assert "Not conformant. The one requirement tested is broken; partial run, " in run.text
    capfd.readouterr()

    assert 5 == main(["replay", folder, "request/body/agentId/maxLenght"])
    assert f"did you mean {name}?" in capfd.readouterr().err
    assert 5 == main(["replay", folder, "accepts/required-only"])
    assert 75 == main(["replay", folder, name, "--url", "http://127.0.0.1:9"])
    capfd.readouterr()
    assert 1 == main(["replay", folder, name, "--format", "json"])
    assert "confirmed" == json.loads(capfd.readouterr().out)["result"]["result"]
