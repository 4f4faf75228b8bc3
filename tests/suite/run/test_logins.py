"""Requests without valid credentials: servers that forget to ask for them, and honest ones that answer oddly."""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import guarded_server as peer
import pytest

from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import Verdict
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.requirement import Kind
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.target import Target

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("hurried")]

KEY, TOKEN = "key-5Rt9Qw2Xz7Lm", "tok-8Kd3Lm6PvQa1"


GuardedService, Call = peer.GuardedService, Any
PATH = peer.PATH


def holds_key(call: Call) -> bool:
    """Whether a caller has the key."""
    return bool(call.header("x-key") == KEY)


def holds_both(call: Call) -> bool:
    """Whether a caller has the key and the token."""
    return holds_key(call) and call.header("x-token") == TOKEN


def is_admin(call: Call) -> bool:
    """Whether the key is a token that says that it is the administrator's; nobody looks at its signature."""
    parts = call.header("x-key").split(".")
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "==")) if len(parts) == 3 else {}
    return holds_key(call) or claims.get("sub") == "admin"


def first(path: str) -> Callable[[Call], bool]:
    """A gateway that asks for keys at the documented path alone."""
    return lambda call: call.path == path


DEFECTS: dict[str, tuple[Any, set[str]]] = {
    "the service ignores a slash at the end": (
        GuardedService(holds_key, first(PATH), lambda v: v.path.removesuffix("/")),
        {"unusual/trailing-slash"},
    ),
    "the service joins slashes": (
        GuardedService(holds_key, first(PATH), lambda v: re.sub("/+", "/", v.path)),
        {"unusual/doubled-slash"},
    ),
    "the service ignores case": (
        GuardedService(holds_key, first(PATH), lambda v: v.path.lower()),
        {"unusual/upper-case"},
    ),
    "the service decodes": (
        GuardedService(holds_key, first(PATH), lambda v: unquote(v.path)),
        {"unusual/percent-encoded"},
    ),
    "the service cuts parameters off": (
        GuardedService(holds_key, first(PATH), lambda v: v.path.partition(";")[0]),
        {"unusual/path-parameter"},
    ),
    "the service ignores a suffix": (
        GuardedService(holds_key, first(PATH), lambda v: v.path.removesuffix(".json")),
        {"unusual/suffix"},
    ),
    "the service normalises": (
        GuardedService(holds_key, first(PATH), lambda v: posixpath.normpath(v.path)),
        {"unusual/dot-segment", "unusual/doubled-slash", "unusual/trailing-slash"},
    ),
    "the gateway believes the original path": (
        GuardedService(holds_key, lambda v: (v.header("x-original-url") or v.path).startswith("/v1")),
        {"unusual/proxy-headers"},
    ),
    "the service believes the rewritten path": (
        GuardedService(holds_key, lambda v: v.path.startswith("/v1"), lambda v: v.header("x-rewrite-url") or v.path),
        {"unusual/rewritten-path"},
    ),
    "loopback needs no key": (
        GuardedService(holds_key, lambda v: v.header("x-forwarded-for").split(",")[-1].strip() != "127.0.0.1"),
        {"unusual/proxy-headers"},
    ),
    "a user of the gateway needs no key": (
        GuardedService(holds_key, lambda v: not v.header("remote-user")),
        {"unusual/proxy-headers"},
    ),
    "OPTIONS needs no key": (
        GuardedService(holds_key, lambda v: v.header("x-http-method-override") != "OPTIONS"),
        {"unusual/proxy-headers"},
    ),
    "GET needs no key": (
        GuardedService(
            holds_key,
            lambda v: v.method != "GET",
            method=lambda v: v.query.get("_method", [v.header("x-http-method-override") or v.method])[0],
        ),
        {"unusual/method-override"},
    ),
    "the gateway does not wait for large bodies": (
        GuardedService(holds_key, lambda v: len(v.body) < 2**16),
        {"unusual/large-body"},
    ),
    "the gateway knows one media type": (
        GuardedService(holds_key, lambda v: v.header("content-type") == "application/json", media_types=()),
        {"unusual/large-body", "unusual/content-type"},
    ),
    "only a wrong key is let in by another path": (
        GuardedService(
            holds_key, lambda v: v.path == PATH or not v.header("x-key"), lambda v: v.path.removesuffix("/")
        ),
        {"unusual/trailing-slash"},
    ),
    "undefined is a key": (GuardedService(lambda v: v.header("x-key") in (KEY, "undefined")), {"X-Key/undefined"}),
    "null is a key": (GuardedService(lambda v: v.header("x-key") in (KEY, "null")), {"X-Key/null"}),
    "whatever ends with the key": (GuardedService(lambda v: v.header("x-key").endswith(KEY)), {"X-Key/preceded"}),
    "whatever contains the key": (
        GuardedService(lambda v: KEY in v.header("x-key")),
        {"X-Key/preceded", "X-Key/extended"},
    ),
    "a long key overflows": (
        GuardedService(lambda v: holds_key(v) if len(v.header("x-key")) < 4096 else bool(1 // 0)),
        {"X-Key/long"},
    ),
    "a key that is not ASCII cannot be compared": (
        GuardedService(lambda v: v.header("x-key").encode("ascii") == KEY.encode()),
        {"X-Key/non-ascii"},
    ),
    "an unsigned token is believed": (GuardedService(is_admin), {"X-Key/jwt-shaped"}),
    "a key is written into the query": (
        GuardedService(lambda v: holds_key(v) or "' OR '" in v.header("x-key")),
        {"X-Key/injection"},
    ),
}

TWO_KEYS: dict[str, tuple[Any, set[str]]] = {
    "any key in any place": (
        GuardedService(lambda v: {v.header("x-key"), v.header("x-token")} == {KEY, TOKEN}),
        {"all/swapped"},
    ),
    "the key may be the token": (
        GuardedService(lambda v: v.header("x-key") in (KEY, TOKEN) and v.header("x-token") == TOKEN),
        {"X-Key/swapped"},
    ),
    "both from the query together": (
        GuardedService(
            lambda v: holds_both(v) or (v.query.get("X-Key"), v.query.get("X-Token")) == ([KEY], [TOKEN]),
        ),
        {"all/query"},
    ),
}


def _redirect(call: Call) -> Any:
    return (308, {}) if call.path == f"{PATH}/" else (404, {"error": "nothing here"})


HONEST: dict[str, Any] = {
    "plain": GuardedService(holds_key),
    "the key first": GuardedService(holds_key, key_first=True),
    "one slash is stripped, and the key is asked for": GuardedService(
        holds_key, path=lambda v: re.sub("/+", "/", v.path).rstrip("/")
    ),
    "every spelling, and the key is asked for": GuardedService(
        holds_key, path=lambda v: posixpath.normpath(unquote(v.path.partition(";")[0].removesuffix(".json"))).lower()
    ),
    "a page for all unknown paths": GuardedService(holds_key, elsewhere=lambda _: (200, b"<html>Welcome</html>")),
    "a state for all unknown paths": GuardedService(holds_key, elsewhere=lambda _: (201, {"status": "ok"})),
    "a redirect": GuardedService(holds_key, elsewhere=_redirect),
    "a broken gateway for odd paths": GuardedService(holds_key, elsewhere=lambda _: (500, {"error": "no route"})),
    "400 for long keys": GuardedService(
        holds_key, before=lambda v: (400, {"error": "too long"}) if len(v.header("x-key")) > 4096 else None
    ),
    "431 for long keys": GuardedService(
        holds_key, before=lambda v: (431, b"") if len(v.header("x-key")) > 4096 else None
    ),
    "400 for keys that are not ASCII": GuardedService(
        holds_key, before=lambda v: None if v.header("x-key").isascii() else (400, {"error": "not ASCII"})
    ),
    "413 for large bodies": GuardedService(holds_key, before=lambda v: (413, b"") if len(v.body) > 2**17 else None),
    "overrides and original paths, and the key is asked for": GuardedService(
        holds_key,
        path=lambda v: v.header("x-original-url") or v.path,
        method=lambda v: v.header("x-http-method-override") or v.method,
    ),
}


def document_with(keys: int, *, agents: bool = False) -> dict[str, Any]:
    """A document of an operation that needs so many keys, and perhaps the name of an agent."""
    title: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 20}
    chat = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "title": title}}
    body: dict[str, Any] = {
        "type": "object",
        "required": ["title"],
        "additionalProperties": False,
        "properties": {"title": title},
    }
    if agents:
        body["required"].append("agent_id")
        body["properties"]["agent_id"] = {"type": "string", "description": "the agent"}
    error = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    schemes = dict([("Key", "X-Key"), ("Token", "X-Token")][:keys])
    answers = {"201": ("made", chat), "400": ("wrong", error), "401": ("unknown", error)}
    operation = {
        "security": [{scheme: [] for scheme in schemes}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            status: {"description": text, "content": {"application/json": {"schema": schema}}}
            for status, (text, schema) in answers.items()
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "a", "version": "1"},
        "paths": {PATH: {"post": operation}},
        "components": {
            "securitySchemes": {s: {"type": "apiKey", "in": "header", "name": n} for s, n in schemes.items()}
        },
    }


@cache
def planned(keys: int) -> tuple[Catalogue, Planner]:
    """The catalogue and the plans of that document, made once."""
    catalogue = derive(read_contract(document_with(keys), vendor="a", where=""))
    return catalogue, Planner(catalogue.contract, {}, profile_named("standard"), 1)


def judged(service: Any, keys: int = 1) -> dict[str, Verdict]:
    """The verdicts on a service, by path, after all requests with bad credentials."""
    catalogue, plans = planned(keys)
    secrets = {"Key": Secret(KEY), "Token": Secret(TOKEN)}
    credentials = {c.scheme: secrets[c.scheme] for c in catalogue.contract.credentials}
    with peer.guarded_server(service) as address:
        run = Execution(catalogue, Target(address, credentials), profile_named("standard"), seed=1, plans=plans)
        try:
            run.preflight()
            run.run_all([one for one in catalogue.requirements.values() if one.kind is Kind.AUTHENTICATION])
        finally:
            run.close()
    verdicts = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    return {name.removeprefix("a/"): verdict for name, verdict in verdicts.items()}


def with_word(verdicts: dict[str, Verdict], *words: str) -> set[str]:
    """The paths of the requirements with one of these verdicts."""
    return {path for path, verdict in verdicts.items() if verdict.kind in words}


@pytest.fixture
def certified(tmp_path: Path, certify: Any) -> Any:
    """Certifies a service; gives the run, and the paths of its requirements by verdict."""

    def run(service: Any, *options: Any) -> tuple[Any, dict[str, set[str]]]:
        service.seen.clear()
        path = tmp_path / "a.json"
        path.write_text(json.dumps(document_with(1)))
        with peer.guarded_server(service) as address:
            common = ("--spec", path, "--name", "a", "--url", address, "--profile", "standard")
            outcome = certify(*common, *options, variables={"CHATCERT_A_KEY": KEY})
        words: dict[str, set[str]] = {}
        for name, word in outcome.words("a").items():
            words.setdefault(word, set()).add(name.removeprefix("a/"))
        return outcome, words

    return run


@pytest.mark.parametrize("name", DEFECTS)
def test_a_server_that_forgets_to_ask_is_blamed_for_that_alone(name: str) -> None:
    """What is served without a key, or crashes over one, is found, and nothing else is blamed."""
    service, broken = DEFECTS[name]

    assert {f"auth/{path}" for path in broken} == with_word(judged(service), "fail", "warn", "inconclusive")


@pytest.mark.parametrize("name", TWO_KEYS)
def test_keys_that_are_confused(name: str) -> None:
    """A server that confuses two keys is found."""
    service, broken = TWO_KEYS[name]

    assert {f"auth/{path}" for path in broken} == with_word(judged(service, keys=2), "fail", "warn", "inconclusive")


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_server_is_not_blamed(name: str) -> None:
    """Whatever a server does with an odd request, it is not blamed as long as it serves no chat."""
    assert set() == with_word(judged(HONEST[name]), "fail", "warn", "inconclusive")


def test_the_header_that_opens_the_gate_is_named() -> None:
    """Of all headers of gateways that are sent together, the finding names the one that is believed."""
    service, _ = DEFECTS["a user of the gateway needs no key"]

    finding = judged(service)["auth/unusual/proxy-headers"].finding
    assert finding is not None
    assert "Remote-User: admin, with missing credentials" in finding.actual
    assert "X-Forwarded-For" not in finding.curl


@pytest.mark.parametrize(("separates", "word"), [(True, "pass"), (False, "fail")])
def test_what_exists_for_one_account_is_not_for_another(
    separates: bool, word: str, certify: Any, tmp_path: Path
) -> None:
    """With two accounts, a server that serves the one's agent to the other is found; one that does not is fine."""
    owners = {"agent-of-anna": KEY, "agent-of-bert": TOKEN}
    service = GuardedService(
        lambda v: v.header("x-key") in (KEY, TOKEN), agents=owners if separates else {"nobody": ""}
    )
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document_with(1, agents=True)))
    variables = {"CHATCERT_A_KEY": KEY, "CHATCERT_A_AGENT_ID": "agent-of-anna"}
    variables |= {"CHATCERT_A_OTHER_KEY": TOKEN, "CHATCERT_A_OTHER_AGENT_ID": "agent-of-bert"}
    with peer.guarded_server(service) as address:
        run = certify("--spec", path, "--name", "a", "--url", address, "--profile", "standard", variables=variables)

    (row,) = (r for r in run.report("a")["requirements"] if r["id"] == "a/auth/other-account")
    assert (word, 3) == (row["verdict"], row["cases"]), row["reason"]
    assert not any(TOKEN in file.read_text(errors="replace") for file in run.folder.rglob("*") if file.is_file())


def test_without_another_account_nothing_is_mixed(certify: Any, tmp_path: Path) -> None:
    """What is missing is named, and nothing is concluded."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(document_with(1, agents=True)))
    variables = {"CHATCERT_A_KEY": KEY, "CHATCERT_A_AGENT_ID": "agent-of-anna"}
    with peer.guarded_server(GuardedService(holds_key, agents={"agent-of-anna": KEY})) as address:
        run = certify("--spec", path, "--name", "a", "--url", address, "--profile", "standard", variables=variables)

    (row,) = (r for r in run.report("a")["requirements"] if r["id"] == "a/auth/other-account")
    assert ("not-applicable", "no value for CHATCERT_A_OTHER_KEY is configured") == (row["verdict"], row["reason"])


def locking(most: int, status: int = 401) -> Any:
    """A server that lets nobody in after so many wrong keys."""
    wrong: list[str] = []

    def admits(call: Call) -> bool:
        if len(wrong) >= most:
            return False
        if not holds_key(call):
            wrong.append(call.path)
        return holds_key(call)

    def before(call: Call) -> Any:
        return (status, {"error": "locked"}) if len(wrong) >= most and status != 401 else None

    return GuardedService(admits, before=before)


@pytest.mark.parametrize("status", [401, 423])
def test_a_lock_out_ends_the_run_and_says_so(certified: Any, status: int) -> None:
    """A control that is refused after refused logins is a lock-out: exit status 78, no verdict on what came after."""
    outcome, words = certified(locking(12, status), "--seed", 1)

    assert 78 == outcome.status, outcome.text
    assert re.search(r"locked out after \d+ refused logins", outcome.text)
    assert "--max-refused-logins" in outcome.text
    assert "fail" not in words


def throttling(most: int, *, everybody: bool = False, admits: Callable[[Call], bool] = holds_key) -> Any:
    """A server that answers bad logins with 429 after so many, or everybody for a while after each."""
    wrong: list[str] = []
    owed = 0

    def before(call: Call) -> Any:
        nonlocal owed
        slow = owed > 0
        owed -= slow
        if not holds_key(call):
            wrong.append(call.path)
            slow = slow or (len(wrong) > most and not everybody)
            owed = 3 if everybody and not slow else owed
        return (429, {"error": "slow down"}) if slow else None

    return GuardedService(admits, before=before)


@pytest.mark.parametrize("everybody", [False, True])
def test_a_server_that_slows_bad_logins_down_gets_a_verdict(certified: Any, *, everybody: bool) -> None:
    """Status 429 for bad keys alone refuses them, a remark at most; where valid requests get it too, it passes."""
    outcome, words = certified(throttling(2, everybody=everybody))

    assert 0 == outcome.status, outcome.text
    assert {"fail", "inconclusive", "not-run"}.isdisjoint(words)
    assert words.get("warn", set()) <= {"response/any/documented-status"}
    assert {"auth/X-Key/missing", "auth/X-Key/wrong", "auth/X-Key/truncated"} <= words["pass"]


def test_a_bad_key_that_is_served_is_found_behind_bursts_of_429(certified: Any) -> None:
    """A server that lets a prefix of the key in is wrong, though each bad login is followed by a burst of 429."""
    outcome, words = certified(
        throttling(2, everybody=True, admits=lambda call: KEY.startswith(call.header("x-key") or "-"))
    )

    assert 1 == outcome.status, outcome.text
    assert words["fail"] & {"auth/X-Key/truncated", "auth/X-Key/prefix"}


def test_refused_logins_are_bounded(certified: Any) -> None:
    """No more logins than allowed are refused; what is not sent is not run, and the rest is tested."""
    service = locking(11)
    outcome, words = certified(service, "--max-refused-logins", 10)

    assert 75 == outcome.status, outcome.text
    assert 10 == sum(not holds_key(call) for call in service.seen)
    reasons = {r["reason"] for r in outcome.report("a")["requirements"] if r["verdict"] == "not-run"}
    assert {"no more than 10 logins are refused (--max-refused-logins)"} == reasons
    elsewhere = {path for path in words["not-run"] if not path.startswith("auth/")}
    framings = {f"framing/{name}/unauthenticated" for name in ("accept-language", "chunked")}
    assert {*framings, "state/after-refused-login"} == elsewhere
    assert "auth/X-Key/missing" in words["pass"]


def test_refused_logins_come_last(certified: Any) -> None:
    """All but missing and wrong keys come after the last other request, valid ones in between excepted."""
    service = HONEST["plain"]
    certified(service)

    odd = [index for index, call in enumerate(service.seen) if call.path != PATH]
    invalid = [i for i, call in enumerate(service.seen) if holds_key(call) and not peer._title(call.body)]
    assert max(invalid) < min(odd)


def test_a_plan_says_how_many_logins_are_refused(certify: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan counts requests with bad credentials, and names what a bound leaves out."""
    monkeypatch.setenv("COLUMNS", "300")
    plan = certify("agencii", "--profile", "standard", "--plan")
    url = ("--url", "http://127.0.0.1:1", "--max-refused-logins", 20)
    variables = {"CHATCERT_AGENCII_BEARER_AUTH": "a" * 20, "CHATCERT_AGENCII_API_INTEGRATION_ID": "i"}
    bounded = certify("agencii", "--profile", "standard", "--plan", *url, variables=variables)

    assert re.search(r"\b6\d of them have bad credentials", plan.text)
    assert "too many refused logins" not in plan.text
    assert "not run: too many refused logins" in bounded.text
