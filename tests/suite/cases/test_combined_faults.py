"""Single faults in circumstances that are valid in themselves, and requests that merely resemble valid ones."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody
from chatcert.cases.plan import NOT_AT_QUICK
from chatcert.cases.requests.encoding import with_escaped_keys
from chatcert.requirements.check import Beside

from .reading import is_beside


def _value(case: Case) -> Any:
    body = case.request.body
    return json.loads(body.data) if isinstance(body, RawBody) else body.value if isinstance(body, JsonBody) else None


def _combined(plans: Any) -> list[Case]:
    return [case for case in plans.cases if is_beside(case)]


def test_nothing_of_it_is_sent_under_quick(planned: Any, vendor: str) -> None:
    """The smallest profile leaves it out, and says so."""
    plans = planned(vendor, "quick")

    assert [] == _combined(plans)
    assert {NOT_AT_QUICK} == {plan.reason for path, plan in plans.plans.items() if path.startswith("request/beside/")}


def test_the_control_is_the_same_fault_alone(planned: Any, vendor: str) -> None:
    """Each has the request as its control that is refused alone, whose own control is valid."""
    cases = _combined(planned(vendor, "standard"))

    assert cases
    for case in cases:
        assert case.control is not None
        assert case.control.control is not None
        assert Expectation.REFUSED is case.expectation is case.control.expectation
        assert Expectation.ACCEPTED is case.control.control.expectation
        assert case.edit.startswith(case.control.edit)


def test_the_fault_is_the_same(planned: Any, vendor: str) -> None:
    """In every circumstance, an independent validator finds the breach of the same rule, and no other."""
    plans = planned(vendor, "standard")
    for case in _combined(plans):
        alone = [error.schema_path[-1:] for error in plans.validator.iter_errors(_value(case.control))]
        found = [error.schema_path[-1:] for error in plans.validator.iter_errors(_value(case))]
        assert alone
        assert alone == found, case.id


def test_every_field_and_every_keyword_meets_every_circumstance(planned: Any) -> None:
    """No more requests than that takes are sent: a field and a keyword meet a circumstance in the same one."""
    plans = planned("polyai", "standard")
    names = set(plans.contract.body.schema["$defs"]["CreateChatRequest"]["properties"])

    for circumstance in set(Beside) - {Beside.LATER_ENTRY, Beside.QUERY}:
        cases = plans.of(f"request/beside/{circumstance}")
        owners = {tuple(case.control.requirement.split("/")[3:]) for case in cases}
        assert names == {name for name, _ in owners}, circumstance
        assert {"type", "null", "enum"} == {keyword for _, keyword in owners}, circumstance
        assert len(cases) <= 8


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_what_stands_beside_the_fault(planned: Any, number: int) -> None:
    """A charset, an unknown field, all fields, a long text, and the keys turned round."""
    plans, place = planned("sigmamind", "standard"), [*Beside][number - 1]
    everything = plans.planner.requests.bodies.full_body()
    for case in plans.of(f"request/beside/{place}"):
        body, alone = _value(case), _value(case.control)
        match place:
            case Beside.CHARSET:
                assert "application/json; charset=utf-8" == dict(case.request.headers)["Content-Type"]
                assert body == alone
            case Beside.UNKNOWN_FIELD:
                assert {"undocumented_property"} == body.keys() - alone.keys()
            case Beside.OTHER_FIELDS:
                assert everything.keys() - body.keys() <= {"agentId", "input"}
            case Beside.LONG_NEIGHBOUR:
                assert len(json.dumps(body)) > 19_000
            case Beside.KEY_ORDER:
                assert list(body) == [name for name in reversed(everything) if name in body]
            case _:
                raise AssertionError


def test_escaped_keys(planned: Any) -> None:
    """A key that is written with an escape is the same key, whatever it begins with."""
    value = {"agentId": 1, "😀": {"a": "b"}, '"': 2, "": 3, "é": 4}

    assert value == json.loads(with_escaped_keys(value))
    assert rb'"\u0061gentId":1' in with_escaped_keys(value)
    for case in planned("agencii", "standard").of("request/beside/escaped-keys"):
        assert case.request.body.data.startswith(b'{"\\u0061piIntegrationId":')
    (accepted,) = planned("agencii", "standard").of("accepts/wire/json-escapes")
    assert accepted.request.body.data.startswith(b'{"\\u0061piIntegrationId":"\\u')


def test_a_later_entry_comes_after_a_valid_one(planned: Any) -> None:
    """The wrong entry of a map comes after more than a server looks at that looks at the first ones only."""
    (case,) = planned("sigmamind", "standard").of("request/beside/later-entry")

    assert [*["Michael"] * 12, None] == [*_value(case)["dynamicVariables"].values()]


def test_what_a_body_lacks_is_in_the_query(planned: Any) -> None:
    """A text that is required is left out of the body, and stands in the query, with its valid value."""
    (case,) = planned("agencii", "standard").of("request/beside/query")

    assert {} == _value(case)
    assert (
        ("apiIntegrationId", _value(planned("agencii", "standard").of("accepts/required-only")[0])["apiIntegrationId"]),
    ) == (case.request.query)
    assert "request/beside/query" not in planned("openwebui", "standard").plans


def test_near_misses_of_an_enum(planned: Any) -> None:
    """Every member has a near miss, and none of them is a member."""
    members = {"webchat", "whatsapp", "sms", "api"}
    sent = planned("polyai", "standard").values("request/body/channel/near-miss", "channel")

    assert not members & set(sent)
    assert all(any(value.strip().lower().startswith(member[:-1]) for value in sent) for member in members)
    assert any(value.endswith("\n") for value in sent)
    assert any(value.lower() in members for value in sent)


def test_a_name_in_another_case(planned: Any) -> None:
    """A required field under a name in another case or style, or in the prototype of the object, is missing."""
    alike, inherited = planned("sigmamind", "standard").of("request/body/agentId/key-case")
    known = _value(alike.control)["agentId"]

    assert {"agentid", "agent_id", "agent-id", "input"} == _value(alike).keys()
    assert {known} == {value for name, value in _value(alike).items() if name != "input"}
    assert {"__proto__", "input"} == _value(inherited).keys()
    assert {"agentId": known} == _value(inherited)["__proto__"]


def test_other_fields_do_not_stand_for_a_required_one(planned: Any) -> None:
    """What is missing meets the other fields with and without names of nothing, which are refused as well."""
    cases = planned("sigmamind", "standard", everything=False).of("request/beside/other-fields")
    left_out = [_value(case).keys() for case in cases if "left out" in case.edit]

    for name in ("agentId", "input"):
        lacking = [keys for keys in left_out if name not in keys]
        assert {True, False} == {"previousChatId" in keys for keys in lacking}
        assert all("dynamicVariables" in keys for keys in lacking)


def test_falsy_values_are_among_the_wrong_types(planned: Any, vendor: str) -> None:
    """Zero, false, the empty text and the empty list are tried where they are of another type."""
    plans = planned(vendor, "standard")
    for path in [path for path in plans.plans if path.startswith("request/body/") and path.count("/") == 3]:
        if not path.endswith("/type"):
            continue
        name = path.split("/")[2]
        sent = [json.dumps(value) for value in plans.values(path, name)]
        assert {"0", "false", "[]"} <= {*sent}, path
