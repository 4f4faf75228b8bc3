"""Response: requirements on documented successes."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.requirement import Cost, Kind, Level, Requirement

Derived = Callable[..., dict[str, Requirement]]
CHAT = "/components/schemas/Chat"


def test_an_answer_as_a_whole(derived: Derived) -> None:
    """Status, framing, media type, JSON and schema of a success, and what its fields have to be."""
    assert {
        "response/201/status",
        "response/201/framing",
        "response/201/content-type",
        "response/201/json",
        "response/201/schema",
        "response/201/id/required",
        "response/201/id/type",
    } == {path for path, r in derived().items() if r.kind is Kind.RESPONSE}


def test_keywords_of_fields_are_rules(derived: Derived) -> None:
    """Each keyword of a field is a requirement of its own, so that a finding names the clause."""
    found = derived({f"{CHAT}/properties/id/maxLength": 12, f"{CHAT}/properties/id/pattern": "^c"})

    assert {"response/201/id/maxLength", "response/201/id/pattern"} <= set(found)
    assert found["response/201/id/maxLength"].clause.pointer.endswith("/properties/id/maxLength")


def test_flags_are_rules_where_they_say_something(derived: Derived) -> None:
    """``uniqueItems: true`` and ``const: false`` are requirements; ``uniqueItems: false`` says nothing."""
    tags = f"{CHAT}/properties/tags"
    found = derived({tags: {"type": "array", "uniqueItems": True}, f"{CHAT}/properties/open": {"const": False}})
    assert {"response/201/tags/uniqueItems", "response/201/open/const"} <= set(found)
    assert "response/201/tags/uniqueItems" not in derived({tags: {"type": "array", "uniqueItems": False}})


def test_a_promised_field_has_the_level_of_its_source(derived: Derived) -> None:
    """A sentence of the page is binding, an overlay author's inference is not; ``required`` says it no second time."""
    stated = derived({f"{CHAT}/properties/id/x-chatcert-promised": {"source": "a sentence"}})
    assert Level.MUST == stated["response/201/id/promised"].level
    assert "response/201/id/required" not in stated


def test_an_inferred_promise_is_a_recommendation(derived: Derived) -> None:
    """The provenance that an overlay names decides on the level, and ``required`` of the schema stays binding."""
    inferred = derived({f"{CHAT}/properties/id/x-chatcert-promised": {"provenance": Provenance.INFERRED.value}})

    assert Level.SHOULD == inferred["response/201/id/promised"].level
    assert Level.MUST == inferred["response/201/id/required"].level


def test_rules_on_answers_cost_no_requests(derived: Derived) -> None:
    """They are judged on answers to all requests; only the status sends the generated bodies of the profile."""
    costs = {path: r.cost for path, r in derived().items() if r.kind is Kind.RESPONSE}

    assert Cost(valid_bodies=True) == costs.pop("response/201/status")
    assert {Cost(0)} == set(costs.values())
