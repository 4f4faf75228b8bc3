"""The mock answers with any documented error status on request, so that each has something to be judged on."""

from __future__ import annotations

import jsonschema
import pytest

from chatcert.names import MOCK_STATUS_HEADER
from chatcert.openapi.contract import Contract
from chatcert.vendors import open_vendor

from .calling import Caller


def test_every_documented_status(contract: Contract) -> None:
    """A valid request that asks for a documented error gets it, in its documented form."""
    caller = Caller(contract)
    for answer in contract.errors:
        response = caller.post(more={MOCK_STATUS_HEADER: answer.status})

        assert answer.status == str(response.status_code)
        if answer.schema is not None:
            jsonschema.Draft202012Validator(answer.schema).validate(response.json())


@pytest.mark.parametrize("wanted", ["200", "418", "nothing", ""])
def test_undocumented_statuses(wanted: str) -> None:
    """A request for any other status is refused as invalid."""
    response = Caller(open_vendor("agencii")).post(more={MOCK_STATUS_HEADER: wanted})

    assert 400 == response.status_code


def test_wrong_requests_stay_wrong() -> None:
    """A request that is refused anyway is refused for its own fault."""
    caller = Caller(open_vendor("polyai"))

    assert 401 == caller.post(headers={}, more={MOCK_STATUS_HEADER: "403"}).status_code
    assert 400 == caller.post(5, more={MOCK_STATUS_HEADER: "500"}).status_code


def test_headers_that_a_status_needs() -> None:
    """A requested 401 carries a challenge."""
    response = Caller(open_vendor("agencii")).post(more={MOCK_STATUS_HEADER: "401"})

    assert (401, 'Bearer realm="agencii"') == (response.status_code, response.headers["www-authenticate"])
