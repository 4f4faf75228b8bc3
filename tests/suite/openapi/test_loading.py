"""Reading documents: every notation means what YAML 1.2 and JSON say, and hostile files are refused in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.exceptions import UsageError
from chatcert.openapi.document import loading
from chatcert.openapi.document.loading import read_document

Write = Callable[[dict[str, Any]], Path]

SCALARS = {
    "true": True,
    "True": True,
    "yes": "yes",
    "on": "on",
    "null": None,
    "~": None,
    "": None,
    "'null'": "null",
    "200": 200,
    "'200'": "200",
    "-0": 0,
    "+5": 5,
    "010": 10,
    "0x1f": "0x1f",
    "1_000": "1_000",
    "1.50": 1.5,
    ".5": 0.5,
    "1e999": "1e999",
    "1.0e+999": "1.0e+999",
    ".inf": ".inf",
    "NaN": "NaN",
    "2021-04-20": "2021-04-20",
    "12:30:45": "12:30:45",
    "2021-04-20T10:00:00Z": "2021-04-20T10:00:00Z",
    "!!str 5": "5",
    "'<<'": "<<",
    "3.0.3": "3.0.3",
}


@pytest.mark.parametrize("text", SCALARS)
def test_scalars_mean_what_they_say(write: Write, text: str) -> None:
    """Truth values, numbers and nulls are what YAML 1.2 says; what looks like a date or a time stays text."""
    value = read_document(write({"a.yaml": f"key: {text}\n"}))["key"]

    assert (SCALARS[text], type(SCALARS[text])) == (value, type(value))


def test_every_key_is_text(write: Write) -> None:
    """A status is the same key with and without quotation marks."""
    document = read_document(write({"a.yaml": "responses:\n  '200': a\n  404: b\n  true: c\n  2021-04-20: d\n"}))

    assert {"200": "a", "404": "b", "true": "c", "2021-04-20": "d"} == document["responses"]


def test_merge_keys_are_laid_under(write: Write) -> None:
    """What a mapping says itself outweighs what it merges in, and earlier merges outweigh later ones."""
    text = "one: &one {a: 1, b: 1}\ntwo: &two {b: 2, c: 2, d: 2}\nboth:\n  <<: [*one, *two]\n  d: 3\n"

    assert {"a": 1, "b": 1, "c": 2, "d": 3} == read_document(write({"a.yaml": text}))["both"]


def test_an_alias_is_a_copy(write: Write) -> None:
    """What stands behind an alias can be changed in one place without changing the other."""
    document = read_document(write({"a.yaml": "a: &x {k: 1}\nb: *x\n"}))
    document["a"]["k"] = 2

    assert {"k": 1} == document["b"]


@pytest.mark.parametrize(
    "encoded", ['\ufeff{"a": "é"}', "\ufeffa: é\n", '{"a": "\\u00e9"}'], ids=["JSON", "YAML", "plain"]
)
def test_a_byte_order_mark_is_not_content(write: Write, encoded: str) -> None:
    """Documents are UTF-8, with or without the mark that some editors put in front."""
    assert {"a": "é"} == read_document(write({"a.yaml": encoded}))


@settings(deadline=None)
@given(data=st.data(), notation=st.sampled_from([json.dumps, yaml.safe_dump]))
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, strategies: ModuleType, data: st.DataObject, notation: Callable[..., str]
) -> None:
    """Reading undoes writing, in both notations."""
    value = data.draw(strategies.json_objects())
    path = tmp_path_factory.mktemp("written") / "document"
    path.write_text(notation(value), encoding="utf-8")

    assert value == read_document(path)


DEEP = 200_000
ALIASES = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))
CHAIN = "\n".join(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 300))
UNUSABLE: dict[str, tuple[Any, str]] = {
    "expanding-aliases": (f"a0: &a0 [x, x, x, x, x, x, x, x, x]\n{ALIASES}\n", "expand without end"),
    "alias-in-itself": ("a: &a [*a]\n", "contains itself"),
    "alias-in-itself-below": ("a: &a {b: {c: *a}}\n", "contains itself"),
    "unknown-alias": ("a: *b\n", "a.yaml:1: not valid YAML: found undefined alias"),
    "deep-json": ('{"a":' * DEEP + "1" + "}" * DEEP, "nested too deeply"),
    "deep-json-just-parsed": ('{"a":' * 500 + "1" + "}" * 500, "nested too deeply"),
    "deep-flow": ("a: " + "[" * DEEP, "nested too deeply"),
    "deep-flow-mappings": ("a: " + "{a: " * DEEP, "nested too deeply"),
    "deep-dashes": ("- " * DEEP + "a", "nested too deeply"),
    "deep-by-aliases": (f"a0: &a0 [x]\n{CHAIN}\n", "nested too deeply"),
    "not-utf-8": ("a: é".encode("latin-1"), "not UTF-8"),
    "utf-16": ("a: 1".encode("utf-16"), "not UTF-8"),
    "empty": ("", "not a mapping"),
    "a-list": ("- a\n", "not a mapping"),
    "a-text": ("hello", "not a mapping"),
    "two-documents": ("a: 1\n---\nb: 2\n", "a.yaml:2: not valid YAML"),
    "tab": ("a:\n\tb: 1\n", "a.yaml:2: not valid YAML"),
    "unclosed-json": ('{"a": [1, 2', "not valid YAML"),
    "key-that-is-a-list": ("? [a]\n: 1\n", "a.yaml:1: a mapping key is not a string"),
    "merge-of-text": ("a:\n  <<: text\n", "a.yaml:2: a merge key takes mappings only"),
    "reserved-key": ("x-chatcert-files: [1]\n", "x-chatcert-files is not a mapping"),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_an_unusable_file_is_refused_in_one_line(write: Write, case: str) -> None:
    """Where, what and what to do, without a traceback, whatever the file holds."""
    content, expected = UNUSABLE[case]
    path = write({"a.yaml": content})

    with pytest.raises(UsageError) as caught:
        read_document(path)

    assert caught.value.line().startswith(str(path))
    assert expected in caught.value.line()
    assert 1 == len(caught.value.line().splitlines())


@pytest.mark.parametrize("name", ["missing.yaml", ".", "a\0b.yaml", "x" * 5000])
def test_a_path_that_leads_to_no_file_is_refused(tmp_path: Path, name: str) -> None:
    """A missing file, a folder, a name that no system takes: one line each."""
    with pytest.raises(UsageError):
        read_document(tmp_path / name)


def test_a_file_that_is_too_large_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is on bytes, and a document of exactly that many is still read."""
    monkeypatch.setattr(loading, "MAX_BYTES", 8)

    assert {"a": 12345} == read_document(write({"a.yaml": "a: 12345"}))
    with pytest.raises(UsageError, match="larger than"):
        read_document(write({"a.yaml": "a: 123456"}))
