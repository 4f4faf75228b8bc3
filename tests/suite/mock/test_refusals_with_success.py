"""The mock refuses with the status of a success where no other refusal is documented; its faults break the form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatcert.mock.faults import faults_of
from chatcert.mock.manners import manners_of
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.reading import read_contract
from chatcert.vendors import open_spec

from .calling import Caller

DOCUMENT = Path(__file__).parents[1] / "documents" / "okay.yaml"
CONTRACT = open_spec(DOCUMENT, name="okay")


def test_refusals() -> None:
    """A bad request and bad credentials get 200 and ``ok: false``; a valid request ``ok: true``."""
    caller = Caller(CONTRACT)

    for refused in (caller.post(body={}), caller.post(raw=b"{"), caller.post(headers={})):
        assert (200, False) == (refused.status_code, refused.json()["ok"])
        assert refused.json()["error"]
    assert caller.post().json()["ok"]
    assert "chat" in caller.post().json()


@pytest.mark.parametrize(
    ("schema", "right"), [({"type": "array", "items": {"type": "string"}}, []), ({"type": "integer"}, 0)]
)
def test_a_member_that_is_empty_after_a_success(schema: dict[str, Any], right: Any) -> None:
    """Without a value in the overlay, the member is there after a success, too, and holds nothing."""
    document = read_document(DOCUMENT)
    answer = document["paths"]["/chat.create"]["post"]["responses"]["200"]
    answer["x-chatcert-refusal"] = {"pointer": "/errors", "source": "Response 200."}
    parts = {"type": "object", "required": ["errors"], "properties": {"errors": schema}}
    answer["content"] = {"application/json": {"schema": parts}}
    caller = Caller(read_contract(document, vendor="okay", where="okay.yaml"))

    assert {"errors": right} == caller.post().json()
    assert caller.post(body={}).json()["errors"]


def test_faults() -> None:
    """A fault leaves out what a refusal says besides, another one changes its type; successes stay right."""
    found = {fault.id.rpartition("/")[2]: fault for fault in faults_of(CONTRACT) if "/refusal/schema" in fault.id}

    assert {"empty", "type"} == {*found}
    assert {"ok": False} == Caller(CONTRACT, found["empty"]).post(body={}).json()
    assert {"ok": False, "error": 5} == Caller(CONTRACT, found["type"]).post(body={}).json()
    assert "chat" in Caller(CONTRACT, found["type"]).post().json()


def test_a_manner_refuses_with_success_where_the_document_has_errors_too() -> None:
    """Where both are documented, both are right."""
    document = read_document(DOCUMENT)
    document["paths"]["/chat.create"]["post"]["responses"]["400"] = {"description": "Not valid."}
    both = read_contract(document, vendor="okay", where="okay.yaml")

    assert "okay/manner/refusals-200" in [manner.id for manner in manners_of(both)]
    assert "okay/manner/refusals-200" not in [manner.id for manner in manners_of(CONTRACT)]
    assert 400 == Caller(both).post(body={}).status_code
