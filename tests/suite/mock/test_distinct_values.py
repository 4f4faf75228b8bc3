"""The mock remembers the values that must be new, and its faults do not refuse them as documented."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatcert.mock.faults import faults_of
from chatcert.requirements.check import RefusesRepeated
from chatcert.vendors import open_spec

from .calling import Caller
from .fault_lookup import with_check

DOCUMENT = Path(__file__).parents[1] / "documents" / "chosen.yaml"
CONTRACT = open_spec(DOCUMENT, name="chosen")


def created(session: str, **more: Any) -> dict[str, Any]:
    """The body of a request."""
    return {"session_id": session, **more}


def test_a_value_in_use_is_refused() -> None:
    """The second request with the same value gets 409; a refused request uses no value up."""
    caller = Caller(CONTRACT)

    assert 400 == caller.post(body=created("s-1", topic="")).status_code
    assert 201 == caller.post(body=created("s-1")).status_code
    assert 409 == caller.post(body=created("s-1")).status_code
    assert 201 == caller.post(body=created("s-2", number=7)).status_code
    assert 409 == caller.post(body=created("s-3", number=7)).status_code
    assert 201 == caller.post(body=created("s-3", number=8)).status_code


@pytest.mark.parametrize(("variant", "status"), [("served", 201), ("status", 400), ("crash", 500)])
def test_faults(variant: str, status: int) -> None:
    """A fault serves a value in use, or answers it with another status."""
    found = [
        fault
        for fault, _ in with_check(CONTRACT, RefusesRepeated)
        if fault.id.endswith(f"session_id/distinct/{variant}")
    ]
    assert 1 == len(found)
    caller = Caller(CONTRACT, found[0])

    assert 201 == caller.post(body=created("s-1")).status_code
    assert status == caller.post(body=created("s-1")).status_code
    assert 201 == caller.post(body=created("s-2")).status_code


def test_each_requirement_has_its_faults() -> None:
    """Whatever has to be refused where it is repeated can be served, and can end in a server error."""
    ids = [fault.id for fault in faults_of(CONTRACT)]

    for path in ("body/session_id", "body/number", "body/client/reference", "query/alias"):
        assert f"chosen/fault/request/{path}/distinct/served" in ids
        assert f"chosen/fault/request/{path}/distinct/crash" in ids
