"""Designed valid bodies: pairs of optional fields, values easily changed, and orders of keys."""

from __future__ import annotations

import json
from itertools import combinations, islice, product
from typing import Any

import pytest

from chatcert.cases.requests.covering import presence_rows
from chatcert.cases.requests.designed_bodies import designed_bodies
from chatcert.cases.values.echo_corpus import LISTS, MEMBERS, NUMBERS, TEXTS

SENT = 56
"""Designed bodies at the profile standard."""


@pytest.mark.parametrize("factors", [0, 1, 2, 3, 6, 7, 20, 100, 1000])
def test_every_pair_of_factors_meets_in_every_way(factors: int) -> None:
    """Any two factors are both there, either alone, and neither; the rows grow with the logarithm of the factors."""
    rows = presence_rows(factors)
    pairs = combinations(range(factors), 2) if factors <= 100 else [(0, 1), (0, 999), (498, 499)]

    for one, other in pairs:
        assert set(product((True, False), repeat=2)) == {(row[one], row[other]) for row in rows}
    assert len(rows) <= 4 + 1.5 * max(1, factors).bit_length()


def test_designed_bodies_are_valid_and_follow_from_the_document_alone(plans: Any) -> None:
    """They are the same each time, and the validator confirms each of them."""
    bodies = plans.planner.requests.bodies
    made, again = (list(islice(designed_bodies(bodies), SENT)) for _ in range(2))

    assert made == again
    assert all(bodies.validator.is_valid(body) for body in made)


def test_every_pair_of_optional_fields_is_sent(plans: Any) -> None:
    """Any two optional fields are sent together, and either without the other."""
    bodies = plans.planner.requests.bodies
    names = bodies.optional_names
    sent = [set(body) & set(names) for body in islice(designed_bodies(bodies), SENT)]

    for one, other in combinations(names, 2):
        assert {(True, True), (True, False), (False, True)} <= {(one in body, other in body) for body in sent}


def test_every_field_stands_before_every_other(plans: Any) -> None:
    """Of any two fields that are sent together, each is the first one once."""
    made = [list(body) for body in islice(designed_bodies(plans.planner.requests.bodies), SENT)]
    names = {name for body in made for name in body}
    together = [body for body in made if set(body) == names]

    for one, other in combinations(names, 2):
        assert {True, False} == {body.index(one) < body.index(other) for body in together}


def test_the_whole_corpus_is_in_an_echoed_field(planned: Any) -> None:
    """A field that comes back as it was has held every text, number, list and name of the corpus."""
    bodies = planned("openwebui").planner.requests.bodies
    chats = [body["chat"] for body in islice(designed_bodies(bodies), SENT)]
    members = {json.dumps([name, value]) for chat in chats for name, value in chat.items()}
    contents = {
        message["content"] for chat in chats for message in chat["history"]["messages"].values() if "content" in message
    }

    assert {json.dumps([name, value]) for group in MEMBERS for name, value in group.items()} <= members
    assert {*TEXTS.values()} <= contents
    assert any("chatcert_note" in json.dumps(chat["history"]["messages"]) for chat in chats)
    assert max(len(chat["history"]["messages"]) for chat in chats) > 100


def test_the_corpus_is_exchanged_reliably() -> None:
    """No server can be blamed for other values: numbers are exact doubles, texts are Unicode."""
    for number in NUMBERS:
        assert json.loads(json.dumps(float(number))) == number
    for text in TEXTS.values():
        assert text == text.encode().decode()
        assert text.strip()
    assert all(json.loads(json.dumps(items)) == items for items in LISTS)


@pytest.mark.parametrize("seed", [2, 3])
def test_what_is_designed_does_not_depend_on_the_seed(planned: Any, seed: int) -> None:
    """Most generated bodies are the same for every seed; a few are random."""
    path = "response/201/status"
    first, other = ([c.request.key for c in planned("sigmamind", "standard", s).of(path)] for s in (1, seed))

    assert SENT <= len(set(first) & set(other)) < len(first)


@pytest.mark.parametrize(("vendor", "name"), [("polyai", "integration_attributes"), ("sigmamind", "dynamicVariables")])
def test_a_map_is_empty_in_some_body(planned: Any, vendor: str, name: str) -> None:
    """An optional field that takes a map is sent with an empty one."""
    bodies = [*islice(designed_bodies(planned(vendor).planner.requests.bodies), SENT)]

    assert {} in [body.get(name) for body in bodies]
