"""A badge of an entry: vendor, version and status, with the last day on which it can hold."""

from __future__ import annotations

from typing import Final
from xml.etree import ElementTree

from chatcert.register.entries import HOLDS, Status
from chatcert.register.site.site_view import ShownEntry
from chatcert.report.views.badge import CHARACTER, HEIGHT, LABEL_COLOUR, MAX_CHARACTERS, PADDING
from chatcert.text import one_line, shorten

COLOURS: Final = {
    Status.CERTIFIED: "#1a7f37",
    Status.CONDITIONAL: "#8a5a00",
    Status.DISPUTED: "#6e40c9",
    Status.PENDING: "#57606a",
    Status.EXPIRED: "#57606a",
    Status.SUPERSEDED: "#57606a",
    Status.REVOKED: "#b42318",
}
"""White text on each of them has a contrast of at least 4.5 to 1 (WCAG 2.2, 1.4.3)."""


def badge_message(shown: ShownEntry) -> str:
    """Return what the badge says of an entry.

    A badge is copied, and outlives its entry: it prints the last day, so that nobody takes an old one for new.
    """
    rehearsal = "rehearsal, " if shown.entry.certificate["rehearsal"] else ""
    until = f" until {shown.entry.last_day}" if shown.status in HOLDS else f" ({shown.entry.last_day})"
    return f"{rehearsal}{shown.status}{until}"


def render_status_badge(shown: ShownEntry) -> str:
    """Render the badge as SVG."""
    label = shorten(one_line(f"{shown.entry.vendor} {shown.entry.certificate['product']['version']}"), MAX_CHARACTERS)
    message = badge_message(shown)
    left, right = (round(len(text) * CHARACTER + 2 * PADDING) for text in (label, message))
    sizes = {"width": str(left + right), "height": str(HEIGHT)}
    title = f"{label}: {message}"
    svg = ElementTree.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", **sizes, "role": "img", "aria-label": title}
    )
    ElementTree.SubElement(svg, "title").text = title
    for x, width, colour in ((0, left, LABEL_COLOUR), (left, right, COLOURS[shown.status])):
        box = {"x": str(x), "width": str(width), "height": str(HEIGHT), "fill": colour}
        ElementTree.SubElement(svg, "rect", box)
    fonts = {"font-family": "Verdana, DejaVu Sans, sans-serif", "font-size": "11", "text-anchor": "middle"}
    group = ElementTree.SubElement(svg, "g", {"fill": "#ffffff", **fonts})
    for centre, width, text in ((left / 2, left, label), (left + right / 2, right, message)):
        fitted = {"textLength": str(width - 2 * PADDING), "lengthAdjust": "spacingAndGlyphs"}
        ElementTree.SubElement(group, "text", {"x": f"{centre:g}", "y": "14", **fitted}).text = text
    return ElementTree.tostring(svg, encoding="unicode") + "\n"
