"""badge.svg: the outcome, readable by people, screen readers and XML parsers."""

from __future__ import annotations

from types import ModuleType
from xml.etree import ElementTree

import pytest

from chatcert.judge.verdict import Outcome, VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.badge import COLOURS, LABEL_COLOUR, render_badge

SVG = "{http://www.w3.org/2000/svg}"
WORDS = {
    Outcome.CONFORMANT: VerdictKind.PASS,
    Outcome.CONFORMANT_WITH_REMARKS: VerdictKind.WARN,
    Outcome.NOT_CONFORMANT: VerdictKind.FAIL,
    Outcome.NO_VERDICT: VerdictKind.NOT_RUN,
}


def badge_of(source: ReportInput) -> ElementTree.Element:
    """The parsed badge of a report."""
    return ElementTree.fromstring(render_badge(build_report(source)))


def luminance(colour: str) -> float:
    """Relative luminance of ``#rrggbb`` (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_text_and_colour(samples: ModuleType, outcome: Outcome) -> None:
    """The four outcomes differ in words, not in colour alone."""
    badge = badge_of(samples.report_input({0: WORDS[outcome]}))

    words = outcome.value.replace("-", " ")
    assert ["acme", words] == [element.text for element in badge.iter(f"{SVG}text")]
    assert f"acme: {words}, 2026-01-01" == badge.get("aria-label") == badge.findtext(f"{SVG}title")
    assert COLOURS[outcome] == badge.findall(f"{SVG}rect")[1].get("fill")
    assert 4 == len(set(COLOURS.values()))


@pytest.mark.parametrize("colour", [LABEL_COLOUR, *COLOURS.values()])
def test_the_text_can_be_read(colour: str) -> None:
    """White on each colour has the contrast that WCAG asks of small text."""
    assert 4.5 <= 1.05 / (luminance(colour) + 0.05)


def test_a_run_against_the_mock_says_so(samples: ModuleType) -> None:
    """A badge never certifies a vendor to which nothing was sent."""
    badge = badge_of(samples.report_input(facts=samples.facts(mode="mock")))

    assert "conformant (mock)" in [element.text for element in badge.iter(f"{SVG}text")]


def test_no_payload_breaks_the_image(samples: ModuleType, payload: str) -> None:
    """A vendor's name that is markup leaves the image well-formed, its shape unchanged and its width bounded."""
    badge = badge_of(samples.report_input(facts=samples.facts(vendor=payload)))

    assert [element.tag for element in badge_of(samples.report_input()).iter()] == [e.tag for e in badge.iter()]
    assert 500 > int(badge.get("width", "0"))
