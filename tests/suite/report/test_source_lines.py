"""Lines of clauses: the right one for every place of a document, and no document is too much."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.openapi.document.loading import read_document
from chatcert.openapi.schemas.pointer import MISSING, join, lookup, tokens_of
from chatcert.report.source_lines import SourceNode, index_lines
from chatcert.requirements.catalogue import derive
from chatcert.vendors import SPEC, known_vendors, open_vendor, specs_folder

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
DOCUMENTS = st.dictionaries(
    st.text(max_size=6),
    st.recursive(
        LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
        max_leaves=12,
    ),
    max_size=4,
)


def members(value: Any, pointer: str = "") -> Iterator[tuple[str, str | None]]:
    """Every place of a value below itself, with its key where it is a member of an object."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield join(pointer, key), key
            yield from members(inner, join(pointer, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield join(pointer, index), None
            yield from members(inner, join(pointer, index))


def lines_of(place: SourceNode, pointer: str = "") -> dict[str, int]:
    """The line of every place inside of one, by its pointer."""
    found: dict[str, int] = {}
    for token, inner in place.children.items():
        found |= {join(pointer, token): inner.line} | lines_of(inner, join(pointer, token))
    return found


@settings(max_examples=50)
@given(document=DOCUMENTS)
def test_every_place_of_a_json_document_has_the_line_of_its_key(document: dict[str, Any]) -> None:
    """No place is missing, none is invented, and the key stands on its line."""
    text = json.dumps(document, indent=1)
    lines, rows = lines_of(index_lines(text)), text.split("\n")

    expected = dict(members(document))
    assert set(expected) == set(lines)
    for pointer, key in expected.items():
        assert key is None or rows[lines[pointer] - 1].strip().startswith(f"{json.dumps(key)}: ")


@settings(max_examples=50)
@given(document=DOCUMENTS)
def test_yaml_and_json_have_the_same_places(document: dict[str, Any]) -> None:
    """How a document is written does not change what is in it."""
    texts = (json.dumps(document, indent=1), yaml.safe_dump(document))
    assert set(lines_of(index_lines(texts[0]))) == set(lines_of(index_lines(texts[1])))


@pytest.mark.parametrize("vendor", known_vendors())
def test_clauses_of_a_bundled_vendor_are_found(vendor: str) -> None:
    """Every clause of the published file is on the line that is given for it."""
    path = specs_folder() / vendor / SPEC
    published, text = read_document(path), path.read_text(encoding="utf-8")
    places, rows = index_lines(text), text.splitlines()
    pointers = {r.clause.pointer for r in derive(open_vendor(vendor)).requirements.values() if r.clause.pointer}
    held = [pointer for pointer in pointers if lookup(published, tokens_of(pointer)) is not MISSING]

    assert held
    for pointer in held:
        name = tokens_of(pointer)[-1]
        row = rows[(places.line_at(pointer) or 0) - 1].strip()
        assert name.isdigit() or row.replace("'", "").replace('"', "").startswith(f"{name}:"), pointer


def test_escapes_of_json_are_read() -> None:
    """What JSON can write and YAML cannot is no end of the document."""
    places = index_lines('{\n"\\ud83d\\ude00": 1,\n"\\\\ud83d": 2,\n"\\ud800": 3,\n"x\\/y": 4}')

    assert [2, 3, 4, 5] == [places.line_at(f"/{key}") for key in ("\U0001f600", "\\ud83d", "\ufffd", "x~1y")]


def test_a_place_that_is_not_there_has_the_line_around_it() -> None:
    """What an overlay adds is shown where it is added; the whole document has no line of its own."""
    places = index_lines("a:\n  b:\n    - c\n    - d: 1\n")

    assert [2, 4, 4, 1, None, None] == [
        places.line_at(pointer) for pointer in ("/a/b/7/x", "/a/b/1/d", "/a/b/1/d/e/f", "/a/z", "/z", "")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 200_000,
        '{"a": ' * 50_000,
        "a: &x {b: *x}\nc: 1",
        "{[1]: 2}",
        "a: 'b",
        "- \x00",
        "a: !!python/name:os 1",
    ],
    ids=["empty", "deep-list", "deep-object", "alias-of-itself", "key-is-list", "cut", "control", "tag"],
)
def test_no_document_is_too_much(text: str) -> None:
    """Whatever the file has become, there are lines or there are none, and no error."""
    assert all(line >= 1 for line in lines_of(index_lines(text)).values())
