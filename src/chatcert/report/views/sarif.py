"""report.sarif: what is not right, as SARIF 2.1.0 results that point into the vendor's file.

The format is OASIS Standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0 plus Errata 01".
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

from chatcert.judge.verdict import UNJUDGED, Outcome, VerdictKind
from chatcert.report import sentences
from chatcert.report.model import DefectRow, Report, RequirementRow
from chatcert.report.source_lines import SourceNode, SpecFile, index_lines
from chatcert.requirements.requirement import Kind
from chatcert.text import count, one_line, shorten, visible

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS: Final = {
    VerdictKind.FAIL: "error",
    VerdictKind.ERROR: "warning",
    VerdictKind.INCONCLUSIVE: "warning",
    VerdictKind.NOT_RUN: "warning",
    VerdictKind.WARN: "warning",
    VerdictKind.WAIVED: "note",
}
"""The level of each verdict that is a result. ``pass`` and ``not-applicable`` are none."""

DEFECT_RULE: Final = "spec-defect"
MAX_CHARACTERS: Final = 2_000
"""Characters of one sentence; report.json has all of it."""


def render_sarif(report: Report, spec: SpecFile | None) -> dict[str, Any]:
    """Render the log, JSON-ready: breaches, remarks, what could not be judged, and defects of the document.

    Where anything could not be judged, the invocation says that it was not successful: a log without errors is then
    no certificate.

    Args:
        report: what ``build_report`` gave.
        spec: the vendor's document, whose lines the results point to; results have no line without it.
    """
    rows = [row for row in report["requirements"] if VerdictKind(row["verdict"]) in LEVELS]
    places = index_lines(spec.text) if spec is not None else SourceNode(1)
    rules = _rules(report, rows)
    indices = {rule["id"]: index for index, rule in enumerate(rules)}
    results = [_result(row) | _places(row["clause"]["pointer"], spec, places) for row in rows]
    results += [_defect(defect) | _places(defect["pointer"], spec, places) for defect in report["spec_defects"]]
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": report["suite"]["name"],
                "version": report["suite"]["version"],
                "semanticVersion": report["suite"]["version"],
                "rules": rules,
            }
        },
        "automationDetails": {"id": f"chatcert/{one_line(report['vendor'])}/"},
        "invocations": [_invocation(report)],
        "results": [result | {"ruleIndex": indices[result["ruleId"]]} for result in results],
        "columnKind": "unicodeCodePoints",
    }
    if spec is not None:
        digest = hashlib.sha256(spec.text.encode("utf-8", "surrogatepass")).hexdigest()
        run["artifacts"] = [{"location": {"uri": spec.uri}, "hashes": {"sha-256": digest}}]
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def rule_of(row: RequirementRow) -> str:
    """Return the rule of a requirement, the same for every vendor and field: ``refusal/maxLength``."""
    return f"{row['kind']}/{one_line(row['id'].rpartition('/')[2])}"


def _rules(report: Report, rows: list[RequirementRow]) -> list[dict[str, Any]]:
    """Return every rule that a result refers to, once."""
    meanings = {rule_of(row): sentences.KIND_MEANINGS[Kind(row["kind"])] for row in rows}
    if report["spec_defects"]:
        meanings[DEFECT_RULE] = "the vendor's document is free of contradictions"
    return [{"id": rule, "shortDescription": {"text": _text(meaning)}} for rule, meaning in meanings.items()]


def _result(row: RequirementRow) -> dict[str, Any]:
    finding, word = row["finding"], VerdictKind(row["verdict"])
    clause = row["clause"]["text"]
    asked = finding.get("request_id", "") if finding is not None else ""
    if finding is None:
        sentences = [f"{clause}: {row['reason']}"]
    else:
        seen = f"{finding['occurrences']:,} of {count(finding['observed'], 'time')}" if finding["observed"] else ""
        sentences = [clause if finding["title"] == f"Broken: {clause}" else f"{clause}: {finding['title']}"]
        sentences += [f"expected {finding['expected']}", f"actual {finding['actual']}"]
        sentences += [f"seen {seen}"] if seen else []
        sentences += [f"request id {asked}"] if asked else []
    result: dict[str, Any] = {
        "ruleId": rule_of(row),
        "level": LEVELS[word],
        "message": {"text": _text("; ".join(_short(sentence) for sentence in sentences))},
        "partialFingerprints": {"requirement/v1": _digest(row["id"])},
        "properties": {
            "requirement": one_line(row["id"]),
            "verdict": row["verdict"],
            "requirementLevel": row["level"],
            "provenance": row["provenance"],
            "source": one_line(row["clause"]["source"]),
            "exchanges": finding["exchanges"] if finding is not None else row["exchanges"],
        },
    }
    properties = result["properties"]
    properties |= {"curl": visible(finding["curl"])} if finding is not None and finding["curl"] else {}
    properties |= {"requestId": one_line(asked)} if asked else {}
    if word is VerdictKind.WAIVED:
        result["suppressions"] = [{"kind": "external", "status": "accepted"}]
    return result


def _defect(defect: DefectRow) -> dict[str, Any]:
    return {
        "ruleId": DEFECT_RULE,
        "level": "note",
        "message": {"text": _text(_short(defect["problem"]))},
        "partialFingerprints": {"defect/v1": _digest(f"{defect['pointer']} {defect['problem']}")},
    }


def _places(pointer: str, spec: SpecFile | None, places: SourceNode) -> dict[str, Any]:
    location: dict[str, Any] = {}
    if pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": one_line(pointer)}]
    if spec is not None:
        line = places.line_at(pointer) or 1  # code scanning shows no result without a region
        location["physicalLocation"] = {
            "artifactLocation": {"uri": spec.uri, "index": 0},
            "region": {"startLine": line},
        }
    return {"locations": [location]} if location else {}


def _invocation(report: Report) -> dict[str, Any]:
    window, totals = report["subject"]["window"], report["totals"]
    judged = report["outcome"] != Outcome.NO_VERDICT and not any(totals[word] for word in UNJUDGED)
    sentence = f"{sentences.outcome_label(report)}. {sentences.sentence(report)}"
    invocation: dict[str, Any] = {
        "startTimeUtc": window["start"],
        "endTimeUtc": window["end"],
        "executionSuccessful": judged,
        "properties": {"outcome": report["outcome"], "sentence": sentence, "requests": report["requests"]},
    }
    if report["command"]:
        invocation["commandLine"] = one_line(report["command"])
    if not judged:
        invocation["toolExecutionNotifications"] = [{"level": "error", "message": {"text": _text(sentence)}}]
    return invocation


def _short(text: str) -> str:
    return shorten(one_line(text), MAX_CHARACTERS)


def _text(line: str) -> str:
    """Escape a plain text message: ``{`` would begin a placeholder (3.11.5), and ``](`` a link (3.11.6)."""
    return line.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
