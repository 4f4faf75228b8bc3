"""Cases of robustness: hostile values of fields, parameters, payloads and headers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatcert.cases.case import Expectation, RawBody

from .reading import is_json, json_of, levels

NESTED = b"[" * 100


def test_hostile_input_is_judged_for_robustness_only(plans: Any) -> None:
    """Whatever robustness sends may be answered in any way but a crash."""
    hostile = [case for path in plans.plans if path.startswith("robustness/") for case in plans.of(path)]

    assert {Expectation.ANY} == {case.expectation for case in hostile if not case.shared}


def test_open_objects_get_what_serialisers_give_up_on(planned: Any) -> None:
    """A field that takes any object is sent one nested in more than 255 levels, though few enough to be read."""
    bodies = planned("openwebui").values("robustness/body/chat", "chat")

    assert [True] == [depth < 900 for depth in map(levels, bodies) if depth > 255]


@pytest.mark.parametrize("depth", [20, 100, 1000])
def test_bodies_are_nested_as_deep_as_stated(planned: Any, depth: int) -> None:
    """A member more of the body, and of a field that takes any object, is nested: a parser or a serialiser meets it."""
    whole, inside = (case.request.body.data for case in planned("openwebui").of(f"robustness/nesting/{depth}"))
    opened = b"[" * depth + b"]" * depth

    assert [1, 1] == [whole.count(opened), inside.count(opened)]
    assert [0, 0] == [whole.count(b"[" + opened), inside.count(b"[" + opened)]
    assert {"chat", f"chatcert_nested_{depth}"} == json.loads(whole.replace(opened, b"[]")).keys()
    assert f"chatcert_nested_{depth}" in json.loads(inside.replace(opened, b"[]"))["chat"]


def test_a_hundred_thousand_levels_need_the_thorough_profile(planned: Any) -> None:
    """No server has to read them, and a body of 200 kB is sent only by those who want everything."""
    sent = {
        profile: [case.request.body.data for case in planned("agencii", profile).of("robustness/nesting/1000")]
        for profile in ("quick", "standard", "thorough")
    }

    assert [1, 1, 2] == [len(bodies) for bodies in sent.values()]
    assert b"[" * 100_000 in sent["thorough"][-1]


def _has_infinite_number(value: Any) -> bool:
    """Whether a value holds a number that no double holds."""
    if isinstance(value, dict | list):
        return any(map(_has_infinite_number, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float) and abs(value) >= 2**1024


def _bodies(plans: Any) -> list[Any]:
    """What is sent as JSON, but for bodies that are nested too deeply to be read here."""
    requests = [case.request for case in plans.cases if case.request.body is not None]
    readable = [one for one in requests if not isinstance(one.body, RawBody) or NESTED not in one.body.data]
    return [json_of(one) for one in readable if is_json(one)]


def _with_infinite_numbers(plans: Any) -> list[bool]:
    """Whether each body with a number that no double holds is valid."""
    validator = plans.planner.requests.bodies.whole
    return [validator.is_valid(body) for body in _bodies(plans) if _has_infinite_number(body)]


def test_numbers_that_no_double_holds_are_sent_where_no_chat_comes_of_them(plans: Any) -> None:
    """A chat with a number that is infinite as a double may not be readable again, and not be deleted either."""
    assert {False} == set(_with_infinite_numbers(plans))


@pytest.mark.parametrize(
    "schema", [{"type": "object"}, {"type": "object", "properties": {"n": {"type": "number"}, "free": {}}}]
)
def test_valid_places_get_numbers_close_to_the_greatest_double(planned_for: Any, schema: Any) -> None:
    """Where everything is valid, the greatest number is finite as a double, and beyond the integers of a machine."""
    planned = planned_for(schema)
    sent = json.dumps(_bodies(planned))

    assert {False} == set(_with_infinite_numbers(planned))
    assert ("properties" in schema) == (str(10**308) in sent)


def test_a_body_that_may_be_anything_gets_no_number_that_no_double_holds(planned_for: Any) -> None:
    """Nothing in it is invalid, so that a chat could come of whatever it holds."""
    planned = planned_for({})

    assert [] == _with_infinite_numbers(planned)
    assert [1e308] == [body["y"] for body in _bodies(planned) if isinstance(body, dict) and "y" in body]


def test_thorough_puts_them_in_free_form_places_as_well(planned: Any) -> None:
    """Who wants everything learns what a server makes of a chat with such a number."""
    assert True in _with_infinite_numbers(planned("openwebui", "thorough"))


def test_other_values_inside_of_an_object_have_a_request_of_their_own(planned: Any) -> None:
    """What replaces a member that every request has is sent under its name, and not beside it under another one."""
    plans = planned("openwebui", "standard")
    labels = ("nothing in it but empty values", "other texts and numbers in it", "messages of another role in it")
    found = {label: next(c for c in plans.of("robustness/body/chat") if c.edit == f"chat: {label}") for label in labels}
    roles = {
        label: [m["role"] for m in case.request.body.value["chat"]["history"]["messages"].values()]
        for label, case in found.items()
    }

    assert {labels[0]: [], labels[1]: ["other user"], labels[2]: ["system"]} == roles
    assert 3 == len({case.instead_of and case.instead_of.id for case in found.values()})


def test_keys_of_a_map_may_be_called_like_fields(planned: Any) -> None:
    """A server that takes variables for arguments meets the names of its own."""
    (case,) = [c for c in planned("sigmamind", "quick").of("robustness/body/dynamicVariables") if "as keys" in c.edit]

    assert {"agentId", "input"} <= case.request.body.value["dynamicVariables"].keys()


def test_a_chat_with_other_texts_inside_is_known_by_its_marker(planned: Any) -> None:
    """A server may mend what such a chat says, so that nothing but the marker in its title shows whose it is."""
    plans = planned("openwebui", "standard")
    (changed,) = (one for one in plans.of("robustness/body/chat") if "other texts" in one.edit)
    typical = plans.planner.requests.bodies.typical_value(("chat",))
    sent = changed.request.body.value["chat"]

    assert typical["title"] == sent["title"]
    assert f"other {typical['history']['currentId']}" == sent["history"]["currentId"]


@pytest.mark.parametrize(
    ("vendor", "place", "name"),
    [("openwebui", "chat", "created_at"), ("polyai", "integration_attributes", "conversation_id")],
)
def test_fields_of_an_answer_are_in_objects_of_a_request(planned: Any, vendor: str, place: str, name: str) -> None:
    """What the server alone may choose, the time too, stands in each object of the body, the optional ones as well."""
    (case,) = (c for c in planned(vendor, "standard").of("robustness/payload") if "fields of an answer" in c.edit)

    assert name in json_of(case.request)
    assert name in json_of(case.request)[place]
