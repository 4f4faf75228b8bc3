"""Shapes that documents seldom have are tested as well: an honest server passes, a broken one fails there."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

import pytest
from parameter_server import parameter_server
from schema_server import matching, schema_server

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

ANSWERS = {
    "201": {"description": "made", "content": {"application/json": {"schema": {"type": "object", "required": ["id"]}}}},
    "400": {"description": "bad"},
}


def unsatisfied(part: dict[str, Any], server: AbstractContextManager[str]) -> dict[str, str]:
    """The verdicts of a run that are neither a pass nor not applicable, folded, by requirement.

    Args:
        part: what the operation takes.
    """
    operation = {"operationId": "createChat", "responses": ANSWERS, **part}
    spec = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    catalogue = derive(read_contract(spec, vendor="a", where="a.yaml"))
    with server as address:
        target = Target(address, {}, limits=Limits(timeout=10.0))
        run = Execution(catalogue, target, profile_named("quick"), seed=1, jobs=1)
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        finally:
            run.close()
    found = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    good = (VerdictKind.PASS, VerdictKind.NOT_APPLICABLE)
    verdicts = fold_all(catalogue, run.exchanges, found).values()
    return {one.requirement.removeprefix("a/"): one.kind.value for one in verdicts if one.kind not in good}


def taking(schema: Any) -> dict[str, Any]:
    """An operation that takes a body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def failing(schema: Any, honoured: Any) -> list[str]:
    """What fails where a server honours another schema."""
    found = unsatisfied(taking(schema), schema_server(matching(honoured)))
    return [name for name, word in found.items() if word == "fail"]


@pytest.mark.parametrize(
    ("constant", "loose"),
    [
        ({"v": 2, "on": False}, {"type": "object", "required": ["v", "on"]}),
        ({"v": 2, "on": False}, {"type": "object", "properties": {"v": {"const": 2}, "on": {"const": False}}}),
        ([1, "a"], {"type": "array", "minItems": 2, "maxItems": 2}),
        ([1, "a"], {"type": "array", "prefixItems": [{"const": 1}, {"const": "a"}], "minItems": 2}),
    ],
)
@pytest.mark.parametrize("keyword", ["const", "enum"])
def test_an_object_that_is_the_one_right_value(constant: Any, loose: Any, keyword: str) -> None:
    """What differs from it in one part is refused too, not only what is of another type."""
    rule = {"const": constant} if keyword == "const" else {"enum": [constant, "none"]}
    schema = {"type": "object", "required": ["cfg"], "properties": {"cfg": rule}}
    wide = {"anyOf": [loose, {"const": "none"}]} if keyword == "enum" else loose
    honoured = {**schema, "properties": {"cfg": wide}}

    assert {} == unsatisfied(taking(schema), schema_server(matching(schema)))
    assert [f"request/body/cfg/{keyword}"] == failing(schema, honoured)


def test_an_array_of_which_few_items_have_to_match() -> None:
    """At its limit and beyond, it has as many matching items as it may have, and others."""
    some = {"contains": {"type": "string", "pattern": "^k"}, "minContains": 1, "maxContains": 2}
    names = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 5, **some}
    schema = {"type": "object", "required": ["names"], "properties": {"names": names}}
    beyond, short = ({**schema, "properties": {"names": {**names, "maxItems": most}}} for most in (6, 4))

    assert {} == unsatisfied(taking(schema), schema_server(matching(schema)))
    assert ["request/body/names/maxItems"] == failing(schema, beyond)
    assert ["accepts/body/names/maxItems"] == failing(schema, short)


@pytest.mark.parametrize(
    ("style", "schema"),
    [
        ("deepObject", {"type": "object", "properties": {"n": {"type": "integer", "maximum": 9}}}),
        ("form", {"type": "array", "items": {"type": "integer"}}),
    ],
)
def test_an_optional_parameter_of_which_nothing_is_required(style: str, schema: dict[str, Any]) -> None:
    """It is sent with a member or an item: without any, it would not be there at all."""
    parameter = {"name": "f", "in": "query", "style": style, "explode": True, "schema": schema}

    assert {} == unsatisfied({"parameters": [parameter]}, parameter_server(parameter))
    found = unsatisfied({"parameters": [parameter]}, parameter_server({**parameter, "schema": {**schema, "not": {}}}))
    assert found.get("accepts/query/f/present") == "fail"


def test_a_field_that_is_refused_is_no_fault_of_the_alternative_beside_it() -> None:
    """The alternative that asks for the field is named: none of it is served, and the other one is."""
    fields = {"email": {"type": "string", "maxLength": 9}, "phone": {"type": "string", "maxLength": 9}}
    either = {"anyOf": [{"required": ["email"]}, {"required": ["phone"]}]}
    schema = {"type": "object", "properties": fields, **either}

    assert {} == unsatisfied(taking(schema), schema_server(matching(schema)))
    assert ["accepts/body/anyOf/phone"] == failing(schema, {**schema, "properties": {**fields, "phone": False}})


def test_the_limits_of_a_body_that_is_a_list() -> None:
    """Nothing is around it."""
    schema = {"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "integer"}}

    assert {} == unsatisfied(taking(schema), schema_server(matching(schema)))
    assert ["accepts/body/maxItems"] == failing(schema, {**schema, "maxItems": 2})
    assert ["request/body/maxItems"] == failing(schema, {**schema, "maxItems": 4})


def test_a_body_of_the_fewest_properties() -> None:
    """The names that depend on each other are left out, where two others are enough."""
    depends = {"dependentRequired": {"a": ["b"], "b": ["a"]}}
    fields = {"a": {"type": "string"}, "b": {"type": "integer"}}
    schema = {"type": "object", "required": ["ghost"], "minProperties": 2, "properties": fields, **depends}

    assert {} == unsatisfied(taking(schema), schema_server(matching(schema)))
    assert ["accepts/body/minProperties"] == failing(schema, {**schema, "minProperties": 3})


def test_a_type_that_is_refused_is_one_finding() -> None:
    """The limits of this type are not reached: they follow from it, and those of the other type do not."""
    way = {"type": ["integer", "string"], "minimum": 5, "minLength": 1, "maxLength": 3}
    schema = {"type": "object", "properties": {"way": way, "note": {"type": "string"}}}

    assert {} == unsatisfied(taking(schema), schema_server(matching(schema)))
    for kind in ("integer", "string"):
        honoured = {**schema, "properties": {"way": {**way, "not": {"type": kind}}, "note": {"type": "string"}}}
        assert [f"accepts/body/way/type/{kind}"] == failing(schema, honoured)
