"""Cases of acceptance: every member, every limit, and every optional field, there and missing."""

from __future__ import annotations

import base64
import json
import unicodedata
from typing import Any

import pytest

from chatcert.cases.case import JsonBody

from .reading import VALID, json_of, properties


def test_every_enum_member_is_sent(plans: Any) -> None:
    """Each member of each enumeration has a requirement and a case of its own, whose value is that member."""
    for name, schema, _ in properties(plans):
        for member in schema.get("enum", []):
            assert [member] == plans.values(f"accepts/body/{name}/enum/{member}", name)


@pytest.mark.parametrize("keyword", ["minLength", "maxLength"])
def test_lengths_exactly_at_their_limit_are_accepted(plans: Any, keyword: str) -> None:
    """Each limit is met exactly: in letters, in characters beyond the BMP, and with combining marks."""
    for name, schema, _ in properties(plans):
        limit = schema.get(keyword)
        if limit is None:
            continue
        sent = plans.values(f"accepts/body/{name}/{keyword}", name)
        assert {limit} == {len(value) for value in sent}
        if limit:
            assert any(value.isascii() for value in sent)
            assert any(ord(character) > 0xFFFF for value in sent for character in value)
        if limit > 1:
            assert any(unicodedata.combining(character) for value in sent for character in value)


def test_optional_fields_are_sent_and_left_out(planned: Any, vendor: str) -> None:
    """Each optional field is there in one valid request, and missing from the one that holds all the others."""
    plans = planned(vendor)
    optional = [name for name, _, required in properties(plans) if not required]
    for name in optional:
        assert all(name in case.request.body.value for case in plans.of(f"accepts/body/{name}/present"))
        if len(optional) > 1:
            (case,) = plans.of(f"accepts/body/{name}/absent")
            assert set(optional) - {name} <= case.request.body.value.keys()
            assert name not in case.request.body.value


def test_an_optional_body_may_be_absent_or_empty(planned: Any) -> None:
    """PolyAI's body is optional and needs no field: no body at all and an empty object are valid."""
    plans = planned("polyai")

    (absent,) = plans.of("accepts/body-absent")
    (empty,) = plans.of("accepts/body-empty")

    assert absent.request.body is None
    assert JsonBody({}) == empty.request.body
    assert "request/body/absent" not in plans.plans


def test_valid_bodies_validate(plans: Any) -> None:
    """What is to be accepted matches the request schema of the document, or is rightly no body at all."""
    valid = [case for case in plans.cases if case.expectation in VALID]

    wrong = [
        case.id
        for case in valid
        if (
            plans.contract.body.required
            if case.request.body is None
            else not plans.validator.is_valid(json_of(case.request))
        )
    ]

    assert len(valid) > 10
    assert [] == wrong


def test_a_refused_inner_field_is_blamed_itself(planned_for: Any) -> None:
    """An optional field in an item has an acceptance of its own, which the valid twins that hold it belong to."""
    inner = {"type": "object", "properties": {"silent": {"type": "boolean"}}}
    plans = planned_for({"type": "object", "properties": {"events": {"type": "array", "items": inner}}})

    (outer,) = plans.of("accepts/body/events/present")
    (own,) = plans.of("accepts/body/events/*/silent/present")
    controls = {case.control.requirement for case in plans.of("request/body/events/*/silent/type")}

    assert [{"events": [{}]}] == [json_of(outer.request)]
    assert {"silent"} == json_of(own.request)["events"][0].keys()
    assert {"made/accepts/body/events/*/silent/present"} == controls == {own.requirement}


def test_a_required_inner_field_belongs_to_the_optional_one_around_it(planned_for: Any) -> None:
    """The innermost optional field is to blame; where all are required, the smallest request is."""
    inner = {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    schema = {"type": "object", "required": ["a"], "properties": {"a": inner, "b": inner}}
    plans = planned_for(schema)

    owners = {name: {case.control.requirement for case in plans.of(f"request/body/{name}/id/type")} for name in "ab"}

    assert {"a": {"made/accepts/required-only"}, "b": {"made/accepts/body/b/present"}} == owners


def test_a_text_follows_from_the_name_of_its_field(planned_for: Any) -> None:
    """A server may refuse a sentence as an alias, at the top of a body as well as below it."""
    text = {"type": "string"}
    plans = planned_for({"type": "object", "properties": {"room_alias_name": text, "title": text}})

    assert ["example-1"] == plans.values("accepts/body/room_alias_name/present", "room_alias_name")
    assert all(" " in value for value in plans.values("accepts/body/title/present", "title"))


def test_encoded_texts_are_encoded(planned_for: Any) -> None:
    """Where a schema says base64, no valid case holds anything else, and it is no free text."""
    data = {"anyOf": [{"type": "string", "contentEncoding": "base64"}, {"type": "null"}]}
    plain = {"type": "string", "contentEncoding": "base64"}
    plans = planned_for({"type": "object", "properties": {"data": data, "plain": plain}})

    sent = [json_of(case.request) for case in plans.cases if case.expectation in VALID and case.request.body]
    values = {body[name] for body in sent for name in ("data", "plain") if body.get(name)}

    assert values
    assert [] == [value for value in values if base64.b64decode(value, validate=True) is None]
    assert "accepts/body/plain/text" not in plans.plans


def test_an_open_object_is_filled_kind_by_kind(planned_for: Any) -> None:
    """A server that refuses fractions alone is blamed for these: no other case of the object holds one."""
    plans = planned_for({"type": "object", "properties": {"metadata": {"type": "object"}}})

    cases = plans.of("accepts/body/metadata/content")
    fractions = [case.edit for case in cases if "12.5" in json.dumps(json_of(case.request))]

    assert ["metadata: a number with a fraction"] == fractions
    assert len(cases) == 4


def test_no_body_with_the_media_type_of_one(planned: Any) -> None:
    """From standard on, a request without a body says what its body is, as many clients do."""
    (plain,) = planned("polyai", "quick").of("accepts/body-absent")
    case = planned("polyai", "standard").of("accepts/body-absent")[-1]

    assert (None, None) == (plain.request.body, case.request.body)
    assert "Content-Type" not in dict(plain.request.headers)
    assert "application/json" == dict(case.request.headers)["Content-Type"]
