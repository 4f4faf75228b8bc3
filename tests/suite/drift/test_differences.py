"""Drift: what two versions of a document have not alike, which way it has moved, and what that does to a client."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.drift.differences import Drift, drift
from chatcert.drift.directions import Direction, direction_of
from chatcert.drift.effects import ChangeKind, Effect
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.pointer import MISSING, replaced, tokens_of
from chatcert.vendors import known_vendors, open_spec, open_vendor

FOLDER = Path(__file__).parents[1] / "documents"
OTHER_WAY = {
    ChangeKind.ADDED: ChangeKind.REMOVED,
    ChangeKind.REMOVED: ChangeKind.ADDED,
    ChangeKind.TIGHTENED: ChangeKind.LOOSENED,
    ChangeKind.LOOSENED: ChangeKind.TIGHTENED,
    ChangeKind.CHANGED: ChangeKind.CHANGED,
}
OPERATION = "/paths/~1teams~1{team}~1chats/post"
REQUEST, CHAT, ERROR = (f"/components/schemas/{name}" for name in ("ChatRequest", "Chat", "Error"))


def contract_of(document: dict[str, Any]) -> Contract:
    return read_contract(document, vendor="sample", where="sample.yaml")


def altered(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A document with other values at some pointers; a value of ``None`` takes the place away."""
    for pointer, value in changes.items():
        document = replaced(document, tokens_of(pointer), MISSING if value is None else value)
    return document


def found(drifted: Drift) -> dict[str, tuple[str, str]]:
    """What became of each requirement that has changed, and its effect, by path."""
    return {change.id.partition("/")[2]: (change.how.value, change.effect.value) for change in drifted.changes}


LIMIT = st.none() | st.integers(0, 5)


def _with(schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**schema, **{name: value for name, value in more.items() if value is not None}}


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    """A schema of one field, with limits that say something, nothing or the impossible."""
    kind = draw(st.sampled_from(["text", "number", "choice", "object", "list", "any", "either"]))
    match kind:
        case "text":
            return _with(
                {"type": draw(st.sampled_from(["string", "integer"]))},
                maxLength=draw(LIMIT),
                minLength=draw(LIMIT),
                pattern=draw(st.sampled_from([None, "^a", "^b"])),
                format=draw(st.sampled_from([None, "uuid", "date"])),
            )
        case "number":
            return _with(
                {"type": draw(st.sampled_from(["integer", "number"]))},
                maximum=draw(LIMIT),
                minimum=draw(LIMIT),
                multipleOf=draw(st.sampled_from([None, 2, 4, 3])),
            )
        case "choice":
            return {"enum": draw(st.lists(st.sampled_from(["a", "b", 1, True]), min_size=1, unique_by=repr))}
        case "object":
            inner = draw(st.dictionaries(st.sampled_from("xy"), st.just({"type": "string"})))
            return _with(
                {"type": "object", "properties": inner},
                additionalProperties=draw(
                    st.sampled_from([None, True, False, {"type": "string"}, {"type": "integer"}])
                ),
                required=draw(st.lists(st.sampled_from("xy"), unique=True)) or None,
            )
        case "list":
            return _with(
                {"type": "array", "items": {"type": draw(st.sampled_from(["string", "integer"]))}},
                maxItems=draw(LIMIT),
                uniqueItems=draw(st.sampled_from([None, True, False])),
            )
        case "either":
            return {
                "oneOf": draw(
                    st.lists(
                        st.sampled_from(
                            [{"type": "string"}, {"type": "integer"}, {"type": "object", "not": {"required": ["x"]}}]
                        ),
                        min_size=1,
                        max_size=3,
                        unique_by=repr,
                    )
                )
            }
        case _:
            return {}


@st.composite
def objects(draw: st.DrawFn) -> dict[str, Any]:
    properties = draw(st.dictionaries(st.sampled_from(["a", "b", "c", "d/e"]), fields(), max_size=3))
    names = sorted(properties)
    required = draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    return _with(
        {"type": "object", "properties": properties},
        required=required or None,
        additionalProperties=draw(st.sampled_from([None, False])),
    )


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """A document with one operation, everything in which may differ."""
    media = draw(st.sampled_from(["application/json", "application/x-www-form-urlencoded"]))
    statuses = draw(st.lists(st.sampled_from(["200", "201", "202", "2XX"]), min_size=1, max_size=2, unique=True))
    statuses += draw(st.lists(st.sampled_from(["400", "401", "422", "4XX", "default"]), max_size=2, unique=True))
    responses = {
        status: {"description": "", "content": {"application/json": {"schema": draw(objects())}}} for status in statuses
    }
    named = draw(st.lists(st.sampled_from([("query", "q"), ("header", "X-H"), ("cookie", "c")]), unique=True))
    parameters = [
        {"name": name, "in": place, "required": draw(st.booleans()), "schema": draw(fields())} for place, name in named
    ]
    operation: dict[str, Any] = {"responses": responses, "parameters": parameters}
    if draw(st.booleans()):
        operation["requestBody"] = {"required": draw(st.booleans()), "content": {media: {"schema": draw(objects())}}}
    schemes = draw(st.lists(st.sampled_from(["Key", "Bearer"]), unique=True))
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {draw(st.sampled_from(["/chats", "/v2/chats"])): {"post": operation}},
        "components": {
            "securitySchemes": {
                "Key": {"type": "apiKey", "in": "header", "name": "X-Key"},
                "Bearer": {"type": "http", "scheme": "bearer"},
            }
        },
        "security": [{scheme: [] for scheme in schemes}] if schemes else [],
    }
    hosts = draw(st.lists(st.sampled_from(["https://a.dev", "https://b.dev", "https://a.dev/v2"]), unique=True))
    if hosts:
        document["servers"] = [{"url": host} for host in hosts]
    return document


def shuffled(value: Any, seed: int) -> Any:
    """A JSON value with the keys of its objects in another order."""
    chance = random.Random(seed)

    def mixed(inner: Any) -> Any:
        if isinstance(inner, dict):
            keys = list(inner)
            chance.shuffle(keys)
            return {key: mixed(inner[key]) for key in keys}
        return [mixed(item) for item in inner] if isinstance(inner, list) else inner

    return mixed(value)


@settings(max_examples=25)
@given(documents(), st.integers(0, 1000))
def test_a_document_has_not_drifted_from_itself(document: dict[str, Any], seed: int) -> None:
    """Nothing has changed where nothing has, nor where keys are in another order."""
    assert {} == found(drift(contract_of(document), contract_of(copy.deepcopy(document))))
    assert {} == found(drift(contract_of(document), contract_of(shuffled(document, seed))))


@pytest.mark.slow
@settings(max_examples=25)
@given(documents(), documents())
def test_the_way_back_is_the_opposite(one: dict[str, Any], other: dict[str, Any]) -> None:
    """From B to A, what was added is removed, what was tightened is loosened, and nothing else has changed."""
    first, second = contract_of(one), contract_of(other)
    there, back = drift(first, second), drift(second, first)

    def describe_change(drifted: Drift, *, turned: bool) -> set[tuple[str, str, ChangeKind]]:
        rows = set()
        for change in drifted.changes:
            old, new = (side.id if side is not None else "" for side in (change.old, change.new))
            rows.add((new, old, OTHER_WAY[change.how]) if turned else (old, new, change.how))
        return rows

    assert describe_change(there, turned=False) == describe_change(back, turned=True)
    assert all(change.effect is Effect.HARMLESS or change.why for change in (*there.changes, *back.changes))


@pytest.mark.parametrize("name", [path.name for path in sorted(FOLDER.glob("*.*"))])
def test_odd_documents_have_not_drifted_from_themselves(name: str) -> None:
    """Documents of every shape compare, with themselves and with their keys in another order."""
    contract = open_spec(FOLDER / name, name="sample")
    again = contract_of(shuffled(copy.deepcopy(dict(contract.document)), 7)) if name != "muddle.yaml" else contract

    assert {} == found(drift(contract, open_spec(FOLDER / name, name="sample")))
    assert {} == found(drift(contract, again))


@pytest.mark.parametrize("vendor", known_vendors())
def test_bundled_vendors_compare_with_each_other(vendor: str) -> None:
    """Two documents that have nothing in common compare all the same, and a client breaks."""
    names = known_vendors()
    for other in (vendor, names[names.index(vendor) - 1]):
        drifted = drift(open_vendor(vendor), read_contract(open_vendor(other).document, vendor=vendor, where=other))
        assert (vendor != other) == drifted.breaks


CHANGES: dict[str, tuple[dict[str, Any], str, tuple[str, str]]] = {
    # requests
    "new required field": (
        {f"{REQUEST}/required": ["text", "tone"]},
        "request/body/tone/required",
        ("added", "breaking"),
    ),
    "required no more": ({f"{REQUEST}/required": []}, "request/body/text/required", ("removed", "harmless")),
    "lower limit": (
        {f"{REQUEST}/properties/text/maxLength": 10},
        "request/body/text/maxLength",
        ("tightened", "breaking"),
    ),
    "higher limit": (
        {f"{REQUEST}/properties/text/maxLength": 99},
        "request/body/text/maxLength",
        ("loosened", "harmless"),
    ),
    "no limit": (
        {f"{REQUEST}/properties/text/maxLength": None},
        "request/body/text/maxLength",
        ("removed", "harmless"),
    ),
    "enum member gone": (
        {f"{REQUEST}/properties/tone/enum": ["plain"]},
        "accepts/body/tone/enum/kind",
        ("removed", "breaking"),
    ),
    "enum narrowed": (
        {f"{REQUEST}/properties/tone/enum": ["plain"]},
        "request/body/tone/enum",
        ("tightened", "breaking"),
    ),
    "enum member new": (
        {f"{REQUEST}/properties/tone/enum": ["kind", "plain", "dry"]},
        "request/body/tone/enum",
        ("loosened", "harmless"),
    ),
    "enum gone": ({f"{REQUEST}/properties/tone/enum": None}, "accepts/body/tone/enum/kind", ("removed", "harmless")),
    "other type": (
        {f"{REQUEST}/properties/weight/type": "string"},
        "request/body/weight/type",
        ("changed", "breaking"),
    ),
    "narrower type": (
        {f"{REQUEST}/properties/weight/type": "integer"},
        "request/body/weight/type",
        ("tightened", "breaking"),
    ),
    "new pattern": ({f"{REQUEST}/properties/text/pattern": "^a"}, "request/body/text/pattern", ("added", "breaking")),
    "new optional field": (
        {f"{REQUEST}/properties/more": {"type": "string", "maxLength": 5}},
        "request/body/more/maxLength",
        ("added", "harmless"),
    ),
    "new required in a new object": (
        {f"{REQUEST}/properties/more": {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}},
        "request/body/more/a/required",
        ("added", "harmless"),
    ),
    "field gone, others welcome": (
        {f"{REQUEST}/properties/tags": None},
        "accepts/body/tags/present",
        ("removed", "may-break"),
    ),
    "closed": ({f"{REQUEST}/additionalProperties": False}, "request/body/additionalProperties", ("added", "breaking")),
    "item narrowed": (
        {f"{REQUEST}/properties/tags/items/maxLength": 3},
        "request/body/tags/*/maxLength",
        ("added", "breaking"),
    ),
    "condition": (
        {f"{REQUEST}/patternProperties": {"^x-": {"type": "string"}}},
        "accepts/all-fields",
        ("tightened", "may-break"),
    ),
    "body optional": ({f"{OPERATION}/requestBody/required": False}, "request/body/absent", ("removed", "harmless")),
    "new credential": (
        {
            "/security": [{"Key": [], "Other": []}],
            "/components/securitySchemes/Other": {"type": "http", "scheme": "bearer"},
        },
        "auth/Authorization/missing",
        ("added", "breaking"),
    ),
    "no credential": ({"/security": []}, "auth/X-Key/missing", ("removed", "harmless")),
    "credential elsewhere": (
        {"/components/securitySchemes/Key/in": "query"},
        "auth/X-Key/missing",
        ("changed", "breaking"),
    ),
    "new required parameter": (
        {f"{OPERATION}/parameters/1": {"name": "q", "in": "query", "required": True, "schema": {"type": "string"}}},
        "request/query/q/required",
        ("added", "breaking"),
    ),
    "new optional parameter": (
        {f"{OPERATION}/parameters/1": {"name": "q", "in": "query", "schema": {"type": "integer"}}},
        "request/query/q/type",
        ("added", "harmless"),
    ),
    "media type": (
        {f"{OPERATION}/requestBody/content": {"multipart/form-data": {"schema": {"$ref": f"#{REQUEST}"}}}},
        "operation/media-types",
        ("changed", "breaking"),
    ),
    "media type more": (
        {f"{OPERATION}/requestBody/content/multipart~1form-data": {"schema": {}}},
        "operation/media-types",
        ("loosened", "harmless"),
    ),
    # where to
    "method": (
        {"/paths/~1teams~1{team}~1chats": {"put": {"x-chatcert-creates": "chat"}}},
        "operation/method",
        ("changed", "breaking"),
    ),
    "other host": ({"/servers/0/url": "https://eu.flawless.dev"}, "operation/servers", ("changed", "breaking")),
    "one more host": (
        {"/servers/1": {"url": "https://eu.flawless.dev"}},
        "operation/servers",
        ("loosened", "harmless"),
    ),
    "no host": ({"/servers": None}, "operation/servers", ("tightened", "may-break")),
    # answers
    "other success": (
        {
            f"{OPERATION}/responses/201": None,
            f"{OPERATION}/responses/200": {
                "description": "",
                "content": {"application/json": {"schema": {"$ref": f"#{CHAT}"}}},
            },
        },
        "response/200/status",
        ("changed", "breaking"),
    ),
    "one more success": (
        {f"{OPERATION}/responses/202": {"description": ""}},
        "response/201/status",
        ("loosened", "may-break"),
    ),
    "promised field gone": (
        {f"{CHAT}/properties/id": None, f"{CHAT}/required": []},
        "response/201/id/required",
        ("removed", "breaking"),
    ),
    "no promise": ({f"{CHAT}/required": []}, "response/201/id/required", ("removed", "breaking")),
    "new promise": ({f"{CHAT}/required": ["id", "state"]}, "response/201/state/required", ("added", "harmless")),
    "answer's other type": ({f"{CHAT}/properties/id/type": "integer"}, "response/201/id/type", ("changed", "breaking")),
    "answer may be null": ({f"{CHAT}/properties/id/nullable": True}, "response/201/id/type", ("loosened", "breaking")),
    "answer's new member": (
        {f"{CHAT}/properties/state/enum": ["open", "shut", "gone"]},
        "response/201/state/enum",
        ("loosened", "may-break"),
    ),
    "answer's member gone": (
        {f"{CHAT}/properties/state/enum": ["open"]},
        "response/201/state/enum",
        ("tightened", "harmless"),
    ),
    "answer's spelling": (
        {f"{CHAT}/properties/state/enum": ["OPEN", "SHUT"]},
        "response/201/state/enum",
        ("changed", "breaking"),
    ),
    "answer's optional field gone": (
        {f"{CHAT}/properties/state": None},
        "response/201/state/enum",
        ("removed", "may-break"),
    ),
    "answer's limit": ({f"{CHAT}/properties/id/maxLength": 99}, "response/201/id/maxLength", ("loosened", "may-break")),
    "answer's narrower limit": (
        {f"{CHAT}/properties/id/maxLength": 9},
        "response/201/id/maxLength",
        ("tightened", "harmless"),
    ),
    "answer's new field": (
        {f"{CHAT}/properties/more": {"type": "string"}},
        "response/201/more/type",
        ("added", "harmless"),
    ),
    "answer's media type": (
        {f"{OPERATION}/responses/201/content": {"application/xml": {}}},
        "response/201/content-type",
        ("changed", "breaking"),
    ),
    "new error": ({f"{OPERATION}/responses/429": {"description": ""}}, "operation/errors", ("loosened", "may-break")),
    "error gone": ({f"{OPERATION}/responses/409": None}, "operation/errors", ("tightened", "harmless")),
    "error's other type": (
        {f"{ERROR}/properties/message/type": "object"},
        "response/400/schema",
        ("changed", "breaking"),
    ),
    "error's field gone": ({f"{ERROR}/properties/message": None}, "response/400/schema", ("loosened", "may-break")),
}


@pytest.fixture
def base(changed: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """The flawless document with a little more in its answer."""
    return changed(
        {
            f"{CHAT}/properties/state": {"type": "string", "enum": ["open", "shut"]},
            f"{CHAT}/properties/id/maxLength": 20,
            f"{OPERATION}/responses/409": {"description": "Twice."},
        }
    )


@pytest.mark.parametrize(("changes", "path", "expected"), CHANGES.values(), ids=CHANGES)
def test_a_change_is_reported_with_its_effect(
    base: dict[str, Any], changes: dict[str, Any], path: str, expected: tuple[str, str]
) -> None:
    """Each single change of a document is a change of a requirement, moved that way, and does that to a client."""
    old = contract_of(copy.deepcopy(base))
    if "/method" in path:
        item = base["paths"]["/teams/{team}/chats"]
        changes = {"/paths/~1teams~1{team}~1chats": {"put": {**item["post"], "x-chatcert-creates": "chat"}}}

    drifted = drift(old, contract_of(altered(base, changes)))
    worst = next(iter(drifted.changes)).effect.value

    assert expected == found(drifted).get(path)
    assert worst == expected[1]
    assert drifted.breaks == (expected[1] == "breaking")


STREAM = f"{OPERATION}/responses/201/content/text~1event-stream"
PIECE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "maxLength": 9}, "kind": {"type": "string", "enum": ["a"]}},
}
STREAM_CHANGES: dict[str, tuple[str, Any, str, tuple[str, str]]] = {
    "another terminator": ("x-chatcert-stream/terminator", "[END]", "terminator", ("changed", "breaking")),
    "no terminator": ("x-chatcert-stream/terminator", None, "terminator", ("removed", "breaking")),
    "another error": ("x-chatcert-stream/error", {"required": ["why"]}, "error", ("changed", "may-break")),
    "not required": ("schema/required", None, "text/required", ("removed", "breaking")),
    "another type": ("schema/properties/text/type", "integer", "text/type", ("changed", "breaking")),
    "a wider limit": ("schema/properties/text/maxLength", 99, "text/maxLength", ("loosened", "may-break")),
    "a narrower limit": ("schema/properties/text/maxLength", 5, "text/maxLength", ("tightened", "harmless")),
    "another member": ("schema/properties/kind/enum", ["a", "b"], "kind/enum", ("loosened", "may-break")),
    "a new field": ("schema/properties/more", {"type": "string"}, "more/type", ("added", "harmless")),
    "nothing": ("schema", None, "schema", ("removed", "may-break")),
}


@pytest.mark.parametrize(("place", "value", "path", "expected"), STREAM_CHANGES.values(), ids=STREAM_CHANGES)
def test_a_change_of_a_stream(
    base: dict[str, Any], place: str, value: Any, path: str, expected: tuple[str, str]
) -> None:
    """What events hold, how they end and how errors look is read by clients like any answer."""
    entry = {"schema": PIECE, "x-chatcert-stream": {"terminator": "[DONE]", "error": {"required": ["error"]}}}
    old = altered(base, {STREAM: entry})
    drifted = drift(contract_of(old), contract_of(altered(old, {f"{STREAM}/{place}": value})))

    assert expected == found(drifted).get(f"response/201/stream/{path}")


def test_a_field_that_is_gone_breaks_where_no_other_is_welcome(base: dict[str, Any]) -> None:
    """With additionalProperties false, a client that still sends what was taken out is refused."""
    closed = altered(base, {f"{REQUEST}/additionalProperties": False})
    drifted = found(drift(contract_of(closed), contract_of(altered(closed, {f"{REQUEST}/properties/tags": None}))))

    assert ("tightened", "breaking") == drifted["request/body/additionalProperties"]
    assert ("removed", "breaking") == drifted["accepts/body/tags/present"]


def test_a_path_may_move_into_the_server(base: dict[str, Any]) -> None:
    """The same address written in another way is not a change, nor is another name of a path parameter."""
    old = contract_of(copy.deepcopy(base))
    item = base["paths"].pop("/teams/{team}/chats")
    item["post"]["parameters"][0]["name"] = "crew"
    base["paths"]["/{crew}/chats"] = item
    base["servers"][0]["url"] = "https://api.flawless.dev/teams/"

    drifted = drift(old, contract_of(base))

    assert {Effect.HARMLESS} == {change.effect for change in drifted.changes}
    assert not {name for name in found(drifted) if name.startswith("operation/")}


def test_names_of_components_mean_nothing(base: dict[str, Any]) -> None:
    """A schema that is called otherwise, or written out in place, is the same schema."""
    old = contract_of(copy.deepcopy(base))
    schemas = base["components"]["schemas"]
    schemas["Chat_v2"] = schemas.pop("Chat")
    content = base["paths"]["/teams/{team}/chats"]["post"]["responses"]
    content["201"]["content"]["application/json"]["schema"] = {"allOf": [{"$ref": "#/components/schemas/Chat_v2"}]}
    content["400"]["content"]["application/json"]["schema"] = copy.deepcopy(schemas["Error"])

    assert {} == found(drift(old, contract_of(base)))


def test_the_order_of_alternatives_is_no_change(base: dict[str, Any]) -> None:
    """Alternatives, members, types and required names mean the same in any order, however deep they stand."""
    one = {"oneOf": [{"type": "string"}, {"type": "integer"}], "not": {"anyOf": [{"enum": [1, 2]}, {"const": "a"}]}}
    two = {"oneOf": [{"type": "integer"}, {"type": "string"}], "not": {"anyOf": [{"const": "a"}, {"enum": [2, 1]}]}}
    place = f"{REQUEST}/properties/weight"

    assert {} == found(drift(contract_of(altered(base, {place: one})), contract_of(altered(base, {place: two}))))


def test_words_and_examples_are_no_change(base: dict[str, Any]) -> None:
    """Descriptions, titles, examples and extensions of others change nothing."""
    old = contract_of(copy.deepcopy(base))
    new = contract_of(
        altered(
            base,
            {
                "/info/version": "9",
                f"{REQUEST}/properties/text/description": "Words",
                f"{CHAT}/title": "A chat",
                f"{CHAT}/properties/id/example": "a",
                f"{ERROR}/x-note": 1,
                f"{OPERATION}/summary": "Make one",
            },
        )
    )

    assert {} == found(drift(old, new))


def test_headers_are_compared_without_regard_to_case(base: dict[str, Any]) -> None:
    """A header that is expanded otherwise is the same header."""
    old = contract_of(copy.deepcopy(base))

    assert {} == found(drift(old, contract_of(altered(base, {"/components/securitySchemes/Key/name": "x-KEY"}))))


@pytest.mark.parametrize(
    ("keyword", "old", "new", "expected"),
    [
        ("maxLength", 5, 4, Direction.TIGHTENED),
        ("minimum", 1, 2, Direction.TIGHTENED),
        ("minimum", 1, 1.0, None),
        ("minLength", MISSING, 0, None),
        ("minLength", MISSING, 1, Direction.TIGHTENED),
        ("type", "number", "integer", Direction.TIGHTENED),
        ("type", "integer", ["number", "null"], Direction.LOOSENED),
        ("type", ["string", "null"], ["null", "string"], None),
        ("type", "string", "integer", Direction.CHANGED),
        ("enum", [1, "a"], ["a", 1], None),
        ("enum", [1], [True], Direction.CHANGED),
        ("enum", [1, 2], [2.0], Direction.TIGHTENED),
        ("required", ["a"], ["a", "b"], Direction.TIGHTENED),
        ("multipleOf", 2, 4, Direction.TIGHTENED),
        ("multipleOf", 4, 2, Direction.LOOSENED),
        ("multipleOf", 2, 3, Direction.CHANGED),
        ("multipleOf", 0.01, 0.02, Direction.TIGHTENED),
        ("uniqueItems", MISSING, False, None),
        ("uniqueItems", False, True, Direction.TIGHTENED),
        ("additionalProperties", True, {"type": "string"}, Direction.TIGHTENED),
        ("additionalProperties", False, {"type": "string"}, Direction.LOOSENED),
        ("additionalProperties", MISSING, True, None),
        ("pattern", "a", "b", Direction.CHANGED),
        ("const", False, True, Direction.CHANGED),
        ("format", MISSING, "uuid", Direction.TIGHTENED),
    ],
)
def test_directions(keyword: str, old: Any, new: Any, expected: Direction | None) -> None:
    """A keyword that lets fewer values through is tighter, one that lets more through is looser."""
    assert expected == direction_of(keyword, old, new)
    opposite = {Direction.TIGHTENED: Direction.LOOSENED, Direction.LOOSENED: Direction.TIGHTENED}
    assert (opposite.get(expected, expected) if expected else None) == direction_of(keyword, new, old)


@given(
    st.sampled_from(["maxLength", "minimum", "type", "enum", "required", "additionalProperties", "pattern"]), st.data()
)
def test_directions_are_opposite_on_the_way_back(keyword: str, data: st.DataObject) -> None:
    """Tighter one way is looser the other way, for any two values of a keyword."""
    values = {
        "maxLength": st.integers(0, 9),
        "minimum": st.integers(-3, 3) | st.sampled_from([0.5, 1.0]),
        "type": st.lists(st.sampled_from(["string", "integer", "number", "null"]), min_size=1, unique=True),
        "enum": st.lists(st.sampled_from([0, 1, "1", None, True]), unique_by=repr),
        "required": st.lists(st.sampled_from("abc"), unique=True),
        "additionalProperties": st.sampled_from([True, False, {"type": "string"}, {"type": "null"}]),
        "pattern": st.sampled_from("ab"),
    }[keyword]
    old, new = (data.draw(values | st.just(MISSING)) for _ in range(2))
    there, back = direction_of(keyword, old, new), direction_of(keyword, new, old)

    assert (there is None) == (back is None)
    if there is not None and back is not None:
        assert OTHER_WAY[ChangeKind(there)] == ChangeKind(back)
