"""Reasons why no request is sent, and values for what was hard to make."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Cause


def with_field(schema: Any, **more: Any) -> dict[str, Any]:
    """A body with a topic and a field of this schema."""
    return {
        "type": "object",
        "required": ["topic"],
        "properties": {"topic": {"type": "string"}, "field": schema},
        **more,
    }


@pytest.mark.parametrize(
    ("schema", "path", "cause", "reason"),
    [
        ({"enum": []}, "accepts/body/field/present", "cannot-exist", "the list of values is empty"),
        (
            {"type": "string", "minLength": 3, "maxLength": 1},
            "request/body/field/type",
            "cannot-exist",
            "minLength 3 is above",
        ),
        (
            {"type": "boolean", "enum": [True, False]},
            "request/body/field/enum",
            "cannot-exist",
            "no value of the type boolean",
        ),
        (
            {"type": "string", "pattern": "^[a-z]{3}$", "maxLength": 9},
            "accepts/body/field/maxLength",
            "cannot-exist",
            "minLength 9",
        ),
        (
            {"type": "integer", "multipleOf": 1},
            "request/body/field/multipleOf",
            "cannot-exist",
            "each number that is allowed",
        ),
        (
            {"type": "string", "format": "uuid", "minLength": 1},
            "accepts/body/field/minLength",
            "cannot-exist",
            "the format uuid",
        ),
        ({"type": "string", "pattern": "^(?!.)x"}, "accepts/body/field/present", "not-made", "we could not make one: "),
        ({"type": "string", "format": "phone"}, "request/body/field/format", "not-checkable", "the format phone"),
        (
            {"type": "string", "minLength": 2_000_000_000},
            "accepts/body/field/present",
            "too-large",
            "minLength 2000000000",
        ),
    ],
)
def test_a_reason_is_of_its_kind(planned_for: Any, schema: Any, path: str, cause: str, reason: str) -> None:
    """A proof says that a request cannot exist; without one, the reason says that none could be made."""
    plan = planned_for(with_field(schema), profile="quick").plans[path]

    assert () == plan.cases
    assert cause == plan.cause
    assert reason in plan.reason


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (
            with_field({"type": "number", "minimum": 0, "maximum": 1, "multipleOf": 0.01}),
            "request/body/field/multipleOf",
        ),
        (
            with_field({"type": "integer", "multipleOf": 30, "exclusiveMinimum": 0}),
            "accepts/body/field/exclusiveMinimum",
        ),
        (
            with_field({"type": "string"}, dependentRequired={"field": ["other"]}, additionalProperties={}),
            "accepts/body/field/present",
        ),
        (with_field({"type": "string", "maxLength": 3}, unevaluatedProperties=False), "request/body/field/maxLength"),
        (with_field({"type": "integer", "format": "int32"}), "request/body/field/format"),
        (with_field({"type": "string", "pattern": "^.*$"}), "request/body/field/pattern"),
        (
            with_field(
                {
                    "type": "object",
                    "patternProperties": {"^max_": {"type": "integer"}},
                    "additionalProperties": False,
                    "maxProperties": 1,
                }
            ),
            "request/body/field/additionalProperties",
        ),
    ],
)
def test_what_is_hard_to_make_is_made(planned_for: Any, body: Any, path: str) -> None:
    """A value exists in each of these places, so one is sent."""
    plan = planned_for(body, profile="quick").plans[path]

    assert plan.cases
    assert plan.cause is None


def test_each_rule_on_names_is_broken(planned_for: Any) -> None:
    """A name that is too short, too long, or off its pattern, and nothing else."""
    rule = {"minLength": 2, "maxLength": 4, "pattern": "^[a-z]*$"}
    names = {"type": "object", "propertyNames": rule, "additionalProperties": {"type": "string"}}
    plan = planned_for(with_field(names), profile="quick").plans["request/body/field/propertyNames"]
    sent = [name for case in plan.cases for name in case.request.body.value["field"]]

    assert {1, 5} <= {len(name) for name in sent}
    assert any(2 <= len(name) <= 4 and not name.islower() for name in sent)
    assert Cause.NOT_MADE is not plan.cause
