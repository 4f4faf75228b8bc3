"""Read a report, and check it against its published schema and against itself."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from chatcert.exceptions import InputFileError
from chatcert.files import packaged_text, read_bounded
from chatcert.judge.verdict import OUTCOME_RULE, SELECTION_RULE, VerdictKind
from chatcert.openapi.provenance import Provenance
from chatcert.report.consistency import inconsistency
from chatcert.report.model import Report
from chatcert.report.own_verdicts import contract_rows
from chatcert.report.selection import outcome_of_rows
from chatcert.requirements.requirement import is_own
from chatcert.text import one_line, shorten

SCHEMA = "chatcert-report/1"
SCHEMA_FILES = {SCHEMA: "report-1.schema.json"}
MAX_BYTES = 256 * 1024 * 1024
MAX_MESSAGE = 160


def read_report(path: Path) -> Report:
    """Read a ``report.json`` and check it.

    Raises:
        InputFileError: it cannot be read, is not a report, or contradicts itself.
    """
    hint = "give a report.json that chatcert wrote"
    try:
        report = json.loads(read_bounded(path, MAX_BYTES), parse_constant=_refuse)
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=str(path), hint=hint) from None
    except (ValueError, RecursionError):
        raise InputFileError("not valid JSON", where=str(path), hint=hint) from None
    problem = check_report(report)
    if problem:
        raise InputFileError(f"not a valid report: {problem}", where=str(path), hint=hint)
    result: Report = report
    return result


def check_report(report: Any) -> str:
    """Return what is wrong with a report, in one line; empty if nothing is.

    Beyond the schema it checks that ids are unique, that the totals count the verdicts, that the manifest counts the
    requirements and its digest is theirs, that the outcome follows from the verdicts, that an incomplete report says
    so, and that no part contradicts another.
    """
    version = report.get("schema") if isinstance(report, dict) else None
    if not isinstance(version, str) or version not in SCHEMA_FILES:
        return f"its schema is {shorten(one_line(str(version)), MAX_MESSAGE)}, known: {', '.join(SCHEMA_FILES)}"
    for error in _validator(version).iter_errors(report):
        place = "/".join(str(step) for step in error.instance_path) or "top level"
        return f"{place}: {shorten(one_line(error.message), MAX_MESSAGE, keep_end=True)}"
    return _contradiction(report)


def schema_of(version: str = SCHEMA) -> dict[str, Any]:
    """Return the published JSON Schema of one version of the report."""
    text = packaged_text("chatcert.report", "schema", SCHEMA_FILES[version])
    schema: dict[str, Any] = json.loads(text)
    return schema


@lru_cache(maxsize=4)
def _validator(version: str) -> Any:
    return jsonschema_rs.validator_for(schema_of(version))


def _contradiction(report: Report) -> str:
    rows = report["requirements"]
    if len({row["id"] for row in rows}) != len(rows):
        return "requirements: an id occurs twice"
    counts = Counter(row["verdict"] for row in rows)
    counted = contract_rows(rows)
    of_contract = Counter(row["verdict"] for row in counted)
    expected = {"requirements": len(counted), **{word.value: of_contract[word.value] for word in VerdictKind}}
    if report["totals"] != expected:
        return "totals: they do not count the verdicts"
    if report["manifest"]["requirements"] != len(rows):
        return "manifest: it does not count the requirements"
    rule = report["outcome_rule"]
    if rule in (OUTCOME_RULE, SELECTION_RULE) and report["outcome"] != outcome_of_rows(rows, rule):
        return "outcome: it does not follow from the verdicts"
    complete = report.get("complete", not counts[VerdictKind.NOT_RUN])  # reports of the first version do not have it
    if complete != (not report.get("missing", counts[VerdictKind.NOT_RUN])) or (
        complete and counts[VerdictKind.NOT_RUN]
    ):
        return "complete: it does not agree with what is missing"
    if strange := [row["id"] for row in rows if (row["provenance"] == Provenance.OWN) is not is_own(row["id"])]:
        return f"{strange[0]}: whether it is an own rule does not agree with its provenance"
    return inconsistency(report)


def _refuse(constant: str) -> float:
    raise ValueError(constant)
