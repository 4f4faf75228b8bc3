"""Payloads that are not JSON text: each is made from a valid one, and no parser of JSON reads it."""

from __future__ import annotations

import json

import pytest

from chatcert.cases.requests.malformed_payloads import NEEDS_MEMBERS, NO_PAYLOAD, malformed
from chatcert.requirements.check import PayloadForm

STRICT = [form for form in PayloadForm if form not in (*NO_PAYLOAD, "text-plain", "form", "xml")]


def is_json(payload: bytes) -> bool:
    """Whether a strict parser reads it: JSON has no NaN."""

    def refuse(name: str) -> None:
        raise ValueError(name)

    try:
        json.loads(payload, parse_constant=refuse)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("form", STRICT)
@pytest.mark.parametrize("valid", [b"{}", b'{"n":1}', b'{"a":"b","n":1}', b"[1]"])
def test_no_parser_reads_them(form: PayloadForm, valid: bytes) -> None:
    """Also where the valid payload has no text in it."""
    if valid == b"{}" and form in NEEDS_MEMBERS and form is not PayloadForm.SINGLE_QUOTES:
        return
    assert not [label for label, payload in malformed(form, valid, b"NaN") if payload is None or is_json(payload)]
