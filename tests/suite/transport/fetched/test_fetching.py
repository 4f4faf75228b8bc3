"""Credentials come from an authorisation server, a command or a file; failures are one line without a secret."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.exceptions import ConfigurationError
from chatcert.transport.credentials.credential_fetching import Fetcher
from chatcert.transport.credentials.credential_sources import (
    ClientAuthentication,
    CommandSource,
    FileSource,
    SourceKind,
)
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.target import Target


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher.of(Target(url="http://127.0.0.1:9", credentials={}))


def token(**claims: float) -> str:
    """A signed JSON Web Token, whoever may have signed it."""
    parts = ({"alg": "HS256"}, claims)
    texts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*texts, "c2lnbmF0dXJl"])


@pytest.mark.parametrize("way", list(ClientAuthentication))
@pytest.mark.parametrize("grant", ["client_credentials", "password", "refresh_token"])
def test_each_grant_gives_a_token(
    issuer: Any, issuers: ModuleType, source: Callable[..., Any], fetcher: Fetcher, grant: str, way: Any
) -> None:
    """A token comes by client credentials, password and refresh token, with the client's secret in either place."""
    user = {"username": issuers.USER, "password": Secret(issuers.PASSWORD)}
    first = fetcher.fetch(source(f"{issuer.url}/token", grant=SourceKind.PASSWORD, scope="chats:write", **user))
    asked = source(
        f"{issuer.url}/token",
        grant=SourceKind(grant),
        client_authentication=way,
        scope="chats:write",
        audience="chats",
        refresh_token=first.refresh_token,
        **user,
    )

    fetched = fetcher.fetch(asked)

    assert issuer.tokens[-1].value == fetched.value.reveal()
    assert (3600, "chats:write") == (fetched.lifetime, issuer.tokens[-1].scope)
    assert (grant, "chats") == (issuer.requests[-1]["grant_type"], issuer.requests[-1]["audience"])
    assert (way is ClientAuthentication.BODY) is ("client_secret" in issuer.requests[-1])


@pytest.mark.parametrize(
    ("secret", "path", "status"),
    [("another-secret", "/token", "answers with status 401 (invalid_client)"), ("", "/nothing", "status 404")],
)
def test_a_refusal_names_address_and_status(
    issuer: Any, issuers: ModuleType, source: Callable[..., Any], fetcher: Fetcher, secret: str, path: str, status: str
) -> None:
    """An issuer that gives no token is a configuration error, whose line has its address and status and no secret."""
    asked = source(f"{issuer.url}{path}?p=1", client_secret=Secret(secret or issuers.SECRET))

    with pytest.raises(ConfigurationError) as error:
        fetcher.fetch(asked)

    line = error.value.line()
    assert 78 == error.value.exit_code
    assert f"no token: {issuer.url}{path} " in line
    assert status in line
    assert not any(value in line for value in (issuers.SECRET, "another-secret", "p=1"))


def test_an_outage_of_the_issuer_is_waited_for(
    issuer: Any, source: Callable[..., Any], fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token is asked for again where the issuer is overloaded, but not for ever."""
    monkeypatch.setattr("chatcert.transport.credentials.token_endpoint.DELAYS", (0.0, 0.0))
    issuer.outage = 2

    assert 3600 == fetcher.fetch(source(f"{issuer.url}/token")).lifetime

    issuer.outage = 100
    with pytest.raises(ConfigurationError, match=r"/token answers with status 503 \(temporarily_unavailable\)"):
        fetcher.fetch(source(f"{issuer.url}/token"))
    assert 6 == len(issuer.requests)


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"access_token": 7, "token_type": "Bearer"}', b'{"access_token": ""}', b"<html>", b"\xff"],
)
def test_what_is_no_token_is_none(
    fake: Any, behaviours: Any, source: Callable[..., Any], fetcher: Fetcher, body: bytes
) -> None:
    """An answer of status 200 without a token is an error as well, not a crash."""
    odd = fake(behaviours.answers(behaviours.message(200, body, ("Content-Type", "application/json"))))

    with pytest.raises(ConfigurationError, match="answers with status 200, but without a token"):
        fetcher.fetch(source(odd.url))


@pytest.mark.parametrize(
    ("status", "more", "lifetime"),
    [
        (200, {}, None),
        (201, {"expires_in": 60}, 60),
        (200, {"expires_in": "60"}, 60),
        (200, {"expires_in": "60.0", "token_type": "BEARER"}, 60),
        (200, {"expires_in": "", "token_type": "bearer "}, None),
        (200, {"expires_in": "1h", "error": None}, None),
        (200, {"expires_in": 10**400, "error": ""}, None),
        (200, {"expires_in": 0, "scope": ["other"]}, None),
        (200, {"expires_in": True, "scope": "other", "id_token": "x.y.z", "extra": {"a": [1]}}, None),
    ],
)
def test_odd_but_usable_answers_give_a_token(
    fake: Any,
    behaviours: Any,
    source: Callable[..., Any],
    fetcher: Fetcher,
    status: int,
    more: dict[str, Any],
    lifetime: float | None,
) -> None:
    """What authorisation servers write in their own ways is understood; a life that is no number is unknown."""
    body = b"\xef\xbb\xbf" + json.dumps({"access_token": "abcdefghijk", "token_type": "Bearer"} | more).encode()
    answer = behaviours.message(status, body, ("Content-Type", "application/json;charset=UTF-8"))

    fetched = fetcher.fetch(source(fake(behaviours.answers(answer)).url, scope="chats:write"))

    assert ("abcdefghijk", lifetime) == (fetched.value.reveal(), fetched.lifetime)


def test_a_refusal_in_capitals_is_named(
    fake: Any, behaviours: Any, source: Callable[..., Any], fetcher: Fetcher, issuers: ModuleType
) -> None:
    """The code of an error is shown in small letters, and its description never is: it may hold a secret."""
    body = json.dumps({"error": "INVALID_CLIENT", "error_description": f"wrong: {issuers.SECRET}"}).encode()

    with pytest.raises(ConfigurationError, match=r"answers with status 400 \(invalid_client\)") as error:
        fetcher.fetch(source(fake(behaviours.answers(behaviours.message(400, body))).url))
    assert "check client_id" in error.value.line()
    assert issuers.SECRET not in error.value.line()


def test_other_types_of_tokens_are_refused(
    fake: Any, behaviours: Any, source: Callable[..., Any], fetcher: Fetcher
) -> None:
    """A token that needs a signature with each request cannot be used, and the line says so."""
    body = b'{"access_token": "abcdefghijk", "token_type": "DPoP"}'

    with pytest.raises(ConfigurationError, match="issues a token of the type 'DPoP'"):
        fetcher.fetch(source(fake(behaviours.answers(behaviours.message(200, body))).url))


def test_the_target_s_proxy_leads_to_the_issuer(issuer: Any, source: Callable[..., Any], proxy: Any) -> None:
    """The token endpoint is reached by the proxy of the target."""
    way = proxy()
    through = Fetcher.of(Target(url="http://127.0.0.1:9", credentials={}, proxy=way.address()))

    through.fetch(source(f"{issuer.url}/token"))

    assert [f"POST {issuer.url}/token HTTP/1.1"] == way.asked


def test_the_target_s_authorities_are_trusted_at_the_issuer(
    own: Any, bundle: Path, secure: Any, source: Callable[..., Any], fetcher: Fetcher
) -> None:
    """TLS is verified with the certificates that the target trusts; others are refused in one line."""
    server = secure(own.issue_cert("127.0.0.1"))
    trusting = Fetcher.of(Target(url="http://127.0.0.1:9", credentials={}, ca_bundle=bundle))

    with pytest.raises(ConfigurationError, match="certificate verify failed"):
        fetcher.fetch(source(server.url))
    with pytest.raises(ConfigurationError, match="answers with status 201"):
        trusting.fetch(source(server.url))


@pytest.mark.parametrize(("claims", "left"), [({"iat": 1000, "exp": 1300}, 300), ({"exp": 5}, None), ({}, None)])
def test_a_token_says_how_long_it_is_valid(
    fake: Any, behaviours: Any, source: Callable[..., Any], fetcher: Fetcher, claims: dict[str, float], left: float
) -> None:
    """Without expires_in, the life of a new token is from its iat to its exp, whatever the clock says."""
    body = json.dumps({"access_token": token(**claims), "token_type": "Bearer"}).encode()

    assert left == fetcher.fetch(source(fake(behaviours.answers(behaviours.message(200, body))).url)).lifetime


def test_a_command_prints_a_credential(fetcher: Fetcher, tmp_path: Path) -> None:
    """The arguments of a command go to it as they are: no shell, no expansion."""
    program = "import sys; print(sys.argv[1:])"
    given = ("$HOME", "; true", "a b", "*")

    fetched = fetcher.fetch(CommandSource("x", (sys.executable, "-c", program, *given), tmp_path, 90))

    assert (str([*given]), 90) == (fetched.value.reveal(), fetched.lifetime)


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import sys; print('tok-9fQ2vX7L', file=sys.stderr); sys.exit(3)", "ends with status 3"),
        ("pass", "prints nothing"),
        ("print('one'); print('two')", "prints more than one line"),
    ],
)
def test_a_command_that_fails_is_named(fetcher: Fetcher, program: str, why: str) -> None:
    """The line on a command that fails has its name and what happened, and nothing that it printed."""
    source = CommandSource("[targets.t.credentials], key", (sys.executable, "-c", program))

    with pytest.raises(ConfigurationError) as error:
        fetcher.fetch(source)

    assert f"the command {Path(sys.executable).name} {why}" in error.value.line()
    assert "tok-9fQ2vX7L" not in error.value.line()


def test_a_missing_command_is_named(fetcher: Fetcher, tmp_path: Path) -> None:
    """A relative path of a program begins at the folder of the targets file."""
    (tmp_path / "token.sh").write_text("#!/bin/sh\necho tok-of-a-script\n", encoding="utf-8")
    source = CommandSource("x", ("./token.sh",), tmp_path)

    with pytest.raises(ConfigurationError, match=r"the command token\.sh cannot be started: Permission denied"):
        fetcher.fetch(source)
    (tmp_path / "token.sh").chmod(0o700)
    assert "tok-of-a-script" == fetcher.fetch(source).value.reveal()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        assert "tok-of-a-script" == fetcher.fetch(replace(source, folder=Path())).value.reveal()
    with pytest.raises(ConfigurationError, match="No such file"):
        fetcher.fetch(replace(source, command=("no-such-program-at-all",)))


def test_a_file_holds_a_credential(fetcher: Fetcher, tmp_path: Path) -> None:
    """A line break at the end of a file does not belong to the credential; a file without one is named."""
    path = tmp_path / "token"
    with pytest.raises(ConfigurationError, match="the file token: No such file"):
        fetcher.fetch(FileSource("x", path))
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match="the file token holds nothing"):
        fetcher.fetch(FileSource("x", path))
    path.write_text("tok-of-a-file\n", encoding="utf-8")
    assert "tok-of-a-file" == fetcher.fetch(FileSource("x", path)).value.reveal()


@pytest.mark.parametrize(
    ("code", "hint"),
    [("invalid_request", "check the grant and what it needs"), ("invalid_grant", "check the user and the password")],
)
def test_a_refusal_says_what_to_check(
    fake: Any, behaviours: Any, source: Callable[..., Any], fetcher: Fetcher, code: str, hint: str
) -> None:
    """A server that names the error of RFC 6749 section 5.2 is running: its address is not what is wrong."""
    answer = behaviours.message(400, json.dumps({"error": code}).encode())

    with pytest.raises(ConfigurationError) as error:
        fetcher.fetch(source(fake(behaviours.answers(answer)).url))
    assert hint in error.value.line()
