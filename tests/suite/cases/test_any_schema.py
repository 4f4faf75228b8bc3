"""Whatever a body's schema is, every case is what it claims to be, and no schema costs the run."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chatcert.cases.case import Expectation, JsonBody
from chatcert.cases.plan import CANNOT_EXIST, NOT_MADE
from chatcert.cases.planner import Planner
from chatcert.cases.profile import Profile
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.schemas.validator import Validator
from chatcert.openapi.values.sample_values import SampleBuilder
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Accepts, Refuses

PROFILE = Profile("small", examples=1, valid_bodies=2, rounds=1, hostile=1, levels=1000)
NAMES = st.sampled_from(["a", "b", "a b", "$ref", "type", "*", "x/y", "é"])
SMALL = st.integers(-1, 5)


def some(**keywords: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A schema with any of these keywords."""
    return st.fixed_dictionaries({}, optional=keywords)


def schemas() -> st.SearchStrategy[Any]:
    """Schemas with every keyword: sound or not, satisfiable or not, recursive or not."""
    patterns = st.sampled_from(["^a", "^[0-9]{2,3}$", r"^\p{L}+$", "(", "(?<!x)b$", "^(?<n>a|b)+$", "/^a$/"])
    formats = st.sampled_from(["uuid", "date-time", "email", "phone", "int64", "binary", "uri"])
    kinds = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null", "file", "any"])
    values = st.none() | st.booleans() | SMALL | st.text(max_size=3) | st.just([]) | st.just({"a": 1})
    reference = st.sampled_from(["Node", "Loop", "Text", "Lost"]).map(lambda n: {"$ref": f"#/components/schemas/{n}"})
    leaves = (
        st.booleans()
        | reference
        | some(
            type=kinds | st.lists(kinds, max_size=3),
            enum=st.lists(values, max_size=3),
            const=values,
            format=formats,
            pattern=patterns,
            minLength=SMALL,
            maxLength=SMALL,
            minimum=SMALL,
            maximum=SMALL,
            exclusiveMinimum=SMALL,
            multipleOf=st.sampled_from([0, 2, 0.1, 3]),
            nullable=st.booleans(),
            default=values,
            example=values,
            readOnly=st.booleans(),
            required=st.lists(NAMES, max_size=2),
        )
    )

    def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        parts = st.lists(inner, max_size=3)
        members = st.dictionaries(NAMES, inner, max_size=3)
        return (
            some(
                type=st.sampled_from(["object", "array"]),
                properties=members,
                required=st.lists(NAMES, max_size=2),
                additionalProperties=inner,
                propertyNames=some(pattern=patterns, maxLength=SMALL),
                minProperties=SMALL,
                maxProperties=SMALL,
                patternProperties=st.dictionaries(patterns, inner, max_size=1),
                dependentRequired=st.dictionaries(NAMES, st.lists(NAMES, max_size=2), max_size=1),
            )
            | some(
                type=st.just("array"),
                items=inner,
                minItems=SMALL,
                maxItems=SMALL,
                uniqueItems=st.booleans(),
                contains=inner,
                prefixItems=parts,
            )
            | some(allOf=parts, anyOf=parts, oneOf=parts, type=kinds)
            | some(**{"not": inner, "if": inner, "then": inner, "else": inner, "properties": members})
        )

    return st.recursive(leaves, nested, max_leaves=6)


def document(schema: Any, version: str, media_type: str) -> dict[str, Any]:
    """A document whose body has this schema."""
    node = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
    }
    loop = {"type": "object", "required": ["loop"], "properties": {"loop": {"$ref": "#/components/schemas/Loop"}}}
    operation = {
        "requestBody": {"required": True, "content": {media_type: {"schema": schema}}},
        "responses": {
            "200": {"description": "d", "content": {"application/json": {"schema": schema}}},
            "400": {"description": "d"},
        },
    }
    parts = {"Node": node, "Loop": loop, "Text": {"type": "string", "minLength": 1}}
    return {"openapi": version, "info": {}, "paths": {"/chats": {"post": operation}}, "components": {"schemas": parts}}


@pytest.mark.slow
@settings(max_examples=40, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(
    schema=schemas(),
    version=st.sampled_from(["3.0.3", "3.1.0"]),
    media_type=st.sampled_from(["application/json", "application/x-www-form-urlencoded"]),
)
def test_every_case_is_what_it_claims(schema: Any, version: str, media_type: str) -> None:
    """Requests that must be accepted are valid, those that must be refused are not, and a missing case has a reason."""
    contract = read_contract(document(schema, version, media_type), vendor="any", where="any.json")
    planner = Planner(contract, {}, PROFILE, 1)
    assert contract.body is not None
    valid = Validator(contract.body.schema).is_valid
    for requirement in derive(contract).requirements.values():
        plan = planner.plan(requirement)
        assert plan.cases or plan.reason
        assert planner.requests.bodies.exist or plan.reason.startswith((NOT_MADE, CANNOT_EXIST))
        for case in plan.cases:
            body = case.request.body
            if not isinstance(body, JsonBody) or not isinstance(requirement.check, Accepts | Refuses):
                continue
            if case.expectation is Expectation.ACCEPTED:
                assert valid(body.value)
            elif case.expectation is Expectation.REFUSED:
                assert not valid(body.value)


@pytest.mark.slow
@settings(max_examples=100, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(schema=schemas())
def test_what_is_built_is_valid(schema: Any) -> None:
    """A built value matches its schema, and the same schema gives the same value."""
    contract = read_contract(document(schema, "3.1.0", "application/json"), vendor="any", where="any.json")
    assert contract.body is not None
    root = contract.body.schema

    value = SampleBuilder(root).value(root)

    assert value is MISSING or Validator(root).is_valid(value)
    assert value is MISSING or json.dumps(value) == json.dumps(SampleBuilder(root).value(root))


ENDLESS = (
    "^([a-z0-9]+-?)+$",
    r"^(([a-zA-Z0-9_.+-])+)+@([a-z]+\.?)+$",
    "^(?:a|aa)+$",
    "^(?=(x+x+)+$)x+$",
    r"^((a|b)+)-\1$",
)


@pytest.mark.parametrize("pattern", ENDLESS)
@pytest.mark.parametrize("limits", [{}, {"minLength": 7, "maxLength": 41}], ids=["short", "long"])
@pytest.mark.slow
def test_a_pattern_that_may_be_read_in_endless_ways_is_planned(
    planned_for: Any, pattern: str, limits: dict[str, int]
) -> None:
    """Requests that match it and requests that break it are planned as fast as for any other pattern."""
    schema = {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string", "pattern": pattern, **limits}},
    }
    plans = planned_for(schema)

    sent = [case.request.body.value["a"] for case in plans.of("response/201/status")]
    assert all(re.search(r"^[\w.@+-]+$", text) for text in sent)
    assert len(set(sent)) >= 3
    assert plans.of("request/body/a/pattern")
