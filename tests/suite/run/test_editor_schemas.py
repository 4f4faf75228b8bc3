"""Editors can check overlays and waivers: the published JSON Schemas are those of the code, and say what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from chatcert.exceptions import UsageError
from chatcert.files import packaged_text
from chatcert.openapi.document import overlay_schema
from chatcert.openapi.document.extensions import check_extensions
from chatcert.run import waivers_file

ROOT = Path(__file__).parents[3]
OVERLAYS = sorted(ROOT.glob("specs/*/overlay.yaml"))
BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "overlays.md").read_text(encoding="utf-8"), re.DOTALL)


def problems(schema: str, value: Any) -> list[str]:
    """What a schema says against a value."""
    return [error.message for error in jsonschema_rs.validator_for(json.loads(schema)).iter_errors(value)]


def overlay_of(update: Any) -> dict[str, Any]:
    """An overlay with one action."""
    action = {"target": "$.paths", "update": update}
    return {"overlay": "1.1.0", "info": {"title": "t", "version": "1"}, "actions": [action]}


def test_the_published_schemas_are_those_of_the_code() -> None:
    """The files in the package are what the code says (write ``schema_text()`` there when it changes)."""
    assert overlay_schema.schema_text() == packaged_text("chatcert.openapi", "schema", overlay_schema.SCHEMA_FILE)
    assert waivers_file.schema_text() == packaged_text("chatcert.run", "schema", waivers_file.SCHEMA_FILE)


@pytest.mark.parametrize("path", OVERLAYS, ids=lambda path: path.parent.name)
def test_the_bundled_overlays_fit(path: Path) -> None:
    """Every overlay of a bundled vendor fits the schema."""
    assert [] == problems(overlay_schema.schema_text(), yaml.safe_load(path.read_text(encoding="utf-8")))


def test_the_examples_of_the_page_fit() -> None:
    """Every action that the page on overlays shows fits the schema."""
    actions = [action for block in BLOCKS for action in _actions(yaml.safe_load(block))]

    assert 10 < len(actions)
    for action in actions:
        assert [] == problems(overlay_schema.schema_text(), overlay_of({}) | {"actions": [action]}), action


def _actions(content: Any) -> list[Any]:
    return content if isinstance(content, list) else content.get("actions", [])


@pytest.mark.parametrize(
    "extension",
    [
        {"x-chatcert-clock": {"unit": "weeks"}},
        {"x-chatcert-clock": {}},
        {"x-chatcert-equals": True},
        {"x-chatcert-refusal": {"pointer": "ok"}},
        {"x-chatcert-distinct": {"status": 500}},
        {"x-chatcert-resource": {"required": "yes"}},
        {"x-chatcert-delete": {"operation": "remove"}},
    ],
)
def test_what_the_code_refuses_the_schema_refuses(extension: dict[str, Any]) -> None:
    """An extension with a wrong member, or without a needed one, is an error for both, at any depth."""
    deep = {"post": [{"schema": extension}]}

    with pytest.raises(UsageError):
        check_extensions(deep)
    assert problems(overlay_schema.schema_text(), overlay_of(deep))


@pytest.mark.parametrize("extension", [{"x-chatcert-clok": {"unit": "seconds"}}, {"x-chatcert-clock": {"unti": 1}}])
def test_an_editor_shows_misspelt_names(extension: dict[str, Any]) -> None:
    """The schema knows the names of all extensions and of their members."""
    assert problems(overlay_schema.schema_text(), overlay_of(extension))


def test_waivers_are_described() -> None:
    """A whole waiver fits, one without an owner does not."""
    waiver = dict.fromkeys(("requirement", "vendor", "reason", "owner", "ticket"), "x") | {"expires": "2026-12-31"}

    assert [] == problems(waivers_file.schema_text(), {"waiver": [waiver]})
    assert problems(waivers_file.schema_text(), {"waiver": [{**waiver, "owner": ""}]})
    assert problems(waivers_file.schema_text(), {"waiver": [{**waiver, "until": "x"}]})
