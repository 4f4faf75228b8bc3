"""What a document says with each word of JSON Schema is tested: an honest server passes, a broken one fails there."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

Words = dict[str, list[str]]
TOPIC = {"type": "string", "minLength": 1, "maxLength": 40}
IDENTITY = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def _peer() -> ModuleType:
    place = Path(__file__).parents[1] / "peers" / "keeper.py"
    found = importlib.util.spec_from_file_location("keeper", place)
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


keeper = _peer()


def document(body: Any, answer: Any = None, version: str = "3.1.0", **schemas: Any) -> dict[str, Any]:
    """A document with one operation, which takes `body`."""
    content = {"application/json": {"schema": body}}
    success = {"application/json": {"schema": answer or IDENTITY}}
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"201": {"description": "made", "content": success}, "400": {"description": "bad"}},
    }
    return {
        "openapi": version,
        "info": {"title": "a", "version": "1"},
        "paths": {"/chats": {"post": operation}},
        "components": {"schemas": schemas},
    }


def certified(said: dict[str, Any], rule: Callable[[Any], bool], answer: Callable[[Any], Any] | None = None) -> Words:
    """The requirements by verdict, without the vendor's name, after a run against a server with this rule."""
    contract = read_contract(said, vendor="a", where="a.yaml")
    catalogue = derive(contract)
    with keeper.keeper(rule, *([answer] if answer else [])) as address:
        target = Target(address, {}, limits=Limits(timeout=10.0))
        run = Execution(catalogue, target, profile_named("quick"), seed=1, jobs=1)
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        finally:
            run.close()
    verdicts = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished).values()
    return {kind.value: [v.requirement.removeprefix("a/") for v in verdicts if v.kind is kind] for kind in VerdictKind}


def unsatisfied(words: Words) -> Words:
    """What is neither a pass nor not applicable."""
    return {word: found for word, found in words.items() if found and word not in ("pass", "not-applicable")}


BASE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "made": {"allOf": [{"type": "string"}], "readOnly": True},
        "topic": TOPIC,
        "secret": {"type": "string", "writeOnly": True, "maxLength": 9},
    },
}
HELD = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "made", "topic"]}]}
BOTH_WAYS = document(HELD, HELD, "3.0.3", Base=BASE)
SENT = {
    "type": "object",
    "required": ["topic"],
    "properties": {"topic": TOPIC, "secret": {"type": "string", "maxLength": 9}, "id": False, "made": False},
}


def test_read_only_properties_are_no_part_of_requests() -> None:
    """They are not sent, not asked for and not tested there, wherever the schema names them."""
    words = certified(BOTH_WAYS, keeper.keeping_to(SENT), lambda body: {"id": "a", "made": "b", "topic": body["topic"]})

    assert {} == unsatisfied(words)
    assert "response/201/secret/writeOnly" in words["pass"]
    assert [] == [
        row for row in words["pass"] + words["not-applicable"] if row.startswith(("accepts/body/id", "request/body/id"))
    ]


def test_a_server_that_asks_for_a_read_only_property_refuses_the_smallest_request() -> None:
    """The smallest request holds what a client may send."""
    words = certified(BOTH_WAYS, lambda body: isinstance(body, dict) and {"topic", "id"} <= body.keys())

    assert "accepts/required-only" in words["fail"]


def test_a_write_only_property_that_is_given_back_is_a_breach() -> None:
    """It is a requirement of its own, and breaks no other."""
    back = {"id": "a", "made": "b", "secret": "s"}
    words = certified(BOTH_WAYS, keeper.keeping_to(SENT), lambda body: {**back, "topic": body["topic"]})

    assert {"fail": ["response/201/secret/writeOnly"]} == unsatisfied(words)
