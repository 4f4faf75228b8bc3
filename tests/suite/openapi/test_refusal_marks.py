"""Refusals with the status of a success: which answers they are, and which part of the schema describes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatcert.openapi.contract import Answer
from chatcert.openapi.refusal_marks import is_refusal, is_refused, part_of
from chatcert.openapi.schemas.validator import validator_for
from chatcert.vendors import open_spec

CONTRACT = open_spec(Path(__file__).parents[1] / "documents" / "okay.yaml", name="okay")


def answer(refusal: dict[str, Any] | None, schema: dict[str, Any] | None = None) -> Answer:
    """A documented success."""
    return Answer("200", {"application/json": schema or {}}, "", "", "", refusal=refusal)


@pytest.mark.parametrize(
    ("refusal", "value", "right"),
    [
        (None, {"ok": False}, False),
        ({"pointer": "/ok", "value": False}, {"ok": False}, True),
        ({"pointer": "/ok", "value": False}, {"ok": True}, False),
        ({"pointer": "/ok", "value": False}, {"ok": 0}, False),
        ({"pointer": "/ok", "value": False}, {}, False),
        ({"pointer": "/ok", "value": False}, [], False),
        ({"pointer": "/meta/status", "value": "error"}, {"meta": {"status": "error"}}, True),
        ({"pointer": "/error"}, {"error": {"code": 1}}, True),
        ({"pointer": "/error"}, {"error": None}, False),
        ({"pointer": "/error"}, {"chat": {}}, False),
        ({"pointer": "/errors"}, {"errors": []}, False),
        ({"pointer": "/errors"}, {"errors": ["x"]}, True),
        ({"pointer": "/status/code"}, {"status": {"code": 0}}, False),
        ({"pointer": "/status/code"}, {"status": {"code": 4001}}, True),
    ],
)
def test_which_answers_are_refusals(refusal: dict[str, Any] | None, value: Any, right: bool) -> None:
    """The member that the extension names tells it, by its value or by being there."""
    assert right is is_refusal(answer(refusal), value)


@pytest.mark.parametrize(
    ("status", "body", "right"),
    [
        (200, b'{"ok":false,"error":"x"}', True),
        (200, b"no JSON", False),
        (200, b"", False),
        (400, b'{"ok":false}', False),
    ],
)
def test_only_with_the_status_of_the_success(status: int, body: bytes, right: bool) -> None:
    """What has another status, or is not JSON, is no such refusal."""
    assert right is is_refused(CONTRACT, status, body)


@pytest.mark.parametrize("refused", [True, False])
def test_the_part_of_the_schema(refused: bool) -> None:
    """Of alternatives, refusals have those that allow the value, and successes the others."""
    part = validator_for(part_of(CONTRACT.successes[0], refused=refused))

    assert refused is part.is_valid({"ok": False, "error": "x"})
    assert refused is not part.is_valid({"ok": True, "chat": {"id": "1"}})


def test_the_schema_of_the_extension_comes_first() -> None:
    """Where the extension says the form of refusals, it is that."""
    own = {"type": "object", "required": ["why"]}

    assert own == part_of(answer({"pointer": "/ok", "value": False, "schema": own}, {"type": "object"}), refused=True)
    assert {"type": "object"} == part_of(answer({"pointer": "/ok", "schema": own}, {"type": "object"}), refused=False)
