"""Faults in what comes back: each leaves the contract in one place."""

from __future__ import annotations

import json
import time
from typing import Any

import jsonschema
import pytest

from chatcert.mock.faults import Fault, faults_of
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Answers, Method, Withstands
from chatcert.requirements.requirement import Kind
from chatcert.vendors import open_vendor

from .calling import Caller


def faults_with(contract: Contract, kind: type) -> list[tuple[Fault, Any, str]]:
    """Every fault with its check, where that is of one class, and with its variant."""
    found = []
    for fault in faults_of(contract):
        requirement = derive_cached(contract)[fault.breaks[0]]
        if isinstance(requirement.check, kind):
            found.append(
                (
                    fault,
                    requirement.check,
                    fault.id.removeprefix(f"{contract.vendor}/fault/{requirement.path}").strip("/"),
                )
            )
    return found


CATALOGUES: dict[str, Any] = {}


def derive_cached(contract: Contract) -> Any:
    """The catalogue of a contract, derived once."""
    if contract.vendor not in CATALOGUES:
        CATALOGUES[contract.vendor] = derive(contract).requirements
    return CATALOGUES[contract.vendor]


def fault_named(vendor: str, path: str) -> Fault:
    """One fault by its id without vendor."""
    return next(fault for fault in faults_of(open_vendor(vendor)) if fault.id == f"{vendor}/fault/{path}")


def test_broken_keywords_break_the_schema(contract: Contract) -> None:
    """A member of a wrong type, no member, or missing though required: the answer no longer matches its schema."""
    validator = jsonschema.Draft202012Validator(contract.successes[0].schema or {})
    for fault, check, _ in faults_with(contract, Answers):
        if check.status.startswith("2") and check.rule in ("type", "enum", "required", "schema"):
            body = Caller(contract, fault).post().json()
            if not fault.intermittent:
                assert not validator.is_valid(body), fault.id


def test_promised_members_go_missing(contract: Contract) -> None:
    """A promised member is left out, empty or blank."""
    for fault, check, variant in faults_with(contract, Answers):
        if check.rule == "promised" and not fault.intermittent:
            body = Caller(contract, fault).post().json()

            assert (variant == "dropped") == (check.path[0] not in body)
            assert not str(body.get(check.path[0]) or "").strip()


def test_ids_repeat(contract: Contract) -> None:
    """What should be unique repeats: always, for the same request, or within a second."""
    for fault, check, variant in faults_with(contract, Answers):
        if check.rule == "unique" and not fault.intermittent and variant != "per-second":
            caller = Caller(contract, fault)
            ids = [caller.post().json()[check.path[0]] for _ in range(3)]
            other = caller.post({**caller.body, "undocumented": 1}).json()[check.path[0]]

            assert 1 == len(set(ids))
            assert (variant == "constant") == (other in ids)


def test_success_statuses(contract: Contract) -> None:
    """A created chat is answered with another success."""
    for fault, _, variant in faults_with(contract, Answers):
        if fault.family is Kind.RESPONSE and fault.breaks[0].endswith("/status") and not fault.intermittent:
            assert int(variant) == Caller(contract, fault).post().status_code


def test_broken_replies(contract: Contract) -> None:
    """An answer is said to be HTML, or is no JSON."""
    for fault, check, variant in faults_with(contract, Answers):
        if fault.family is not Kind.RESPONSE or check.rule not in ("json", "content-type"):
            continue
        response = Caller(contract, fault).post()
        if check.rule == "json":
            assert "application/json" == response.headers["content-type"]
            with pytest.raises(json.JSONDecodeError):
                response.json()
        else:
            assert ("text/html; charset=utf-8" if variant == "text" else None) == response.headers.get("content-type")
            assert response.json()


def test_clocks_go_wrong() -> None:
    """A clock is a day off, counts in another unit, or stands still."""
    contract = open_vendor("openwebui")
    now = time.time()

    def shown(path: str) -> list[int]:
        caller = Caller(contract, fault_named("openwebui", path))
        return [caller.post({"chat": {}}).json()[path.split("/")[2]] for _ in range(2)]

    assert shown("response/200/created_at/clock/stale")[0] < now - 80_000
    assert shown("response/200/updated_at/clock/future")[0] > now + 80_000
    assert shown("response/200/created_at/clock/milliseconds")[0] > 100 * now
    assert 1 == len(set(shown("response/200/created_at/clock-moves/frozen")))


def test_times_out_of_order() -> None:
    """The last change is before the creation."""
    body = (
        Caller(open_vendor("openwebui"), fault_named("openwebui", "response/200/updated_at/not-before")).post().json()
    )

    assert body["updated_at"] < body["created_at"]


@pytest.mark.parametrize(
    ("path", "chat", "told"),
    [
        ("chat/equals", {"a": 1, "b": 2}, {"b": 2}),
        ("chat/equals/ascii", {"a": "é"}, {"a": "?"}),
        ("chat/equals/trimmed", {"a": " b "}, {"a": "b"}),
        ("chat/equals/cut", {"a": "b" * 99}, {"a": "b" * 64}),
        ("chat/equals/without-nulls", {"a": None, "b": [None]}, {"b": [None]}),
        ("chat/equals/text", {"a": 1, "b": 1.5, "c": True}, {"a": "1", "b": "1.5", "c": True}),
    ],
)
def test_echoes_go_wrong(path: str, chat: dict[str, Any], told: dict[str, Any]) -> None:
    """What is sent back differs from what was sent in the way that the fault says."""
    caller = Caller(open_vendor("openwebui"), fault_named("openwebui", f"response/200/{path}"))

    assert told == caller.post({"chat": chat}).json()["chat"]


@pytest.mark.parametrize(
    ("member", "wrong"),
    [("archived", True), ("pinned", True), ("meta", {"undocumented": True}), ("share_id", "other")],
)
def test_initial_values_change(member: str, wrong: Any) -> None:
    """A new chat has already changed."""
    caller = Caller(open_vendor("openwebui"), fault_named("openwebui", f"response/200/{member}/initial"))

    assert wrong == caller.post().json()[member]


def test_constants_change() -> None:
    """What should stay is another one each time."""
    caller = Caller(open_vendor("openwebui"), fault_named("openwebui", "response/200/user_id/constant"))

    assert caller.post().json()["user_id"] != caller.post().json()["user_id"]


@pytest.mark.parametrize(
    ("path", "status", "check"),
    [
        ("response/400/status/equals", 400, lambda body: body["status"] == 401),
        ("response/400/path/equals", 400, lambda body: body["path"].endswith("~")),
        ("response/400/informative", 400, lambda body: body == {}),
        ("response/400/schema", 400, lambda body: isinstance(body, list)),
        ("response/400/timestamp/clock/stale", 400, lambda body: body["timestamp"][:4].isdigit()),
    ],
)
def test_errors_go_wrong(path: str, status: int, check: Any) -> None:
    """An error answer breaks one of its rules, whatever its status."""
    response = Caller(open_vendor("sigmamind"), fault_named("sigmamind", path)).post({})

    assert status == response.status_code
    assert check(response.json())


def test_server_errors_go_wrong() -> None:
    """A server that fails on a body that breaks its schema does not even do that in the documented form."""
    caller = Caller(open_vendor("sigmamind"), fault_named("sigmamind", "response/500/schema"))
    response = caller.post({})

    assert 500 == response.status_code
    assert isinstance(response.json(), list)
    assert 400 == caller.post(raw=b"\xff").status_code


def test_faults_of_one_error_leave_the_others() -> None:
    """A fault in the 400 leaves the 401 as it should be; one in the 403 brings a 403 about."""
    contract = open_vendor("polyai")

    for path, status, media_type in (
        ("response/400/content-type/text", 401, "application/json"),
        ("response/403/content-type/text", 403, "text/html; charset=utf-8"),
    ):
        response = Caller(contract, fault_named("polyai", path)).post(headers={})
        assert (status, media_type) == (response.status_code, response.headers["content-type"])


def test_wrong_refusals(contract: Contract) -> None:
    """An invalid request, or bad credentials, are answered with a status that means something else."""
    for fault, check, _ in faults_with(contract, Answers):
        if fault.family is Kind.ERROR and check.rule == "status":
            caller = Caller(contract, fault)
            response = caller.post(5) if check.status == "invalid" else caller.post(headers={})
            statuses = contract.bad_request_statuses if check.status == "invalid" else contract.refusal_statuses
            assert response.status_code not in statuses
        elif check.rule == "json-object":
            assert "text/plain" in Caller(contract, fault).post(5).headers["content-type"]


HOSTILE: dict[str, Any] = {
    "nul": "a\0",
    "astral": "😀",
    "sql": "';--",
    "template": "{{1}}",
    "format": "%s",
    "long": "a" * 100_000,
    "wrong-type": [1],
    "empty": "",
    "nesting": json.loads("[" * 300 + "]" * 300),
}


def test_hostile_values_crash(contract: Contract) -> None:
    """A server falls over one kind of value in one member, and over nothing else."""
    for fault, check, variant in faults_with(contract, Withstands):
        if check.place == "body":
            caller = Caller(contract, fault)
            hostile = HOSTILE[variant]

            assert 500 == caller.post({**caller.body, check.path[0]: hostile}).status_code, fault.id
            assert caller.post().is_success or variant == "empty"


@pytest.mark.parametrize(
    ("variant", "sent"),
    [
        ("nested", {"raw": b"[" * 5000}),
        ("not-utf-8", {"raw": b"\xff"}),
        ("large", {"raw": b" " * 2_000_000}),
        ("no-content-type", {"content_type": None}),
        ("byte-order-mark", {"raw": b"\xef\xbb\xbf{}"}),
        ("broken", {"raw": b'{"a":"'}),
    ],
)
def test_hostile_payloads_crash(contract: Contract, variant: str, sent: dict[str, Any]) -> None:
    """A server falls over one kind of payload."""
    caller = Caller(contract, fault_named(contract.vendor, f"robustness/payload/{variant}"))

    assert 500 == caller.post(**sent).status_code
    assert caller.post().is_success


@pytest.mark.parametrize(
    ("variant", "more"),
    [("long", {"X-A": "a" * 6000}), ("non-ascii", {"X-A": "é"}), ("accept", {"Accept": "text/html"})],
)
def test_hostile_headers_crash(contract: Contract, variant: str, more: dict[str, str]) -> None:
    """A server falls over one kind of header."""
    caller = Caller(contract, fault_named(contract.vendor, f"robustness/headers/{variant}"))

    assert 500 == caller.post(more=more).status_code
    assert caller.post().is_success


def test_other_methods_create(contract: Contract) -> None:
    """Another method creates a chat, with a body and without; or the allowed ones are not named, or others are."""
    for fault, check, variant in faults_with(contract, Method):
        caller = Caller(contract, fault)
        if check.method == "ALLOW":
            response = caller.post(method="PUT")
            named = "GET, HEAD" if variant == "others" else None
            assert (405, named) == (response.status_code, response.headers.get("allow"))
            continue
        assert caller.post(method=check.method).is_success
        assert caller.post(method=check.method, raw=b"", content_type=None).is_success
        assert 405 == caller.post(method="TRACE").status_code


def test_redirects(contract: Contract) -> None:
    """Bad requests are sent elsewhere."""
    login = Caller(contract, fault_named(contract.vendor, "response/any/no-redirect/login"))
    documentation = Caller(contract, fault_named(contract.vendor, "response/any/no-redirect/documentation"))

    assert "/login" == login.post(headers={}).headers["location"]
    assert "/documentation" == documentation.post(5).headers["location"]
    assert login.post().is_success


@pytest.mark.parametrize(("language", "part"), [("python", "Traceback"), ("java", "at java.base"), ("node", ".js:10")])
def test_stack_traces_show(contract: Contract, language: str, part: str) -> None:
    """A refusal shows a stack trace."""
    caller = Caller(contract, fault_named(contract.vendor, f"response/any/no-stack-trace/{language}"))

    assert part in caller.post(5).text
    assert part not in caller.post().text


def test_credentials_show(contract: Contract) -> None:
    """An answer repeats a credential: in a refusal, where it is not accepted, or in a header."""

    def caller(variant: str) -> Caller:
        return Caller(contract, fault_named(contract.vendor, f"response/any/no-credential/{variant}"))

    refusing, header, unauthenticated = caller("refusal"), caller("header"), caller("unauthenticated")
    wrong = {name: f"{value}-wrong" for name, value in unauthenticated.credentials.items()}

    assert all(secret in refusing.post(5).text for secret in refusing.backend.secrets.values())
    assert all(secret in str(header.post().headers) for secret in header.backend.secrets.values())
    assert all(value in unauthenticated.post(headers=wrong).text for value in wrong.values())


def test_one_in_ten_goes_wrong(contract: Contract) -> None:
    """Faults of constancy show in two of twenty answers, exactly."""
    for fault in faults_of(contract):
        if fault.intermittent:
            caller = Caller(contract, fault)
            bodies, wrong = [], 0
            for _ in range(20):
                response = caller.post()
                body = response.json() if response.is_success else {}
                seen = [
                    value for value in body.values() if value in bodies and isinstance(value, str) and len(value) > 9
                ]
                right = str(response.status_code) == contract.successes[0].status
                complete = set(body) >= set(Caller(contract).post().json())
                bodies += [v for k, v in body.items() if "id" in k.lower() and k != "user_id"]
                wrong += not right or not complete or bool(seen)
            assert 2 == wrong or (1 <= wrong <= 2 and "/unique/" in fault.id), fault.id
