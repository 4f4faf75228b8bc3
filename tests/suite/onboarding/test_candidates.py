"""Candidates for an overlay: what names, types and examples suggest, in a form that works once it is un-commented."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpath_rfc9535 import find

from chatcert.onboarding.candidates import RULES, find_candidates
from chatcert.onboarding.overlay_target import target_of
from chatcert.onboarding.starter_overlay import starter_overlay
from chatcert.openapi.contract import Contract
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.pointer import join
from chatcert.requirements.catalogue import derive
from chatcert.vendors import known_vendors, open_documents, open_spec, open_vendor, specs_folder

FOLDER = Path(__file__).parents[1] / "documents"
DOCUMENTS = {
    **{path.name: path for path in sorted(FOLDER.glob("*.*"))},
    "split": FOLDER / "split" / "openapi.yaml",
    **{vendor: specs_folder() / vendor / "openapi.yaml" for vendor in known_vendors()},
}
MEASURED = ("resource", "unique", "equals", "clock")


def blocks_of(overlay: str) -> list[str]:
    """The commented-out actions of a starter overlay, each as it stands."""
    return re.findall(r"^  # - target: .*\n(?:  #   .*\n)*", overlay, re.MULTILINE)


def uncommented(overlay: str, *blocks: str) -> str:
    """A starter overlay in which some of its blocks are un-commented."""
    for block in blocks:
        overlay = overlay.replace(block, block.replace("  # ", "  "))
    return overlay


@pytest.fixture(params=DOCUMENTS)
def path(request: pytest.FixtureRequest) -> Path:
    """Each document in turn."""
    return DOCUMENTS[request.param]


@pytest.fixture
def bare(path: Path) -> Contract:
    """The contract of each document in turn, without any overlay."""
    return open_spec(path, name="sample")


@pytest.fixture
def opened(tmp_path: Path, path: Path, bare: Contract) -> Callable[[str], set[str]]:
    """Opens the document with an overlay as a vendor's folder is opened, and gives the paths of its requirements."""

    def opening(overlay: str) -> set[str]:
        place = tmp_path / "overlay.yaml"
        place.write_text(overlay, encoding="utf-8")
        contract = open_documents(path, place, vendor="sample", place="specs/sample")
        assert bare.operation == contract.operation
        return {requirement.path for requirement in derive(contract).requirements.values()}

    return opening


@pytest.mark.slow
def test_every_candidate_works_alone_and_with_all_others(bare: Contract, opened: Callable[[str], set[str]]) -> None:
    """Un-commented, a candidate is a valid action that gives its requirements; none of them is there before.

    What must be new may be recognised without an overlay, and is suggested all the same.
    """
    candidates = find_candidates(bare)
    overlay = starter_overlay(bare, candidates)
    blocks = blocks_of(overlay)
    before = opened(overlay)

    assert len(candidates) == len(blocks)
    assert all(candidate.requirements for candidate in candidates if candidate.rule != "prose")
    for candidate, block in zip(candidates, blocks, strict=True):
        assert "distinct" == candidate.rule or set() == set(candidate.requirements) & before
        assert set(candidate.requirements) <= opened(uncommented(overlay, block)), candidate
    assert {name for c in candidates for name in c.requirements} <= opened(uncommented(overlay, *blocks))


def test_every_candidate_says_why_in_one_line(bare: Contract) -> None:
    """A candidate has a reason and cites its place; it is there once."""
    candidates = find_candidates(bare)

    assert len({(c.rule, c.target) for c in candidates}) == len(candidates)
    for candidate in candidates:
        assert candidate.rule in RULES
        assert 1 == len(candidate.reason.splitlines())
        assert candidate.content["source"]


def stated(vendor: str) -> set[str]:
    """What the real overlay of a vendor gives of the kinds that are measured, as paths of requirements."""
    contract, bare = open_vendor(vendor), open_spec(specs_folder() / vendor / "openapi.yaml", name=vendor)
    more = {r.path for r in derive(contract).requirements.values()} - {
        r.path for r in derive(bare).requirements.values()
    }
    return {path for path in more if path.rpartition("/")[2] in ("unknown", "unique", "equals", "clock")}


def test_candidates_hold_what_the_bundled_overlays_state() -> None:
    """Without the overlays of the four bundled vendors, nearly all of what they state is suggested."""
    wanted = {(vendor, path) for vendor in ("agencii", "openwebui", "polyai", "sigmamind") for path in stated(vendor)}
    found = {
        (vendor, path)
        for vendor in ("agencii", "openwebui", "polyai", "sigmamind")
        for candidate in find_candidates(open_spec(specs_folder() / vendor / "openapi.yaml", name=vendor))
        for path in candidate.requirements
        if candidate.rule in MEASURED
    }

    assert 33 <= len(wanted)
    assert wanted - found == set()
    assert len(found - wanted) <= 0.1 * len(found)


def test_units_follow_from_examples_and_formats(changed: Callable[..., Any], read: Callable[..., Contract]) -> None:
    """Thirteen digits are milliseconds, ten are seconds; a date-time is a time near now, an end is not."""
    properties = {
        "id": {"type": "string"},
        "created_at": {"type": "integer", "example": 1709337600},
        "updatedAt": {"type": "integer", "example": 1709337600123},
        "startTime": {"type": "string", "format": "date-time"},
        "timestamp": {"type": "string", "example": "2026-05-05T10:06:43Z"},
        "date_opened": {"type": "number", "description": "In milliseconds."},
        "expires_at": {"type": "integer", "example": 1709337600},
        "time": {"type": "integer", "example": 12},
        "response_time": {"type": "integer"},
    }
    contract = read(changed({"/components/schemas/Chat/properties": properties}))

    units = {c.target.rpartition(".")[2]: c.content["unit"] for c in find_candidates(contract) if c.rule == "clock"}

    assert {
        "created_at": "seconds",
        "updatedAt": "milliseconds",
        "startTime": "date-time",
        "timestamp": "date-time",
        "date_opened": "milliseconds",
    } == units


def test_echoes_follow_from_names_types_and_examples(
    changed: Callable[..., Any], read: Callable[..., Contract]
) -> None:
    """What has name and type of a request field is an echo, unless examples differ by more than a prefix."""
    contract = read(
        changed(
            {
                "/components/schemas/ChatRequest/properties": {
                    "text": {"type": "string"},
                    "tone": {"type": "string", "example": "kind"},
                    "weight": {"type": "number"},
                    "agentId": {"type": "string", "example": "77"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
                "/components/schemas/Chat/properties": {
                    "id": {"type": "string"},
                    "text": {"type": "string"},
                    "tone": {"type": "string", "example": "plain"},
                    "weight": {"type": "string"},
                    "agentId": {"type": "string", "example": "agent_77"},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            }
        )
    )

    echoes = {c.target.rpartition(".")[2]: c.content for c in find_candidates(contract) if c.rule == "equals"}

    assert {"text", "agentId", "tags"} == set(echoes)
    assert "agent_" == echoes["agentId"]["prefix"]
    assert "$request.body#/text" == echoes["text"]["expression"]


def test_a_start_is_suggested_only_where_the_schema_allows_it(
    changed: Callable[..., Any], read: Callable[..., Contract]
) -> None:
    """Empty values and a status in an example look like how a chat starts; null where it is not allowed does not."""
    contract = read(
        changed(
            {
                "/components/schemas/Chat/properties": {
                    "id": {"type": "string"},
                    "pinned": {"type": "boolean"},
                    "share": {"type": "string"},
                    "labels": {"type": "array"},
                    "status": {"type": "string", "enum": ["open", "closed"], "example": "open"},
                    "flag": {"type": "boolean"},
                },
                "/paths/~1teams~1{team}~1chats/post/responses/201/content/application~1json/example": {
                    "id": "a",
                    "pinned": False,
                    "share": None,
                    "labels": [],
                    "flag": True,
                },
            }
        )
    )

    starts = {c.target.rpartition(".")[2]: c.content["value"] for c in find_candidates(contract) if c.rule == "initial"}

    assert {"pinned": False, "labels": [], "status": "open"} == starts


HOSTILE = ["a'b", 'a"b', "a\nb", "a\\b", "# - target: $", "a: b", "*", "null", "where", "é ü", "\u2028", "]", "~1/x"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_leaves_its_comment(
    changed: Callable[..., Any], read: Callable[..., Contract], tmp_path: Path, name: str
) -> None:
    """Whatever a document calls its fields, the overlay says the same commented out, and un-commented is right."""
    field = f"{name} thing_id"
    document = changed(
        {
            "/components/schemas/ChatRequest/properties": {field: {"type": "string"}},
            "/components/schemas/ChatRequest/required": None,
            "/info/title": f"{name} # {name}",
        }
    )
    contract = read(document)
    overlay = starter_overlay(contract, find_candidates(contract))
    path = tmp_path / "overlay.yaml"

    path.write_text(overlay, encoding="utf-8")
    commented = read_document(path)["actions"]
    path.write_text(uncommented(overlay, *blocks_of(overlay)), encoding="utf-8")
    actions = read_document(path)["actions"]

    assert 1 == len(commented)
    assert [a["target"] for a in actions[1:]] == [c.target for c in find_candidates(contract)]
    assert f"resource/{field}/unknown" in {n for c in find_candidates(contract) for n in c.requirements}


NAMES = st.sampled_from(
    ["a", "a b", "a'b", '"', "\\", "*", "null", "where", "0", "a.b", "/x/{y}", "é", "", "$", "[", "~", "\n", "\x00"]
)
OBJECTS = st.recursive(
    st.just({}), lambda inner: st.dictionaries(NAMES, inner | st.lists(inner, max_size=3), max_size=3), max_leaves=8
)


@given(OBJECTS)
def test_a_target_names_one_place(document: dict[str, Any]) -> None:
    """The path of an object finds that object and no other, whatever its members are called."""
    pending: list[tuple[str, Any]] = [("", document)]
    while pending:
        pointer, value = pending.pop()
        if isinstance(value, list):
            pending += [(join(pointer, index), item) for index, item in enumerate(value)]
            continue
        target = target_of(document, pointer)
        assert [id(value)] == [id(node.value) for node in find(target, document)]
        pending += [(join(pointer, name), inner) for name, inner in value.items()]


def test_a_target_follows_references_and_names_of_parameters() -> None:
    """A pointer through a reference is the path of what it leads to; a parameter is named by its name."""
    document = {
        "paths": {"/x": {"$ref": "#/parts/x"}},
        "parts": {
            "x": {
                "parameters": [
                    {"name": "it's", "schema": {}},
                    {"name": "q"},
                    {"name": "q"},
                ]
            }
        },
    }

    found = [target_of(document, f"/paths/~1x/parameters/{place}") for place in ("0/schema", "1", "9", "0/schema/type")]

    assert ["$.parts.x.parameters[?@.name == 'it\\'s'].schema", "$.parts.x.parameters[1]", "", ""] == found


def test_a_place_that_comes_back_within_itself_is_no_echo(
    changed: Callable[..., Any], read: Callable[..., Contract]
) -> None:
    """Where a rule on a shared schema would hold for the parts of parts too, no value of the request is right there."""
    chat = {"id": {"type": "string"}, "text": {"type": "string"}, "parent": {"$ref": "#/components/schemas/Chat"}}
    alone = {**chat, "parent": {"type": "object"}}

    rules = {
        name: {c.rule for c in find_candidates(read(changed({"/components/schemas/Chat/properties": properties})))}
        for name, properties in (("nested", chat), ("alone", alone))
    }

    assert "equals" in rules["alone"]
    assert "equals" not in rules["nested"]
    assert "unique" in rules["nested"]


def test_what_is_stated_is_not_suggested() -> None:
    """A contract with its overlay has no candidate for what the overlay says already."""
    for vendor in known_vendors():
        contract = open_vendor(vendor)
        known = {requirement.path for requirement in derive(contract).requirements.values()}
        assert set() == known & {name for c in find_candidates(contract) for name in c.requirements}


def test_a_large_document_is_gone_through_in_parts(
    changed: Callable[..., Any], read: Callable[..., Contract], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where one candidate does not work, the others are still found, by halves and not one by one."""
    names = [f"thing{number}_id" for number in range(64)]
    contract = read(
        changed(
            {
                "/components/schemas/ChatRequest/properties": {name: {"type": "string"} for name in names},
                "/components/schemas/ChatRequest/required": None,
            }
        )
    )
    asked: list[int] = []
    from chatcert.onboarding import candidates

    def gives(contract: Contract, taken: list[Any]) -> list[bool]:
        asked.append(len(taken))
        return ["thing5_id" not in candidate.target for candidate in taken]

    monkeypatch.setattr(candidates, "_yields_requirements", gives)

    found = [c.target.rpartition(".")[2] for c in find_candidates(contract) if c.rule == "resource"]

    assert {*names, "name == 'team']"} - {"thing5_id"} == set(found)
    assert len(asked) <= 2 * 8


def test_operations_are_distinguished_by_their_overlay() -> None:
    """The starter overlay marks the operation that was picked, so that it is found without being named again."""
    path = FOLDER / "relay.yaml"
    contract = open_spec(path, name="relay", operation="createMessage")
    from chatcert.openapi.document.overlay import apply_overlay

    marked = {
        "overlay": "1.1.0",
        "actions": [
            {"target": "$.paths['/threads/{thread_id}/messages'].post", "update": {"x-chatcert-creates": "chat"}}
        ],
    }
    assert "$.paths['/threads/{thread_id}/messages'].post" in starter_overlay(contract, ())
    again = read_contract(apply_overlay(dict(contract.document), marked, where=""), vendor="relay", where="relay")
    assert contract.operation == again.operation


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("session_id", "distinct"),
        ("client_session_id", "distinct"),
        ("agent_id", "resource"),
        ("parent_session_id", "resource"),
    ],
)
@pytest.mark.parametrize("conflict", [True, False])
def test_what_the_client_names_is_no_existing_thing(name: str, rule: str, conflict: bool) -> None:
    """The id of what is created is suggested as new, with the documented status; ids of other things as existing."""
    body = {"type": "object", "properties": {name: {"type": "string"}}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": ""}, **({"409": {"description": "Exists."}} if conflict else {})},
    }
    document = {"openapi": "3.1.0", "info": {"title": "T"}, "paths": {"/sessions": {"post": operation}}}
    (found,) = find_candidates(read_contract(document, vendor="v", where="v.yaml"))

    assert rule == found.rule
    if rule == "distinct":
        assert (409 if conflict else None) == found.content.get("status")
        assert (f"request/body/{name}/distinct",) == found.requirements


@pytest.mark.parametrize(
    ("example", "properties", "right"),
    [
        ({"ok": False, "error": "x"}, {}, {"pointer": "/ok", "value": False}),
        ({"success": 0, "message": "x"}, {}, {"pointer": "/success", "value": 0}),
        ({"status": "error", "message": "x"}, {}, {"pointer": "/status", "value": "error"}),
        ({"error": {"code": 7}}, {}, {"pointer": "/error"}),
        ({"success": True}, {"success": "boolean", "error": "string"}, {"pointer": "/success", "value": False}),
        ({"ok": True, "id": "1"}, {"ok": "boolean"}, None),
        ({"error": None, "id": "1"}, {"id": "string"}, None),
        ({"status": "open"}, {"status": "string"}, None),
    ],
)
def test_refusals_with_the_status_of_a_success(example: Any, properties: dict[str, str], right: Any) -> None:
    """Where an example or the fields of a success show that it may be a refusal, the overlay word is suggested."""
    schema = {"type": "object", "properties": {name: {"type": kind} for name, kind in properties.items()}}
    content = {"application/json": {"schema": schema, "examples": {"one": {"value": example}}}}
    operation = {"requestBody": {"content": {}}, "responses": {"200": {"description": "", "content": content}}}
    document = {"openapi": "3.1.0", "info": {"title": "T"}, "paths": {"/chats": {"post": operation}}}
    found = find_candidates(read_contract(document, vendor="v", where="v.yaml"))
    refusals = [{**one.content} for one in found if one.rule == "refusal"]

    assert [right] * (right is not None) == [{k: v for k, v in one.items() if k != "source"} for one in refusals]


def test_a_code_that_is_zero_after_a_success() -> None:
    """Examples with the code 0 and another one show that the other one is a refusal."""
    values = [{"status": {"code": 0}, "id": "1"}, {"status": {"code": 4001, "message": "x"}}]
    content = {"application/json": {"examples": {str(n): {"value": value} for n, value in enumerate(values)}}}
    operation = {"requestBody": {"content": {}}, "responses": {"200": {"description": "", "content": content}}}
    document = {"openapi": "3.1.0", "info": {"title": "T"}, "paths": {"/chats": {"post": operation}}}

    found = find_candidates(read_contract(document, vendor="v", where="v.yaml"))

    assert ["/status/code"] == [one.content["pointer"] for one in found if one.rule == "refusal"]


@pytest.mark.parametrize(
    ("entry", "right"),
    [
        ({"example": 'data: {"text": "a"}\n\ndata: [DONE]\n\n'}, "[DONE]"),
        ({"example": "data: [DONE]\n\n"}, "[DONE]"),
        ({"examples": {"one": {"value": [{"event": "token", "data": '{"a": 1}'}, {"data": "[END]"}]}}}, "[END]"),
        ({"examples": {"one": {"serializedValue": ": hi\nevent: token\ndata: {}\n\ndata: bye\n\n"}}}, "bye"),
        ({"example": 'data: {"text": "a"}\n\n'}, None),
        ({"example": "data: Hello\n\ndata: world\n\n"}, None),
        ({"example": "data: Hello\n\n"}, None),
        ({}, None),
    ],
)
@pytest.mark.parametrize("named", ["text/event-stream", "application/x-ndjson"])
def test_the_terminator_of_a_stream(entry: dict[str, Any], right: str | None, named: str) -> None:
    """It is suggested where an example ends with a text that is not JSON, after nothing but JSON."""
    content = {"application/json": {"schema": {"type": "object"}}, named: entry}
    operation = {"requestBody": {"content": {}}, "responses": {"200": {"description": "", "content": content}}}
    document = {"openapi": "3.2.0", "info": {"title": "T"}, "paths": {"/chats": {"post": operation}}}
    found = [
        one for one in find_candidates(read_contract(document, vendor="v", where="v.yaml")) if one.rule == "stream"
    ]

    assert [right] * (right is not None) == [one.content["terminator"] for one in found]
    assert all(f"$.paths['/chats'].post.responses['200'].content['{named}']" == one.target for one in found)


def test_what_the_document_refutes_is_not_suggested(read: Any, flawless: dict[str, Any]) -> None:
    """A copy whose example the request's field cannot have, and a time that the client gives, are no candidates."""
    request = flawless["components"]["schemas"]["ChatRequest"]
    request["properties"] |= {
        "from": {"type": "object", "properties": {"type": {"type": "string", "enum": ["user", "lead"]}}},
        "created_at": {"type": "integer", "example": 1671028894},
        "label": {"type": "string", "description": "At most 256 characters."},
        "mark": {"type": "string", "description": "At most 3 characters.", "example": "longer"},
    }
    flawless["components"]["schemas"]["Chat"]["properties"] |= {
        "type": {"type": "string", "example": "user_message"},
        "created_at": {"type": "integer", "description": "When it was created, in seconds."},
    }
    found = {(c.rule, c.target.rpartition(".")[2]): c for c in find_candidates(read(flawless))}

    assert ("equals", "type") not in found
    assert ("clock", "created_at") not in found
    assert {"maxLength": 256} == found["prose", "label"].content["schema"]
    assert '"256 characters"' in found["prose", "label"].reason
    assert ("prose", "mark") not in found
