"""The mock as a process: how it starts, says so, and ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from chatcert.exceptions import SuiteError
from chatcert.mock.process import running_mock

pytestmark = pytest.mark.slow

COMMAND = [sys.executable, "-m", "chatcert.mock"]
SECONDS = 60


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], dict[str, object]]]:
    """A mock in a process of its own, and its output when it was ready."""
    child = subprocess.Popen(
        [*COMMAND, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with child:
        try:
            assert child.stdout is not None
            yield child, json.loads(child.stdout.readline())
        finally:
            if child.poll() is None:
                child.kill()


def test_running_mock_answers() -> None:
    """A mock of one vendor can be reached with what it gives away, and is gone afterwards."""
    with running_mock(vendors=["agencii"]) as mock:
        token = mock.environment["CHATCERT_AGENCII_BEARER_AUTH"]
        body = {"apiIntegrationId": mock.environment["CHATCERT_AGENCII_API_INTEGRATION_ID"]}
        url = f"{mock.url}/agencii/create_new_chat"

        response = httpx.post(url, json=body, headers={"Authorization": f"Bearer {token}"})

        assert 200 == response.status_code
        assert ("agencii",) == mock.vendors
        assert token not in repr(mock)
    with pytest.raises(httpx.ConnectError):
        httpx.get(mock.url)


def test_running_mock_of_a_document(tmp_path: Path) -> None:
    """A mock can serve any document under a name of one's own."""
    spec = tmp_path / "api.yaml"
    post = "{post: {responses: {'204': {description: d}}}}"
    spec.write_text(f"openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\npaths: {{/a: {post}, /b: {post}}}\n")
    with running_mock(spec=spec, operation="POST /b", name="mine") as mock:
        assert ("mine",) == mock.vendors
        assert 204 == httpx.post(f"{mock.url}/mine/b").status_code
        assert 404 == httpx.post(f"{mock.url}/mine/a").status_code


def test_running_mock_with_a_fault() -> None:
    """A mock can be given a fault, one that looks at header names as they were sent included."""
    with running_mock(vendors=["sigmamind"], faults=["sigmamind/fault/accepts/wire/header-name-case"]) as mock:
        body = {"agentId": mock.environment["CHATCERT_SIGMAMIND_AGENT_ID"], "input": "hello"}
        key = mock.environment["CHATCERT_SIGMAMIND_API_KEY_AUTH"]
        url = f"{mock.url}/sigmamind/v1/chats"

        statuses = [httpx.post(url, json=body, headers={name: key}).status_code for name in ("X-API-Key", "x-api-key")]

        assert [201, 400] == statuses


def test_failed_start_is_reported() -> None:
    """A mock that does not start is our own error, with the output of the child."""
    with pytest.raises(SuiteError, match="unknown vendor"), running_mock(vendors=["nobody"]):
        pass


def test_short_bodies_cut_the_connection() -> None:
    """The fault in framing shows as an answer that does not arrive whole."""
    with running_mock(vendors=["agencii"], faults=["agencii/fault/response/200/framing"]) as mock:
        token = mock.environment["CHATCERT_AGENCII_BEARER_AUTH"]
        body = {"apiIntegrationId": mock.environment["CHATCERT_AGENCII_API_INTEGRATION_ID"]}
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.post(f"{mock.url}/agencii/create_new_chat", json=body, headers={"Authorization": f"Bearer {token}"})


def test_ends_with_its_parents_pipe() -> None:
    """With --stdin-watch the mock ends silently when its standard input does."""
    with started("--vendor", "agencii", "--stdin-watch") as (child, ready):
        assert {"url", "environment", "vendors"} == set(ready)
        assert child.stdin is not None
        child.stdin.close()

        assert 0 == child.wait(SECONDS)
        assert child.stderr is not None
        assert b"" == child.stderr.read()


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(number: signal.Signals) -> None:
    """SIGINT and SIGTERM end the mock with status 0 and no traceback, even with a client still connected."""
    with started("--vendor", "agencii") as (child, ready), httpx.Client() as client:
        assert 404 == client.get(str(ready["url"])).status_code
        child.send_signal(number)

        assert 0 == child.wait(SECONDS)
        assert child.stderr is not None
        assert b"" == child.stderr.read()


def test_port_in_use() -> None:
    """A port that is in use gives one line: which, why, and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        result = subprocess.run(
            [*COMMAND, "--port", port, "--vendor", "agencii"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    assert 2 == result.returncode
    assert "" == result.stdout
    (line,) = result.stderr.splitlines()
    assert f"127.0.0.1:{port}" in line
    assert "in use" in line
    assert "--port" in line


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (
            ["--fault", "agencii/fault/auth/Authorization/mising"],
            "did you mean agencii/fault/auth/Authorization/missing",
        ),
        (["--host", "256.1.1.1"], "--host"),
        (["--port", "70000"], "--port"),
        (["--spec", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_usage_errors(arguments: list[str], part: str) -> None:
    """A mistake on the command line is one line and exit 2."""
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=SECONDS, check=False)

    assert 2 == result.returncode
    (line,) = result.stderr.splitlines()
    assert part in line
