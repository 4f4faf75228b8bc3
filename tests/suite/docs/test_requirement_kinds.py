"""The page on kinds of requirements: each that any document gives has one row there, and each row some requirement."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

from chatcert.openapi.provenance import Provenance
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.fields import shown_path
from chatcert.own_rules.rule_loading import rules_of
from chatcert.requirements.acceptance import LIMITS
from chatcert.requirements.answer_rules import FIELD_KEYWORDS
from chatcert.requirements.catalogue import derive, with_rules
from chatcert.requirements.check import Variation
from chatcert.requirements.refusal import KEYWORDS
from chatcert.requirements.requirement import Kind, Level, Requirement
from chatcert.vendors import known_vendors, open_spec, open_vendor

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "requirement-kinds.md").read_text(encoding="utf-8")
DOCUMENTS = ROOT / "tests" / "suite" / "documents"

_KEYWORDS = "|".join(sorted({*KEYWORDS, *FIELD_KEYWORDS, "additionalProperties"} - {"format"}))
_MEANINGS = {
    "field": r"(?P<field>.+)",
    "alternative": r"(?P<alternative>.+)",
    "place": r"(?:path|query|header|cookie)",
    "parameter": r"[^/]+(?:/[^/]+)?",
    "part": r"[^/]+",
    "limit": rf"(?:{'|'.join(LIMITS)})",
    "keyword": rf"(?:{_KEYWORDS})",
    "credential": r"(?!all/)[^/]+",
    "schemes": r"[^/]+",
    "success": r"(?:2(?:\d\d|XX)|30[123])",
    "error": r"(?:[45](?:\d\d|XX)|default)",
    "status": r"(?:[245](?:\d\d|XX)|30[123]|default)",
    "value": r".*",
    "type": r"[a-z]+",
    "levels": r"\d+",
    "rule": r"[a-z0-9-]+",
    "link": r"[^/]+",
    "header": r"[^/]+(?:/.+)?",
}


@dataclass(frozen=True)
class Row:
    """One row of the page: a pattern of ids, and what it says of the requirements that have one."""

    kind: str
    pattern: str
    levels: frozenset[str]
    provenances: frozenset[str]

    @cached_property
    def expression(self) -> re.Pattern[str]:
        """What ids of this pattern look like, without their vendor."""
        parts = re.split(r"\{(\w+)\}", self.pattern)
        text = "".join(_MEANINGS[part] if index % 2 else re.escape(part) for index, part in enumerate(parts))
        return re.compile(text, re.DOTALL)

    def covers(self, requirement: Requirement) -> bool:
        """Whether this row is about a requirement; where it has a field, it is the one that is checked."""
        found = self.expression.fullmatch(requirement.path) if self.kind == requirement.kind else None
        if found is not None and "alternative" in found.groupdict():
            return getattr(requirement.check, "variation", None) == Variation.ALTERNATIVE
        if found is None or "field" not in found.groupdict():
            return found is not None
        path, choices = (getattr(requirement.check, name, ()) for name in ("path", "choices"))
        return found["field"] == "/".join(shown_path(path, choices))

    def is_right_about(self, requirement: Requirement) -> bool:
        """Whether level and provenance are those that it names."""
        return requirement.level in self.levels and requirement.provenance in self.provenances


def _large_document(path: Path) -> Path:
    """Write a document with more constraints than are listed at every place where they apply."""
    text = {"type": "string", "minLength": 2, "maxLength": 9}
    part = {"type": "object", "required": ["f0"], "properties": {f"f{number}": text for number in range(150)}}
    body = {"type": "object", "properties": {name: {"$ref": "#/components/schemas/Part"} for name in ("one", "two")}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": "made"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1"},
        "paths": {"/chats": {"post": operation}},
        "components": {"schemas": {"Part": part}},
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def rows(table: Callable[[str], list[list[str]]]) -> list[Row]:
    """The rows of the page."""
    sections = re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    return [
        Row(kind, cells[0].strip("`"), frozenset(cells[1].split(", ")), frozenset(re.findall(r"`(\w+)`", cells[2])))
        for kind, text in sections
        for cells in table(text)
    ]


@pytest.fixture(scope="module")
def requirements(tmp_path_factory: pytest.TempPathFactory) -> list[Requirement]:
    """The requirements of the bundled vendors, of the documents of the tests and of a large one."""
    contracts = [open_vendor(vendor) for vendor in known_vendors()]
    contracts += [open_spec(path / "openapi.yaml" if path.is_dir() else path) for path in sorted(DOCUMENTS.iterdir())]
    contracts.append(open_spec(_large_document(tmp_path_factory.mktemp("large") / "large.json")))
    query = {"name": "q", "in": "query", "content": {"application/json": {"schema": {"type": ["string", "null"]}}}}
    moved = {"/chats": {"post": {"parameters": [query], "responses": {"303": {"description": "made"}}}}}
    contracts.append(read_contract({"openapi": "3.1.0", "info": {}, "paths": moved}, vendor="moved", where=""))
    rules = rules_of(contracts[0], ROOT / "docs" / "examples" / "parley_rules.py")
    own = with_rules(derive(contracts[0]), rules).requirements.values()
    return [*own, *(one for contract in contracts[1:] for one in derive(contract).requirements.values())]


def test_every_kind_has_its_rows(rows: list[Row]) -> None:
    """Each kind, level and provenance that there is stands on the page, and no other."""
    assert {kind.value for kind in Kind} == {row.kind for row in rows}
    assert {level.value for level in Level} == {level for row in rows for level in row.levels}
    assert {p.value for p in Provenance} == {name for row in rows for name in row.provenances}


def test_no_pattern_twice(rows: list[Row]) -> None:
    """No pattern stands on the page twice."""
    assert len(rows) == len({row.pattern for row in rows})


@pytest.mark.slow
def test_every_requirement_has_one_row(rows: list[Row], requirements: list[Requirement]) -> None:
    """Each requirement is in exactly one row, and of the level and provenance that the page states."""
    wrong = {}
    for requirement in requirements:
        found = [row for row in rows if row.covers(requirement)]
        if len(found) != 1 or not found[0].is_right_about(requirement):
            wrong[requirement.id] = [row.pattern for row in found]

    assert {} == wrong


@pytest.mark.slow
def test_no_row_is_stale(rows: list[Row], requirements: list[Requirement]) -> None:
    """Each row has a requirement."""
    assert [] == [row.pattern for row in _unused(rows, requirements)]


def _unused(rows: list[Row], requirements: list[Requirement]) -> Iterator[Row]:
    for row in rows:
        if not any(row.covers(requirement) for requirement in requirements):
            yield row
