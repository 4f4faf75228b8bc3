"""A user's function signs each request right before it is sent: it can add headers, and nothing else."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import ConfigurationError
from chatcert.transport.credentials.credential_forms import Inexpressible
from chatcert.transport.request_hook import OutgoingRequest, load_hook
from chatcert.transport.resilience.stop_errors import CircumstancesEnded

MODULE = """
import hashlib, hmac

def sign(request):
    text = f"{request.method} {request.url}".encode() + (request.body or b"")
    return {"X-Signature": hmac.new(b"a key of the team", text, hashlib.sha256).hexdigest()}

def login(request):
    return {"X-API-Key": "made-for-this-request-9fQ2"}

login.supplies = "apiKeyAuth"

def stranger(request):
    return {}

stranger.supplies = ("noSuchScheme",)

def text(request):
    return "X-Signature: abc"

def raising(request):
    raise RuntimeError("sk-test-9fQ2vX7LmT4bR8wZ")

def overwriting(request):
    return {"content-TYPE": "text/plain"}

def replacing(request):
    return {"X-API-Key": "mine"}

def numbers(request):
    return {"X-Time": 7}

def breaking(request):
    return {"X-Time": "7\\r\\nX-More: 8"}

async def later(request):
    return {}

number = 7
"""


@pytest.fixture
def hook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Loads a function of the module above."""
    import sys

    (tmp_path / "signing_of_a_team.py").write_text(MODULE, encoding="utf-8")
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "signing_of_a_team", raising=False)
    return lambda name: load_hook(f"signing_of_a_team:{name}", tmp_path, ["apiKeyAuth"])


@pytest.mark.slow
def test_a_signature_covers_what_is_sent(fake: Any, behaviours: Any, talk: Any, hook: Any) -> None:
    """The hook sees method, address and bytes as they go out, invalid bodies included; its value is written masked."""
    server = fake(behaviours.echoes)
    run = talk(server.url, hook=hook("sign"))
    for path in ("accepts/required-only", "request/body/input/type", "auth/X-API-Key/missing"):
        run.session.send(run.plan(path)[0])

    for one in server.requests:
        text = f"{one.method} {server.url}{one.target}".encode() + one.body
        expected = hmac.new(b"a key of the team", text, hashlib.sha256).hexdigest()
        assert expected == one.header("X-Signature")
        assert expected not in str([exchange.to_dict() for exchange in run.exchanges])
    assert ("X-Signature", "«X-Signature»") in run.exchanges[0].sent.headers
    assert '"X-Signature: $CHATCERT_SIGMAMIND_X_SIGNATURE"' in run.line(run.exchanges[0])
    assert {"apiKeyAuth"} == {name for exchange in run.exchanges for name in exchange.leaks}


def test_a_hook_may_supply_a_credential(fake: Any, behaviours: Any, talk: Any, hook: Any) -> None:
    """Then it is left out of the requests that are about this credential, and no altered value of it can be sent."""
    server = fake(behaviours.healthy)
    run = talk(server.url, hook=hook("login"), without_credentials=True)
    run.session.send(run.plan("accepts/required-only")[0])
    run.session.send(run.plan("auth/X-API-Key/missing")[0])
    with pytest.raises(Inexpressible, match="comes from a request hook"):
        run.session.send(run.plan("auth/X-API-Key/truncated")[0])

    assert ["made-for-this-request-9fQ2", None] == [one.header("X-API-Key") for one in server.requests[:2]]
    assert "made-for-this-request" not in str([exchange.to_dict() for exchange in run.exchanges])
    assert ("X-API-Key", "«apiKeyAuth»") in run.exchanges[0].sent.headers


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("text", "returned a str"),
        ("raising", "raised RuntimeError"),
        ("overwriting", "returned content-TYPE, which the request has already"),
        ("replacing", "returned X-API-Key, which the request has already"),
        ("numbers", "returned a header that is none"),
        ("breaking", "returned X-Time with characters that no header can carry"),
    ],
)
def test_a_hook_that_is_wrong_ends_the_run(
    fake: Any, behaviours: Any, talk: Any, hook: Any, name: str, why: str
) -> None:
    """Whatever is not a new header is an error of the configuration; nothing is sent, and no value is shown."""
    server = fake(behaviours.healthy)
    run = talk(server.url, hook=hook(name))

    with pytest.raises(CircumstancesEnded) as ended:
        run.session.send(run.plan("accepts/required-only")[0])

    assert isinstance(ended.value.error, ConfigurationError)
    assert f"request hook: signing_of_a_team:{name} {why}" in ended.value.error.line()
    assert "sk-test" not in ended.value.error.line()
    assert [] == server.requests


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("nothing", "is no plain function"),
        ("number", "is no plain function"),
        ("later", "is no plain function"),
        ("stranger", "supplies 'noSuchScheme'"),
    ],
)
def test_a_hook_that_cannot_be_used_is_refused(hook: Any, name: str, why: str) -> None:
    """A function that is missing, or supplies what the document does not have, is refused before anything is sent."""
    with pytest.raises(ConfigurationError, match=why):
        hook(name)


@pytest.mark.parametrize("name", ["sign", "a b:c", "no_such_module_here:sign", "../x:y"])
def test_a_hook_that_is_not_there_is_refused(tmp_path: Path, name: str) -> None:
    """What names no function of a module that can be imported is refused with what to do."""
    with pytest.raises(ConfigurationError, match=r"is no function of a module|cannot be imported"):
        load_hook(name, tmp_path, [])


def test_a_request_can_be_printed() -> None:
    """What a hook gets shows no credential if it is printed or in a traceback with locals."""
    request = OutgoingRequest("POST", "http://h/?key=s3cret", (("X-API-Key", "s3cret"),), b"s3cret")

    assert "s3cret" not in repr(request)
