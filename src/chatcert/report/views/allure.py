"""allure-results: the verdicts for Allure, with requests and answers attached.

Allure 2 reads the categories from the results, Allure 3 from its configuration file, which is written beside them.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

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

PASSED: Final = "passed"
SKIPPED: Final = "skipped"
STATUSES: Final = {
    VerdictKind.FAIL: "failed",
    VerdictKind.ERROR: "broken",
    VerdictKind.INCONCLUSIVE: "broken",
    VerdictKind.NOT_RUN: "broken",
    VerdictKind.NOT_APPLICABLE: SKIPPED,
    VerdictKind.WAIVED: SKIPPED,
}
SEVERITIES: Final = {Level.MUST: "critical", Level.SHOULD: "minor"}
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
        _write(folder / f"{result['uuid']}-result.json", result)
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
) -> dict[str, Any]:
    """Return a result as Allure's own library writes it: without members that are empty."""
    word, identity = VerdictKind(row["verdict"]), row["id"].encode()
    details = {} if word is VerdictKind.PASS else {"message": _message(row), "trace": sentences.details(row)}
    run_start = datetime.fromisoformat(report["subject"]["window"]["start"]).timestamp()
    start = min((exchange.started for exchange in judged), default=run_start)
    stop = max((exchange.started + exchange.seconds for exchange in judged), default=start)
    return _filled(
        {
            "name": visible(row["id"]),
            "status": SKIPPED if is_left_out(row) else STATUSES.get(word, PASSED),
            "statusDetails": _filled(details),
            "stage": "finished",
            "description": visible(row["clause"]["text"]),
            "attachments": [
                {"name": f"#{x.number} {side}", "source": _source(run, x, side), "type": "text/plain"}
                for x in chosen
                for side in ("request", "response")
            ],
            "start": int(start * 1000),
            "stop": int(stop * 1000),
            "uuid": str(uuid.uuid5(run, row["id"])),
            "historyId": hashlib.sha256(identity).hexdigest(),
            "testCaseId": hashlib.sha256(b"case:" + identity).hexdigest(),
            "fullName": visible(row["id"]),
            "labels": [_filled({"name": name, "value": one_line(value)}) for name, value in _labels(report, row)],
            "titlePath": ["chatcert", report["vendor"], row["kind"]],
        }
    )


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}


def _message(row: RequirementRow) -> str:
    """Return the verdict and what is wrong: the categories match the verdict at the beginning."""
    title = row["finding"]["title"] if row["finding"] is not None else row["reason"]
    return f"{row['verdict']}: {one_line(title)}"


def _labels(report: Report, row: RequirementRow) -> list[tuple[str, str]]:
    return [
        ("epic", report["vendor"]),
        ("feature", row["kind"]),
        ("story", row["id"]),
        ("severity", SEVERITIES[Level(row["level"])]),
        ("parentSuite", "chatcert"),
        ("suite", report["vendor"]),
        ("subSuite", row["kind"]),
        ("host", report["subject"]["host"]),
        ("tag", row["level"]),
        ("tag", row["provenance"]),
        ("framework", "chatcert"),
    ]


def _chosen(row: RequirementRow) -> list[int]:
    """Return the numbers of the exchanges to attach."""
    numbers = row["finding"]["exchanges"][:ATTACHED] if row["finding"] is not None else []
    return list(numbers or row["exchanges"][:1])


def _source(run: uuid.UUID, exchange: Exchange, side: str) -> str:
    return f"{uuid.uuid5(run, f'{exchange.number} {side}')}-attachment.txt"


def _categories() -> list[dict[str, Any]]:
    """Return categories that match the beginning of a message; the expressions mean the same in Java and JavaScript."""
    return [
        {
            "name": name,
            "matchedStatuses": [STATUSES.get(word, PASSED)],
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
