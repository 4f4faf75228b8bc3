"""A curl line sends the very request again: it is run, and what arrives is compared."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from chatcert.cases.case import RawBody
from chatcert.transport.credentials.secret_values import mask
from chatcert.transport.curl import curl_line
from chatcert.transport.exchange import Sent
from chatcert.vendors import open_spec, open_vendor

CURL = shutil.which("curl")
pytestmark = pytest.mark.skipif(CURL is None, reason="curl is not installed")

OF_THE_CLIENT = ("host", "accept", "accept-encoding", "connection", "user-agent", "content-length", "expect")
SIGMAMIND = open_vendor("sigmamind")
VARIABLE = "CHATCERT_SIGMAMIND_API_KEY_AUTH"
SECRETIVE = "user:pa ss+w&rd%41/=\"'$`\\4"
SECRET = "sm_test_9fQ2vX7L\"$m`T\\4b'R8wZ!"


def again(
    line: str, folder: Path | None = None, variables: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a curl line as a person would, credentials in the environment, from the folder of the report."""
    environment = {**os.environ, VARIABLE: SECRET, "no_proxy": "127.0.0.1", **(variables or {})}
    return subprocess.run(["sh", "-c", line], capture_output=True, timeout=30, check=False, env=environment, cwd=folder)


def essence(seen: Any) -> tuple[Any, ...]:
    """What a request says, without what each client adds of its own."""
    headers = sorted(pair for pair in seen.headers if pair[0].lower() not in OF_THE_CLIENT)
    return (seen.method, seen.target, headers, seen.body)


EXACT = (
    "accepts/required-only",
    "accepts/all-fields",
    "accepts/body/input/maxLength",
    "accepts/body/input/text",
    "accepts/wire/content-type-charset",
    "accepts/wire/header-name-case",
    "accepts/wire/json-whitespace",
    "request/body/agentId/required",
    "request/body/agentId/null",
    "request/json/garbage",
    "request/json/nan",
    "request/json/control-character",
    "request/body/empty",
    "request/body/absent",
    "request/content-type/form",
    "robustness/body/dynamicVariables",
    "robustness/headers",
    "protocol/method/PUT",
    "protocol/method/OPTIONS",
    "protocol/method/GET",
)


@pytest.mark.parametrize("path", [*EXACT[:2], *(pytest.param(path, marks=pytest.mark.slow) for path in EXACT[2:])])
def test_a_recorded_line_sends_the_recorded_request(fake: Any, behaviours: Any, talk: Any, path: str) -> None:
    """What arrives from the line of an exchange is what arrived from us: method, address, headers and body."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, secrets={"apiKeyAuth": SECRET})
    cases = [case for case in talk.plan(path) if set(case.request.credentials.values()) <= {"name-lower", "name-upper"}]

    for case in cases[:3]:
        exchange = talk.session.send(case)
        ours = server.requests[-1]
        result = again(talk.line(exchange))
        assert 0 == result.returncode, result.stderr
        assert essence(ours) == essence(server.requests[-1]), talk.line(exchange)
        assert SECRET not in talk.line(exchange)


def test_a_line_for_head_ends(fake: Any, behaviours: Any, talk: Any) -> None:
    """A request by HEAD is sent again without its body, which curl cannot send with HEAD."""
    server = fake(behaviours.echoes)
    talk = talk(server.url, secrets={"apiKeyAuth": SECRET})
    (case,) = talk.plan("protocol/method/HEAD")

    result = again(talk.line(talk.session.send(case)))

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

    result = again(talk.line(exchange))

    assert 0 == result.returncode, result.stderr
    assert server.requests[-1].header("Content-Type") is None


values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20).map(str.strip)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(header=values, body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@example(header="$HOME `id` \"quoted\" 'single' \\ !", body=b"@/etc/passwd")
@example(header=f"${VARIABLE} $(id) ${{HOME}}", body=b"")
@example(header="", body=b"")
@example(header="a;b", body="'\u2028\u00ad\n\t\"$x\\".encode())
@example(header="x", body=b"a" * 1501)
@example(header="x", body=b"\x00")
def test_any_header_and_body_survive_the_shell(fake: Any, behaviours: Any, header: str, body: bytes) -> None:
    """No quoting, expansion or size changes what is sent."""
    server = fake(behaviours.healthy)
    pairs = (("Content-Type", "text/x"), ("X-Free", header), ("X-API-Key", mask("apiKeyAuth")))

    result = again(curl_line(Sent("POST", f"{server.url}/a?b=%C2%ABc%C2%BB", "/a", pairs, body), SIGMAMIND))

    assert 0 == result.returncode, result.stderr
    wanted = sorted([("Content-Type", "text/x"), ("X-Free", header), ("X-API-Key", SECRET)])
    assert ("POST", "/a?b=%C2%ABc%C2%BB", wanted, body) == essence(server.requests[-1])


def test_long_bodies_travel_packed() -> None:
    """A body that would fill the screen is packed into the line."""
    assert len(curl_line(Sent("POST", "http://h/", "/", (), b"a" * 2_000_000), SIGMAMIND)) < 20_000


@pytest.mark.parametrize("body", [os.urandom(40_000), os.urandom(30_000).hex().encode()], ids=["bytes", "text"])
def test_a_body_that_fits_no_line_comes_from_the_evidence(
    fake: Any, behaviours: Any, talk: Any, tmp_path: Path, body: bytes
) -> None:
    """A line of bearable length sends the very body again, which it takes out of the report's evidence."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, secrets={"apiKeyAuth": SECRET})
    case = next(iter(talk.plan("accepts/required-only")))
    request = replace(case.request, body=RawBody(body))
    long = replace(case, id="long", shared=False, control=None, request=request)
    for one in (case, long, case):
        talk.session.send(one)
    (tmp_path / "evidence.jsonl").write_text("".join(json.dumps(e.to_dict()) + "\n" for e in talk.exchanges))
    line = talk.line(talk.exchanges[1])

    result = again(line, tmp_path)

    assert len(line) < 1_500
    assert 0 == result.returncode, result.stderr
    assert body == server.requests[-1].body


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Tiny", "version": "1"},
    "security": [{"Key": []}],
    "paths": {
        "/chats": {
            "post": {
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["text"],
                                "properties": {"text": {"type": "string", "maxLength": 9}},
                            }
                        }
                    },
                },
                "responses": {
                    "201": {"description": "made", "content": {"application/json": {"schema": {"type": "object"}}}},
                    "401": {"description": "who?"},
                },
            }
        }
    },
}
SCHEMES = {
    "query": {"type": "apiKey", "in": "query", "name": "api key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "basic": {"type": "http", "scheme": "basic"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
}
FORMS_OF_LINES = ("", "/no-scheme", "/basic-scheme", "/query", "/truncated", "/extended", "/missing")


# A credential in a query or cookie stood as its mask in the line, and a basic one was not packed.
@pytest.mark.parametrize("place", SCHEMES)
def test_a_line_presents_the_credential_where_we_did(
    fake: Any, behaviours: Any, talk: Any, tmp_path: Path, place: str
) -> None:
    """Wherever a credential travels, and in whatever form, the line makes it travel the same way."""
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps({**DOCUMENT, "components": {"securitySchemes": {"Key": SCHEMES[place]}}}))
    server = fake(behaviours.healthy)
    talk = talk(server.url, contract=open_spec(path, name="tiny"), secrets={"Key": SECRETIVE})
    plans = [talk.planner.plan(r) for r in talk.catalogue.requirements.values()]
    cases = [c for p in plans for c in p.cases if c.requirement.endswith(FORMS_OF_LINES[1:])]

    seen = 0
    for case in [talk.plan("accepts/required-only")[0], *cases]:
        exchange = talk.session.send(case)
        if "/auth/" not in exchange.requirement and "/accepts/" not in exchange.requirement:
            continue
        ours = essence(server.requests[-1])
        result = again(talk.line(exchange), variables={"CHATCERT_TINY_KEY": SECRETIVE})
        assert 0 == result.returncode, result.stderr
        theirs = essence(server.requests[-1])
        assert (ours[0], pairs_of(ours[1]), *ours[2:]) == (theirs[0], pairs_of(theirs[1]), *theirs[2:])
        seen += 1
    assert seen > 2


def pairs_of(target: str) -> tuple[str, list[tuple[str, str]]]:
    """A request's target, its query read."""
    path, _, query = target.partition("?")
    return path, parse_qsl(query)


def test_nothing_of_the_document_runs_in_a_shell(fake: Any, behaviours: Any, tmp_path: Path) -> None:
    """A name or value that looks like a credential's variable, or like its mask, is sent as it is, never run."""
    server = fake(behaviours.healthy)
    mark = tmp_path / "mark"
    hostile = f"CHATCERT_$(touch {mark})`touch {mark}`"

    headers = (("X-Free", hostile), ("X-Other", "«apiKeyAuth»".encode().decode("latin-1")), ("X-Mask", "«apiKeyAuth»"))
    url = f"{server.url}?{quote_plus(hostile)}=«apiKeyAuth»&a={quote_plus('«apiKeyAuth»')}&b={quote_plus('«other»')}"
    result = again(curl_line(Sent("POST", url, "/", headers, b"{}"), SIGMAMIND))

    assert 0 == result.returncode, result.stderr
    assert not mark.exists()
    assert hostile == server.requests[-1].header("X-Free")
    assert SECRET not in str(list(server.requests[-1].headers))
    assert [("a", "«apiKeyAuth»"), ("b", "«other»"), (hostile, SECRET)] == pairs_of(server.requests[-1].target)[1]
