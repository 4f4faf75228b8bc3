"""Tests of calls: whether the body breaks its schema, or is not JSON at all."""

from __future__ import annotations

from typing import Any

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call
from chatcert.mock.deviation.deviations import CallTest
from chatcert.mock.payload import Malformed, read_json
from chatcert.mock.validators import Validator
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.pointer import MISSING


def breaks_schema(contract: Contract) -> CallTest:
    """Return a test of calls: whether the body is JSON that breaks its schema."""
    validator = Validator(contract.body.schema if contract.body is not None else {})
    return lambda call, body, backend: body is not MISSING and not validator.accepts(body)


def is_malformed(call: Call, body: Any, backend: Backend) -> bool:
    """Return whether the body of a call is not JSON."""
    if body is not MISSING or not call.body:
        return False
    try:
        read_json(call.body)
    except Malformed:
        return True
    return False
