"""report.html: nothing that a server sends is markup, and the page tells what the report holds."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from types import ModuleType
from urllib.parse import unquote

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.html import BODY_LIMIT, SHOWN_IN_ALL, render_html
from chatcert.text import one_line
from chatcert.transport.exchange import Received

VOID = {"meta", "br", "input", "link", "img", "hr"}
OURS = {
    "a",
    "article",
    "b",
    "body",
    "br",
    "button",
    "caption",
    "code",
    "dd",
    "del",
    "details",
    "div",
    "dl",
    "dt",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "head",
    "header",
    "html",
    "input",
    "ins",
    "label",
    "li",
    "line",
    "main",
    "mark",
    "meta",
    "nav",
    "ol",
    "option",
    "p",
    "pre",
    "rect",
    "script",
    "section",
    "select",
    "small",
    "span",
    "strong",
    "style",
    "summary",
    "svg",
    "table",
    "tbody",
    "td",
    "text",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "ul",
}


class Page(HTMLParser):
    """What a browser would see: elements, attributes, text, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.inside: list[str] = []
        self.raw: dict[str, str] = {}
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element and its attributes."""
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the innermost element, which must be this one."""
        assert tag == self.inside.pop()

    def handle_data(self, data: str) -> None:
        """Keep text apart from style and script."""
        if self.inside and self.inside[-1] in ("style", "script"):
            self.raw[self.inside[-1]] = self.raw.get(self.inside[-1], "") + data
        else:
            self.text += data


def page_of(source: ReportInput) -> Page:
    """The parsed page of a report."""
    return Page(render_html(build_report(source), source.exchanges))


def test_no_payload_becomes_markup(samples: ModuleType, payload: str) -> None:
    """Hostile text in every field adds no element, no attribute and no script."""
    harmless, page = page_of(samples.hostile_input("harmless")), page_of(samples.hostile_input(payload))

    assert not page.inside
    assert set(page.tags) <= OURS
    assert harmless.tags == page.tags
    assert harmless.raw == page.raw
    assert [name for name, _ in harmless.attributes] == [name for name, _ in page.attributes]


def test_every_payload_is_shown_as_text(samples: ModuleType, payload: str) -> None:
    """A reader sees what was sent, the invisible made visible."""
    page = page_of(samples.hostile_input(payload))

    assert one_line(payload.encode("utf-16", "surrogatepass").decode("utf-16", "replace")) in one_line(page.text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069\u200b\ufeff]", page.text)


def test_the_page_loads_and_runs_nothing_of_others(samples: ModuleType) -> None:
    """No attribute runs or loads anything, and the policy allows just our own style and script."""
    page = page_of(samples.report_input({0: VerdictKind.FAIL, 1: VerdictKind.WARN}))

    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("src", "style", "srcset")]
    assert all(value.startswith("#") for name, value in page.attributes if name == "href")
    policy = next(value for _, value in page.attributes if value.startswith("default-src"))
    digests = [
        base64.b64encode(hashlib.sha256(page.raw[part].encode()).digest()).decode() for part in ("style", "script")
    ]
    assert (
        f"default-src 'none'; style-src 'sha256-{digests[0]}'; script-src 'sha256-{digests[1]}'; "
        "base-uri 'none'; form-action 'none'"
    ) == policy


def test_every_link_leads_somewhere_and_no_id_occurs_twice(samples: ModuleType, payload: str) -> None:
    """Findings, rows and exchanges are linked by anchors that exist, whatever a document's fields are called."""
    for source in (samples.report_input(dict(enumerate(VerdictKind))), samples.hostile_input(payload)):
        page = page_of(source)

        identities = [value for name, value in page.attributes if name == "id"]
        assert len(identities) == len(set(identities))
        assert {unquote(value[1:]) for name, value in page.attributes if name == "href"} <= set(identities)


@pytest.mark.parametrize(
    ("words", "output"),
    [
        ({}, "Conformant. All 8 requirements tested hold."),
        ({0: VerdictKind.FAIL}, "Not conformant. 1 of 8 requirements tested is broken."),
        (
            {0: VerdictKind.FAIL, 1: VerdictKind.NOT_RUN},
            "1 of 7 requirements tested is broken; 1 more could not be judged.",
        ),
        ({0: VerdictKind.WARN, 1: VerdictKind.WAIVED}, "1 remark, 1 breach is waived."),
        ({0: VerdictKind.ERROR}, "No verdict. 1 of 8 requirements could not be judged or did not run."),
        (dict.fromkeys(range(8), VerdictKind.NOT_APPLICABLE), "No verdict. None of 8 requirements passed."),
    ],
)
def test_the_verdict_is_one_sentence(samples: ModuleType, words: dict[int, VerdictKind], output: str) -> None:
    """The first screen says in one sentence what was concluded."""
    assert output in one_line(page_of(samples.report_input(words)).text)


def test_a_mock_run_says_that_it_is_one(samples: ModuleType) -> None:
    """A certificate of our own mock is not taken for one of the vendor."""
    page = page_of(samples.report_input(facts=samples.facts(mode="mock")))

    assert "this says nothing about the vendor's own service" in page.text


def test_an_incomplete_report_says_so_beside_its_verdict(samples: ModuleType) -> None:
    """What a report lacks stands on the first screen; nothing of the kind stands in a complete one."""
    ended = samples.facts(missing=("The run ended before 3 of 8 requirements were finished.",))

    output = one_line(page_of(samples.report_input(facts=ended)).text)

    assert "Incomplete. The run ended before 3 of 8 requirements were finished." in output.partition("Findings")[2]
    assert output.index("Incomplete.") < output.index("requests sent")
    assert "Incomplete" not in page_of(samples.report_input()).text


def test_one_cause_is_reported_once(samples: ModuleType) -> None:
    """Findings of one kind that show the same answer share a card, each with its requirement and its exchange."""
    other = 3 * len(samples.KINDS)  # kind and level are the same again
    source = samples.report_input({0: VerdictKind.FAIL, other: VerdictKind.FAIL}, count=other + 2)

    page = page_of(source)

    assert 1 == page.tags.count("article")
    assert "and 1 more requirement" in page.text
    assert {"x1", f"x{other + 1}"} <= {value for name, value in page.attributes if name == "id"}


def test_long_bodies_are_cut_and_said_to_be(samples: ModuleType) -> None:
    """A body above the limit is cut, with its size and where the whole of it is."""
    body = b'{"text":"' + b"y" * 9000 + b'"}'
    exchanges = [samples.exchange(1, "acme/request/body/field0/required", received=Received(200, (), body))]

    page = page_of(samples.report_input({0: VerdictKind.FAIL}, exchanges=exchanges))

    assert "y" * (BODY_LIMIT // 2) in page.text
    assert "y" * BODY_LIMIT not in page.text
    assert "9,011 bytes in all, whole in evidence.jsonl" in page.text


@pytest.mark.slow
def test_hundreds_of_findings_stay_within_bounds(samples: ModuleType) -> None:
    """The page of a hopeless server is complete in its rows and bounded in its evidence."""
    source = samples.report_input(dict.fromkeys(range(500), VerdictKind.FAIL), count=500)
    verdicts = {
        key: samples.verdict(key, VerdictKind.FAIL, f"cause {number}", (number + 1,))
        for number, key in enumerate(source.verdicts)
    }

    page = page_of(samples.report_input(count=500, verdicts=verdicts))

    assert 500 == sum(name == "data-level" for name, _ in page.attributes)
    assert SHOWN_IN_ALL == sum(value.startswith("exchange") for name, value in page.attributes if name == "class")


def test_a_requirement_with_two_findings_of_one_cause_is_one_requirement(samples: ModuleType) -> None:
    """Both findings are on the page, and the requirement is counted once."""
    source = samples.twice_broken()

    text = render_html(build_report(source), source.exchanges)

    assert "more requirement" not in text
    assert "<summary>2 findings</summary>" in text
    assert "edit 2" in text


def test_the_page_begins_with_what_identifies_the_report(samples: ModuleType) -> None:
    """Versions, profile, validity and how to verify stand before the verdicts, so that they are on the first sheet."""
    source = samples.report_input()

    begins = page_of(source).text.partition("Verdicts")[0]

    for heading in ("Product version", "Document version", "Profile", "Valid", "To verify"):
        assert heading in begins
    assert "standard, with chatcert 0.1.0" in begins
    assert f"until {build_report(source)['validity']['not_after'][:10]}" in begins


def test_each_card_opens_the_exchange_that_its_command_repeats(samples: ModuleType) -> None:
    """The first number of a finding is that of the repeated exchange, whatever its place among the others."""
    source = samples.report_input({0: VerdictKind.FAIL, 1: VerdictKind.FAIL})
    first, second = (key for key, _ in zip(source.verdicts, range(2), strict=False))
    verdicts = {
        **source.verdicts,
        first: samples.verdict(first, VerdictKind.FAIL, "one cause", (4, 3)),
        second: samples.verdict(second, VerdictKind.FAIL, "another cause", (6, 5)),
    }
    text = render_html(build_report(samples.report_input(verdicts=verdicts)), source.exchanges)

    assert ["4", "6"] == re.findall(r'<details class="exchange first" id="x(\d+)" open>', text)
    assert ["4", "6"] == re.findall(r'<details class="exchange[^"]*" id="x(\d+)" open>', text)
