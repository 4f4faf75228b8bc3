"""The form of what a run leaves on disk: which files, and the paths of their keys, elements and attributes."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

Formats = dict[str, set[str]]
"""Paths by file, and the files by ``files``."""

JSON = ("report.json", "ctrf.json", "report.sarif", "evidence.har", "statement.intoto.json", "allurerc.json")
IDENTIFIER = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}")


def formats_of(folder: Path) -> Formats:
    """The form of one vendor's folder."""
    found: Formats = defaultdict(set)
    for path in folder.rglob("*"):
        if path.is_file():
            found["files"].add(IDENTIFIER.sub("<id>", str(path.relative_to(folder))))
    for name in JSON:
        if (folder / name).exists():
            value = json.loads((folder / name).read_text(encoding="utf-8"))
            if name == "report.json":
                value.pop("proof", None)
            found[name] |= set(paths(value))
    if (folder / "evidence.jsonl").exists():
        for line in (folder / "evidence.jsonl").read_text(encoding="utf-8").splitlines():
            found["evidence.jsonl"] |= set(paths(json.loads(line)))
    for path in folder.glob("allure-results/*.json"):
        kind = IDENTIFIER.sub("<id>", path.name)
        found[f"allure-results/{kind}"] |= set(paths(json.loads(path.read_text(encoding="utf-8"))))
    if (folder / "junit.xml").exists():
        found["junit.xml"] |= set(elements(ElementTree.parse(folder / "junit.xml").getroot()))  # noqa: S314  our own file
    return found


def paths(value: Any, path: str = "") -> Iterator[str]:
    """Return the path of every leaf: ``requirements[].finding.curl``; a status that is a key is written ``*``."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            key = "*" if name.isdigit() else name
            yield from paths(inner, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield f"{path}[]"
        for inner in value:
            yield from paths(inner, f"{path}[]")
    else:
        yield path


def elements(element: ElementTree.Element, path: str = "") -> Iterator[str]:
    """The path of every element, of its attributes, and of the names of its properties."""
    path = f"{path}/{element.tag}"
    yield path
    for name, value in element.attrib.items():
        yield f"{path}@{name}"
        if element.tag == "property" and name == "name":
            yield f"{path}@name={value}"
    for inner in element:
        yield from elements(inner, path)


def united(given: Iterable[Formats]) -> Formats:
    """The forms of many folders in one."""
    found: Formats = defaultdict(set)
    for formats in given:
        for name, members in formats.items():
            found[name] |= members
    return found
