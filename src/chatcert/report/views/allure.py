"""allure-results: the verdicts for Allure, with requests and answers attached.

Allure 2 reads the categories from the results, Allure 3 from its configuration file, which is written beside them.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from allure_commons.logger import AllureMemoryLogger
from allure_commons.model2 import Attachment, Label, Status, StatusDetails, TestResult
from allure_commons.types import LabelType, Severity

from chatcert.judge.verdict import VerdictKind
from chatcert.report import sentences
from chatcert.report.model import Report, RequirementRow
from chatcert.report.selection import is_left_out
from chatcert.report.views.messages import request_message, response_message
from chatcert.requirements.requirement import Level
from chatcert.text import one_line, visible
from chatcert.transport.exchange import Exchange

BODY_LIMIT = 64 * 1024
ATTACHED = 8
"""How many exchanges of a finding are attached. A requirement without a finding has one."""

STATUSES: Final = {
    VerdictKind.FAIL: Status.FAILED,
    VerdictKind.ERROR: Status.BROKEN,
    VerdictKind.INCONCLUSIVE: Status.BROKEN,
    VerdictKind.NOT_RUN: Status.BROKEN,
    VerdictKind.NOT_APPLICABLE: Status.SKIPPED,
    VerdictKind.WAIVED: Status.SKIPPED,
}
SEVERITIES: Final = {Level.MUST: Severity.CRITICAL, Level.SHOULD: Severity.MINOR}
CATEGORIES: Final = (
    ("Not conformant", VerdictKind.FAIL),
    ("Inconclusive", VerdictKind.INCONCLUSIVE),
    ("Suite error", VerdictKind.ERROR),
    ("Not run", VerdictKind.NOT_RUN),
    ("Recommendation not followed", VerdictKind.WARN),
    ("Waived", VerdictKind.WAIVED),
    ("Not applicable", VerdictKind.NOT_APPLICABLE),
)
_SPACE = uuid.UUID("7d2f3f0c-5d0e-5a52-9d8b-0a1f4f6b8c11")


def write_allure(folder: Path, report: Report, exchanges: Sequence[Exchange]) -> None:
    """Write into an empty folder: a result for each requirement, attachments, categories, environment and executor.

    Names and UUIDs follow from the start of the run and the id of the requirement, history ids from the latter alone.

    Raises:
        OSError: the folder cannot be written to.
    """
    known = {exchange.number: exchange for exchange in exchanges}
    run = uuid.uuid5(_SPACE, f"{report['vendor']} {report['subject']['window']['start']}")
    attached: set[int] = set()
    for row in report["requirements"]:
        chosen = [known[number] for number in _chosen(row) if number in known]
        result = _result(report, row, run, chosen, [known[n] for n in row["exchanges"] if n in known])
        _write(folder / f"{result.uuid}-result.json", _serialised(result))
        for exchange in chosen:
            if exchange.number not in attached:
                attached.add(exchange.number)
                _attach(folder, run, exchange)
    _write(folder / "categories.json", _categories())
    _write(folder / "executor.json", _executor(report))
    (folder / "environment.properties").write_text(_environment(report), encoding="ascii")


def allure_configuration(report: Report) -> dict[str, Any]:
    """Return the file for ``allure generate --config`` of Allure 3; each vendor has a history of its own."""
    vendor = one_line(report["vendor"])
    return {
        "name": f"chatcert: {vendor}",
        "historyPath": f"allure-history/{vendor}.jsonl",
        "categories": _categories(),
    }


def _attach(folder: Path, run: uuid.UUID, exchange: Exchange) -> None:
    for side, message_of in (("request", request_message), ("response", response_message)):
        text = message_of(exchange, BODY_LIMIT).text()
        (folder / _source(run, exchange, side)).write_text(text, encoding="utf-8")


def _result(
    report: Report, row: RequirementRow, run: uuid.UUID, chosen: Sequence[Exchange], judged: Sequence[Exchange]
) -> TestResult:
    word, identity = VerdictKind(row["verdict"]), row["id"].encode()
    details = (
        StatusDetails(message=_message(row), trace=sentences.details(row)) if word is not VerdictKind.PASS else None
    )
    run_start = datetime.fromisoformat(report["subject"]["window"]["start"]).timestamp()
    start = min((exchange.started for exchange in judged), default=run_start)
    stop = max((exchange.started + exchange.seconds for exchange in judged), default=start)
    return TestResult(
        uuid=str(uuid.uuid5(run, row["id"])),
        historyId=hashlib.sha256(identity).hexdigest(),
        testCaseId=hashlib.sha256(b"case:" + identity).hexdigest(),
        fullName=visible(row["id"]),
        name=visible(row["id"]),
        titlePath=["chatcert", report["vendor"], row["kind"]],
        status=Status.SKIPPED if is_left_out(row) else STATUSES.get(word, Status.PASSED),
        statusDetails=details,
        stage="finished",
        description=visible(row["clause"]["text"]),
        start=int(start * 1000),
        stop=int(stop * 1000),
        labels=[Label(name=str(name), value=one_line(value)) for name, value in _labels(report, row)],
        attachments=[
            Attachment(name=f"#{x.number} {side}", source=_source(run, x, side), type="text/plain")
            for x in chosen
            for side in ("request", "response")
        ],
    )


def _message(row: RequirementRow) -> str:
    """Return the verdict and what is wrong: the categories match the verdict at the beginning."""
    title = row["finding"]["title"] if row["finding"] is not None else row["reason"]
    return f"{row['verdict']}: {one_line(title)}"


def _labels(report: Report, row: RequirementRow) -> list[tuple[str, str]]:
    return [
        (LabelType.EPIC, report["vendor"]),
        (LabelType.FEATURE, row["kind"]),
        (LabelType.STORY, row["id"]),
        (LabelType.SEVERITY, SEVERITIES[Level(row["level"])].value),
        (LabelType.PARENT_SUITE, "chatcert"),
        (LabelType.SUITE, report["vendor"]),
        (LabelType.SUB_SUITE, row["kind"]),
        (LabelType.HOST, report["subject"]["host"]),
        (LabelType.TAG, row["level"]),
        (LabelType.TAG, row["provenance"]),
        (LabelType.FRAMEWORK, "chatcert"),
    ]


def _chosen(row: RequirementRow) -> list[int]:
    """Return the numbers of the exchanges to attach."""
    numbers = row["finding"]["exchanges"][:ATTACHED] if row["finding"] is not None else []
    return list(numbers or row["exchanges"][:1])


def _source(run: uuid.UUID, exchange: Exchange, side: str) -> str:
    return f"{uuid.uuid5(run, f'{exchange.number} {side}')}-attachment.txt"


def _serialised(result: TestResult) -> Any:
    """Serialise a result with Allure's own library."""
    memory = AllureMemoryLogger()
    memory.report_result(result)
    return memory.test_cases[0]


def _categories() -> list[dict[str, Any]]:
    """Return categories that match the beginning of a message; the expressions mean the same in Java and JavaScript."""
    return [
        {
            "name": name,
            "matchedStatuses": [STATUSES.get(word, Status.PASSED)],
            "messageRegex": f"^{word.value}: .*$",
        }
        for name, word in CATEGORIES
    ]


def _executor(report: Report) -> dict[str, str]:
    suite, vendor = report["suite"], one_line(report["vendor"])
    return {
        "name": f"{suite['name']} {one_line(suite['version'])}",
        "type": suite["name"],
        "buildName": f"{vendor}, {report['subject']['window']['start']}",
        "reportName": f"{suite['name']}: {vendor}",
    }


def _environment(report: Report) -> str:
    """Return a Java properties file: ASCII, everything else escaped."""
    subject, suite = report["subject"], report["suite"]
    entries = {
        "Vendor": report["vendor"],
        "Document": f"{report['title']} {subject['version']}".strip(),
        "Outcome": report["outcome"],
        "Target": f"{subject['mode']} {subject['url']}",
        "Profile": report["profile"],
        "Seed": str(report["seed"]),
        "Suite": f"{suite['name']} {suite['version']}",
        "Catalogue": report["manifest"]["digest"],
    }
    return "".join(f"{key}={_property(value)}\n" for key, value in entries.items())


def _property(value: str) -> str:
    units = one_line(value).replace("\\", "\\\\").encode("utf-16-be")
    codes = [int.from_bytes(units[i : i + 2]) for i in range(0, len(units), 2)]
    return "".join(chr(code) if 0x20 <= code < 0x7F else f"\\u{code:04x}" for code in codes)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=True), encoding="ascii")
