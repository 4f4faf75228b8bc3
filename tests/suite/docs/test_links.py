"""Every link between the pages leads somewhere, and no page is out of reach."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[3]
BUILT = ROOT / "docs" / "_build"
PAGES = sorted(
    page
    for page in {*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")}
    if not page.is_relative_to(BUILT)
)
INCLUDE = re.compile(r"^```\{include\} (\S+)", re.MULTILINE)


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
    """Return whether a link leads to another site, or to a file that exists and the heading in it that it names."""
    name, _, anchor = place.partition("#")
    target = (page.parent / name).resolve() if name else page
    return "://" in place or (target.exists() and (not anchor or anchor in anchors(target)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links(page: Path) -> None:
    """A link to a file of the repository leads to one, and its anchor to a heading."""
    assert [] == [place for place in links(page) if not leads_somewhere(page, place)]


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
