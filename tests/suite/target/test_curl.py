"""A curl line sends the very request again: it is run, and what arrives is compared."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatcert.target.curl import curl_line

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")

OF_THE_CLIENT = ("host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "expect")
VARIABLE = "CHATCERT_SIGMAMIND_API_KEY_AUTH"
SECRET = "sm_test_9fQ2vX7L\"$m`T\\4b'R8wZ!"


def again(line: str) -> subprocess.CompletedProcess[bytes]:
    """Run a curl line as a person would, credentials in the environment."""
    environment = {**os.environ, VARIABLE: SECRET, "no_proxy": "127.0.0.1"}
    return subprocess.run(["bash", "-c", line], capture_output=True, timeout=30, check=False, env=environment)


def essence(seen: Any) -> tuple[Any, ...]:
    """What a request says, without what each client adds of its own."""
    headers = sorted(pair for pair in seen.headers if pair[0].lower() not in OF_THE_CLIENT)
    return (seen.method, seen.target, headers, seen.body)


EXACT = (
    "accepts/required-only", "accepts/all-fields", "accepts/body/input/maxLength", "accepts/body/input/text",
    "accepts/wire/content-type-charset", "accepts/wire/header-name-case", "accepts/wire/json-whitespace",
    "request/body/agentId/required", "request/body/agentId/null", "request/json/garbage", "request/json/nan",
    "request/json/control-character", "request/body/empty", "request/body/absent", "request/content-type/form",
    "robustness/body/dynamicVariables", "robustness/headers", "protocol/method/PUT", "protocol/method/OPTIONS",
    "protocol/method/GET",
)  # fmt: skip


@pytest.mark.parametrize("path", EXACT)
def test_a_recorded_line_sends_the_recorded_request(fake: Any, behaviours: Any, talk: Any, path: str) -> None:
    """What arrives from the line of an exchange is what arrived from us: method, address, headers and body."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, secrets={"apiKeyAuth": SECRET})
    cases = [case for case in talk.plan(path) if set(case.request.credentials.values()) <= {"name-lower", "name-upper"}]

    for case in cases[:3]:
        exchange = talk.session.send(case)
        if "@body-from-evidence" in exchange.sent.curl:
            continue
        ours = server.requests[-1]
        result = again(exchange.sent.curl)
        assert 0 == result.returncode, result.stderr
        assert essence(ours) == essence(server.requests[-1]), exchange.sent.curl
        assert SECRET not in exchange.sent.curl


def test_a_line_for_head_ends(fake: Any, behaviours: Any, talk: Any) -> None:
    """A request by HEAD is sent again without its body, which curl cannot send with HEAD."""
    server = fake(behaviours.echoes)
    talk = talk(server.url, secrets={"apiKeyAuth": SECRET})
    (case,) = talk.plan("protocol/method/HEAD")

    result = again(talk.session.send(case).sent.curl)

    ours, theirs = server.requests[-2:]
    assert 0 == result.returncode, result.stderr
    assert essence(ours)[:3] == essence(theirs)[:3]


# curl adds `Content-Type: application/x-www-form-urlencoded` of its own to any body.
def test_a_line_adds_no_content_type(fake: Any, behaviours: Any, talk: Any) -> None:
    """A request whose point is that it has no Content-Type has none when it is sent again."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, secrets={"apiKeyAuth": SECRET})
    case = next(case for case in talk.plan("robustness/payload") if case.edit == "no Content-Type")
    exchange = talk.session.send(case)

    result = again(exchange.sent.curl)

    assert 0 == result.returncode, result.stderr
    assert server.requests[-1].header("Content-Type") is None


values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(header=values, body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@example(header="$HOME `id` \"quoted\" 'single' \\ !", body=b"@/etc/passwd")
@example(header="", body=b"")
@example(header="a;b", body="'\u2028\u00ad\n\t\"$x\\".encode())
@example(header="x", body=b"a" * 1501)
@example(header="x", body=b"\x00")
def test_any_header_and_body_survive_the_shell(fake: Any, behaviours: Any, header: str, body: bytes) -> None:
    """No quoting, expansion or size changes what is sent."""
    server = fake(behaviours.healthy)
    pairs = [("Content-Type", "text/x"), ("X-Free", header), ("X-Key", f"${VARIABLE}")]

    result = again(curl_line("POST", f"{server.url}/a?b=%C2%ABc%C2%BB", pairs, body))

    assert 0 == result.returncode, result.stderr
    wanted = sorted([("Content-Type", "text/x"), ("X-Free", header), ("X-Key", SECRET)])
    assert ("POST", "/a?b=%C2%ABc%C2%BB", wanted, body) == essence(server.requests[-1])


def test_long_bodies_travel_packed() -> None:
    """A body that would fill the screen is packed, and one that would not fit a line is named instead."""
    assert len(curl_line("POST", "http://h/", [], b"a" * 2_000_000)) < 20_000
    assert "@body-from-evidence.bin" in curl_line("POST", "http://h/", [], os.urandom(40_000))
