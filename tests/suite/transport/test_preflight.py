"""Preflight: before anything is tested it is known whether anything can be, and whose fault it is if not."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from chatcert.cases.profile import PROFILES
from chatcert.exceptions import ChatcertError, ConfigurationError, IdentityError, ReachabilityError
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.transport import sending
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.curl import curl_line
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target
from chatcert.vendors import open_vendor

SECRET = "sk-test-9fQ2vX7LmT4bR8wZ"


@pytest.fixture
def certification(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Execution]]:
    """Makes runs against an address, without pauses between attempts."""
    import time

    monkeypatch.setattr(sending, "time", SimpleNamespace(time=time.time, sleep=lambda seconds: None))
    runs: list[Execution] = []

    def make(url: str, vendor: str = "sigmamind", resources: dict[str, str] | None = None, **more: Any) -> Execution:
        contract = open_vendor(vendor)
        needed = {name: "existing_7Fq2x9" for name, required in resource_names(contract).items() if required}
        credentials = more.pop("credentials", {c.scheme: Secret(SECRET) for c in contract.credentials})
        limits = Limits(timeout=more.pop("timeout", 2.0))
        target = Target(url, credentials, needed | (resources or {}), limits=limits, **more)
        runs.append(Execution(derive(contract), target, PROFILES["quick"], 1))
        return runs[-1]

    yield make
    for run in runs:
        run.close()


def error_line(run: Execution, kind: type[ChatcertError], code: int) -> str:
    """The one line with which a run ends before it has begun."""
    with pytest.raises(ChatcertError) as caught:
        run.preflight()
    line = caught.value.line()
    assert kind is type(caught.value), line
    assert code == caught.value.exit_code
    assert "\n" not in line
    assert SECRET not in line
    assert run.target.url in line
    return line


def test_a_healthy_target_passes(certification: Any, fake: Any, behaviours: Any) -> None:
    """One valid request is all that a healthy target is asked."""
    server = fake(behaviours.healthy)

    certification(server.url).preflight()

    assert 1 == len(server.requests)


def test_an_unknown_name_is_reported(certification: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that does not resolve is unreachable, and named."""

    def unknown(*_: Any, **__: Any) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    line = error_line(certification("http://chat.acme.dev:8080"), ReachabilityError, 75)

    assert "the name of chat.acme.dev does not resolve" in line
    assert "check its spelling" in line


def test_a_closed_port_is_reported(certification: Any, closed_url: str) -> None:
    """A port at which nothing listens is unreachable, and named."""
    line = error_line(certification(closed_url), ReachabilityError, 75)

    assert f"no connection to {closed_url.removeprefix('http://')}" in line
    assert "is it running" in line


@pytest.mark.parametrize(
    ("behaviour", "problem", "advice"),
    [
        pytest.param("hangs", "no answer within 0.2 s", "--timeout", marks=pytest.mark.slow),
        ("drops", "no answer", "is it running"),
        ("resets", "no answer", "is it running"),
        ("speaks_another_protocol", "no answer", "is the address right"),
    ],
)
def test_silence_is_reported(
    certification: Any, fake: Any, behaviours: Any, behaviour: str, problem: str, advice: str
) -> None:
    """A server that takes connections and gives no answer is unreachable."""
    line = error_line(certification(fake(getattr(behaviours, behaviour)).url, timeout=0.2), ReachabilityError, 75)

    assert problem in line
    assert advice in line


@pytest.mark.slow
def test_a_server_that_is_late_to_valid_requests_alone_is_slow(certification: Any, fake: Any, behaviours: Any) -> None:
    """Where wrong requests are refused at once and no valid one is answered in time, that says nothing but slow."""
    refuses = behaviours.answers(behaviours.message(401, b"{}"))

    def respond(server: Any, connection: socket.socket, seen: Any) -> bool:
        has_key = any(SECRET in value for _, value in seen.headers)
        return bool((behaviours.hangs if has_key else refuses)(server, connection, seen))

    line = error_line(certification(fake(respond).url, timeout=0.2), ReachabilityError, 75)

    assert "no answer in 0.8 s" in line
    assert "--timeout" in line


@pytest.mark.parametrize("status", [502, 503, 504])
def test_transient_failures_are_reported(certification: Any, fake: Any, behaviours: Any, status: int) -> None:
    """A server that is unwell is unreachable."""
    line = error_line(certification(fake(behaviours.answers(behaviours.message(status))).url), ReachabilityError, 75)

    assert f"status {status}" in line


@pytest.mark.parametrize(
    ("pause", "kind", "exit_code", "words"),
    [
        ("63", ReachabilityError, 75, "status 429, which asks for 63 s"),
        ("86400", ConfigurationError, 78, "status 429, which asks for 86400 s"),
        ("", ConfigurationError, 78, "status 429 each time that it was sent (is a quota used up?"),
    ],
)
def test_a_pause_that_is_asked_for_is_reported_as_that(
    certification: Any, fake: Any, behaviours: Any, pause: str, kind: type[ChatcertError], exit_code: int, words: str
) -> None:
    """A server that has enough of us for a while is well; a pause of a day, or none, means a quota."""
    answer = behaviours.message(429, b"", *([("Retry-After", pause)] if pause else []))

    line = error_line(certification(fake(behaviours.answers(answer)).url), kind, exit_code)

    assert words in line


def test_the_pause_that_a_server_in_trouble_asks_for_is_reported(
    certification: Any, fake: Any, behaviours: Any
) -> None:
    """Status 503 that asks for a pause is reported with it, and not as a target that went away."""
    server = fake(behaviours.answers(behaviours.message(503, b"", ("Retry-After", "63"))))

    line = error_line(certification(server.url), ReachabilityError, 75)

    assert "status 503, which asks for 63 s, to every attempt of a valid request (try again later)" in line


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_reported(certification: Any, fake: Any, behaviours: Any, status: int) -> None:
    """Credentials that the user gives and that are refused are a matter of configuration, and named."""
    line = error_line(certification(fake(behaviours.answers(behaviours.message(status))).url), IdentityError, 78)

    assert f"status {status}" in line
    assert "CHATCERT_SIGMAMIND_API_KEY_AUTH" in line


def test_a_refused_credential_of_a_target_is_named_by_its_variable(
    certification: Any, fake: Any, behaviours: Any
) -> None:
    """Where a targets file reads a variable, that is named with its place; a pasted scheme is recognised."""
    run = certification(
        fake(behaviours.answers(behaviours.message(401))).url,
        mode="staging",
        variables={"apiKeyAuth": ("STAGING_KEY",)},
        credentials={"apiKeyAuth": Secret(f"Bearer {SECRET}")},
    )
    line = error_line(run, IdentityError, 78)

    assert "check the value of STAGING_KEY (apiKeyAuth in [targets.staging.credentials]), which is sent with" in line
    assert "the word Bearer at its beginning, and of the configured resources (CHATCERT_SIGMAMIND_" in line


@pytest.mark.parametrize("status", [401, 403])
def test_a_wall_is_no_matter_of_credentials(certification: Any, fake: Any, behaviours: Any, status: int) -> None:
    """A page of a type that the document does not have comes from something in front of the API."""
    page = behaviours.message(status, b"<p>Checking your browser", ("Content-Type", "text/html; charset=utf-8"))

    line = error_line(certification(fake(behaviours.answers(page)).url), ReachabilityError, 75)

    assert f"status {status} and a page of the type text/html" in line


def test_a_quota_that_is_used_up_is_reported(certification: Any, fake: Any, behaviours: Any) -> None:
    """Status 402 is a matter of the account."""
    line = error_line(
        certification(fake(behaviours.answers(behaviours.message(402, b"{}"))).url), ConfigurationError, 78
    )

    assert "quota" in line


@pytest.mark.parametrize(
    ("vendor", "names"),
    [
        ("sigmamind", "CHATCERT_SIGMAMIND_AGENT_ID"),
        ("polyai", "CHATCERT_POLYAI_ACCOUNT_ID and CHATCERT_POLYAI_PROJECT_ID"),
    ],
)
def test_a_resource_that_does_not_exist_is_reported(
    certification: Any, fake: Any, behaviours: Any, vendor: str, names: str
) -> None:
    """A valid request that is answered with not-found names something that does not exist: the error says which."""
    body = b'{"detail": "no agent of %s"}' % b"this name " * 20
    server = fake(behaviours.answers(behaviours.message(404, body)))

    line = error_line(certification(server.url, vendor), ConfigurationError, 78)

    assert f"the value of {names}" in line
    assert f"POST {server.url}/" in line
    assert '; the answer begins {"detail": "no agent of this name' in line
    assert len(line.partition("the answer begins ")[2].partition(" (")[0]) <= 80


@pytest.mark.parametrize("status", [400, 404, 422])
def test_a_needed_thing_that_is_not_configured_is_asked_for(fake: Any, behaviours: Any, status: int) -> None:
    """A body that has to name an existing thing cannot be right without its name: the error says what to set."""
    body = {"type": "object", "required": ["agent_id"], "properties": {"agent_id": {"type": "string"}}}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": "made"}},
    }
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}
    refuses = behaviours.answers(behaviours.message(status, b'{"error": "no such agent"}'))
    server = fake(behaviours.when(b"agt_7Fq2x9", behaviours.healthy, refuses))
    catalogue = derive(read_contract(document, vendor="a", where="a.yaml"))
    target = Target(server.url, {}, limits=Limits(timeout=2.0))

    with closing(Execution(catalogue, target, PROFILES["quick"], 1)) as unset:
        line = error_line(unset, ConfigurationError, 78)

    assert f"status {status}, and no value of agent_id is configured" in line
    assert "(set CHATCERT_A_AGENT_ID to what exists there)" in line
    target = replace(target, resources={"agent_id": "agt_7Fq2x9"})
    with closing(Execution(catalogue, target, PROFILES["quick"], 1)) as configured:
        configured.preflight()


def test_an_optional_resource_that_does_not_exist_is_reported(certification: Any, fake: Any, behaviours: Any) -> None:
    """A configured name that only some requests carry is tried as well, and the error names it alone."""
    missing = behaviours.answers(behaviours.message(404, b"{}"))
    server = fake(behaviours.when(b"previousChatId", missing, behaviours.healthy))

    line = error_line(certification(server.url, resources={"previousChatId": "chat_000"}), ConfigurationError, 78)

    assert "the value of CHATCERT_SIGMAMIND_PREVIOUS_CHAT_ID)" in line
    assert "AGENT_ID" not in line


def looks_at_keys(behaviours: Any, *texts: bytes) -> Any:
    """A server that refuses everything with 400, and says another thing to whoever has the key."""
    known, unknown = (behaviours.answers(behaviours.message(400, text)) for text in texts)

    def respond(fake: Any, connection: socket.socket, seen: Any) -> bool:
        has_key = any(SECRET in value for _, value in seen.headers)
        return bool((known if has_key else unknown)(fake, connection, seen))

    return respond


@pytest.mark.parametrize(
    ("status", "kind", "code", "advice"),
    [
        (404, ReachabilityError, 75, "does the address lead to the API"),
        (400, IdentityError, 78, "check the value of "),
        (422, IdentityError, 78, "check the value of "),
    ],
)
def test_what_answers_everything_alike_has_not_looked_at_a_request(
    certification: Any, fake: Any, behaviours: Any, status: int, kind: Any, code: int, advice: str
) -> None:
    """The address leads elsewhere, or the account may not use the API; that is found before anything is tested."""
    server = fake(behaviours.answers(behaviours.message(status, b'{"at": 1234, "id": "0f9a8b7c6d5e"}')))

    line = error_line(certification(server.url, "openwebui"), kind, code)

    assert f"status {status}, as one with wrong credentials or a malformed body" in line
    assert advice in line


def test_a_page_for_everything_is_no_api(certification: Any, fake: Any, behaviours: Any) -> None:
    """A page with the status of a success, such as that of a proxy, is no created chat."""
    page = behaviours.message(200, b"<p>Sign in", ("Content-Type", "text/html"))

    line = error_line(certification(fake(behaviours.answers(page)).url), ReachabilityError, 75)

    assert "does the address lead to the API" in line


@pytest.mark.parametrize(
    ("location", "whose"),
    [
        ("https://127.0.0.1/", "ours"),
        ("HTTPS://127.0.0.1:8443/x", "ours"),
        ("/elsewhere", "theirs"),
        ("https://login.acme.dev/", "theirs"),
        ("https://[", "theirs"),
    ],
)
def test_an_address_that_wants_tls_is_reported(
    certification: Any, fake: Any, behaviours: Any, location: str, whose: str
) -> None:
    """A server that only sends us on to its https address has the wrong address; any other redirect is judged."""
    server = fake(behaviours.answers(behaviours.message(308, b"", ("Location", location))))
    run = certification(server.url)

    if whose == "ours":
        assert "give its https address" in error_line(run, ConfigurationError, 78)
    else:
        run.preflight()


def test_a_redirect_may_be_the_only_documented_success(fake: Any, behaviours: Any) -> None:
    """It is one where no success of class 2xx is documented; the others are judged like other answers."""
    server = fake(behaviours.answers(behaviours.message(303, b"", ("Location", "/chats/1"))))

    def preflight(*statuses: str) -> bool:
        operation = {"responses": {status: {"description": "made"} for status in statuses}}
        document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}
        catalogue = derive(read_contract(document, vendor="a", where="a.yaml"))
        run = Execution(catalogue, Target(server.url, {}, limits=Limits(timeout=2.0)), PROFILES["quick"], 1)
        try:
            run.preflight()
        finally:
            run.close()
        return all(exchange.succeeded for exchange in run.exchanges)

    assert preflight("303")
    assert not preflight("201", "303")
    assert not preflight("307")


def test_what_answers_wrongly_is_the_vendors(certification: Any, fake: Any, behaviours: Any) -> None:
    """A wrong answer to a valid request is no matter of preflight where others get other answers: it is judged."""
    for status in (200, 500):
        certification(fake(behaviours.answers(behaviours.message(status, b"{}"))).url).preflight()
    plain, other = (behaviours.answers(behaviours.message(400, text)) for text in (b"{}", b"not JSON"))
    for looks in (behaviours.when(b'"', plain, other), looks_at_keys(behaviours, b"no such plan", b"no such key")):
        certification(fake(looks).url).preflight()


def test_a_certificate_of_an_unknown_authority_is_reported(certification: Any, secure: Any, own: trustme.CA) -> None:
    """A server whose certificate no known authority signed is not trusted, and no request reaches it."""
    server = secure(own.issue_cert("127.0.0.1"))

    line = error_line(certification(server.url), ReachabilityError, 75)

    assert "the TLS certificate is not trusted" in line
    assert "ca_bundle" in line
    assert [] == server.requests


def test_a_certificate_of_another_is_reported(certification: Any, secure: Any, own: trustme.CA, bundle: Path) -> None:
    """A certificate for another name is not trusted, whoever signed it."""
    server = secure(own.issue_cert("chat.acme.dev"))

    line = error_line(certification(server.url, ca_bundle=bundle), ReachabilityError, 75)

    assert "the TLS certificate is not trusted" in line
    assert "give the name that the certificate is for" in line
    assert [] == server.requests


def test_an_expired_certificate_is_reported(certification: Any, secure: Any, own: trustme.CA, bundle: Path) -> None:
    """A certificate that is over is not trusted."""
    import datetime

    past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    server = secure(own.issue_cert("127.0.0.1", not_before=past, not_after=past + datetime.timedelta(days=1)))

    line = error_line(certification(server.url, ca_bundle=bundle), ReachabilityError, 75)

    assert "expired" in line
    assert "the server needs a new certificate" in line


def test_a_server_without_tls_is_reported(certification: Any, fake: Any, behaviours: Any) -> None:
    """An https address at which plain HTTP is spoken is unreachable, with a guess at the reason."""
    line = error_line(certification(fake(behaviours.healthy).url.replace("http:", "https:")), ReachabilityError, 75)

    assert "no TLS is spoken there" in line
    assert "http://" in line


def test_a_missing_client_certificate_is_reported(
    certification: Any, secure: Any, own: trustme.CA, bundle: Path
) -> None:
    """A server that requires a client certificate ends the handshake, and the error says so."""
    server = secure(own.issue_cert("127.0.0.1"), wants=own)

    line = error_line(certification(server.url, ca_bundle=bundle), ReachabilityError, 75)

    assert "client_certificate" in line
    assert [] == server.requests


def test_own_trust_and_own_certificate(
    certification: Any, secure: Any, own: trustme.CA, bundle: Path, tmp_path: Path
) -> None:
    """With a bundle that knows the server and a certificate that it knows, requests arrive."""
    server = secure(own.issue_cert("127.0.0.1"), wants=own)
    ours = own.issue_cert("chatcert@acme.dev")
    ours.private_key_pem.write_to_path(tmp_path / "key.pem")
    ours.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")

    pair = (tmp_path / "cert.pem", tmp_path / "key.pem")
    certification(server.url, ca_bundle=bundle, client_certificate=pair).preflight()

    assert 1 == len(server.requests)


def test_everything_goes_through_the_proxy(certification: Any, fake: Any, behaviours: Any, proxy: Any) -> None:
    """A target behind a proxy is asked through it, and the proxy's password is told to the proxy alone."""
    server = fake(behaviours.healthy)
    through = proxy("me", "pass@word/1")

    certification(server.url, proxy=through.address("me", "pass%40word%2F1")).preflight()

    assert [f"POST {server.url}/v1/chats HTTP/1.1"] == through.asked
    assert 1 == len(server.requests)
    assert server.requests[0].header("Proxy-Authorization") is None


def test_tls_goes_through_the_proxy(certification: Any, secure: Any, own: trustme.CA, bundle: Path, proxy: Any) -> None:
    """Through a proxy, TLS is spoken with the target itself, and its certificate verified: the proxy sees nothing."""
    server = secure(own.issue_cert("127.0.0.1"))
    through = proxy()

    certification(server.url, proxy=through.address(), ca_bundle=bundle).preflight()
    assert "not trusted" in error_line(certification(server.url, proxy=through.address()), ReachabilityError, 75)

    place = server.url.removeprefix("https://")
    assert {f"CONNECT {place} HTTP/1.1"} == set(through.asked)
    assert 1 == len(server.requests)


@pytest.mark.parametrize("tls", [False, True])
def test_a_proxy_that_refuses_us_is_reported(
    certification: Any, fake: Any, behaviours: Any, secure: Any, own: trustme.CA, proxy: Any, tls: bool
) -> None:
    """A wrong password of the proxy is a matter of configuration, and not shown."""
    url = secure(own.issue_cert("127.0.0.1")).url if tls else fake(behaviours.healthy).url
    through = proxy("me", "right-password")

    line = error_line(certification(url, proxy=through.address("me", "wrong-password")), ConfigurationError, 78)

    assert "the proxy refuses its user or password" in line
    assert "wrong-password" not in line


def test_a_proxy_that_is_not_there_is_reported(certification: Any, closed_url: str) -> None:
    """Where the proxy itself cannot be reached, it is what is named."""
    run = certification("http://127.0.0.1:9", proxy=Secret(closed_url))

    assert "no connection to the proxy" in error_line(run, ReachabilityError, 75)


def test_proxies_of_the_environment_are_not_used(
    certification: Any, fake: Any, behaviours: Any, monkeypatch: pytest.MonkeyPatch, closed_url: str
) -> None:
    """A proxy that the environment names for everybody is not asked: requests go where they are aimed."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, closed_url)
    server = fake(behaviours.healthy)

    certification(server.url).preflight()

    assert 1 == len(server.requests)


def test_a_redirect_is_not_followed(certification: Any, fake: Any, behaviours: Any) -> None:
    """A server that sends us to another host gets its redirect judged; the other host sees nothing of us."""
    other = fake(behaviours.healthy)
    server = fake(behaviours.answers(behaviours.message(307, b"", ("Location", f"{other.url}/v1/chats"))))

    certification(server.url).preflight()

    assert [] == other.requests
    assert server.requests


def test_headers_of_a_target_are_sent_and_masked(certification: Any, fake: Any, behaviours: Any, recorded: Any) -> None:
    """A target's headers go with each request; a secret one is masked in what is kept, and no leak if it returns."""
    server = fake(behaviours.echoes)
    run = certification(server.url, headers={"X-Gateway": Secret("gateway-0123456789"), "X-Caller": "chatcert"})

    run.preflight()

    assert "gateway-0123456789" == server.requests[0].header("X-Gateway")
    assert "chatcert" == server.requests[0].header("X-Caller")
    kept = recorded(run.exchanges)
    assert "gateway-0123456789" not in kept
    assert "gateway-" not in kept
    assert '"X-Gateway: $CHATCERT_SIGMAMIND_X_GATEWAY"' in curl_line(run.exchanges[0].sent, open_vendor("sigmamind"))
    assert ("X-Gateway", "«X-Gateway»") in run.exchanges[0].sent.headers
    assert ("X-Caller", "chatcert") in run.exchanges[0].sent.headers
    assert ("apiKeyAuth",) == run.exchanges[0].leaks
