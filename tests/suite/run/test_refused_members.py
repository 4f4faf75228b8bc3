"""A member of an enum that the plain valid request holds, and that the server refuses, is what the finding names."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import media_server
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


def failing(
    operation: dict[str, Any], server: AbstractContextManager[str], profile: str = "quick", path: str = "/chats"
) -> list[str]:
    """The requirements that fail, without the vendor's name and what follows from others."""
    spec = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {path: {"post": operation}}}
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


def with_body(schema: dict[str, Any], media_type: str = "application/json") -> dict[str, Any]:
    """An operation that takes a body."""
    return {
        "operationId": "createChat",
        "requestBody": {"required": True, "content": {media_type: {"schema": schema}}},
        "responses": ANSWERS,
    }


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_a_refused_member_of_the_body_is_named(profile: str) -> None:
    """Others are served in its place, so it alone is why the plain request and the one with all fields are refused."""
    takes = matching(BODY)
    server = schema_server(lambda value: takes(value) and value["to"] != "a")

    assert ["accepts/body/to/enum/a"] == failing(with_body(BODY), server, profile)


AT_LIMITS = {
    "type": "object",
    "required": ["count", "code", "parts"],
    "properties": {
        "count": {"type": "integer", "minimum": 1},
        "code": {"type": "string", "pattern": "^a{3,5}$", "minLength": 3},
        "parts": {"type": "array", "minItems": 1, "items": {"type": "string", "maxLength": 9}},
        "note": {"type": "string", "maxLength": 6},
    },
}


@pytest.mark.parametrize(
    ("name", "keyword", "is_refused"),
    [
        ("count", "minimum", lambda value: value == 1),
        ("code", "minLength", lambda value: len(value) == 3),
        ("parts", "minItems", lambda value: len(value) == 1),
    ],
)
def test_a_refused_value_at_a_limit_is_named(name: str, keyword: str, is_refused: Any) -> None:
    """The plain request has it too; one with a value that is not at the limit is served, and shows that it is why."""
    takes = matching(AT_LIMITS)
    server = schema_server(lambda value: takes(value) and not is_refused(value[name]))

    assert [f"accepts/body/{name}/{keyword}"] == failing(with_body(AT_LIMITS), server)


def test_no_limit_is_named_where_another_value_is_refused_as_well() -> None:
    """Whoever refuses each request is not blamed for a limit."""
    assert ["accepts/required-only"] == failing(with_body(AT_LIMITS), schema_server(lambda _: False))


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


SCALAR = {"type": "string", "enum": ["a", "b", "c"]}
NUMBER = {"type": "integer", "enum": [3, 5, 7]}
LIST = {"type": "array", "minItems": 1, "items": SCALAR}
RECORD = {"type": "object", "required": ["to"], "properties": {"to": SCALAR}, "additionalProperties": False}


def but_for(member: Any, described: Any) -> Any:
    """What a server reads that refuses one member wherever it is."""
    if isinstance(described, dict):
        return {key: but_for(member, value) for key, value in described.items()}
    return [but_for(member, one) for one in described if one != member] if isinstance(described, list) else described


@pytest.mark.parametrize(
    ("parameter", "clause", "member"),
    [
        ({"in": "path", "schema": SCALAR}, "path/p/enum/a", "a"),
        ({"in": "path", "schema": NUMBER}, "path/p/enum/3", 3),
        ({"in": "path", "schema": SCALAR, "style": "label"}, "path/p/enum/a", "a"),
        ({"in": "path", "schema": SCALAR, "style": "matrix"}, "path/p/enum/a", "a"),
        ({"in": "path", "schema": LIST, "style": "matrix", "explode": True}, "path/p/*/enum/a", "a"),
        ({"in": "cookie", "schema": SCALAR}, "cookie/p/enum/a", "a"),
        ({"in": "cookie", "schema": {"type": "boolean"}}, "cookie/p/boolean/true", True),
        ({"in": "query", "schema": LIST}, "query/p/*/enum/a", "a"),
        ({"in": "query", "schema": LIST, "explode": False}, "query/p/*/enum/a", "a"),
        ({"in": "query", "schema": LIST, "style": "pipeDelimited", "explode": False}, "query/p/*/enum/a", "a"),
        ({"in": "query", "schema": RECORD, "style": "deepObject", "explode": True}, "query/p/to/enum/a", "a"),
        ({"in": "query", "schema": RECORD}, "query/p/to/enum/a", "a"),
        ({"in": "query", "content": {"application/json": {"schema": RECORD}}}, "query/p/to/enum/a", "a"),
        ({"in": "header", "schema": LIST}, "header/p/*/enum/a", "a"),
        ({"in": "header", "schema": RECORD, "explode": True}, "header/p/to/enum/a", "a"),
    ],
)
def test_a_refused_member_is_named_in_each_style(parameter: dict[str, Any], clause: str, member: Any) -> None:
    """It is read from requests as they were sent: from a path, a cookie, an item or a member in any style."""
    described = {"name": "p", "required": True, **parameter}
    served = but_for(member, described)
    if "boolean" in clause:
        served = {**described, "schema": {"type": "boolean", "enum": [False]}}
    path = "/chats/{p}" if parameter["in"] == "path" else "/chats"
    operation = {"operationId": "createChat", "parameters": [described], "responses": ANSWERS}

    assert [f"accepts/{clause}"] == failing(operation, parameter_server(served), path=path)


FIELDS = {
    "type": "object",
    "required": ["to"],
    "properties": {"to": SCALAR, "level": NUMBER, "tags": LIST, "note": {"type": "string", "maxLength": 6}},
}
READ_AS_TEXTS = {"required": ["to"], "properties": {"to": SCALAR, "level": {"enum": ["3", "5", "7"]}, "tags": SCALAR}}


@pytest.mark.parametrize("media_type", [media_server.FORM, media_server.MULTIPART])
@pytest.mark.parametrize(
    ("clause", "member"), [("to/enum/a", "a"), ("level/enum/3", "3"), ("tags/*/enum/b", "b"), ("to/enum/c", "c")]
)
def test_a_refused_member_of_a_form_is_named(media_type: str, clause: str, member: str) -> None:
    """Its field may be required or not, a number or an item of a list."""
    properties = READ_AS_TEXTS["properties"]
    name = clause.partition("/")[0]
    rule = {**READ_AS_TEXTS, "properties": {**properties, name: but_for(member, properties[name])}}
    rule["properties"]["note"] = {"maxLength": 6}
    operation = with_body(FIELDS, media_type)

    reader = {media_type: media_server.as_texts}
    assert [] == failing(operation, media_server.media_server({media_type: READ_AS_TEXTS_NOTE}, reader))
    assert [f"accepts/body/{clause}"] == failing(operation, media_server.media_server({media_type: rule}, reader))


READ_AS_TEXTS_NOTE = {**READ_AS_TEXTS, "properties": {**READ_AS_TEXTS["properties"], "note": {"maxLength": 6}}}


def test_a_refused_member_of_a_text_is_named() -> None:
    """The body is the member itself."""
    rule = {"enum": ["b", "c"]}
    server = media_server.media_server({"text/plain": rule})

    assert ["accepts/body/enum/a"] == failing(with_body(SCALAR, "text/plain"), server)


def test_a_refused_member_of_an_optional_field_is_named() -> None:
    """That the field is accepted at all is shown by another member."""
    body = {"type": "object", "properties": {"to": TO, "note": {"type": "string", "maxLength": 6}}}
    takes = matching(body)
    server = schema_server(lambda value: takes(value) and value.get("to") != "a")

    assert ["accepts/body/to/enum/a"] == failing(with_body(body), server)


def test_a_refused_member_of_an_item_is_named() -> None:
    """Each item may be one."""
    body = {"type": "object", "required": ["to"], "properties": {"to": {"type": "array", "minItems": 1, "items": TO}}}
    takes = matching(body)
    server = schema_server(lambda value: takes(value) and "a" not in value["to"])

    assert ["accepts/body/to/*/enum/a"] == failing(with_body(body), server)
