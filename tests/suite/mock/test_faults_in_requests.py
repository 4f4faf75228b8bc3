"""Faults in what is let in: each lets in, or keeps out, one thing and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chatcert.mock.faults import Fault, faults_of
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Accepts, Authenticates, KnowsResource, Refuses, RefusesPayload
from chatcert.transport.credential_forms import Inexpressible, carry
from chatcert.transport.credentials import Secret
from chatcert.vendors import open_vendor

from .calling import Caller


def fault_named(vendor: str, path: str) -> Fault:
    """One fault by its id without vendor."""
    contract = open_vendor(vendor)
    return next(fault for fault in faults_of(contract) if fault.id == f"{vendor}/fault/{path}")


def with_check(contract: Contract, kind: type) -> list[tuple[Fault, Any]]:
    """Every fault with the check of the requirement that it is made for, where that is of one class."""
    requirements = derive(contract).requirements
    pairs = [(fault, requirements[fault.breaks[0]].check) for fault in faults_of(contract)]
    return [(fault, check) for fault, check in pairs if isinstance(check, kind)]


def test_missing_members_are_let_in(contract: Contract) -> None:
    """A member that is not asked for may be missing, or null, or of another type, as the fault says."""
    for fault, check in with_check(contract, Refuses):
        if len(check.path) != 1 or check.keyword not in ("required", "null", "type") or fault.id.endswith("coerced"):
            continue
        faulty, faithful = Caller(contract, fault), Caller(contract)
        for caller, accepted in ((faulty, True), (faithful, False)):
            body = dict(caller.body)
            body[check.path[0]] = None if check.keyword == "null" else ["list"]
            if check.keyword == "required":
                del body[check.path[0]]
            assert accepted == caller.post(body).is_success, fault.id


def test_relaxing_one_keyword_keeps_the_others() -> None:
    """A string whose greatest length is not enforced still has to be a string that is long enough."""
    caller = Caller(open_vendor("sigmamind"), fault_named("sigmamind", "request/body/input/maxLength"))

    statuses = [caller.post({**caller.body, "input": value}).status_code for value in ("a" * 30_000, "", None, 5)]

    assert [201, 400, 400, 400] == statuses


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("request/body/input/maxLength/off-by-one", "a" * 20_481),
        ("request/body/input/type/coerced", 5),
        ("request/body/dynamicVariables/*/oneOf", None),
    ],
)
def test_variants_of_relaxing(path: str, value: Any) -> None:
    """Limits that are off by one, lenient conversions and alternatives that are not enforced let one value in."""
    contract = open_vendor("sigmamind")
    for caller, accepted in ((Caller(contract, fault_named("sigmamind", path)), True), (Caller(contract), False)):
        member = {"dynamicVariables": {"a": value}} if "*" in path else {"input": value}

        assert accepted == caller.post({**caller.body, **member}).is_success


def test_enumeration_without_regard_to_case() -> None:
    """A server that compares members without regard to case takes those and no others."""
    caller = Caller(open_vendor("polyai"), fault_named("polyai", "request/body/channel/enum/case"))

    assert [200, 200, 400] == [caller.post({"channel": name}).status_code for name in ("sms", "SMS", "fax")]


PAYLOADS: dict[str, tuple[bytes, str | None]] = {
    "truncated": (b'{"a":{"b":"c', "application/json"),
    "garbage": (b"this is no JSON", "application/json"),
    "nan": (b'{"a":NaN}', "application/json"),
    "missing-comma": (b'{"a":1 "b":2}', "application/json"),
    "absent": (b"", None),
    "empty": (b"", "application/json"),
    "white-space": (b" \n", "application/json"),
}


def test_broken_payloads_are_let_in(contract: Contract) -> None:
    """A lenient reader takes one kind of broken payload, and refuses the others."""
    for fault, check in with_check(contract, RefusesPayload):
        if check.form not in PAYLOADS or not fault.deviations.readers:
            continue
        caller = Caller(contract, fault)
        for form, (raw, content_type) in PAYLOADS.items():
            optional = contract.body is not None and not contract.body.required and form in ("absent", "empty")
            response = caller.post(raw=raw, content_type=content_type)
            assert (form == check.form or optional) == response.is_success, (fault.id, form)


NEARLY_RIGHT: dict[str, Callable[[bytes], bytes]] = {
    "unclosed": lambda valid: valid[:-1],
    "trailing-bytes": lambda valid: valid + b" x",
    "trailing-comma": lambda valid: valid[:-1] + b",}",
    "comment": lambda valid: b"/* a comment */" + valid,
    "single-quotes": lambda valid: valid.replace(b'"', b"'"),
    "control-character": lambda valid: valid[:-1] + b', "more": "a\nb"}',
}


@pytest.mark.parametrize("form", NEARLY_RIGHT)
def test_nearly_right_payloads_are_let_in(contract: Contract, form: str) -> None:
    """A lenient reader takes one kind of JSON text that is nearly right, and refuses the others."""
    fault = next(fault for fault, check in with_check(contract, RefusesPayload) if check.form == form)
    caller = Caller(contract, fault)
    body = {**caller.body, "known": 1}

    assert caller.post(body).is_success
    for other, alter in NEARLY_RIGHT.items():
        assert (other == form) == caller.post(raw=alter(json.dumps(body).encode())).is_success, other


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("text-plain", "text/plain"), ("xml", "application/xml"), ("form", "application/x-www-form-urlencoded")],
)
def test_other_media_types_are_let_in(contract: Contract, form: str, media_type: str) -> None:
    """A server that does not look at the media type takes JSON under another name."""
    fault = next(fault for fault, check in with_check(contract, RefusesPayload) if check.form == form)

    assert Caller(contract, fault).post(content_type=media_type).is_success
    assert not Caller(contract, fault).post(content_type="image/png").is_success


def send_form(caller: Caller, forms: dict[str, str]) -> bool:
    """Whether a request with its credentials in these forms is let in.

    Raises:
        Inexpressible: a form makes no difference here.
    """
    headers: list[tuple[str, str]] = []
    query: list[str] = []
    credentials = caller.contract.credentials
    for index, credential in enumerate(credentials):
        other = Secret(caller.backend.secrets[credentials[(index + 1) % len(credentials)].scheme])
        secret = Secret(caller.backend.secrets[credential.scheme])
        carried = carry(credential, secret, forms.get(credential.scheme, "valid"), "VARIABLE", other)
        headers += carried.headers
        query += [f"{name}={value}" for name, value in carried.query]
    path = caller.path + ("?" + "&".join(query) if query else "")
    return caller.post(headers=headers, path=path).is_success


def test_credentials_are_let_in_one_form_each(contract: Contract) -> None:
    """A fault in authentication lets in its own form of its own credential, and no other form of any."""
    schemes = [credential.scheme for credential in contract.credentials]
    checks = with_check(contract, Authenticates)
    for fault, check in checks:
        caller = Caller(contract, fault)
        for _, tried in checks:
            try:
                let_in = send_form(caller, dict.fromkeys([tried.scheme] if tried.scheme else schemes, tried.form))
            except Inexpressible:
                continue
            assert (tried == check) == let_in, (fault.id, tried)
        assert send_form(caller, {})


def test_valid_requests_are_kept_out() -> None:
    """Each fault in acceptance refuses its own kind of valid request with a bad request."""
    contract = open_vendor("sigmamind")
    caller = Caller(contract)
    minimal = caller.body
    sent: dict[str, dict[str, Any]] = {
        "accepts/required-only": minimal,
        "accepts/additional-properties": {**minimal, "more": 1},
        "accepts/body/input/minLength": {**minimal, "input": "a"},
        "accepts/body/input/maxLength": {**minimal, "input": "a" * 20_480},
        "accepts/body/input/maxLength/in-bytes": {**minimal, "input": "é" * 20_480},
        "accepts/body/input/maxLength/in-utf-16": {**minimal, "input": "😀" * 20_480},
        "accepts/body/input/blank": {**minimal, "input": "  "},
        "accepts/body/input/text/non-ascii": {**minimal, "input": "é"},
        "accepts/body/input/text/astral": {**minimal, "input": "😀"},
        "accepts/body/input/text/line-break": {**minimal, "input": "a\nb"},
        "accepts/body/input/text/quote": {**minimal, "input": 'a "b"'},
        "accepts/body/dynamicVariables/present": {**minimal, "dynamicVariables": {}},
        "accepts/body/dynamicVariables/*/type/array": {**minimal, "dynamicVariables": {"a": []}},
        "accepts/body/previousChatId/absent": minimal,
        "accepts/wire/key-order": dict(reversed(minimal.items())),
    }
    for path, body in sent.items():
        faulty = Caller(contract, fault_named("sigmamind", path))
        own = {**body, "agentId": faulty.body["agentId"]}

        assert 400 == faulty.post(own).status_code, path
        assert 201 == caller.post(body).status_code, path


@pytest.mark.parametrize(
    ("variant", "content"),
    [("nested", {"a": {"b": {"c": {"d": {"e": {}}}}}}), ("null", {"a": None}), ("keys", {"ключ": 1})],
)
def test_free_content_is_kept_out(variant: str, content: dict[str, Any]) -> None:
    """A server that takes flat and plain objects only refuses the others."""
    caller = Caller(open_vendor("openwebui"), fault_named("openwebui", f"accepts/body/chat/content/{variant}"))

    assert 400 == caller.post({"chat": content}).status_code
    assert 200 == caller.post({"chat": {"a": 1}}).status_code


def test_required_only_is_kept_out(contract: Contract) -> None:
    """A server that refuses the smallest valid request does so with the documented bad request."""
    for fault, check in with_check(contract, Accepts):
        if check.variation == "required-only" and not fault.id.endswith("one-in-ten"):
            assert contract.bad_request_statuses[0] == Caller(contract, fault).post().status_code


@pytest.mark.parametrize(
    ("path", "content_type", "raw"),
    [
        ("accepts/wire/content-type-charset", "application/json; charset=utf-8", b"{}"),
        ("accepts/wire/content-type-case", "Application/JSON", b"{}"),
        ("accepts/wire/json-whitespace", "application/json", b" {\n}\n"),
        ("accepts/wire/json-escapes", "application/json", b'{"initial_message":"\\u0061"}'),
    ],
)
def test_wire_forms_are_kept_out(path: str, content_type: str, raw: bytes) -> None:
    """A fussy server refuses another spelling of the same request, and takes the plain one."""
    caller = Caller(open_vendor("polyai"), fault_named("polyai", path))

    assert 400 == caller.post(raw=raw, content_type=content_type).status_code
    assert 200 == caller.post(raw=b"{}").status_code


def test_scheme_case_is_kept_out() -> None:
    """A fussy server asks for the scheme in the very letters of the standard."""
    caller = Caller(open_vendor("agencii"), fault_named("agencii", "accepts/wire/Authorization-scheme-case"))
    right = caller.credentials["Authorization"]

    assert 200 == caller.post().status_code
    assert 400 == caller.post(headers={"Authorization": right.replace("Bearer", "bearer")}).status_code


def test_links_are_kept_out() -> None:
    """A server that forgets its own ids refuses them where a later request names one."""
    caller = Caller(open_vendor("sigmamind"), fault_named("sigmamind", "accepts/link/ContinueChat"))
    chat = caller.post().json()["chatId"]

    assert 400 == caller.post({**caller.body, "previousChatId": chat}).status_code
    assert 201 == caller.post({**caller.body, "previousChatId": "chat_other"}).status_code


def test_unknown_resources(contract: Contract) -> None:
    """A fault in resources serves a stranger, or answers it with another status."""
    for fault, check in with_check(contract, KnowsResource):
        if check.form != "unknown":
            continue
        caller = Caller(contract, fault)
        known = str(caller.backend.resources[check.place, check.path])
        stranger = known[:-4] + "zZ9z"
        sent: dict[str, Any] = (
            {"body": {**caller.body, check.path[0]: stranger}}
            if check.place == "body"
            else {"path": caller.path.replace(known, stranger)}
        )
        status = caller.post(**sent).status_code
        faithful = caller.contract.documented(404) or caller.contract.documented(400) or (404,)
        match fault.id.rpartition("/")[2]:
            case "served":
                assert str(status) == contract.successes[0].status
            case "crash":
                assert 500 == status
            case "status":
                assert status not in (*faithful, 500)
        assert caller.post().is_success, fault.id
