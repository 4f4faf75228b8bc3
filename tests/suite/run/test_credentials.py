"""Credentials as a document declares them: alternatives, tokens and values as people paste them."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from email.message import Message
from pathlib import Path
from typing import Any

import credential_server as peer
import pytest

from chatcert.cases.plan import NOT_AT_QUICK
from chatcert.run.checking.verification import verify

pytestmark = pytest.mark.slow

KEY, LOGIN, SESSION = "key-5Rt9Qw2Xz7", "anna:pass-8Kd3Lm6Pv", "session-4Tn8Bw1Yc"
ERROR = {
    "application/json": {
        "schema": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}
    }
}
TITLE = {"type": "string", "minLength": 1, "maxLength": 20}
SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "login": {"type": "http", "scheme": "basic"},
    "session": {"type": "apiKey", "in": "cookie", "name": "sid"},
    "digest": {"type": "http", "scheme": "digest"},
    "tls": {"type": "mutualTLS"},
}


def has_key(headers: Message) -> bool:
    """Whether a request has the key, once."""
    return headers.get_all("X-Key") == [KEY]


def has_login(headers: Message) -> bool:
    """Whether a request has the user and the password."""
    scheme, _, value = (headers.get("Authorization") or "").partition(" ")
    return scheme.lower() == "basic" and value == base64.b64encode(LOGIN.encode()).decode()


def has_session(headers: Message) -> bool:
    """Whether a request has the cookie."""
    return headers.get("Cookie") == f"sid={SESSION}"


def has_token(headers: Message, **gaps: bool) -> bool:
    """Whether a request has a token that holds, but for what is not looked at."""
    scheme, _, value = (headers.get("Authorization") or "").partition(" ")
    return scheme.lower() == "bearer" and bool(peer.holds(value, **gaps))


@pytest.fixture
def certified(tmp_path: Path, certify: Any) -> Any:
    """Certifies a server with a accepts against a document with this security; verdicts by id, other than passes."""

    def run(
        security: list[dict[str, Any]], accepts: Any, runs: Sequence[Sequence[Any]] = ((),), **variables: str
    ) -> tuple[int, dict[str, str], Any]:
        body = {"type": "object", "required": ["title"], "additionalProperties": False, "properties": {"title": TITLE}}
        chat = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}
        operation = {
            "security": security,
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": {
                "201": {"description": "made", "content": {"application/json": {"schema": chat}}},
                "400": {"description": "wrong", "content": ERROR},
                "401": {"description": "unknown", "content": ERROR},
            },
        }
        document = {
            "openapi": "3.1.0",
            "info": {"title": "a", "version": "1"},
            "paths": {"/chats": {"post": operation}},
            "components": {"securitySchemes": SCHEMES},
        }
        path = tmp_path / "a.json"
        path.write_text(json.dumps(document))
        with peer.credential_server(accepts) as address:
            values = {f"CHATCERT_A_{name.upper()}": value for name, value in variables.items()}
            for options in runs:
                outcome = certify("--spec", path, "--name", "a", "--url", address, *options, variables=values)
        words = outcome.words("a") if (outcome.folder / "a" / "report.json").exists() else {}
        rows = outcome.report("a")["requirements"] if words else []
        left_out = {row["id"].removeprefix("a/") for row in rows if row["reason"] == NOT_AT_QUICK}
        kept = ("accepts/security/", "auth/")
        found = {name.removeprefix("a/"): word for name, word in words.items() if word != "pass"}
        found = {name: word for name, word in found.items() if name not in left_out}
        return outcome.status, {n: w for n, w in found.items() if n.startswith(kept) or w != "not-applicable"}, outcome

    return run


def test_one_configured_alternative_is_enough(certified: Any) -> None:
    """Requests carry the alternative that is configured; of the others the report says what is missing."""
    status, words, outcome = certified(
        [{"token": []}, {"key": [], "tls": []}, {"digest": []}], lambda h: has_token(h) or has_key(h), key=KEY
    )

    assert 0 == status, outcome.text
    assert {"not-applicable"} == {*words.values()}
    assert "not-applicable" == words.pop("accepts/security/token")
    assert all(name.startswith(("auth/Authorization/", "auth/all/")) for name in words)
    rows = {row["id"]: row["reason"] for row in outcome.report("a")["requirements"]}
    assert "no value for CHATCERT_A_TOKEN is configured" == rows["a/auth/Authorization/missing"]
    assert any("digest" in defect["problem"] for defect in outcome.report("a")["spec_defects"])


def test_each_configured_alternative_is_tried(certified: Any) -> None:
    """An alternative that the server takes is enough by itself, and refused in each wrong form."""
    security = [{"key": []}, {"login": []}, {"session": []}]
    given = {"key": KEY, "login": LOGIN, "session": SESSION}
    status, words, outcome = certified(security, lambda h: has_key(h) or has_login(h) or has_session(h), **given)

    assert (0, {}) == (status, words), outcome.text
    assert "a/auth/sid/prefix" in outcome.words("a")


def test_an_alternative_that_is_half_open_is_found(certified: Any) -> None:
    """A accepts that looks at the beginning of the second credential alone is blamed for that, and for nothing else."""
    security = [{"key": []}, {"session": []}]
    accepts = lambda h: has_key(h) or (h.get("Cookie") or "").startswith("sid=session-")  # noqa: E731
    status, words, _ = certified(security, accepts, key=KEY, session=SESSION)

    assert 1 == status
    broken = {"auth/sid/truncated", "auth/sid/prefix"}
    assert broken <= {name for name, word in words.items() if word == "fail"} <= {*broken, "auth/sid/wrong"}
    assert ["inconclusive"] * 2 == [words[f"auth/sid/{form}"] for form in ("corrupted", "extended")]


@pytest.mark.parametrize(("accepts", "refused"), [(has_key, "session"), (has_session, "key")], ids=["second", "first"])
def test_an_alternative_that_is_refused_is_no_breach_that_binds(certified: Any, accepts: Any, refused: str) -> None:
    """Its value may be wrong: what is tested with it is inconclusive, and the remark says why, also of the first."""
    status, words, outcome = certified([{"key": []}, {"session": []}], accepts, key=KEY, session=SESSION)

    assert 75 == status, outcome.text
    assert "warn" == words.pop(f"accepts/security/{refused}")
    assert {"inconclusive"} == {*words.values()}
    assert {{"session": "sid", "key": "X-Key"}[refused]} == {name.split("/")[1] for name in words}
    assert "or its configured value is wrong" in json.dumps(outcome.report("a"))
    assert [] == [remark.text for remark in verify(outcome.folder / "a" / "report.json") if remark.problem]


def test_a_run_that_carries_the_second_alternative_can_be_resumed(certified: Any) -> None:
    """What was served first is carried to the end, and the refusal is met once more only by its own requirement."""
    given = {"key": KEY, "session": SESSION}
    security = [{"key": []}, {"session": []}]
    runs = [("--max-requests", 40), ("--resume", "--max-requests", 999)]
    status, words, outcome = certified(security, has_session, runs, **given)

    assert 75 == status, outcome.text
    assert "warn" == words.pop("accepts/security/key")
    assert {"inconclusive"} == {*words.values()}


def test_a_run_ends_where_each_alternative_is_refused(certified: Any) -> None:
    """Nothing is known then, but that the values may be wrong; that a request without any is served changes nothing."""
    for more in ([], [{}]):
        status, _, outcome = certified(
            [{"key": []}, {"session": []}, *more], {"X-Key", "Cookie"}.isdisjoint, key=KEY, session=SESSION
        )

        assert 78 == status
        assert "a valid request is refused with status 401" in outcome.text
        assert "CHATCERT_A_KEY" in outcome.text
        assert "CHATCERT_A_SESSION" in outcome.text


def test_optional_credentials(certified: Any) -> None:
    """Where none are needed, a run without any is whole, and a wrong one that is ignored is a remark at most."""
    optional = [{}, {"key": []}]
    assert (0, {"auth/X-Key/wrong": "not-applicable"}) == certified(optional, lambda _: True)[:2]
    assert (0, {"auth/X-Key/wrong": "warn"}) == certified(optional, lambda _: True, key=KEY)[:2]
    assert (0, {}) == certified(optional, lambda h: has_key(h) or "X-Key" not in h, key=KEY)[:2]


@pytest.mark.parametrize(
    ("gap", "form"),
    [
        ("", ""),
        ("unsigned", "unsigned"),
        ("unchecked", "foreign-signed"),
        ("late", "expired"),
        ("any_reader", "other-audience"),
    ],
)
def test_tokens_that_nobody_issued(certified: Any, gap: str, form: str) -> None:
    """A token is refused without a signature, with a foreign one, after its time, and for another reader."""
    gaps = {gap: True} if gap else {}
    given = {"token": peer.token(), "token_expired": peer.token(exp=1), "token_other_audience": peer.token(aud="else")}
    status, words, outcome = certified([{"token": []}], lambda h: has_token(h, **gaps), **given)

    assert (1 if form else 0) == status, outcome.text
    assert ({f"auth/Authorization/{form}"} if form else set()) == {
        name for name in words if name.rpartition("/")[2] in ("unsigned", "foreign-signed", "expired", "other-audience")
    }
    assert not any(value in text.read_text() for text in outcome.folder.rglob("*.json*") for value in given.values())


def test_a_token_that_is_none_is_not_forged(certified: Any) -> None:
    """Nothing can be signed anew in an opaque token, and nobody but its issuer can make an expired one."""
    accepts = lambda h: h.get("Authorization", "").lower() == f"bearer {KEY}".lower() and KEY in h["Authorization"]  # noqa: E731
    status, words, outcome = certified([{"token": []}], accepts, token=KEY)

    assert 0 == status, outcome.text
    assert {f"auth/Authorization/{form}" for form in ("unsigned", "foreign-signed", "expired", "other-audience")} == {
        *words
    }
    assert {"not-applicable"} == {*words.values()}


def test_pasted_credentials(certified: Any) -> None:
    """What people paste around a credential is taken off, and one line says so without the value."""
    pasted = {"login": f"Basic {base64.b64encode(LOGIN.encode()).decode()}", "key": f'"{KEY}"'}
    status, _, outcome = certified([{"login": [], "key": []}], lambda h: has_login(h) and has_key(h), **pasted)

    assert 0 == status, outcome.text
    for line in ("LOGIN: used without the word Basic before it and base64", "KEY: used without quotes around it"):
        assert 1 == sum(f"CHATCERT_A_{line}" in said for said in outcome.text.splitlines())
    assert not any(value in outcome.text for value in (KEY, LOGIN, *pasted.values()))
