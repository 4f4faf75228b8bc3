"""Faults of the family robustness: one kind of hostile input ends in a server error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Withstands,
)

from .calling import Caller
from .fault_lookup import fault_named, faults_with

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


@pytest.mark.parametrize("levels", [20, 100, 1000])
def test_nesting_crashes_from_a_depth_on(contract: Contract, levels: int) -> None:
    """A server falls over bodies that are nested so deep, and not over brackets in a text."""
    caller = Caller(contract, fault_named(contract.vendor, f"robustness/nesting/{levels}"))

    assert 500 == caller.post(raw=b"[" * levels).status_code
    assert 500 != caller.post(raw=b"[" * (levels - 1) + b'"[[[[["').status_code
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
