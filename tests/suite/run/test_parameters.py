"""Every keyword of a parameter is tested in each place and style: an honest server passes, a broken one fails there."""

from __future__ import annotations

import copy
from typing import Any

import parameter_server as peer
import pytest

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

Words = dict[str, list[str]]
NAMES = {"query": "q", "path": "p", "header": "X-P", "cookie": "c"}
COLOURS = ["red", "green", "blue", "amber", "pink"]
TAGS = {
    "type": "array",
    "minItems": 2,
    "maxItems": 3,
    "uniqueItems": True,
    "items": {"type": "string", "enum": COLOURS},
}
RANGE = {
    "type": "object",
    "required": ["low"],
    "additionalProperties": False,
    "properties": {"low": {"type": "integer", "minimum": 1, "maximum": 5}, "unit": {"type": "string", "enum": ["d"]}},
}
STEP = {"type": "number", "exclusiveMinimum": 0, "maximum": 2, "multipleOf": 0.25}
STYLES = [
    *((place, style, explode) for place, style in (("query", "form"), ("header", "simple")) for explode in (0, 1)),
    *(("path", style, explode) for style in ("simple", "label", "matrix") for explode in (0, 1)),
    *(("cookie", "form", explode) for explode in (0, 1)),
    ("query", "spaceDelimited", 0),
    ("query", "pipeDelimited", 0),
]


def described(place: str, schema: Any, style: str = "", explode: int = 0, **more: Any) -> dict[str, Any]:
    """A required parameter."""
    written = {"schema": schema, "style": style or peer.DEFAULT[place], "explode": bool(explode)}
    return {"name": NAMES[place], "in": place, "required": True, **(more or written)}


def certified(parameter: dict[str, Any], served: dict[str, Any] | None = None) -> Words:
    """The requirements by verdict, without the vendor's name, where the server honours `served` instead."""
    success = {"application/json": {"schema": {"type": "object", "required": ["id"]}}}
    answers = {"201": {"description": "made", "content": success}, "400": {"description": "bad"}}
    path = "/chats/{p}" if parameter["in"] == "path" else "/chats"
    operation = {"operationId": "createChat", "parameters": [parameter], "responses": answers}
    spec = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {path: {"post": operation}}}
    catalogue = derive(read_contract(spec, vendor="a", where="a.yaml"))
    with peer.parameter_server(served or parameter) as address:
        run = Execution(
            catalogue, Target(address, {}, limits=Limits(timeout=10.0)), profile_named("quick"), seed=1, jobs=1
        )
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


def without(parameter: dict[str, Any], *path: str) -> dict[str, Any]:
    """The parameter of a server that does not look at one keyword of the schema."""
    changed = copy.deepcopy(parameter)
    node = changed["content"]["application/json"]["schema"] if "content" in changed else changed["schema"]
    for token in path[:-1]:
        node = node[token]
    del node[path[-1]]
    return changed


@pytest.mark.parametrize(("place", "style", "explode"), STYLES)
def test_an_array_of_unique_members(place: str, style: str, explode: int) -> None:
    """Each member is accepted beside others, and what breaks one limit breaks nothing else."""
    parameter = described(place, TAGS, style, explode)
    base = f"request/{place}/{NAMES[place]}"

    words = certified(parameter)
    assert {} == unsatisfied(words)
    assert {f"accepts/{place}/{NAMES[place]}/*/enum/{colour}" for colour in COLOURS} <= set(words["pass"])
    for keyword in ("minItems", "maxItems", "uniqueItems"):
        assert [f"{base}/{keyword}"] == certified(parameter, without(parameter, keyword))["fail"]
    assert [f"{base}/*/enum"] == certified(parameter, without(parameter, "items", "enum"))["fail"]


def test_null_in_a_parameter_that_is_json() -> None:
    """It can be written there, and is accepted where the schema allows it."""
    bounds = {"type": "object", "required": ["low"], "properties": {"low": {"type": ["integer", "null"], "maximum": 5}}}
    parameter = described("query", None, content={"application/json": {"schema": bounds}})
    narrower = copy.deepcopy(parameter)
    narrower["content"]["application/json"]["schema"]["properties"]["low"]["type"] = "integer"

    assert {} == unsatisfied(certified(parameter))
    assert ["accepts/query/q/low/null"] == certified(parameter, narrower)["fail"]


@pytest.mark.parametrize(("place", "style", "explode"), [*STYLES, ("query", "deepObject", 1)])
def test_an_object(place: str, style: str, explode: int) -> None:
    """A required member is left out beside another one, and unknown members are refused where they can be told."""
    parameter = described(place, RANGE, style, explode)
    base = f"request/{place}/{NAMES[place]}"
    told_apart = not (style == "form" and explode)

    words = certified(parameter)
    assert {} == unsatisfied(words)
    assert (f"{base}/additionalProperties" in words["pass"]) is told_apart
    assert [f"{base}/low/required"] == certified(parameter, without(parameter, "required"))["fail"]
    if told_apart:
        broken = certified(parameter, without(parameter, "additionalProperties"))
        assert [f"{base}/additionalProperties"] == broken["fail"]


@pytest.mark.parametrize("place", NAMES)
def test_a_number(place: str) -> None:
    """Limits and steps hold in every place; a path parameter with two limits needs no configured value."""
    parameter = described(place, STEP)
    base = f"request/{place}/{NAMES[place]}"

    assert {} == unsatisfied(certified(parameter))
    for keyword in ("exclusiveMinimum", "maximum", "multipleOf"):
        assert [f"{base}/{keyword}"] == certified(parameter, without(parameter, keyword))["fail"]


@pytest.mark.parametrize("place", ["query", "header", "cookie", "path"])
def test_content(place: str) -> None:
    """A parameter that is one JSON text is kept to its schema in every place."""
    parameter = described(place, RANGE, content={"application/json": {"schema": RANGE}})
    base = f"request/{place}/{NAMES[place]}"

    assert {} == unsatisfied(certified(parameter))
    for path, keyword in ((("properties", "low", "maximum"), "low/maximum"), (("required",), "low/required")):
        assert [f"{base}/{keyword}"] == certified(parameter, without(parameter, *path))["fail"]


@pytest.mark.parametrize("required", [True, False])
def test_a_whole_query(required: bool) -> None:
    """A query that is one JSON text, required or not, is kept to its schema (OpenAPI 3.2)."""
    content = {"application/json": {"schema": RANGE}}
    parameter = {"name": "q", "in": "querystring", "required": required, "content": content}

    words = certified(parameter)
    assert {} == unsatisfied(words)
    assert "accepts/query/q/low/maximum" in words["pass"]
    for path, keyword in ((("properties", "low", "maximum"), "low/maximum"), (("required",), "low/required")):
        assert [f"request/query/q/{keyword}"] == certified(parameter, without(parameter, *path))["fail"]


@pytest.mark.parametrize(
    ("name", "schema", "needed"),
    [
        ("kinds", TAGS, False),
        ("level", {"type": "integer", "minimum": 1, "maximum": 500}, False),
        ("range", RANGE, False),
        ("draft", {"type": "boolean"}, False),
        ("room", {"type": "string", "pattern": "^[a-z]+$"}, True),
        ("count", {"type": "integer", "minimum": 1}, True),
        ("roomId", {"type": "integer", "minimum": 1, "maximum": 500}, True),
        ("rooms", {"type": "array", "items": {"type": "string"}}, True),
    ],
)
def test_which_path_parameters_need_a_configured_value(name: str, schema: Any, needed: bool) -> None:
    """Those need none whose schema says which values there are, unless they are named like an id."""
    parameter = {"name": name, "in": "path", "required": True, "schema": schema}
    operation = {"operationId": "createChat", "parameters": [parameter], "responses": {"201": {"description": "made"}}}
    spec = {"openapi": "3.1.0", "info": {}, "paths": {f"/{{{name}}}/chats": {"post": operation}}}

    assert needed is resource_names(read_contract(spec, vendor="a", where="a.yaml")).get(name, False)
