"""Fixtures for the tests that open our pages in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # it takes a second to import, and pytest imports this file wherever it collects
    from playwright.sync_api import Browser, Page, Route

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="session")
def samples() -> ModuleType:
    """The builders of sample reports."""
    place = Path(__file__).parents[1] / "report" / "samples.py"
    spec = spec_from_file_location("report_samples", place)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium: the system's, or else the one that `playwright install chromium` has brought."""
    from playwright.sync_api import sync_playwright

    system = next(filter(None, map(shutil.which, NAMES)), None)
    with sync_playwright() as driver:
        path = system or driver.chromium.executable_path
        if not Path(path).exists():
            pytest.fail(
                "no Chromium was found: .ci/programs installs it; --ignore tests/suite/browser leaves these out"
            )
        opened = driver.chromium.launch(executable_path=path)
        yield opened
        opened.close()


@dataclass
class Visit:
    """A page in a browser that reaches nothing but the file it was sent to, and what it did besides showing it."""

    page: Page
    folder: Path
    noise: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Note whatever the page asks for, says or throws."""
        page, note = self.page, self.noise.append
        page.set_default_timeout(30_000)
        page.route("**/*", self._guard)
        page.on("console", lambda output: note(f"console {output.type}: {output.text}"))
        page.on("pageerror", lambda error: note(f"error: {error}"))
        page.on("dialog", lambda dialog: (note(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda other: note(f"popup: {other.url}"))
        page.add_init_script("window.owned = () => { window.wasOwned = true; };")

    def open(self, page: str | Path, fragment: str = "") -> Visit:
        """Go to a file, or to a page of which this is the text."""
        path = page if isinstance(page, Path) else self.folder / "page.html"
        if isinstance(page, str):
            path.write_text(page, encoding="utf-8")
        self.noise.clear()
        self.page.goto("about:blank")
        self.page.goto(path.as_uri() + fragment)
        return self

    @property
    def owned(self) -> bool:
        """Whether a payload ran."""
        return bool(self.page.evaluate("window.wasOwned === true"))

    @property
    def too_wide(self) -> int:
        """By how many pixels the page sticks out sideways."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))

    def _guard(self, route: Route) -> None:
        asked = route.request
        if asked.is_navigation_request() and asked.url.startswith("file:") and asked.frame == self.page.main_frame:
            route.continue_()
        else:
            self.noise.append(f"request: {asked.url}")
            route.abort()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Visit]]:
    """Opens a page's text or file in a window of its own."""
    contexts = []

    def opens(page: str | Path, fragment: str = "", width: int = 1280, **settings: Any) -> Visit:
        contexts.append(browser.new_context(viewport={"width": width, "height": 900}, **settings))
        return Visit(contexts[-1].new_page(), tmp_path).open(page, fragment)

    yield opens
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def window(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visit]:
    """One narrow window for a whole module, for tests that only look."""
    context = browser.new_context(viewport={"width": 390, "height": 900})
    yield Visit(context.new_page(), tmp_path_factory.mktemp("window"))
    context.close()
