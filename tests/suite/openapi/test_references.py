"""References between files: the document's own folder is taken in, everything else is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.openapi.document import loading
from chatcert.openapi.document.loading import FILES_KEY, read_document
from chatcert.openapi.schemas.pointer import locate

Write = Callable[[dict[str, Any]], Path]

OUTSIDE = {
    "parent": "../outside.yaml",
    "parent-below": "parts/../../outside.yaml#/a",
    "encoded": "%2e%2e/outside.yaml",
    "encoded-slash": "..%2Foutside.yaml",
    "absolute": "/etc/passwd",
    "link": "link.yaml",
    "link-to-folder": "up/outside.yaml",
    "http": "http://127.0.0.1:9/a.yaml",
    "https": "https://example.com/a.yaml#/b",
    "file": "file:///etc/passwd",
    "no-scheme": "//example.com/a.yaml",
    "upper-case": "HTTPS://example.com/a.yaml",
    "data": "data:text/yaml,a",
}
NOWHERE = {
    "missing": "missing.yaml",
    "folder": "parts",
    "nul": "a%00b.yaml",
    "endless-link": "loop.yaml",
    "long": "x" * 5000,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with links that lead out of it and round in circles, and a file beside it."""
    inside = tmp_path / "inside"
    (inside / "parts").mkdir(parents=True)
    (tmp_path / "outside.yaml").write_text("a: secret\n")
    (inside / "link.yaml").symlink_to(tmp_path / "outside.yaml")
    (inside / "up").symlink_to(tmp_path)
    (inside / "loop.yaml").symlink_to(inside / "loop.yaml")
    return inside


@pytest.mark.parametrize("case", OUTSIDE)
def test_a_reference_that_leads_out_is_refused(folder: Path, case: str) -> None:
    """Other folders, links to them, the network: named in one line, and nothing is read from there."""
    path = folder / "a.yaml"
    path.write_text(f"a:\n  - b: {{$ref: '{OUTSIDE[case]}'}}\n")

    with pytest.raises(UsageError, match=r"leaves the document's folder|points outside the document") as caught:
        read_document(path)

    assert 1 == len(caught.value.line().splitlines())
    assert "secret" not in caught.value.line()


@pytest.mark.parametrize(
    "place",
    [
        {"info": {"description": "HERE"}},
        {"tags": [{"description": "HERE"}]},
        {"x-samples": {"curl": ["HERE"]}},
        {"paths": {"/a": {"post": {"x-code": "HERE"}}}},
        {"components": {"schemas": {"A": {"example": {"a": "HERE"}}}}},
        {"components": {"schemas": {"A": {"properties": {"info": {"default": "HERE"}}}}}},
    ],
)
@pytest.mark.parametrize("case", ["missing.ts", "https://example.com/a.md", "../outside.yaml"])
def test_what_is_no_reference_is_not_followed(write: Write, place: dict[str, Any], case: str) -> None:
    """In prose, in values and in extensions of other programs ``$ref`` means nothing."""
    document = json.loads(json.dumps(place).replace('"HERE"', json.dumps({"$ref": case})))

    read = json.dumps(read_document(write({"a.json": document})))

    assert place == json.loads(read.replace(json.dumps({"$ref": case}), '"HERE"'))


@pytest.mark.parametrize("key", ["x-parts", "info", "tags"])
def test_an_extension_may_refer_to_parts_too(write: Write, key: str) -> None:
    """What leads to a file is taken in, what leads nowhere stays: nothing that is judged depends on it."""
    read = read_document(
        write(
            {
                "a.json": {key: {"A": {"$ref": "part.yaml"}, "B": {"$ref": "missing.yaml"}}},
                "part.yaml": "type: string",
            }
        )
    )

    assert {"A": {"$ref": f"#/{FILES_KEY}/1"}, "B": {"$ref": "missing.yaml"}} == read[key]


@pytest.mark.parametrize(
    "keys",
    [
        ("components", "schemas", "info"),
        ("components", "schemas", "A", "properties", "x-mark"),
        ("components", "headers", "x-limit"),
        ("paths", "/a", "post", "responses", "default"),
        ("components", "schemas", "A", "properties", "example"),
        ("components", "parameters", "tags"),
        ("components", "examples", "default"),
    ],
)
def test_a_name_that_looks_like_a_keyword_is_a_name(write: Write, keys: tuple[str, ...]) -> None:
    """A schema called ``info`` and a header called ``x-limit`` are references like any other."""
    document: dict[str, Any] = {"$ref": "part.yaml"}
    for key in reversed(keys):
        document = {key: document}

    read = read_document(
        write({"a.json": document, "part.yaml": "example: {$ref: 'other.yaml'}", "other.yaml": "a: 1"})
    )

    assert {"$ref": f"#/{FILES_KEY}/1"} == reduce(getitem, keys, read)
    assert {"$ref": f"#/{FILES_KEY}/2"} == read[FILES_KEY]["1"]["example"]


@pytest.mark.parametrize("case", NOWHERE)
def test_a_reference_to_no_file_is_refused(folder: Path, case: str) -> None:
    """The line names the file that refers and the reference."""
    path = folder / "a.yaml"
    path.write_text(f"a: {{$ref: '{NOWHERE[case]}'}}\n")

    with pytest.raises(UsageError, match=r"a\.yaml: \$ref"):
        read_document(path)


def test_a_part_cannot_lead_out_either(write: Write) -> None:
    """What a part refers to is looked for beside the part, and still in the document's folder."""
    with pytest.raises(UsageError, match="leaves the document's folder"):
        read_document(write({"a.yaml": "a: {$ref: parts/b.yaml}", "parts/b.yaml": "b: {$ref: ../../c.yaml}"}))


def test_parts_are_taken_in(write: Write) -> None:
    """Nested, circular and encoded references lead, inside one document, to what stood in the other files."""
    document = read_document(
        write(
            {
                "a.yaml": "chat: {$ref: 'parts/chat.yaml#/Chat'}\n"
                "whole: {$ref: 'parts/chat.yaml'}\n"
                "text: {type: string}\n",
                "parts/chat.yaml": "Chat: {title: {$ref: '../a.yaml#/text'}, user: {$ref: '#/User'}, "
                "tone: {$ref: 'my%20tone.json'}}\n"
                "User: {friend: {$ref: '#/User'}, chat: {$ref: '../parts/chat.yaml#/Chat'}}\n",
                "parts/my tone.json": {"enum": ["kind"]},
            }
        )
    )
    chat = locate(document, document["chat"]["$ref"])[1]
    user = locate(document, chat["user"]["$ref"])[1]

    assert {"type": "string"} == locate(document, chat["title"]["$ref"])[1]
    assert {"enum": ["kind"]} == locate(document, chat["tone"]["$ref"])[1]
    assert user == locate(document, user["friend"]["$ref"])[1]
    assert chat == locate(document, user["chat"]["$ref"])[1]
    assert chat == locate(document, document["whole"]["$ref"])[1]["Chat"]
    assert 2 == len(document[FILES_KEY])


def test_a_document_of_one_file_stays_as_it_is(write: Write) -> None:
    """No key is added and no inner reference is changed."""
    content = {"a": {"$ref": "#/b"}, "b": {"properties": {"$ref": {"type": "string"}}}}

    assert content == read_document(write({"a.json": content}))


def test_a_document_that_was_taken_in_can_be_read_again(write: Write) -> None:
    """A bundled document is a document like any other, and may refer to further files."""
    first = read_document(write({"a.yaml": "a: {$ref: 'b.yaml#/x'}\n", "b.yaml": "x: {type: string}\n"}))
    again = read_document(write({"c.json": {**first, "more": {"$ref": "b.yaml#/x"}}}))

    assert {"type": "string"} == locate(again, again["a"]["$ref"])[1] == locate(again, again["more"]["$ref"])[1]


def test_a_long_row_of_files_is_followed_to_its_limit(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chain of hundreds of files is read; more than the limit are refused."""
    files = {f"f{n}.yaml": f"a: {{b: {{c: {{$ref: 'f{n + 1}.yaml#/a'}}}}}}\n" for n in range(180)}
    path = write({**files, "f180.yaml": "a: end\n"})

    assert 180 == len(read_document(path)[FILES_KEY])
    monkeypatch.setattr(loading, "MAX_FILES", 100)
    with pytest.raises(UsageError, match="more than 100 files"):
        read_document(path)
