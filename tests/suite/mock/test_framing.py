"""Faults of the family framing: a request is treated differently because of how it is framed, and only then."""

from __future__ import annotations

import pytest

from chatcert.openapi.contract import Contract

from .calling import Caller
from .fault_lookup import fault_named

CHUNKED = {"Transfer-Encoding": "chunked"}


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("chunked", CHUNKED),
        ("expect-continue", {"Expect": "100-continue"}),
        ("connection-close", {"Connection": "close"}),
        ("accept/any", {"Accept": "*/*"}),
        ("accept/weighted", {"Accept": "application/json;q=0.9"}),
        ("accept/list", {"Accept": "application/json, text/plain, */*"}),
        ("accept-encoding/gzip", {"Accept-Encoding": "gzip"}),
        ("accept-encoding/identity", {"Accept-Encoding": "identity"}),
        ("accept-encoding/refused", {"Accept-Encoding": "gzip;q=0"}),
    ],
)
def test_one_framing_is_refused(contract: Contract, path: str, more: dict[str, str]) -> None:
    """A request that is framed so is refused, or ends in a server error; any other is served."""
    plain = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}
    for variant, statuses in (("refused", range(400, 500)), ("crash", range(500, 600))):
        caller = Caller(contract, fault_named(contract.vendor, f"framing/{path}/{variant}"))

        assert caller.post(more=plain | more).status_code in statuses
        assert caller.post(more=plain).is_success


def test_chunks_bypass(contract: Contract) -> None:
    """A body in chunks is not validated, or needs no credentials; any other is and does."""
    lax = Caller(contract, fault_named(contract.vendor, "framing/chunked/invalid"))
    open_to_all = Caller(contract, fault_named(contract.vendor, "framing/chunked/unauthenticated"))

    assert lax.post(5, more=CHUNKED).is_success
    assert lax.post(5).is_client_error
    assert open_to_all.post(headers={}, more=CHUNKED).is_success
    assert open_to_all.post(headers={}).is_client_error


def test_answers_of_another_form(contract: Contract) -> None:
    """A page, or a body that is packed although the request does not take it."""
    page = Caller(contract, fault_named(contract.vendor, "framing/accept/any/page"))
    packed = Caller(contract, fault_named(contract.vendor, "framing/accept-encoding/identity/packed"))

    assert "text/html" == page.post(more={"Accept": "*/*"}).headers["content-type"]
    assert "gzip" == packed.post(more={"Accept-Encoding": "identity"}).headers["content-encoding"]
    assert "content-encoding" not in packed.post(more={"Accept-Encoding": "gzip"}).headers
