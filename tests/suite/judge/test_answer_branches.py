"""Alternatives in answers: what is meant to be one of them keeps to it, and is blamed for nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.validator import Validator
from chatcert.requirements.catalogue import derive
from chatcert.transport.exchange import Exchange, Received, Sent

CARD = {
    "type": "object",
    "required": ["kind", "title"],
    "properties": {
        "kind": {"type": "string"},
        "title": {"type": "string", "maxLength": 5},
        "note": {"type": "string", "format": "phone"},
    },
}
PLAIN = {
    "type": "object",
    "required": ["kind", "text"],
    "properties": {"kind": {"type": "string"}, "text": {"type": "string"}},
}
NAMED = {
    "oneOf": [{"$ref": "#/components/schemas/Card"}, {"$ref": "#/components/schemas/Plain"}],
    "discriminator": {"propertyName": "kind", "mapping": {"card": "#/components/schemas/Card"}},
}
CHILDREN = {
    "Cat": {
        "allOf": [
            {"$ref": "#/components/schemas/Pet"},
            {"required": ["lives"], "properties": {"lives": {"type": "integer", "maximum": 9}}},
        ]
    },
    "Dog": {
        "allOf": [
            {"$ref": "#/components/schemas/Pet"},
            {"required": ["name"], "properties": {"name": {"type": "string"}}},
        ]
    },
    "Puppy": {
        "allOf": [
            {"$ref": "#/components/schemas/Dog"},
            {"required": ["weeks"], "properties": {"weeks": {"type": "integer"}}},
        ]
    },
}
BY_CONST = {
    "anyOf": [
        {
            "title": "Yes",
            "type": "object",
            "required": ["is", "at"],
            "properties": {"is": {"const": "yes"}, "at": {"type": "integer"}},
        },
        {"title": "No", "type": "object", "required": ["is"], "properties": {"is": {"const": "no"}}},
    ]
}
BY_SHAPE = {
    "oneOf": [{"title": "A", "type": "object", "required": ["a"]}, {"title": "B", "type": "object", "required": ["b"]}]
}


def verdicts(schema: Any, *bodies: Any) -> dict[str, str]:
    """The verdicts other than pass on the rules on bodies, where answers of status 201 hold these values as parts."""
    answer = {"type": "object", "properties": {"part": schema, "parts": {"type": "array", "items": schema}}}
    content = {"application/json": {"schema": answer}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/chats": {"post": {"responses": {"201": {"description": "made", "content": content}}}}},
        "components": {"schemas": {"Card": CARD, "Plain": PLAIN, "Pet": PET, **CHILDREN}},
    }
    contract = read_contract(document, vendor="a", where="a.yaml")
    catalogue = derive(contract)
    exchanges = [
        Exchange(
            number=number,
            case=f"accepts/required-only#{number}",
            requirement="a/accepts/required-only",
            expectation=Expectation.ACCEPTED,
            role="case",
            sent=Sent("POST", "http://h/chats", "/chats", (), b""),
            started=1_800_000_000.0 + number,
            seconds=0.01,
            received=Received(201, (("Content-Type", "application/json"),), json.dumps(body).encode()),
        )
        for number, body in enumerate(bodies, 1)
    ]
    evidence = Evidence(contract, catalogue.requirements, exchanges, provisional=True)
    found = {
        one.path.removeprefix("response/201/"): judge(evidence, one)
        for one in catalogue.requirements.values()
        if one.path.startswith(("response/201/part", "response/201/schema"))
    }
    for verdict in found.values():
        assert all(claim.holds(exchanges) for claim in verdict.claims)
    return {name: f"{one.kind} {one.reason}".strip() for name, one in found.items() if one.kind != "pass"}


def fails(schema: Any, *bodies: Any) -> list[str]:
    """The rules that are broken."""
    return [name for name, word in verdicts(schema, *bodies).items() if word == "fail"]


CARD_RIGHT = {"kind": "card", "title": "Hi"}
PLAIN_RIGHT = {"kind": "Plain", "text": "Hi"}


def test_what_a_value_is_meant_to_be_is_found_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many rules there are inside the alternatives, and whether an answer bears on them or not."""
    asked: list[Any] = []
    is_valid = Validator.is_valid

    def counted(validator: Validator, value: Any) -> bool:
        asked.append(value)
        return is_valid(validator, value)

    monkeypatch.setattr(Validator, "is_valid", counted)

    schema = {"anyOf": [CARD, PLAIN]}
    verdicts(schema, *({"part": {**CARD_RIGHT, "note": str(number)}} for number in range(5)))
    parts = [value for value in asked if value.get("kind") == "card"]

    assert 5 * len(schema["anyOf"]) == len(parts)


def test_each_alternative_is_seen_or_never_seen() -> None:
    """An alternative that no answer was meant to be is not applicable, with that reason."""
    found = verdicts(NAMED, {"part": CARD_RIGHT})

    reason = "not-applicable never seen: nothing in the answers of status 201 was what part/oneOf/Plain describes"
    assert reason == found["part/oneOf/Plain/branch"]
    assert reason == found["part/oneOf/Plain/text/required"]
    assert not {name for name in found if name.startswith("part/oneOf/Card")} - {
        "part/oneOf/Card/note/format",
        "part/oneOf/Card/note/type",
    }
    assert [] == fails(NAMED, {"part": CARD_RIGHT}, {"part": PLAIN_RIGHT}, {"parts": [CARD_RIGHT, PLAIN_RIGHT]}, {})


def test_two_alternatives_at_once_are_a_remark_where_one_is_named() -> None:
    """A client reads the name, so that what another alternative describes is one more field to it."""
    both = {"part": {"kind": "card", "title": "Hi", "text": "Hi"}}

    assert "warn" == verdicts(NAMED, {"part": CARD_RIGHT}, both)["part/oneOf/Card/branch"]


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        ({"part": {"kind": "card"}}, ["part/oneOf/Card/title/required"]),
        ({"part": {"kind": "card", "text": "Hi"}}, ["part/oneOf/Card/title/required"]),  # it would be a Plain
        ({"part": {"kind": "card", "title": 5}}, ["part/oneOf/Card/title/type"]),
        ({"part": {"kind": "card", "title": "too long"}}, ["part/oneOf/Card/title/maxLength"]),
        ({"part": {"kind": "Plain"}}, ["part/oneOf/Plain/text/required"]),
        ({"part": {"kind": "other"}}, ["part/kind/discriminator"]),
        ({"part": {"kind": "other", "title": "Hi"}}, ["part/kind/discriminator"]),  # it would be a Card
        ({"part": {"kind": "Card", "title": "Hi"}}, ["part/kind/discriminator"]),  # which is called card
        ({"parts": [CARD_RIGHT, {"kind": "", "text": "Hi"}]}, ["parts/*/kind/discriminator"]),
        ({"part": 5}, ["part/oneOf"]),
        ({"parts": [CARD_RIGHT, {"kind": "card"}]}, ["parts/*/oneOf/Card/title/required"]),
    ],
)
def test_the_alternative_that_is_named_is_blamed(body: Any, broken: list[str]) -> None:
    """What names an alternative is blamed for that one, what names none for all of them."""
    assert broken == fails(NAMED, {"part": CARD_RIGHT}, body)


@pytest.mark.parametrize(
    ("schema", "part", "broken"),
    [
        (BY_CONST, {"is": "yes", "at": 1}, []),
        (BY_CONST, {"is": "yes"}, ["part/anyOf/Yes/at/required"]),
        (BY_CONST, {"is": "no"}, []),
        (BY_CONST, {"is": "may be"}, ["part/anyOf"]),
        (BY_SHAPE, {"a": 1}, []),
        (BY_SHAPE, {"a": 1, "b": 1}, ["part/oneOf"]),
        (BY_SHAPE, {}, ["part/oneOf"]),
    ],
)
def test_without_a_discriminator(schema: Any, part: Any, broken: list[str]) -> None:
    """Constants name an alternative as well; without them, what matches just one is meant to be that one."""
    assert broken == fails(schema, {"part": part})


INHERITED = {"$ref": "#/components/schemas/Pet"}
PET = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}, "age": {"type": "integer"}},
    "discriminator": {"propertyName": "kind", "mapping": {"tom": "#/components/schemas/Cat"}},
}


@pytest.mark.parametrize(
    ("part", "broken"),
    [
        ({"kind": "tom", "lives": 9}, []),
        ({"kind": "Dog", "name": "Rex"}, []),
        ({"kind": "Pet", "lives": 10}, []),  # the parent itself, with one more field
        ({"kind": "tom", "lives": 10}, ["part/anyOf/Cat/lives/maximum"]),
        ({"kind": "tom"}, ["part/anyOf/Cat/lives/required"]),
        ({"kind": "Dog"}, ["part/anyOf/Dog/name/required"]),
        ({"kind": "Puppy", "name": "Rex"}, ["part/anyOf/Puppy/weeks/required"]),
        ({"kind": "Cat", "lives": 9}, ["part/kind/discriminator"]),
        ({"kind": "bird"}, ["part/kind/discriminator"]),
        ({"kind": 5}, ["part/kind/type"]),
        ({"lives": 9}, ["part/kind/required"]),
        ({"kind": "tom", "lives": 9, "age": "one"}, ["part/age/type"]),
    ],
)
def test_what_inherits_from_a_parent_is_judged_by_its_own_rules(part: Any, broken: list[str]) -> None:
    """A parent with a discriminator stands for all that has it in its ``allOf``, at any distance, and for itself."""
    assert broken == fails(INHERITED, {"part": part})


@pytest.mark.parametrize(
    "more", [{"defaultMapping": "Card"}, {"oneOf": [CARD, {"$ref": "#/components/schemas/Plain"}]}]
)
def test_names_that_the_document_does_not_list_may_be_any(more: dict[str, Any]) -> None:
    """Another name means the default alternative, or may mean the one that is described in place."""
    rule = {**NAMED["discriminator"], **{k: v for k, v in more.items() if k != "oneOf"}}
    schema = {"oneOf": NAMED["oneOf"], **{k: v for k, v in more.items() if k == "oneOf"}, "discriminator": rule}

    assert [] == fails(schema, {"part": {"kind": "other", "title": "Hi"}})


def test_alternatives_of_errors_have_rules_too() -> None:
    """A refusal that names one kind of problem is held to that kind."""
    content = {"application/json": {"schema": NAMED}}
    answers = {"201": {"description": "made"}, "400": {"description": "no", "content": content}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/chats": {"post": {"responses": answers}}},
        "components": {"schemas": {"Card": CARD, "Plain": PLAIN}},
    }
    contract = read_contract(document, vendor="a", where="a.yaml")
    catalogue = derive(contract)

    def broken(body: Any) -> list[str]:
        """The rules on errors that a refusal with this body breaks."""
        one = Exchange(
            number=1,
            case="request/json/garbage#1",
            requirement="a/request/json/garbage",
            expectation=Expectation.REFUSED,
            role="case",
            sent=Sent("POST", "http://h/chats", "/chats", (), b""),
            started=1_800_000_000.0,
            seconds=0.01,
            received=Received(400, (("Content-Type", "application/json"),), json.dumps(body).encode()),
        )
        evidence = Evidence(contract, catalogue.requirements, [one], provisional=True)
        rules = [row for row in catalogue.requirements.values() if row.path.startswith("response/400/")]
        return [row.path.removeprefix("response/400/") for row in rules if judge(evidence, row).kind == "fail"]

    assert [] == broken(CARD_RIGHT)
    assert ["oneOf/Card/title/maxLength"] == broken({"kind": "card", "title": "too long"})
    assert ["kind/discriminator"] == broken({"kind": "other", "title": "Hi"})


def test_a_format_that_nobody_can_check_is_not_told() -> None:
    """Answers with such a text do not count as ones that could have broken the format."""
    found = verdicts({"type": "string", "format": "phone"}, {"part": "call me"})

    assert "not-applicable the format phone is none that can be checked" == found["part/format"]
