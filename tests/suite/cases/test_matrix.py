"""What has to be there is there: every member, limit, missing field, wrong type and form of a credential."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest

from chatcert.cases.case import Expectation, JsonBody
from chatcert.requirements.check import Answers

TYPES = ("string", "integer", "number", "boolean", "object", "array")


def type_of(value: Any) -> str:
    """The JSON type of a value, numbers with a fraction told from those without."""
    names = {bool: "boolean", str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")


def properties(plans: Any) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Name, schema and need of every top-level field, straight from the document."""
    document = plans.contract.document
    (media,) = document["paths"][plans.contract.path]["post"]["requestBody"]["content"].values()
    schema = media["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, inner in schema["properties"].items():
        yield name, inner, name in schema.get("required", [])


def test_every_enum_member_is_sent(plans: Any) -> None:
    """Each member of each enumeration has a requirement and a case of its own, whose value is that member."""
    for name, schema, _ in properties(plans):
        for member in schema.get("enum", []):
            assert [member] == plans.values(f"accepts/body/{name}/enum/{member}", name)


def test_what_is_near_an_enum_member_is_refused(plans: Any) -> None:
    """Another case, white space, a beginning and a stranger are tried in place of a member."""
    for name, schema, _ in properties(plans):
        members = schema.get("enum", [])
        sent = plans.values(f"request/body/{name}/enum", name) if members else []
        assert not set(members) & set(sent)
        if members:
            assert any(value.lower() in members for value in sent)
            assert any(value.strip() in members for value in sent)
            assert any(value and members[0].startswith(value) for value in sent)
            assert "" in sent


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


@pytest.mark.parametrize(("keyword", "step"), [("minLength", -1), ("maxLength", 1)])
def test_lengths_one_beyond_their_limit_are_refused(plans: Any, keyword: str, step: int) -> None:
    """One code point beyond each limit is tried; all that is sent lies beyond it."""
    for name, schema, _ in properties(plans):
        limit = schema.get(keyword)
        if limit is None or limit + step < 0:
            continue
        lengths = [len(value) for value in plans.values(f"request/body/{name}/{keyword}", name)]
        assert limit + step in lengths
        assert all(length * step > limit * step for length in lengths)


def test_a_normalising_counter_is_caught(planned: Any) -> None:
    """One code point too many is sent in a text that composing its marks would make short enough."""
    plans = planned("sigmamind")

    sent = plans.values("request/body/input/maxLength", "input")

    assert any(len(unicodedata.normalize("NFC", value)) <= 20480 for value in sent)
    assert any(len(value.strip()) <= 20480 for value in sent)


def test_each_required_field_is_left_out_alone(plans: Any) -> None:
    """For each required field there is one request that lacks it and nothing else."""
    for name, _, required in properties(plans):
        assert required == (f"request/body/{name}/required" in plans.plans)
        if required:
            (case,) = plans.of(f"request/body/{name}/required")
            control = case.control.request.body.value
            assert {key: value for key, value in control.items() if key != name} == case.request.body.value
            assert name in control


def test_each_wrong_type_is_tried(plans: Any) -> None:
    """A value of each other JSON type stands in for each field, null under a requirement of its own."""
    for name, schema, _ in properties(plans):
        declared = schema.get("type", "object")
        allowed = {declared} if isinstance(declared, str) else set(declared)
        sent = {type_of(value) for value in plans.values(f"request/body/{name}/type", name)}
        assert set(TYPES) - allowed == sent
        if "null" in allowed:
            assert [None] == plans.values(f"accepts/body/{name}/null", name)
        else:
            assert [None] == plans.values(f"request/body/{name}/null", name)


def test_what_careless_parsing_takes_for_the_right_type_is_tried(plans: Any) -> None:
    """The valid value in an array, and the valid object written as text, are among the wrong types."""
    for name, schema, _ in properties(plans):
        sent = plans.values(f"request/body/{name}/type", name)
        assert any(isinstance(value, list) and len(value) == 1 for value in sent)
        if schema.get("type") == "object":
            assert any(isinstance(value, str) and value.startswith("{") for value in sent)


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


def test_each_credential_is_wrong_in_each_form_while_the_others_stay_valid(planned: Any, vendor: str) -> None:
    """The matrix of credentials: one row each, one column a mistake."""
    plans = planned(vendor)
    wanted = {"missing", "empty", "wrong", "corrupted", "truncated", "extended", "prefix", "case", "query"}
    for credential in plans.contract.credentials:
        forms = set()
        for path in plans.plans:
            if path.startswith(f"auth/{credential.name}/"):
                for case in plans.of(path):
                    assert {credential.scheme} == case.request.credentials.keys()
                    forms.add(case.request.credentials[credential.scheme])
        assert wanted <= forms
        if credential.kind == "bearer":
            assert {"no-scheme", "basic-scheme", "other-scheme"} <= forms
        else:
            assert "other-header" in forms


def test_all_credentials_are_left_out_and_swapped(planned: Any) -> None:
    """Where two credentials are needed, both are missing at once, and each stands in the other's place."""
    plans = planned("polyai")

    (missing,) = plans.of("auth/all/missing")
    (swapped,) = plans.of("auth/all/swapped")

    schemes = {credential.scheme for credential in plans.contract.credentials}
    assert dict.fromkeys(schemes, "missing") == missing.request.credentials
    assert dict.fromkeys(schemes, "swapped") == swapped.request.credentials


def test_uniqueness_is_tried_one_after_another_and_at_once(planned: Any, vendor: str) -> None:
    """A unique field is asked for several times in a row, and by several requests at the same time."""
    plans = planned(vendor)
    (unique,) = [
        r.path
        for r in plans.catalogue.requirements.values()
        if isinstance(r.check, Answers) and r.check.rule == "unique"
    ]

    cases = plans.of(unique)

    assert len([case for case in cases if not case.group]) >= 3
    assert len([case for case in cases if case.group]) >= 3
    assert 1 == len({case.group for case in cases if case.group})


def test_a_clock_is_looked_at_again_later(planned: Any) -> None:
    """A clock that counts whole seconds has to move between the first and the last look at it."""
    plans = planned("openwebui")

    waits = [case.wait for case in plans.of("response/200/created_at/clock-moves")]

    assert max(waits) > 2


def test_generated_bodies_differ_from_each_other(planned: Any, vendor: str) -> None:
    """The generated valid bodies of a run are many, and distinct wherever the schema leaves any freedom."""
    plans = planned(vendor, "standard")
    success = plans.contract.successes[0].status

    bodies = [
        case.request.body.value
        for case in plans.of(f"response/{success}/status")
        if isinstance(case.request.body, JsonBody)
    ]

    distinct = {json.dumps(body, sort_keys=True) for body in bodies}
    free = [name for name, schema, _ in properties(plans) if "x-chatcert-resource" not in schema]
    assert len(distinct) >= (40 if free else 1)


def test_every_documented_client_error_is_brought_about(planned: Any, vendor: str) -> None:
    """Each documented refusal has a request that is meant for it; only what a client cannot cause has none."""
    plans = planned(vendor)

    empty = {path.split("/")[1] for path, plan in plans.plans.items() if not plan.cases}

    assert empty <= {"500"}
    assert all(plan.cases or plan.reason for plan in plans.plans.values())


def test_what_needs_a_configured_name_says_so(planned: Any) -> None:
    """Without a folder to name, the case that needs one is left out with that reason, and no other is."""
    plans = planned("openwebui", everything=False)

    reasons = {path: plan.reason for path, plan in plans.plans.items() if not plan.cases}

    assert ["accepts/body/folder_id/present"] == list(reasons)
    assert "folder_id" in reasons["accepts/body/folder_id/present"]


def test_hostile_input_is_judged_for_robustness_only(plans: Any) -> None:
    """Whatever robustness sends may be answered in any way but a crash."""
    hostile = [case for path in plans.plans if path.startswith("robustness/") for case in plans.of(path)]

    assert {Expectation.ANY} == {case.expectation for case in hostile if not case.shared}


def test_open_objects_get_what_serialisers_give_up_on(planned: Any) -> None:
    """A field that takes any object is sent one nested in more than 255 levels, though few enough to be read."""
    bodies = planned("openwebui").values("robustness/body/chat", "chat")

    assert [True] == [depth < 900 for depth in map(levels, bodies) if depth > 255]


def levels(value: Any) -> int:
    """How deeply objects and arrays are nested."""
    layer, depth = [value], 0
    while layer:
        inner = [one.values() if isinstance(one, dict) else one for one in layer if isinstance(one, dict | list)]
        layer, depth = [item for members in inner for item in members], depth + bool(inner)
    return depth
