"""What a document says with each word of JSON Schema is tested: an honest server passes, a broken one fails there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import schema_server as peer

from chatcert.cases.case import JsonBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.faults import faults_of
from chatcert.mock.validators import Validator
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Refuses
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

Words = dict[str, list[str]]
TOPIC = {"type": "string", "minLength": 1, "maxLength": 40}
IDENTITY = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def document(body: Any, answer: Any = None, version: str = "3.1.0", **schemas: Any) -> dict[str, Any]:
    """A document with one operation, which takes `body`."""
    content = {"application/json": {"schema": body}}
    success = {"application/json": {"schema": answer or IDENTITY}}
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"201": {"description": "made", "content": success}, "400": {"description": "bad"}},
    }
    return {
        "openapi": version,
        "info": {"title": "a", "version": "1"},
        "paths": {"/chats": {"post": operation}},
        "components": {"schemas": schemas},
    }


def certified(
    spec: dict[str, Any],
    rule: Callable[[Any], bool],
    answer: Callable[[Any], Any] | None = None,
    profile: str = "quick",
    *,
    folded: bool = False,
) -> Words:
    """The requirements by verdict, without the vendor's name, after a run against a server with this rule."""
    contract = read_contract(spec, vendor="a", where="a.yaml")
    catalogue = derive(contract)
    with peer.schema_server(rule, *([answer] if answer else [])) as address:
        target = Target(address, {}, limits=Limits(timeout=10.0))
        run = Execution(catalogue, target, profile_named(profile), seed=1, jobs=1)
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        finally:
            run.close()
    found = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
    verdicts = (fold_all(catalogue, run.exchanges, found) if folded else found).values()
    return {kind.value: [v.requirement.removeprefix("a/") for v in verdicts if v.kind is kind] for kind in VerdictKind}


def unsatisfied(words: Words) -> Words:
    """What is neither a pass nor not applicable."""
    return {word: found for word, found in words.items() if found and word not in ("pass", "not-applicable")}


BASE = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "readOnly": True},
        "made": {"allOf": [{"type": "string"}], "readOnly": True},
        "topic": TOPIC,
        "secret": {"type": "string", "writeOnly": True, "maxLength": 9},
    },
}
HELD = {"allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["id", "made", "topic"]}]}
BOTH_WAYS = document(HELD, HELD, "3.0.3", Base=BASE)
SENT = {
    "type": "object",
    "required": ["topic"],
    "properties": {"topic": TOPIC, "secret": {"type": "string", "maxLength": 9}, "id": False, "made": False},
}


def test_read_only_properties_are_no_part_of_requests() -> None:
    """They are not sent, not asked for and not tested there, wherever the schema names them."""
    words = certified(BOTH_WAYS, peer.matching(SENT), lambda body: {"id": "a", "made": "b", "topic": body["topic"]})

    assert {} == unsatisfied(words)
    assert "response/201/secret/writeOnly" in words["pass"]
    assert [] == [
        row for row in words["pass"] + words["not-applicable"] if row.startswith(("accepts/body/id", "request/body/id"))
    ]


def test_a_server_that_asks_for_a_read_only_property_refuses_the_smallest_request() -> None:
    """The smallest request holds what a client may send."""
    words = certified(BOTH_WAYS, lambda body: isinstance(body, dict) and {"topic", "id"} <= body.keys())

    assert "accepts/required-only" in words["fail"]


def test_a_write_only_property_that_is_given_back_is_a_breach() -> None:
    """It is a requirement of its own, and breaks no other."""
    back = {"id": "a", "made": "b", "secret": "s"}
    words = certified(BOTH_WAYS, peer.matching(SENT), lambda body: {**back, "topic": body["topic"]})

    assert {"fail": ["response/201/secret/writeOnly"]} == unsatisfied(words)


def described(name: str, schema: Any, needed: bool = True, **more: Any) -> dict[str, Any]:
    """An object with a topic and one other property."""
    return {
        "type": "object",
        "required": ["topic", name] if needed else ["topic"],
        "properties": {"topic": TOPIC, name: schema},
        **more,
    }


USER_OR_TEAM = {
    "type": "object",
    "required": ["topic"],
    "properties": {"topic": TOPIC, "user": {"type": "string"}, "team": {"type": "string"}},
    "oneOf": [
        {"required": ["user"], "properties": {"team": False}},
        {"required": ["team"], "properties": {"user": False}},
    ],
}
PARTS = {
    "Text": {
        "type": "object",
        "required": ["kind", "words"],
        "properties": {"kind": {"type": "string"}, "words": TOPIC},
    },
    "File": {"type": "object", "required": ["kind", "link"], "properties": {"kind": {"type": "string"}, "link": TOPIC}},
}
PART = {
    "oneOf": [{"$ref": "#/components/schemas/Text"}, {"$ref": "#/components/schemas/File"}],
    "discriminator": {
        "propertyName": "kind",
        "mapping": {"text": "#/components/schemas/Text", "file": "#/components/schemas/File"},
    },
}


def tagged(text: dict[str, Any], file: dict[str, Any], *, any_name: bool = False) -> dict[str, Any]:
    """What the discriminator means, in plain JSON Schema."""
    words = {"kind": {"type": "string"} if any_name else {"const": "text"}, "words": text}
    link = {"kind": {"type": "string"} if any_name else {"const": "file"}, "link": file}
    return {
        "anyOf": [
            {"type": "object", "required": ["kind", "words"], "properties": words},
            {"type": "object", "required": ["kind", "link"], "properties": link},
        ]
    }


SPAN = {"type": "array", "prefixItems": [{"type": "integer", "minimum": 3}, {"enum": ["s", "m"]}], "items": False}
SPAN = {**SPAN, "minItems": 2}
GROUP = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": ["group", "direct"]}, "members": {"type": "array", "items": {"type": "string"}}},
    "if": {"properties": {"kind": {"const": "group"}}, "required": ["kind"]},
    "then": {"required": ["members"]},
    "else": {"properties": {"members": False}},
}
LABELS = {
    "type": "object",
    "propertyNames": {"pattern": "^[a-z]{2,4}$"},
    "minProperties": 2,
    "maxProperties": 3,
    "additionalProperties": {"type": "string", "maxLength": 3},
}
TAGS = {
    "type": "array",
    "items": {"type": "string", "maxLength": 9},
    "contains": {"const": "main"},
    "minContains": 1,
    "maxContains": 2,
}
OR_NULL = {"anyOf": [{"type": "string", "minLength": 2, "maxLength": 5}, {"type": "null"}]}
ODD = {"type": "string", "maxLength": 3}
X = {"^x-": {"type": "string", "maxLength": 5}}
CARD = {
    "type": "object",
    "required": ["topic"],
    "properties": {"topic": TOPIC, "card": {"type": "integer"}, "street": {"type": "string", "maxLength": 9}},
    "dependentRequired": {"card": ["street"]},
}
PHONE = {
    **{key: value for key, value in CARD.items() if key != "dependentRequired"},
    "dependentSchemas": {"card": {"required": ["street"], "properties": {"street": {"maxLength": 4}}}},
}


def without(schema: dict[str, Any], *keywords: str, **more: Any) -> dict[str, Any]:
    """A schema without some of its keywords, and with others."""
    return {**{key: value for key, value in schema.items() if key not in keywords}, **more}


STARRED = {
    "type": "object",
    "required": ["topic"],
    "properties": {"topic": TOPIC, "*": ODD, "*^x": ODD},
    "patternProperties": {"^x": {"type": "integer"}},
    "additionalProperties": {"type": "boolean"},
}


def starred(name: str) -> dict[str, Any]:
    """What a server keeps to that takes any text for one of the properties."""
    return without(STARRED, properties={"topic": TOPIC, "*": ODD, "*^x": ODD, name: {"type": "string"}})


LIST = {"type": "array", "minItems": 1, "items": {"allOf": [PART]}}
AFTER = {"type": "array", "minItems": 1, "prefixItems": [{"enum": ["s"]}], "unevaluatedItems": {"type": "integer"}}
PAIRED = {
    "type": "object",
    "properties": {"a": TOPIC, "b": TOPIC},
    "dependentRequired": {"a": ["b"]},
    "minProperties": 1,
    "additionalProperties": False,
}


def nested(most: dict[str, Any], keyword: str) -> dict[str, Any]:
    """Alternatives in alternatives."""
    first = {"type": "object", "required": ["kind", "n"], "properties": {"kind": {"const": "a"}, "n": most}}
    second = {"type": "object", "required": ["kind", "m"], "properties": {"kind": {"const": "b"}, "m": ODD}}
    third = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "c"}, "k": {"enum": ["x"]}}}
    return {"oneOf": [{keyword: [first, second]}, third]}


NUMBER = {"type": "integer", "maximum": 5}
RETIRED = {
    "type": "object",
    "required": ["topic"],
    "properties": {"topic": TOPIC, "legacy": False, "label": {"allOf": [{"type": "integer"}, {"not": {}}]}},
    "patternProperties": {"^old_": False},
    "additionalProperties": {"type": "string"},
}
UP_TO_TWO = {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 10}, "minContains": 0}
UP_TO_TWO = {**UP_TO_TWO, "maxContains": 2}
ALIKE = {"enum": [1, "1", None, True, "True"]}
MARKED = {
    "type": "object",
    "required": ["x_id"],
    "properties": {"x_id": {"type": "string", "maxLength": 8}, "x_n": {"type": "string"}},
    "patternProperties": {"^x_": {"type": "string", "minLength": 3}, "_n$": {"pattern": "^[0-9]{3,4}$"}},
    "additionalProperties": False,
}
"""Properties to which the patterns of names apply as well."""
SHORT_ID = {"properties": {"x_id": {"type": "string", "maxLength": 8}}, "patternProperties": {}}
SHORT_ID["patternProperties"] = {"^x_(?!id$)": {"type": "string", "minLength": 3}, "_n$": {"pattern": "^[0-9]{3,4}$"}}
BY_KIND = {
    "allOf": [{"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["a", "b"]}}}],
    "if": {"properties": {"kind": {"const": "a"}}},
    "then": {"properties": {"x": {"type": "integer"}}},
    "else": {"properties": {"y": {"type": "string", "minLength": 2}}},
    "unevaluatedProperties": False,
}
NEEDS_X = {**BY_KIND, "then": {"required": ["x"], "properties": {"x": {"type": "integer"}}}}
"""Whoever changes the kind of the smallest body has an `x` that nothing describes."""
ANY_KIND = {**NEEDS_X, "allOf": [{"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}]}
EITHER_KIND = {**BY_KIND, "properties": {"x": True, "y": True}}
NOT_BOTH = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"enum": ["a", "b"]}, "x": {"type": "integer"}},
    "if": {"properties": {"kind": {"const": "b"}}},
    "then": {"not": {"required": ["x"]}},
}
CHAIN = {
    "type": "object",
    "properties": {
        "card": {"type": "string"},
        "code": {"type": "string"},
        "bank": {"type": "string"},
        "owner": {"type": "object", "required": ["n"], "properties": {"n": TOPIC, "v": {"type": "integer"}}},
    },
    "dependentSchemas": {
        "card": {"required": ["code"], "properties": {"bank": {"maxLength": 4}}},
        "bank": {"required": ["owner"], "properties": {"owner": {"required": ["v"]}}},
    },
}
"""What one member asks for asks for more."""
LETTERS = {"type": "string", "pattern": r"^\p{L}+$"}
ANY_LETTERS, ASCII_LETTERS = {"type": "string", "pattern": r"^[^\W\d_]+$"}, {"type": "string", "pattern": "^[A-Za-z]+$"}
EMPTY_ONLY = {"type": "array", "items": False}


def retired(name: str) -> dict[str, Any]:
    """What a server keeps to that takes one of the properties that may not be there."""
    return without(RETIRED, properties={**RETIRED["properties"], name: True})


SAID = {
    "chain": document(CHAIN),
    "by-kind": document(BY_KIND),
    "needs-x": document(NEEDS_X),
    "not-both": document(NOT_BOTH),
    "marked": document(MARKED),
    "up-to-two": document(described("tags", UP_TO_TWO)),
    "alike": document(described("mode", ALIKE)),
    "letters": document(described("name", LETTERS)),
    "retired": document(RETIRED),
    "retired-inside": document(described("part", RETIRED)),
    "empty-only": document(described("part", EMPTY_ONLY)),
    "alternatives-in-alternatives": document(described("part", nested(NUMBER, "oneOf"))),
    "after-the-fixed-items": document(described("span", AFTER)),
    "one-of-a-pair": document(described("pair", PAIRED)),
    "one-of": document(USER_OR_TEAM),
    "tag": document(PART, version="3.0.3", **PARTS),
    "tag-at-depth": document(described("parts", LIST), version="3.0.3", **PARTS),
    "or-null": document(described("name", OR_NULL)),
    "patterns": document(described("n", {"type": "integer"}, False, patternProperties=X, additionalProperties=False)),
    "open-patterns": document(
        described("n", {"type": "integer"}, False, patternProperties=X, unevaluatedProperties=False)
    ),
    "fixed-items": document(described("span", SPAN)),
    "if": document(GROUP),
    "names": document(described("labels", LABELS)),
    "contains": document(described("tags", TAGS)),
    "odd-name": document(described("a/b~c", ODD, False)),
    "starred": document(STARRED),
    "nameless": document(described("", ODD, False)),
    "needs-another": document(CARD),
    "changes-another": document(PHONE),
    "anchor": document(described("name", {"$ref": "#short"}), Short={"$anchor": "short", **ODD}),
    "address": document(
        described("name", {"$ref": "short.json"}), Short={"$id": "https://schemas.invalid/short.json", **ODD}
    ),
}
SAID["address"]["components"]["schemas"]["Long"] = {
    "$id": "https://schemas.invalid/long.json",
    "$ref": "short.json",
    "description": "d",
}
SAID["address"]["paths"]["/chats"]["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"][
    "name"
] = {"$ref": "https://schemas.invalid/long.json"}
UP_TO_5 = {"type": ["string", "null"], "minLength": 2}
ROWS: list[tuple[str, Any, Any, str]] = [
    (
        "chain",
        CHAIN,
        {**CHAIN, "dependentSchemas": {**CHAIN["dependentSchemas"], "card": {"required": ["code"]}}},
        "request/body/dependentSchemas/card/bank/maxLength",
    ),
    (
        "chain",
        CHAIN,
        {**CHAIN, "dependentSchemas": {**CHAIN["dependentSchemas"], "bank": {"required": ["owner"]}}},
        "request/body/dependentSchemas/bank/owner/v/required",
    ),
    ("needs-x", NEEDS_X, ANY_KIND, "request/body/kind/enum"),
    ("by-kind", BY_KIND, EITHER_KIND, "request/body/additionalProperties"),
    ("not-both", NOT_BOTH, without(NOT_BOTH, "if", "then"), "request/body/if/then/not"),
    ("marked", MARKED, {**MARKED, **SHORT_ID}, "request/body/x_id/minLength"),
    (
        "marked",
        MARKED,
        {**MARKED, "patternProperties": {"^x_": {"type": "string", "minLength": 3}}},
        "request/body/x_n/pattern",
    ),
    (
        "up-to-two",
        described("tags", UP_TO_TWO),
        described("tags", without(UP_TO_TWO, "maxContains")),
        "request/body/tags/maxContains",
    ),
    (
        "alike",
        described("mode", ALIKE),
        described("mode", {"enum": [1, None, True, "True"]}),
        'accepts/body/mode/enum/"1"',
    ),
    (
        "alike",
        described("mode", ALIKE),
        described("mode", {"enum": ["1", None, True, "True"]}),
        "accepts/body/mode/enum/1",
    ),
    (
        "alike",
        described("mode", ALIKE),
        described("mode", {"enum": [1, "1", None, True]}),
        'accepts/body/mode/enum/"True"',
    ),
    ("letters", described("name", ANY_LETTERS), described("name", ASCII_LETTERS), "accepts/body/name/characters"),
    ("letters", described("name", ANY_LETTERS), described("name", {"type": "string"}), "request/body/name/pattern"),
    ("retired", RETIRED, retired("legacy"), "request/body/legacy/forbidden"),
    ("retired", RETIRED, retired("label"), "request/body/label/forbidden"),
    ("retired", RETIRED, without(RETIRED, "patternProperties"), "request/body/*^old_/forbidden"),
    (
        "retired-inside",
        described("part", RETIRED),
        described("part", retired("legacy")),
        "request/body/part/legacy/forbidden",
    ),
    ("empty-only", described("part", EMPTY_ONLY), described("part", {"type": "array"}), "request/body/part/items"),
    (
        "after-the-fixed-items",
        described("span", AFTER),
        described("span", without(AFTER, "unevaluatedItems")),
        "request/body/span/*/type",
    ),
    (
        "alternatives-in-alternatives",
        described("part", nested(NUMBER, "anyOf")),
        described("part", nested({"type": "integer"}, "anyOf")),
        "request/body/part/oneOf/1/oneOf/a/n/maximum",
    ),
    (
        "one-of-a-pair",
        described("pair", PAIRED),
        described("pair", without(PAIRED, "dependentRequired")),
        "request/body/pair/dependentRequired",
    ),
    (
        "one-of",
        USER_OR_TEAM,
        without(USER_OR_TEAM, "oneOf", anyOf=[{"required": ["user"]}, {"required": ["team"]}]),
        "request/body/oneOf",
    ),
    (
        "one-of",
        USER_OR_TEAM,
        without(USER_OR_TEAM, "oneOf", **{"not": {"required": ["user", "team"]}}),
        "request/body/oneOf",
    ),
    ("tag", tagged(TOPIC, TOPIC), tagged(TOPIC, TOPIC, any_name=True), "request/body/kind/discriminator"),
    (
        "tag",
        tagged(TOPIC, TOPIC),
        tagged(TOPIC, {"type": "string", "minLength": 1}),
        "request/body/oneOf/File/link/maxLength",
    ),
    ("tag", tagged(TOPIC, TOPIC), tagged(TOPIC, {**TOPIC, "maxLength": 39}), "accepts/body/oneOf/File/link/maxLength"),
    (
        "tag-at-depth",
        described("parts", {**LIST, "items": tagged(TOPIC, TOPIC)}),
        described("parts", {**LIST, "items": tagged({"type": "string"}, TOPIC)}),
        "request/body/parts/*/oneOf/Text/words/minLength",
    ),
    ("or-null", described("name", OR_NULL), described("name", UP_TO_5), "request/body/name/maxLength"),
    ("or-null", described("name", OR_NULL), described("name", OR_NULL["anyOf"][0]), "accepts/body/name/null"),
    (
        "patterns",
        described("n", {"type": "integer"}, False, patternProperties=X, additionalProperties=False),
        described("n", {"type": "integer"}, False, patternProperties={"^x-": {}}, additionalProperties=False),
        "request/body/*^x-/maxLength",
    ),
    (
        "open-patterns",
        described("n", {"type": "integer"}, False, patternProperties=X, additionalProperties=False),
        described("n", {"type": "integer"}, False, patternProperties={"^x-": {}}, additionalProperties=False),
        "request/body/*^x-/maxLength",
    ),
    ("fixed-items", described("span", SPAN), described("span", without(SPAN, "items")), "request/body/span/items"),
    (
        "fixed-items",
        described("span", SPAN),
        described("span", {**SPAN, "prefixItems": [{"type": "integer"}, SPAN["prefixItems"][1]]}),
        "request/body/span/0/minimum",
    ),
    ("if", GROUP, without(GROUP, "then"), "request/body/if/then/members/required"),
    ("if", GROUP, without(GROUP, "else"), "request/body/if/else/members/forbidden"),
    (
        "names",
        described("labels", LABELS),
        described("labels", without(LABELS, "propertyNames")),
        "request/body/labels/propertyNames",
    ),
    (
        "names",
        described("labels", LABELS),
        described("labels", without(LABELS, "minProperties")),
        "request/body/labels/minProperties",
    ),
    (
        "contains",
        described("tags", TAGS),
        described("tags", without(TAGS, "maxContains")),
        "request/body/tags/maxContains",
    ),
    ("contains", described("tags", TAGS), described("tags", without(TAGS, "contains")), "request/body/tags/contains"),
    ("odd-name", described("a/b~c", ODD, False), described("a/b~c", {}, False), "request/body/a~1b~0c/maxLength"),
    ("starred", STARRED, starred("*"), "request/body/~2/maxLength"),
    ("starred", STARRED, starred("*^x"), "request/body/~2^x/maxLength"),
    ("starred", STARRED, without(STARRED, patternProperties={"^x": {}}), "request/body/*^x/type"),
    ("starred", STARRED, without(STARRED, "additionalProperties"), "request/body/*/type"),
    ("nameless", described("", ODD, False), described("", {}, False), "request/body/~3/maxLength"),
    ("needs-another", CARD, without(CARD, "dependentRequired"), "request/body/dependentRequired"),
    (
        "changes-another",
        PHONE,
        without(PHONE, "dependentSchemas"),
        "request/body/dependentSchemas/card/street/maxLength",
    ),
    ("anchor", described("name", ODD), described("name", {"type": "string"}), "request/body/name/maxLength"),
    ("address", described("name", ODD), described("name", {"type": "string"}), "request/body/name/maxLength"),
]


ODD_NAMES = document(STARRED, {"type": "object", "required": ["*", ""], "properties": {"*": ODD, "": ODD}})


@pytest.mark.parametrize(
    ("answer", "rows"),
    [
        ({"*": "abc", "": "abc"}, []),
        ({"*": "abcdefghijkl", "": "abc"}, ["response/201/~2/maxLength"]),
        ({"*": "abc", "": "abcdefghijkl"}, ["response/201/~3/maxLength"]),
        ({"*": "abc"}, ["response/201/~3/required"]),
    ],
    ids=["honest", "star", "no name", "missing"],
)
def test_odd_names_in_answers(answer: Any, rows: list[str]) -> None:
    """A property called `*`, and one without a name, are judged by themselves."""
    words = certified(ODD_NAMES, peer.matching(STARRED), lambda body: answer)

    assert rows == words["fail"]


@pytest.mark.parametrize("least", [1, 4])
def test_a_least_length_that_nobody_checks_is_one_finding(least: int) -> None:
    """The empty string is too short as well; where it alone is taken, that is the finding."""
    name = {"type": "string", "minLength": least}
    spec, short = document(described("name", name)), "request/body/name/minLength"
    words = certified(spec, peer.matching(described("name", {"type": "string"})), folded=True)
    assert [short] == words["fail"]
    if least > 1:
        taken = {"anyOf": [name, {"const": ""}]}
        words = certified(spec, peer.matching(described("name", taken)), folded=True)
        assert ["request/body/name/empty-string"] == words["fail"]


def test_texts_of_plain_requests_are_ascii() -> None:
    """A server that takes letters of ASCII alone, against its document, fails the row on others, and no other row."""
    words = certified(SAID["letters"], peer.matching(described("name", ASCII_LETTERS)))

    assert ["accepts/body/name/characters"] == words["fail"]


@pytest.mark.parametrize("name", SAID)
def test_an_honest_server_keeps_to_the_document(name: str) -> None:
    """An honest server breaks no requirement, and every requirement gets a verdict."""
    honest = next(rule for label, rule, _, _ in ROWS if label == name)

    assert {} == unsatisfied(certified(SAID[name], peer.matching(honest)))


@pytest.mark.parametrize(("name", "rule", "row"), [(name, broken, row) for name, _, broken, row in ROWS])
def test_a_server_that_breaks_one_word_fails_there(name: str, rule: Any, row: str) -> None:
    """The requirement that says so fails."""
    assert row in certified(SAID[name], peer.matching(rule))["fail"]


@pytest.mark.parametrize("name", SAID)
def test_the_mock_can_break_each_word(name: str) -> None:
    """The cases of each requirement on the body show the faults that are made for it."""
    contract = read_contract(SAID[name], vendor="a", where="a.yaml")
    planner = Planner(contract, {}, profile_named("quick"), 1)
    requirements = derive(contract).requirements
    assert contract.body is not None
    missed = []
    for fault in faults_of(contract):
        requirement = requirements[fault.breaks[0]]
        bodies = [c.request.body.value for c in planner.plan(requirement).cases if isinstance(c.request.body, JsonBody)]
        if not isinstance(requirement.check, Refuses) or not fault.deviations.schemas:
            continue
        relaxed = Validator(fault.deviations.schemas[0](contract.body.schema))
        assert not any(map(Validator(contract.body.schema).accepts, bodies))
        if bodies and not any(map(relaxed.accepts, bodies)):
            missed.append(fault.id)

    assert [] == missed


CAT = {"type": "object", "required": ["kind", "lives"], "properties": {"kind": {}, "lives": {"type": "integer"}}}
DOG = {"type": "object", "required": ["kind", "bark"], "properties": {"kind": {}, "bark": TOPIC}}
MAPPED = {
    "oneOf": [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}],
    "discriminator": {"propertyName": "kind", "mapping": {"c": "#/components/schemas/Cat", "d": "Dog"}},
}


def takes_pets(*names: str) -> Callable[[Any], bool]:
    """The rule of a server that knows pets by these names."""

    def rule(body: Any) -> bool:
        kind = body.get("kind") if isinstance(body, dict) else None
        known = CAT if kind in ("c", "Cat") else DOG
        return kind in names and bool(peer.matching(known)(body))

    return rule


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_a_refused_alternative_is_blamed_though_the_smallest_request_is_of_it(profile: str) -> None:
    """Neither the smallest request nor any state is, since nothing that the alternative describes is ever served."""
    spec = document(MAPPED, None, "3.0.3", Cat=CAT, Dog=DOG)

    words = certified(spec, takes_pets("Cat", "d", "Dog"), profile=profile, folded=True)
    assert ["accepts/body/oneOf/Cat"] == words["fail"]


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_a_value_of_a_boolean_field_that_is_refused_is_blamed_on_the_field(profile: str) -> None:
    """Both values of each such field are asked for; null beside them changes nothing."""
    loud = {"type": ["boolean", "null"]}
    body = {
        "type": "object",
        "required": ["topic"],
        "properties": {"topic": TOPIC, "quiet": {"type": "boolean"}, "loud": loud},
    }
    takes = peer.matching(body)

    words = certified(
        document(body), lambda value: takes(value) and value.get("quiet") is not False, profile=profile, folded=True
    )
    assert ["accepts/body/quiet/boolean/false"] == words["fail"]
    assert {"accepts/body/loud/boolean/true", "accepts/body/loud/boolean/false"} <= {*words["pass"]}
