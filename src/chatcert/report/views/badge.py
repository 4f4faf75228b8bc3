"""badge.svg: vendor and outcome as a small image."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from chatcert.judge.verdict import Outcome
from chatcert.report import sentences
from chatcert.report.model import Report
from chatcert.text import one_line, shorten

COLOURS: Final = {
    Outcome.CONFORMANT: "#1a7f37",
    Outcome.CONFORMANT_WITH_REMARKS: "#8a5a00",
    Outcome.NOT_CONFORMANT: "#b42318",
    Outcome.NO_VERDICT: "#6e40c9",
}
"""White text on each of them has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""

LABEL_COLOUR: Final = "#30363d"
MAX_CHARACTERS: Final = 40
CHARACTER: Final = 6.6
"""Width of a character in pixels; the text is fitted to it."""
PADDING: Final = 8
HEIGHT: Final = 20


def render_badge(report: Report) -> str:
    """Render the image as SVG: the vendor on the left, the outcome on the right, both in its accessible title.

    A run against the bundled mock is marked, since it certifies no vendor.
    """
    label = shorten(one_line(report["vendor"]), MAX_CHARACTERS)
    message = sentences.outcome_label(report).lower()
    if report["subject"]["mode"] == "mock":
        message += " (mock)"
    title = f"{label}: {message}, {report['subject']['window']['end'][:10]}"
    left, right = (round(len(text) * CHARACTER + 2 * PADDING) for text in (label, message))
    svg = ElementTree.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "width": str(left + right),
            "height": str(HEIGHT),
            "role": "img",
            "aria-label": title,
        },
    )
    ElementTree.SubElement(svg, "title").text = title
    for x, width, colour in ((0, left, LABEL_COLOUR), (left, right, COLOURS[Outcome(report["outcome"])])):
        ElementTree.SubElement(
            svg,
            "rect",
            {
                "x": str(x),
                "width": str(width),
                "height": str(HEIGHT),
                "fill": colour,
            },
        )
    group = ElementTree.SubElement(
        svg,
        "g",
        {
            "fill": "#ffffff",
            "font-family": "Verdana, DejaVu Sans, sans-serif",
            "font-size": "11",
            "text-anchor": "middle",
        },
    )
    for centre, width, text in ((left / 2, left, label), (left + right / 2, right, message)):
        ElementTree.SubElement(
            group,
            "text",
            {
                "x": f"{centre:g}",
                "y": "14",
                "textLength": str(width - 2 * PADDING),
                "lengthAdjust": "spacingAndGlyphs",
            },
        ).text = text
    return ElementTree.tostring(svg, encoding="unicode") + "\n"
