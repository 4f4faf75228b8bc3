"""Overlays: each action finds exactly what it means, or says that the document has changed."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from jsonpath_rfc9535 import find

from chatcert.exceptions import UsageError
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.document.overlay import apply_matching_actions, apply_overlay
from chatcert.vendors import specs_folder

DOCUMENT = {
    "info": {"title": "a"},
    "paths": {"/x": {"post": {"tags": ["a"], "parameters": [{"name": "p"}, {"name": "q"}]}}},
}


def _overlay(*actions: Any) -> dict[str, Any]:
    return {"overlay": "1.1.0", "info": {"title": "t", "version": "1"}, "actions": list(actions)}


@pytest.fixture
def overlay(vendor: str) -> dict[str, Any]:
    """The overlay of each bundled vendor in turn."""
    return read_document(specs_folder() / vendor / "overlay.yaml")


def test_every_bundled_action_finds_one_place(published: dict[str, Any], overlay: dict[str, Any]) -> None:
    """When its turn comes, the target of each action names one node of the document, no fewer and no more."""
    found = {
        action["target"]: len(
            find(
                action["target"],
                apply_overlay(published, {**overlay, "actions": overlay["actions"][:number]}, where=""),
            )
        )
        for number, action in enumerate(overlay["actions"])
    }

    assert dict.fromkeys(found, 1) == found


def test_every_bundled_action_says_where_the_page_says_it(overlay: dict[str, Any]) -> None:
    """Each action has a description, and each extension that a requirement rests on cites its source."""
    extensions = [
        value
        for action in overlay["actions"]
        for key, value in action.get("update", {}).items()
        if key.startswith("x-chatcert-") and isinstance(value, dict)
    ]

    assert all(action["description"].strip() for action in overlay["actions"])
    assert extensions
    assert all(extension.get("source", "").strip() for extension in extensions)


def test_the_arguments_stay_as_they_are(published: dict[str, Any], overlay: dict[str, Any]) -> None:
    """Applying an overlay changes neither the document nor the overlay, and the result shares nothing with them."""
    before = copy.deepcopy((published, overlay))
    result = apply_overlay(published, overlay, where="")
    result["info"]["title"] = "changed"
    result["paths"].clear()

    assert before == (published, overlay)


def test_applying_twice_gives_the_same(published: dict[str, Any], overlay: dict[str, Any]) -> None:
    """The result follows from the arguments alone."""
    assert apply_overlay(published, overlay, where="") == apply_overlay(published, overlay, where="")


@pytest.mark.parametrize(
    ("action", "pointed", "expected"),
    [
        ({"target": "$.info", "update": {"version": "1"}}, "$.info", {"title": "a", "version": "1"}),
        ({"target": "$.info", "update": {"title": "b"}}, "$.info", {"title": "b"}),
        ({"target": "$.info.title", "remove": True}, "$.info", {}),
        ({"target": "$.paths['/x'].post", "update": {"tags": ["b"]}}, "$.paths['/x'].post.tags", ["a", "b"]),
        ({"target": "$.paths['/x'].post", "update": {"x-a": {"b": None}}}, "$.paths['/x'].post['x-a']", {"b": None}),
        ({"target": "$.paths[*].post", "update": {"x-a": 1}}, "$.paths['/x'].post['x-a']", 1),
        (
            {"target": "$.paths['/x'].post.parameters[?@.name == 'q']", "update": {"in": "query"}},
            "$.paths['/x'].post.parameters",
            [{"name": "p"}, {"name": "q", "in": "query"}],
        ),
        (
            {"target": "$.paths['/x'].post.parameters[*]", "update": {"x-a": 1}},
            "$.paths['/x'].post.parameters",
            [{"name": "p", "x-a": 1}, {"name": "q", "x-a": 1}],
        ),
    ],
    ids=["adds", "replaces", "removes", "appends", "nests", "wildcard", "element", "elements"],
)
def test_an_action_does_what_the_standard_says(action: dict[str, Any], pointed: str, expected: Any) -> None:
    """Updates merge objects and append to lists, removals remove (Overlay 1.1, Action Object)."""
    result = apply_overlay(DOCUMENT, _overlay(action), where="")

    assert [expected] == find(pointed, result).values()


def test_a_later_action_sees_what_an_earlier_one_did() -> None:
    """Actions are applied in order."""
    result = apply_overlay(
        DOCUMENT,
        _overlay(
            {"target": "$.info", "update": {"contact": {"name": "a"}}},
            {"target": "$.info.contact.name", "remove": True},
        ),
        where="",
    )

    assert {"title": "a", "contact": {}} == result["info"]


@pytest.mark.parametrize(
    ("overlay", "expected"),
    [
        (
            _overlay({"target": "$.info", "remove": True}, {"target": "$.info", "update": {}}),
            "o.yaml: actions[1]: target $.info matches nothing",
        ),
        (
            _overlay({"target": "$.paths['/y']", "update": {}}),
            "o.yaml: actions[0]: target $.paths['/y'] matches nothing",
        ),
        (_overlay({"update": {}}), "o.yaml: actions[0]: has no target"),
        (_overlay("text"), "o.yaml: actions[0]: has no target"),
        (_overlay({"target": "$..[", "update": {}}), "o.yaml: actions[0]: target is not a JSONPath query"),
        ({"overlay": "2.0.0", "actions": []}, "o.yaml: not an Overlay 1.x document"),
        ({"overlay": "1.0.0"}, "o.yaml: not an Overlay 1.x document"),
        ({}, "o.yaml: not an Overlay 1.x document"),
    ],
    ids=["removed-before", "never-there", "no-target", "no-action", "no-path", "version", "no-actions", "empty"],
)
def test_an_overlay_that_does_not_fit_is_refused(overlay: dict[str, Any], expected: str) -> None:
    """One line says which action and why, and the document is left alone."""
    before = copy.deepcopy(DOCUMENT)

    with pytest.raises(UsageError) as caught:
        apply_overlay(DOCUMENT, overlay, where="o.yaml")

    assert caught.value.line().startswith(expected)
    assert 1 == len(caught.value.line().splitlines())
    assert before == DOCUMENT


def test_what_finds_nothing_is_reported_and_the_rest_is_applied() -> None:
    """Applied as far as it fits, an overlay gives the numbers of its other actions; some may be left out."""
    overlay = _overlay(
        {"target": "$.info", "update": {"title": "b"}},
        {"target": "$.nowhere", "update": {}},
        {"target": "$.info", "update": {"version": "2"}},
    )

    result, lost = apply_matching_actions(DOCUMENT, overlay, where="o.yaml")
    assert ({"title": "b", "version": "2"}, (1,)) == (result["info"], lost)
    assert {"title": "a"} == DOCUMENT["info"]
    result, lost = apply_matching_actions(DOCUMENT, overlay, where="o.yaml", without=(1, 2))
    assert ({"title": "b"}, ()) == (result["info"], lost)


@pytest.mark.parametrize(
    ("actions", "pointed", "expected"),
    [
        ([{"target": "$.paths['/x'].post.tags", "update": "b"}], "$..tags", [["a", "b"]]),
        ([{"target": "$.paths['/x'].post.tags", "update": ["b", "c"]}], "$..tags", [["a", "b", "c"]]),
        ([{"target": "$.paths['/x'].post.tags[?@ == 'a']", "remove": True}], "$..tags", [[]]),
        ([{"target": "$.paths['/x'].post.parameters[0, 1, 0]", "remove": True}], "$..parameters", [[]]),
        ([{"target": "$.info.title", "update": None}], "$.info.title", [None]),
        ([{"target": "$..name", "update": "r"}], "$..name", ["r", "r"]),
        ([{"target": "$.info", "copy": "$.paths['/x'].post.parameters[0]"}], "$.info", [{"title": "a", "name": "p"}]),
        ([{"target": "$..tags", "copy": "$..tags"}], "$..tags", [["a", "a"]]),
        ([{"target": "$.info.title", "copy": "$..tags[0]"}], "$.info.title", ["a"]),
        ([{"target": "$.info", "remove": True, "update": {"title": "b"}}], "$.info", []),
        ([{"target": "$.info", "remove": False, "update": {"title": "b"}}], "$.info.title", ["b"]),
        ([{"target": "$", "update": {"info": {"title": "b"}}}], "$.info.title", ["b"]),
        (
            [{"target": "$..*[?@.name]", "update": {"name": "r"}}, {"target": "$..*[?@.name == 'r']", "update": {}}],
            "$..name",
            ["r", "r"],
        ),
    ],
    ids=[
        "append",
        "concatenate",
        "remove-primitive",
        "remove-elements-once",
        "null",
        "primitives",
        "copy-object",
        "copy-array",
        "copy-primitive",
        "remove-wins",
        "not-removed",
        "root",
        "order",
    ],
)
def test_each_kind_of_target_is_changed_in_its_own_way(actions: list[Any], pointed: str, expected: list[Any]) -> None:
    """Objects merge, arrays grow, primitive values are replaced, and copies are values of their own (Overlay 1.1)."""
    result = apply_overlay(DOCUMENT, _overlay(*actions), where="")

    assert expected == find(pointed, result).values()


def test_a_copy_shares_nothing_with_its_source() -> None:
    """What a copy adds can change without its source."""
    actions = [
        {"target": "$.info", "update": {"x-list": []}},
        {"target": "$.info", "copy": "$.paths"},
        {"target": "$.info['/x'].post.tags", "update": "b"},
    ]

    result = apply_overlay(DOCUMENT, _overlay(*actions), where="")

    assert (["a", "b"], ["a"]) == (result["info"]["/x"]["post"]["tags"], result["paths"]["/x"]["post"]["tags"])


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"target": "$.info", "update": "a"}, "a primitive value cannot be merged with the object value of the target"),
        ({"target": "$.info.title", "update": {}}, "an object value cannot be merged with the primitive value of"),
        ({"target": "$.info", "update": {"title": ["a"]}}, "an array value cannot be merged with the primitive value"),
        ({"target": "$..*", "update": {}}, "target selects array and object and primitive values together"),
        ({"target": "$", "remove": True}, "removes the whole document"),
        ({"target": "$.info", "update": {}, "copy": "$.paths"}, "has both `update` and `copy`"),
        ({"target": "$.info", "copy": "$.nowhere"}, "copy $.nowhere selects 0 nodes"),
        ({"target": "$.info", "copy": "$..name"}, "copy $..name selects 2 nodes"),
        ({"target": "$.info", "copy": "$["}, "copy is not a JSONPath query"),
        ({"target": "$.info", "copy": 1}, "copy is not a JSONPath query"),
    ],
    ids=[
        "primitive-into-object",
        "object-into-primitive",
        "array-into-member",
        "mixed",
        "root",
        "update-and-copy",
        "no-source",
        "sources",
        "bad-source",
        "no-text",
    ],
)
def test_an_action_that_the_standard_forbids_is_refused(action: dict[str, Any], expected: str) -> None:
    """One line says which action cannot be applied and why."""
    with pytest.raises(UsageError) as caught:
        apply_overlay(DOCUMENT, _overlay(action), where="o.yaml")

    assert caught.value.line().startswith(f"o.yaml: actions[0]: {expected}")


@pytest.mark.slow
def test_an_overlay_cannot_grow_a_document_without_end() -> None:
    """Copies that double the document, or nest it, are refused before they fill the memory."""
    doubling = [{"target": "$.info", "update": {"x": [1]}}, *[{"target": "$.info.x", "copy": "$.info.x"}] * 30]
    nesting = [{"target": f"$.info{'.info' * depth}", "copy": "$"} for depth in range(120)]

    with pytest.raises(UsageError, match="add more than"):
        apply_overlay(DOCUMENT, _overlay(*doubling), where="")
    with pytest.raises(UsageError, match=r"too deeply|add more than"):
        apply_overlay(DOCUMENT, _overlay(*nesting), where="")


def test_an_action_that_depends_on_one_that_is_left_out_is_left_out_too() -> None:
    """Without the removal of a text, the list that replaces it does not fit; nothing of that action is applied."""
    overlay = _overlay(
        {"target": "$.info.title", "remove": True},
        {"target": "$.info", "update": {"version": "2", "title": ["b"]}},
    )

    result, unmatched = apply_matching_actions(DOCUMENT, overlay, where="o.yaml", without=(0,))

    assert ({"title": "a"}, ()) == (result["info"], unmatched)
