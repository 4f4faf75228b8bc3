"""Faults of the family error: a refusal has a wrong status or a wrong body."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Answers,
)
from chatcert.requirements.requirement import Kind
from chatcert.vendors import open_vendor

from .calling import Caller
from .fault_lookup import fault_named, faults_with


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
