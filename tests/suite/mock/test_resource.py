"""Faults of the family resource: an unknown resource is served, or refused in a wrong way."""

from __future__ import annotations

from typing import Any

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    KnowsResource,
)

from .calling import Caller
from .fault_lookup import with_check


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
