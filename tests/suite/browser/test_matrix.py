"""matrix.html in a browser: from a cell to the requirements that are in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.report.views.matrix import write_matrix

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(samples: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report folder of two vendors, one of them not conformant."""
    place = tmp_path_factory.mktemp("reports")
    samples.write(place / "acme", samples.report_input({0: VerdictKind.FAIL, 3: VerdictKind.WARN}, count=20))
    samples.write(place / "other one", samples.report_input(count=4, facts=samples.facts(vendor="other one")))
    assert write_matrix(place) == place / "matrix.html"
    return place


def test_a_cell_leads_to_what_is_in_it(visit: Callable[..., Any], folder: Path) -> None:
    """A click on a cell opens that vendor's report with the filter set, whatever the folder is called."""
    seen = visit(folder / "matrix.html")
    cell = "#kinds tbody tr:has(th:text-is('acceptance')) td"
    assert ["fail", "pass"] == seen.page.locator(f"{cell} .pill").all_inner_texts()
    assert [] == seen.noise

    seen.page.click(f"{cell}:nth-of-type(1) a")
    seen.page.wait_for_url("**/acme/report.html#requirements?kind=acceptance")
    shown = seen.page.locator(".catalogue tbody tr:not([hidden])")
    assert {"acceptance"} == set(shown.locator(".c-kind").all_inner_texts())
    assert 2 == shown.count()

    seen.page.go_back()
    seen.page.click(f"{cell}:nth-of-type(2) a")
    seen.page.wait_for_url("**/other%20one/report.html#requirements?kind=acceptance")
    assert 1 == seen.page.locator(".catalogue tbody tr:not([hidden])").count()


def test_rows_of_the_same_requirement_unfold(visit: Callable[..., Any], folder: Path) -> None:
    """The folded detail holds a row for what ids begin and end with, and its cells lead to just those."""
    seen = visit(folder / "matrix.html")
    assert not seen.page.locator("#shared table").is_visible()

    seen.page.click("#shared summary")
    assert ["request…required"] == seen.page.locator("#shared tbody th").all_inner_texts()
    seen.page.click("#shared td >> nth=0 >> a")
    seen.page.wait_for_url("**/acme/report.html#requirements?q=*")
    assert 20 == seen.page.locator(".catalogue tbody tr:not([hidden])").count()


@pytest.mark.parametrize("width", [1280, 390])
def test_the_matrix_fits_and_is_named(visit: Callable[..., Any], folder: Path, width: int) -> None:
    """Nothing sticks out sideways, every table has a caption, and headings skip no level."""
    seen = visit(folder / "matrix.html", width=width, color_scheme="dark")
    page = seen.page

    assert 0 == seen.too_wide
    assert page.eval_on_selector_all("table", "all => all.every(one => one.caption.textContent)")
    levels = page.eval_on_selector_all("h1, h2, h3", "all => all.map(one => Number(one.tagName[1]))")
    assert 1 == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_reports_on_disk_are_what_the_matrix_counts(visit: Callable[..., Any], folder: Path) -> None:
    """Each vendor's cells add up to its totals."""
    page = visit(folder / "matrix.html").page

    for place, name in enumerate(("acme", "other one")):
        report = json.loads((folder / name / "report.json").read_text())
        reported = page.locator(f"#kinds td:nth-of-type({place + 1}) .counts").all_inner_texts()
        passed, total = zip(*(text.removesuffix(" passed").split(" / ") for text in reported), strict=True)
        assert report["totals"]["pass"] == sum(map(int, passed))
        assert report["totals"]["requirements"] == sum(map(int, total))
