"""Runs against the mock of a document whose answers are one of several alternatives."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.mock.process import running_mock

PART = {
    "oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Plain"}],
    "discriminator": {"propertyName": "kind"},
}
TEXT = {"type": "string"}
SCHEMAS = {
    "Part": PART,
    "Card": {
        "type": "object",
        "required": ["kind", "title"],
        "properties": {"kind": TEXT, "title": {"type": "string", "maxLength": 40}},
    },
    "Plain": {"type": "object", "required": ["kind", "text"], "properties": {"kind": TEXT, "text": TEXT}},
    "Block": {"type": "object", "required": ["kind"], "properties": {"kind": TEXT}, **PART},
}
REFERENCE = {"$ref": "#/components/schemas/Part"}
CHAT = {
    "type": "object",
    "required": ["first"],
    "properties": {
        "first": REFERENCE,
        "parts": {"type": "array", "items": REFERENCE},
        "block": {"$ref": "#/components/schemas/Block"},
    },
}


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    """The document."""
    content = {"application/json": {"schema": CHAT}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Parts", "version": "1"},
        "paths": {"/chats": {"post": {"responses": {"201": {"description": "made", "content": content}}}}},
        "components": {"schemas": SCHEMAS},
    }
    path = tmp_path / "parts.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def test_the_mock_answers_with_an_alternative(spec: Path, certify: Callable[..., Any]) -> None:
    """Its answers name what they are; the alternative that it never answers with is not applicable."""
    run = certify("--spec", spec, "--profile", "quick")

    assert 0 == run.status, run.text
    assert "parts/response/201/block/oneOf/Card/title/maxLength" in run.with_word("parts", "pass")
    assert "parts/response/201/parts/*/oneOf/Plain/branch" in run.with_word("parts", "not-applicable")


@pytest.mark.parametrize("rule", ["branch", "title/type", "title/maxLength", "title/required"])
def test_a_fault_in_an_alternative_breaks_its_rule_alone(rule: str, spec: Path, certify: Callable[..., Any]) -> None:
    """The alternative that is named is blamed, and nothing else."""
    broken = f"parts/response/201/first/oneOf/Card/{rule}"
    fault = broken.replace("parts/", "parts/fault/", 1)

    with running_mock(spec=spec, name="parts", faults=[fault]) as mock:
        run = certify("--spec", spec, "--profile", "quick", "--url", f"{mock.url}/parts")

    assert [broken] == run.with_word("parts", "fail")
