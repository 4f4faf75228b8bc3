"""Compare what a report states beside its verdicts with its document and its exchanges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from chatcert.judge.verdict import JUDGED
from chatcert.names import MOCK_STATUS_HEADER
from chatcert.openapi.contract import Contract
from chatcert.report.assurance import ServerKind
from chatcert.report.builder import defects_of, retries_in
from chatcert.report.detection_record import detection_record_of, sources_digest
from chatcert.report.model import Report
from chatcert.report.reachability import reachability_record, reported_version
from chatcert.report.seal.integrity import Remark, problem
from chatcert.report.validity import validity_of
from chatcert.requirements.catalogue import derive
from chatcert.text import encodable, parse_time
from chatcert.transport.chats.created_chats import answered_with_error, created_chats, unanswered
from chatcert.transport.exchange import Exchange

ROUNDING: Final = 0.002
"""Seconds by which a stated duration and the two times that it lies between may differ."""


def check_facts(report: Report, contract: Contract, exchanges: Sequence[Exchange]) -> Iterator[Remark]:
    """Yield a problem for each statement of a report of this version that does not follow from what it was made from.

    Parts that the report does not have are left out: what needs them is not claimed either.
    """
    for place, stated, derived in _facts(report, contract, exchanges):
        if stated != derived:
            yield problem(f"{place}: it does not follow from the document and the exchanges")
    if report["totals"]["waived"] and "waivers" not in report:
        yield problem("waivers: a requirement is waived, and no waiver is stated")
    yield from _check_settings(report)
    yield from _check_mode(report, exchanges)


def _facts(report: Report, contract: Contract, exchanges: Sequence[Exchange]) -> Iterator[tuple[str, Any, Any]]:
    """Yield the name of each derived statement, what the report says, and what follows."""
    subject = report["subject"]
    yield "title", report["title"], encodable(contract.title)
    yield "subject/version", subject["version"], encodable(contract.version)
    yield "subject/vendor", subject["vendor"], report["vendor"]
    yield "subject/reported", subject["reported"], reported_version(exchanges)
    yield "weather", report["weather"], dict(sorted(retries_in(exchanges).items()))
    if "created" in report:
        chats = sum(1 for _ in created_chats(contract, exchanges))
        yield "created/chats", report["created"]["chats"], chats
        errors = answered_with_error(contract, exchanges)
        yield "created/server_errors", report["created"]["server_errors"], errors
        yield "created/unanswered", report["created"]["unanswered"] >= unanswered(contract, exchanges), True
    if "contact" in report:
        was_judged = any(report["totals"][word] for word in JUDGED)
        is_blocked = report["contact"]["preflight"] == "failed" and not was_judged
        yield "contact", report["contact"], reachability_record(exchanges, blocked=is_blocked)
    defects = [(encodable(defect.pointer), encodable(defect.problem)) for defect in defects_of(contract, exchanges)]
    yield "spec_defects", [(row["pointer"], row["problem"]) for row in report["spec_defects"]], defects
    if "validity" in report:
        yield "validity", report["validity"], validity_of(subject["window"]["end"], report.get("waivers"))
    proof = report.get("proof")
    if proof is not None and proof["measured"] and proof["sources"] == sources_digest():
        derived = detection_record_of(derive(contract).digest, report["suite"]["version"])
        yield "proof", proof, derived
    start, end = (parse_time(subject["window"][side]).timestamp() for side in ("start", "end"))
    yield "seconds", abs(report["seconds"] - (end - start)) <= ROUNDING, True


def _check_settings(report: Report) -> Iterator[Remark]:
    """Check that the settings of a run are those that its report names."""
    settings = report.get("settings")
    if settings is None:
        return
    stated: Mapping[str, Any] = {
        "profile": report["profile"],
        "seed": report["seed"],
        "environment": report["subject"]["environment"],
        "region": report["subject"]["region"],
    }
    for name, value in stated.items():
        if name in settings and settings[name] != value:
            yield problem(f"settings/{name}: not what the report says")
    if (settings.get("target") == ServerKind.MOCK) is not (report["subject"]["mode"] == ServerKind.MOCK):
        yield problem("settings/target: not the mode that the report says")


def _check_mode(report: Report, exchanges: Sequence[Exchange]) -> Iterator[Remark]:
    """Check that a report on a server other than the bundled mock holds no request that only the mock is sent."""
    if report["subject"]["mode"] == ServerKind.MOCK:
        return
    asked = [exchange.number for exchange in exchanges if _asks_the_mock(exchange)]
    if asked:
        yield problem(
            f"subject: it names another server than the bundled mock, and exchange {asked[0]} is one that only the "
            "mock is sent"
        )


def _asks_the_mock(exchange: Exchange) -> bool:
    return any(name.lower() == MOCK_STATUS_HEADER.lower() for name, _ in exchange.sent.headers)
