"""Faults of the family refusal: one kind of invalid request is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Refuses,
    RefusesPayload,
)
from chatcert.vendors import open_vendor

from .calling import Caller
from .fault_lookup import fault_named, with_check


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
