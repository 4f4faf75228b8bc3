"""The page on overlays: each example works as it stands, and gives what the page says it gives."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatcert.openapi.document.extensions import COMMON, MEMBERS, NEEDED
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.document.overlay import apply_overlay
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "overlays.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^### (\S+)\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL))


def ids(document: dict[str, Any]) -> set[str]:
    """The ids of all requirements that a document gives."""
    return set(derive(read_contract(document, vendor="parley", where="parley.yaml")).requirements)


def named(text: str, word: str) -> set[str]:
    """The ids that a section names after ``Gives`` or ``Takes away``."""
    sentence = re.search(rf"{word}\s(.*?)\.(?:\s|$)", text.partition("```yaml")[2].partition("```")[2], re.DOTALL)
    return set(re.findall(r"`([^`]+)`", sentence.group(1))) if sentence else set()


@pytest.mark.parametrize("name", SECTIONS)
def test_example(example: Path, name: str) -> None:
    """Applied to the example document, an action gives the requirements that the page names, and takes those away."""
    document = read_document(example)
    block = re.search(r"```yaml\n(.*?)```", SECTIONS[name], re.DOTALL)
    assert block is not None
    actions = yaml.safe_load(block.group(1))
    before = ids(document)
    after = ids(apply_overlay(document, {"overlay": "1.1.0", "actions": actions}, where=name))

    assert name in block.group(1)
    assert named(SECTIONS[name], "Gives") == after - before
    assert named(SECTIONS[name], "Takes\\saway") == before - after


@pytest.mark.parametrize("kind", MEMBERS)
def test_every_member_is_described(kind: str, table: Callable[[str], list[list[str]]]) -> None:
    """Each extension has a section, whose table has its members, which of them are needed, and what they may be."""
    rows = {row[0].strip("`"): row for row in table(SECTIONS[f"x-chatcert-{kind}"])}

    assert set(MEMBERS[kind]) == set(rows)
    needed = {name for name, row in rows.items() if row[2].startswith("needed")}
    assert needed == set(NEEDED.get(kind, ()))
    for name, member in MEMBERS[kind].items():
        if member.words.startswith("one of "):
            assert set(member.words.removeprefix("one of ").split(", ")) == set(re.findall(r"`(\S+)`", rows[name][1]))


def test_members_that_all_have(table: Callable[[str], list[list[str]]]) -> None:
    """Members that all extensions share are described once, before them."""
    head = PAGE.partition("## On a request")[0]

    assert set(COMMON) == {row[0].strip("`") for row in table(head)}


def test_bundled_overlays_use_nothing_else() -> None:
    """No bundled vendor uses an extension that the page does not have."""
    used = set()
    for path in (Path(__file__).resolve().parents[3] / "specs").glob("*/overlay.yaml"):
        used |= set(re.findall(r"x-chatcert-[\w-]+", path.read_text(encoding="utf-8")))

    assert used
    assert used <= set(SECTIONS)
