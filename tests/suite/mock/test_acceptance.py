"""Faults of the family acceptance: one kind of valid request is refused."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Accepts,
)
from chatcert.vendors import open_vendor

from .calling import Caller
from .fault_lookup import fault_named, with_check


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
