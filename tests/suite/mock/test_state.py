"""Faults of the family state: one request after the trigger fares worse, and the next one does not."""

from __future__ import annotations

import pytest

from chatcert.openapi.contract import Contract

from .calling import Caller
from .fault_lookup import fault_named

TRIGGERS = {
    "refused-login": {"headers": {}},
    "refusal": {"raw": b"{"},
    "invalid-body": {"body": []},
    "oversized-body": {"raw": b'{"a": "'.ljust(1_200_000, b"a")},
    "aborted-upload": {"raw": b'{"a', "more": {"Content-Length": "900"}},
}


@pytest.mark.parametrize("trigger", TRIGGERS)
@pytest.mark.parametrize(("variant", "status"), [("refused", 4), ("crash", 5)])
def test_one_request_fares_worse(contract: Contract, trigger: str, variant: str, status: int) -> None:
    """A valid request is served until the trigger came, refused once, and served again."""
    caller = Caller(contract, fault_named(contract.vendor, f"state/after-{trigger}/{variant}"))

    before = [caller.post().status_code // 100 for _ in range(2)]
    caller.post(**TRIGGERS[trigger])  # type: ignore[arg-type]

    assert [2, 2] == before
    assert [status, 2] == [caller.post().status_code // 100 for _ in range(2)]
