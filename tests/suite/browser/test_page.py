"""report.html in a browser: what a reader sees, clicks, types and prints."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from types import ModuleType
from typing import Any

import pytest
from playwright.sync_api import expect

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import build_report
from chatcert.report.views.html import render_html
from chatcert.transport.exchange import Received, Sent

pytestmark = pytest.mark.slow

CURL = "curl -X POST https://api.example/chats --data-binary '" + '<b>&amp;"é😀' * 900 + "'"


@pytest.fixture(scope="module")
def text(samples: ModuleType) -> str:
    """A page with a verdict of every kind, and a finding whose request differs from its control in one field."""
    words = {
        0: VerdictKind.FAIL,
        1: VerdictKind.FAIL,
        3: VerdictKind.WARN,
        4: VerdictKind.INCONCLUSIVE,
        5: VerdictKind.NOT_APPLICABLE,
        6: VerdictKind.NOT_RUN,
    }
    source = samples.report_input(words, count=12)
    exchanges = list(source.exchanges)
    control = replace(
        exchanges[8],
        role="control",
        expectation="accepted",
        edit="",
        received=Received(201, (), b"{}"),
        sent=Sent("POST", "https://api.example/chats", "/chats", (("X-Key", "***"),), b'{"a":"short","b":2}'),
    )
    case = replace(
        exchanges[0],
        control=9,
        control_accepted=True,
        sent=Sent("POST", "https://api.example/chats", "/chats", (("X-Key", "***"),), b'{"a":"shooort","b":2}'),
    )
    exchanges[0], exchanges[8] = case, control
    verdicts = dict(source.verdicts)
    key = next(iter(verdicts))
    finding = samples.finding("agentId may be longer than it says", (1,), curl=CURL)
    verdicts[key] = replace(verdicts[key], finding=finding)
    report = build_report(replace(source, exchanges=exchanges, verdicts=verdicts))
    report["history"] = [
        {
            "finished": f"2025-12-0{day}T02:00:00.000Z",
            "outcome": "conformant",
            "totals": {**report["totals"], "fail": day},
        }
        for day in (1, 2)
    ]
    return render_html(report, exchanges)


@pytest.fixture(scope="module")
def long_text(samples: ModuleType) -> str:
    """A page of 2,000 requirements, ten of them broken."""
    source = samples.report_input(dict.fromkeys(range(0, 2000, 200), VerdictKind.FAIL), count=2000)
    return render_html(build_report(source), source.exchanges)


def rows(page: Any) -> list[str]:
    """Ids of the rows that the filter leaves."""
    return page.eval_on_selector_all(".catalogue tbody tr:not([hidden])", "rows => rows.map(row => row.id)")


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_opens_silently_and_fits(visit: Callable[..., Any], text: str, width: int, scheme: str) -> None:
    """Nothing is loaded, said or thrown, and nothing sticks out sideways, on a desk or a telephone, by day or night."""
    seen = visit(text, width=width, color_scheme=scheme)

    assert [] == seen.noise
    assert 0 == seen.too_wide
    command = (
        "const pre = document.querySelector('.command:not(.long) pre'); pre.textContent = 'curl -H x '.repeat(60);"
    )
    hidden = seen.page.evaluate(f"(() => {{ {command} return pre.scrollHeight - pre.clientHeight; }})()")
    assert width != 390 or hidden <= 1
    paper = seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ("rgb(245, 246, 248)" if scheme == "light" else "rgb(15, 18, 22)") == paper


def test_the_first_screen_tells_it_all(visit: Callable[..., Any], text: str) -> None:
    """The sentence, the four numbers, the table and the first findings are on the first screen."""
    page = visit(text).page

    for place in (".outcome", ".figures", ".totals", ".found li:first-child"):
        box = page.locator(place).bounding_box()
        assert box["y"] + box["height"] <= 900, place
    assert 4 == page.locator(".figures dd").count()
    assert "Not conformant. 2 of 9 requirements tested are broken; 2 more could not be judged." == page.inner_text(
        ".outcome"
    )


def test_one_click_leads_from_the_first_screen_to_the_evidence(visit: Callable[..., Any], text: str) -> None:
    """A finding's link shows its clause, and its request and answer side by side, laid open."""
    page = visit(text).page

    page.click(".found li:first-child a")

    card = page.locator("article.finding").first
    assert "agentId may be longer than it says" in card.inner_text()
    assert "acme/request/body/field0/required" in card.locator(".clause").inner_text()
    request, response = (side.bounding_box() for side in card.locator(".exchange").first.locator(".message").all())
    assert request["y"] == response["y"]
    assert request["x"] + request["width"] <= response["x"] + 1
    assert "400 Bad Request" in card.locator(".exchange").first.inner_text()


def test_two_clicks_lead_from_the_totals_to_the_evidence(visit: Callable[..., Any], text: str) -> None:
    """The verdict's number leads to its rows, and a row to its finding, laid open."""
    page = visit(text).page

    page.click(".totals .pill.warn")
    expect(page.locator(".catalogue tbody tr:not([hidden])")).to_have_count(1)
    assert ["acme/request/body/field3/required"] == rows(page)
    page.click(".catalogue tbody tr:not([hidden]) .see")

    card = page.locator("article.finding.warn")
    expect(card.locator(".exchange .message").first).to_be_visible()
    assert 0 <= card.bounding_box()["y"] < 100


def test_the_difference_to_the_control_is_marked(window: Any, text: str) -> None:
    """The line that was changed is shown with the control's, and within both what changed; the answer bears no mark."""
    page = window.open(text).page
    exchange = page.locator(".exchange").first

    assert ['  "a": "short",'] == [line.rstrip("\n") for line in exchange.locator("del").all_text_contents()]
    assert ['  "a": "shooort",'] == [line.rstrip("\n") for line in exchange.locator("ins").all_text_contents()]
    assert ["oo"] == exchange.locator("ins mark").all_text_contents()
    assert "difference to control #9 marked" in exchange.inner_text()
    assert "its control, #9, was accepted (201 Created)" in exchange.inner_text()


def test_broken_json_is_compared_as_it_was_sent(window: Any, samples: ModuleType) -> None:
    """Where the edit is in the JSON itself, the control is shown unformatted too, and the comma alone is marked."""
    source = samples.report_input({0: VerdictKind.FAIL})
    control = replace(
        source.exchanges[1], role="control", sent=replace(source.exchanges[1].sent, body=b'{"a":1,"b":2}')
    )
    broken = replace(source.exchanges[0], control=2, sent=replace(source.exchanges[0].sent, body=b'{"a":1,"b":2,}'))
    exchanges = [broken, control, *source.exchanges[2:]]

    page = window.open(render_html(build_report(replace(source, exchanges=exchanges)), exchanges)).page

    assert [","] == page.locator(".exchange.first ins mark").all_text_contents()


@pytest.mark.parametrize(
    ("fragment", "left"),
    [
        ("#requirements?verdict=fail", ["0", "1"]),
        ("#requirements?verdict=fail&kind=refusal", ["1"]),
        ("#requirements?level=should", ["2", "5", "8", "11"]),
        ("#requirements?q=field1", ["1", "10", "11"]),
        ("#requirements?q=request%E2%80%A6field7%2Frequired", ["7"]),
        ("#requirements?q=field7%E2%80%A6required", []),
        ("#requirements?verdict=nonsense&level=should", ["2", "5", "8", "11"]),
        ("#requirements?", [str(number) for number in range(12)]),
        ("#acme/request/body/field4/required", [str(number) for number in range(12)]),
        ("#%E0%A4%A", [str(number) for number in range(12)]),
    ],
)
def test_the_fragment_is_the_filter(window: Any, text: str, fragment: str, left: list[str]) -> None:
    """A link with a filter in it opens the filtered table; one that makes no sense filters nothing."""
    seen = window.open(text, fragment)

    assert [f"acme/request/body/field{number}/required" for number in left] == rows(seen.page)
    assert ("All 12 requirements" if len(left) == 12 else f"{len(left)} of 12 requirements") == seen.page.inner_text(
        "#shown"
    )
    assert [] == seen.noise


def test_the_filter_works_with_the_keyboard_alone(visit: Callable[..., Any], text: str) -> None:
    """Keys reach every field and set it, the fragment follows, and what it says can be taken elsewhere."""
    page = visit(text, "#requirements").page
    page.locator("[name=q]").focus()
    page.keyboard.type("body/ field")
    page.keyboard.press("Tab")
    page.keyboard.type("fail")
    page.keyboard.press("Tab")
    page.keyboard.type("acceptance")

    assert ["acme/request/body/field0/required"] == rows(page)
    assert "#requirements?q=body%2F+field&verdict=fail&kind=acceptance" == page.evaluate("location.hash")

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert "Clear" == page.evaluate("document.activeElement.textContent")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#requirements$"))
    assert 12 == len(rows(page))


def test_a_link_to_a_hidden_row_shows_it(visit: Callable[..., Any], text: str) -> None:
    """A link into a part that the filter hides lifts the filter, and the way back sets it again."""
    page = visit(text, "#requirements?verdict=fail").page

    page.evaluate("location.hash = 'acme/request/body/field2/required'")
    expect(page.locator(".catalogue tbody tr:not([hidden])")).to_have_count(12)

    page.go_back()
    expect(page.locator(".catalogue tbody tr:not([hidden])")).to_have_count(2)


def test_the_command_is_copied_whole(visit: Callable[..., Any], text: str) -> None:
    """The button puts the command, however long, on the clipboard as it is, and says so."""
    page = visit(text, permissions=["clipboard-read", "clipboard-write"]).page

    page.click("article.finding .copy >> nth=0")
    expect(page.locator("article.finding .copy").first).to_have_text("Copied")

    assert len(CURL) > 6000
    assert CURL == page.evaluate("navigator.clipboard.readText()")


def test_without_script_the_page_is_whole(visit: Callable[..., Any], text: str) -> None:
    """Who lets no script run reads everything, and finds no control that does nothing."""
    page = visit(text, java_script_enabled=False).page

    assert 12 == page.locator(".catalogue tbody tr").count()
    assert not page.locator(".filter").is_visible()
    assert not page.locator(".copy").first.is_visible()
    page.click(".found li:nth-child(2) a")
    assert 0 <= page.locator("article.finding").nth(1).bounding_box()["y"] < 900


def test_charts_are_described_in_words(window: Any, text: str) -> None:
    """Every drawing has a text that says what it shows."""
    page = window.open(text).page

    labels = page.eval_on_selector_all("svg", "drawn => drawn.map(one => [one.getAttribute('role'), one.ariaLabel])")
    assert all(role == "img" and label for role, label in labels)
    reported = [label for _, label in labels]
    assert {"1 pass", "1 fail"} <= {*reported}
    assert any("Half of 12 answers came within 250 ms, 95 of 100 within 250 ms" in label for label in reported)
    assert any(
        "3 runs from 2025-12-01 to 2026-01-01: 2 conformant, 1 not conformant. "
        "Failures: 2 now, 2 the time before, 2 at most." in label
        for label in reported
    )


def test_a_screen_reader_finds_its_way(visit: Callable[..., Any], text: str) -> None:
    """Landmarks, one first heading, no level skipped, a name for every table, field and section, and a skip link."""
    page = visit(text).page

    assert [1, 1, 1, 1] == [page.locator(name).count() for name in ("body > header", "nav", "main", "body > footer")]
    levels = page.eval_on_selector_all("h1, h2, h3, h4, h5", "all => all.map(one => Number(one.tagName[1]))")
    assert 1 == levels.count(1) == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    nameless = page.eval_on_selector_all(
        "main section, table, article",
        """all => all.filter(one => {
             const named = one.getAttribute("aria-labelledby");
             return !(named ? document.getElementById(named)?.textContent : one.querySelector("caption")?.textContent);
           }).map(one => one.outerHTML.slice(0, 80))""",
    )
    assert [] == nameless
    assert page.eval_on_selector_all("input, select", "all => all.every(one => one.labels.length === 1)")
    page.keyboard.press("Tab")
    assert "Skip to the verdict" == page.evaluate("document.activeElement.textContent")
    assert "none" != page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    page.keyboard.press("Enter")
    assert "main" == page.evaluate("document.activeElement.id")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_word_can_be_read(visit: Callable[..., Any], text: str, scheme: str) -> None:
    """Verdicts stand out from their ground by at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""
    page = visit(text, color_scheme=scheme).page

    weak = page.eval_on_selector_all(
        ".pill, .outcome strong, .muted, small",
        """all => {
          const figures = (text) => text.match(/[\\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
            .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
            .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
          const ground = (one) => {
            const said = figures(getComputedStyle(one).backgroundColor);
            return said[3] === 0 ? ground(one.parentElement) : said;
          };
          return all.filter((one) => {
            const [low, high] = [figures(getComputedStyle(one).color), ground(one)].map(light).sort((a, b) => a - b);
            return (high + 0.05) / (low + 0.05) < 4.5;
          }).map((one) => one.outerHTML);
        }""",
    )

    assert [] == weak


def test_on_paper_the_evidence_is_open(visit: Callable[..., Any], text: str) -> None:
    """Printed, in dark mode too, each finding shows its evidence; what is cut is said, what is clicked left out."""
    page = visit(text, color_scheme="dark").page
    page.emulate_media(media="print")

    assert not page.locator("nav").is_visible()
    assert not page.locator(".filter").is_visible()
    for card in page.locator("article.finding").all():
        assert card.locator(".exchange.first .message pre").first.is_visible()
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert "none" == page.evaluate("getComputedStyle(document.querySelector('.message pre')).maxHeight")
    style = "getComputedStyle(document.querySelector('{}')).{}"
    assert "clone" == page.evaluate(style.format("article.finding", "boxDecorationBreak"))
    assert "avoid" == page.evaluate(style.format(".catalogue tbody > tr:first-child", "breakBefore"))
    assert f"Cut on paper: the whole command, of {len(CURL):,} characters" in page.inner_text(".paper")
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF-")


def test_filtering_touches_only_what_changes(visit: Callable[..., Any], long_text: str) -> None:
    """With 2,000 requirements a filter changes each row once at most, and asking for the same again changes none."""
    page = visit(long_text).page
    page.evaluate(
        """() => {
          window.changes = 0;
          new MutationObserver((records) => (window.changes += records.length)).observe(
            document.body, { subtree: true, attributes: true, childList: true, characterData: true });
        }"""
    )

    def changes(verdict: str) -> int:
        page.select_option("[name=verdict]", verdict)
        return int(page.evaluate("new Promise(done => setTimeout(() => { done(changes); changes = 0; }))"))

    assert 1990 <= changes("fail") <= 1992
    assert 10 == len(rows(page))
    assert 0 == changes("fail")
    assert 1990 <= changes("") <= 1992
