"""Every link between the pages leads somewhere, and no page is out of reach."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[3]
INCLUDE = re.compile(r"^```\{include\} (\S+)", re.MULTILINE)


def pages_below(root: Path) -> list[Path]:
    """The pages of a checkout, without those that tools have left there."""
    found = {*root.glob("*.md"), *root.glob("docs/**/*.md"), *root.glob("[!.]*/README.md")}
    return sorted(page for page in found if not page.is_relative_to(root / "docs" / "_build"))


PAGES = pages_below(ROOT)


@cache
def tokens(page: Path) -> list[Token]:
    """What a page consists of."""
    return MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))


def links(page: Path) -> Iterator[str]:
    """Where the links and pictures of a page lead."""
    for token in tokens(page):
        for inner in token.children or ():
            place = inner.attrGet("href") or inner.attrGet("src")
            if place is not None:
                yield str(place)


def anchors(page: Path) -> set[str]:
    """The anchors that a code host, and the site, give the headings of a page."""
    found = tokens(page)
    headings = [found[i + 1].content for i, token in enumerate(found) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_somewhere(page: Path, place: str) -> bool:
    """Return whether a link leads to another site, or to a file that exists and the heading in it that it names.

    A page of the site cannot link to a folder; a code host shows one.
    """
    name, _, anchor = place.partition("#")
    target = (page.parent / name).resolve() if name else page
    is_there = target.is_file() or (target.is_dir() and not page.is_relative_to(ROOT / "docs"))
    return "://" in place or (is_there and (not anchor or anchor in anchors(target)))


def test_what_tools_leave_behind_is_no_page(tmp_path: Path) -> None:
    """The same pages are looked at whether pytest has left its cache in the checkout, and Sphinx its site, or not."""
    for name in ("README.md", "docs/limits.md", "bench/README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    before = pages_below(tmp_path)
    for name in (".pytest_cache", "docs/_build"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "README.md").touch()

    assert 3 == len(before)
    assert before == pages_below(tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links(page: Path) -> None:
    """A link to a file of the repository leads to one, and its anchor to a heading."""
    assert [] == [place for place in links(page) if not leads_somewhere(page, place)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_can_be_read(page: Path) -> None:
    """What an example says that it is, it is: the site colours it as that."""
    for token in tokens(page):
        if token.type == "fence" and token.info == "toml":
            tomllib.loads(token.content)
        elif token.type == "fence" and token.info == "json":
            json.loads(token.content)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_have_words(page: Path) -> None:
    """No link is without words: a code host would show nothing of it."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert "[](" not in text


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/*.md")), ids=lambda page: page.name)
def test_page_is_in_the_index(page: Path) -> None:
    """Every page stands in the site's index, and what one includes is there."""
    index = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    named = {
        name for block in re.findall(r"```\{toctree\}\n(.*?)```", index, re.DOTALL) for name in block.split() if name
    }

    assert page.name == "index.md" or page.stem in named
    for included in INCLUDE.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / included).is_file()
