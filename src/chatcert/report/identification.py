"""What a report begins with: the product, the document, the profile, how long it is valid, and how to verify it."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.report.model import Report

DIGITS = 12
"""Of a digest that is written out in full elsewhere on the page, so many hexadecimal digits identify it."""


def identification_of(report: Report) -> list[tuple[str, str]]:
    """Return pairs of heading and sentence. Text from a server or a document is in them unescaped."""
    return list(_rows(report))


def _rows(report: Report) -> Iterator[tuple[str, str]]:
    subject, suite = report["subject"], report["suite"]
    said = "; ".join(f"{name}: {', '.join(values)}" for name, values in subject.get("reported", {}).items())
    yield "Product version", f"the server says {said}" if said else "not named by the server"
    version = subject["version"] or "not named"
    yield "Document version", f"{version} ({report['digests']['spec'][: len('sha256:') + DIGITS]})"
    yield "Profile", f"{report['profile']}, with {suite['name']} {suite['version']}"
    if validity := report.get("validity"):
        yield "Valid", f"until {validity['not_after'][:10]}; what ends it earlier is under Provenance"
    yield "To verify", "chatcert verify report.json, in the folder of this page"
