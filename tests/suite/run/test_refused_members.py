"""A member of an enum that the plain valid request holds, and that the server refuses, is what the finding names."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from parameter_server import parameter_server
from schema_server import matching, schema_server

from chatcert.cases.profile import profile_named
from chatcert.cli.main import main
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

TO = {"type": "string", "enum": ["a", "b", "c"]}
BODY = {"type": "object", "required": ["to"], "properties": {"to": TO, "note": {"type": "string", "maxLength": 6}}}
ANSWERS = {
    "201": {"description": "made", "content": {"application/json": {"schema": {"type": "object", "required": ["id"]}}}},
    "400": {"description": "bad"},
}


def failing(operation: dict[str, Any], server: AbstractContextManager[str], profile: str = "quick") -> list[str]:
    """The requirements that fail, without the vendor's name and what follows from others."""
    spec = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    catalogue = derive(read_contract(spec, vendor="a", where="a.yaml"))
    with server as address:
        target = Target(address, {}, limits=Limits(timeout=10.0))
        run = Execution(catalogue, target, profile_named(profile), seed=1, jobs=1)
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        finally:
            run.close()
    found = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    verdicts = fold_all(catalogue, run.exchanges, found).values()
    return [one.requirement.removeprefix("a/") for one in verdicts if one.kind is VerdictKind.FAIL]


def with_body(schema: dict[str, Any]) -> dict[str, Any]:
    """An operation that takes a body."""
    return {
        "operationId": "createChat",
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": ANSWERS,
    }


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_a_refused_member_of_the_body_is_named(profile: str) -> None:
    """Others are served in its place, so it alone is why the plain request and the one with all fields are refused."""
    takes = matching(BODY)
    server = schema_server(lambda value: takes(value) and value["to"] != "a")

    assert ["accepts/body/to/enum/a"] == failing(with_body(BODY), server, profile)


def test_a_refused_member_inside_the_body_is_named() -> None:
    """A field of a field is named by its path; numbers are members too."""
    level = {"type": "object", "required": ["level"], "properties": {"level": {"type": "integer", "enum": [3, 5]}}}
    body = {"type": "object", "required": ["way"], "properties": {"way": level, "note": {"type": "string"}}}
    takes = matching(body)
    server = schema_server(lambda value: takes(value) and value["way"]["level"] != 3)

    assert ["accepts/body/way/level/enum/3"] == failing(with_body(body), server)


def test_replay_confirms_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another member is sent too, since the plain request is refused and shows nothing."""
    takes = matching(BODY)
    spec = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/chats": {"post": with_body(BODY)}}}
    (tmp_path / "a.json").write_text(json.dumps(spec), encoding="utf-8")
    options = ("--spec", str(tmp_path / "a.json"), "--name", "a", "--profile", "quick", "--report-dir", str(tmp_path))
    with schema_server(lambda value: takes(value) and value["to"] != "a") as address:
        assert 1 == main(["certify", "--url", address, *options])
        assert 1 == main(["replay", str(tmp_path / "a"), "accepts/body/to/enum/a", "--url", address])
    assert "accepts/body/to/enum/a: confirmed: status 400" in capsys.readouterr().out

    with schema_server(takes) as address:
        assert 0 == main(["replay", str(tmp_path / "a"), "accepts/body/to/enum/a", "--url", address])
    assert "accepts/body/to/enum/a: gone" in capsys.readouterr().out


@pytest.mark.parametrize(("place", "name"), [("query", "q"), ("header", "X-P")])
def test_a_refused_member_of_a_parameter_is_named(place: str, name: str) -> None:
    """A parameter is no different from a field."""
    parameter = {"name": name, "in": place, "required": True, "schema": TO}
    served = {**parameter, "schema": {**TO, "enum": ["b", "c"]}}
    operation = {"operationId": "createChat", "parameters": [parameter], "responses": ANSWERS}

    assert [f"accepts/{place}/{name}/enum/a"] == failing(operation, parameter_server(served))


def test_no_member_is_named_where_its_place_is_not_the_cause() -> None:
    """What is refused with other members too, for want of an optional field, is no matter of the member."""
    takes = matching(BODY)
    server = schema_server(lambda value: takes(value) and "note" in value)

    assert "accepts/required-only" in failing(with_body(BODY), server)


def test_no_member_is_named_where_nothing_is_served() -> None:
    """A server that refuses everything says nothing of any member."""
    server = schema_server(lambda value: False)

    assert not [name for name in failing(with_body(BODY), server) if "/enum/" in name]
