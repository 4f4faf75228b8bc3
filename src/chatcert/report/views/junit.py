"""junit.xml: a test case for each requirement, for CI systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree

from chatcert.judge.verdict import VerdictKind
from chatcert.report import sentences
from chatcert.report.model import Report, RequirementRow
from chatcert.report.selection import is_left_out
from chatcert.text import one_line
from chatcert.transport.exchange import Exchange

CHILDREN: Final = {
    VerdictKind.FAIL: "failure",
    VerdictKind.ERROR: "error",
    VerdictKind.INCONCLUSIVE: "error",
    VerdictKind.NOT_RUN: "error",
    VerdictKind.NOT_APPLICABLE: "skipped",
    VerdictKind.WAIVED: "skipped",
}
"""The child element for a verdict; ``pass`` and ``warn`` are passing test cases."""


def render_junit(report: Report, exchanges: Sequence[Exchange]) -> bytes:
    """Render the document in UTF-8. The time of a test case is that of the exchanges of its requirement, in seconds."""
    rows = report["requirements"]
    children = ["skipped" if is_left_out(row) else CHILDREN.get(VerdictKind(row["verdict"]), "") for row in rows]
    figures = {
        "tests": str(len(rows)),
        "failures": str(children.count("failure")),
        "errors": str(children.count("error")),
        "skipped": str(children.count("skipped")),
        "time": f"{report['seconds']:.3f}",
    }
    name = f"chatcert.{report['vendor']}"
    root = ElementTree.Element("testsuites", {"name": "chatcert", **figures})
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        {
            "name": one_line(name),
            **figures,
            "timestamp": report["subject"]["window"]["start"].removesuffix("Z"),
            "hostname": one_line(report["subject"]["host"]),
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for key, value in sentences.properties(report).items():
        ElementTree.SubElement(properties, "property", {"name": key, "value": one_line(value)})
    times = sentences.durations(exchanges)
    for row, child in zip(rows, children, strict=True):
        _case(suite, row, child, classname=f"{name}.{row['kind']}", seconds=times[row["id"]])
    ElementTree.indent(root)
    data: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _case(suite: ElementTree.Element, row: RequirementRow, child: str, *, classname: str, seconds: float) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": one_line(classname),
            "name": one_line(row["id"]),
            "time": f"{seconds:.3f}",
        },
    )
    title = one_line(row["finding"]["title"] if row["finding"] is not None else row["reason"])
    if child:
        attributes = {"type": row["verdict"], "message": title}
        ElementTree.SubElement(case, child, attributes).text = sentences.details(row)
    elif row["verdict"] == VerdictKind.WARN:
        ElementTree.SubElement(case, "system-out").text = f"warn: {title}\n{sentences.details(row)}"
