"""What axe-core finds on our pages: ``tox -e axe`` installs it and runs this file, which needs Node.js and Chromium."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from chatcert.register.current_records import current_entries
from chatcert.register.disputes import challenge
from chatcert.register.parties import party_named
from chatcert.register.site.site_writer import write_site

ROOT = Path(__file__).resolve().parents[4]
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"
SAMPLES = ROOT / "reports" / "samples"
PAGES = ("index", "matrix", "requirements", "vendors/acme", "requirements/request-body-field0-maxLength")
SIZES = ((390, "dark"), (820, "light"), (1280, "dark"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a register with every status that pages show."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "bench"))
        synthetic = import_module("registers.synthetic")
    folder = tmp_path_factory.mktemp("site")
    made = synthetic.make_register(folder, {"vendor": ("acme", "other"), "challenger": ("buyer",)}, rehearsal=True)
    waived = {"waived": ["acme/request/body/field1/maxLength"], "warn": ["acme/request/body/field0/maxLength"]}
    made.add(
        [
            synthetic.certificate(made, "acme", "1.0", issued=synthetic.DAY - timedelta(days=95)),
            synthetic.certificate(made, "acme", "2.0", verdicts=waived),
            synthetic.certificate(made, "acme", "3.0"),
            synthetic.certificate(made, "other", "1.0"),
        ]
    )
    entry = next(
        one for one in current_entries(made.register).values() if one.certificate["product"]["version"] == "3.0"
    )
    buyer = party_named("challenger", "buyer")
    requirement = entry.catalogue[2]["id"]
    challenge(made.register, entry, buyer, requirement, 3, "refused", made.all, synthetic.DAY)
    made.register.commit(made.all, synthetic.DAY)
    write_site(folder / "site", made.register.policy, current_entries(made.register).values(), synthetic.DAY)
    return folder / "site"


def violations(visit: Callable[..., Any], path: Path, width: int, scheme: str) -> list[str]:
    opened = visit(path, width=width, color_scheme=scheme)
    opened.page.evaluate(AXE.read_text(encoding="utf-8"))
    for details in opened.page.query_selector_all("details"):
        details.evaluate("element => { element.open = true; }")
    found = opened.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert found["passes"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]


@pytest.mark.parametrize(("width", "scheme"), SIZES)
@pytest.mark.parametrize("page", PAGES)
def test_register(visit: Callable[..., Any], site: Path, page: str, width: int, scheme: str) -> None:
    """The pages of a register have no barrier that axe-core knows, at three sizes, light and dark."""
    assert [] == violations(visit, site / f"{page}.html", width, scheme)


@pytest.mark.parametrize("page", PAGES)
def test_register_on_a_small_screen(visit: Callable[..., Any], site: Path, page: str) -> None:
    """No page sticks out sideways at a width of 320 pixels, and none asks for anything."""
    opened = visit(site / f"{page}.html", width=320)
    assert (0, []) == (opened.too_wide, opened.noise)


@pytest.mark.parametrize(("width", "scheme"), SIZES)
@pytest.mark.parametrize("page", ["matrix.html", "polyai/report.html"])
def test_report(visit: Callable[..., Any], page: str, width: int, scheme: str) -> None:
    """The pages of the sample reports have none either."""
    assert [] == violations(visit, SAMPLES / page, width, scheme)


def test_a_barrier_is_found(visit: Callable[..., Any], tmp_path: Path) -> None:
    """A page with an image without a text and no title is not passed."""
    path = tmp_path / "bad.html"
    path.write_text('<html lang="en"><body><main><h1>x</h1><img src="data:,"></main></body></html>', encoding="utf-8")
    assert {"image-alt", "document-title"} <= {text.partition(":")[0] for text in violations(visit, path, 820, "light")}
