"""statement.intoto.json: the outcome as an in-toto statement with the digests of the report and its evidence.

Statement v1 (https://in-toto.io/Statement/v1) with the predicate type test-result v0.1. It is canonical JSON
(RFC 8785) and not signed itself: ``chatcert.report.seal.envelope`` does that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import rfc8785

from chatcert.judge.verdict import REMARKS, UNJUDGED, Outcome, VerdictKind
from chatcert.report.assurance import ServerKind, server_kind_of
from chatcert.report.model import Report
from chatcert.report.own_verdicts import contract_rows

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
RESULTS: Final = {
    Outcome.CONFORMANT: "PASSED",
    Outcome.CONFORMANT_WITH_REMARKS: "WARNED",
    Outcome.NOT_CONFORMANT: "FAILED",
    Outcome.NO_VERDICT: "FAILED",
}
"""The predicate has three results. *No verdict* must not satisfy a policy that requires a certificate."""

CONFIGURATION: Final = ("spec", "overlay", "catalogue")
"""The digests of what was tested, by their names in a report; the evidence is a subject of the statement instead."""

PASSED: Final = (VerdictKind.PASS,)
FAILED: Final = (VerdictKind.FAIL, *UNJUDGED)
"""What was not judged counts as failed. ``not-applicable`` is in no list: calling it passed would claim evidence that
does not exist."""


def render_statement(report: Report, files: Mapping[str, bytes], *, names_target: bool = True) -> dict[str, Any]:
    """Return the statement, JSON-ready.

    A user's own rules are not part of it.

    The result of a run against the bundled mock is ``FAILED``, because such a run certifies no vendor.

    Args:
        report: the report.
        files: content by name of the files that the statement covers, as they are on disk.
        names_target: whether the statement says which server answered, and takes it into account; statements of early
            versions did neither.
    """
    kind = server_kind_of(report["subject"])
    target = {"name": "target", "uri": report["subject"]["url"], "annotations": {"mode": kind.value}}
    is_mock = names_target and kind is ServerKind.MOCK
    return {
        "_type": STATEMENT,
        "subject": [
            {"name": name, "digest": {"sha256": hashlib.sha256(content).hexdigest()}} for name, content in files.items()
        ],
        "predicateType": PREDICATE,
        "predicate": {
            "result": "FAILED" if is_mock else RESULTS[Outcome(report["outcome"])],
            "configuration": [
                *([target] if names_target else []),
                *(
                    {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}
                    for name in CONFIGURATION
                    if (digest := report["digests"][name])
                ),
            ],
            "passedTests": _named(report, PASSED),
            "warnedTests": _named(report, REMARKS),
            "failedTests": _named(report, FAILED),
        },
    }


def statement_bytes(report: Report, files: Mapping[str, bytes]) -> bytes:
    """Serialise the statement; the same statement always has the same bytes."""
    return rfc8785.dumps(render_statement(report, files))


def _named(report: Report, words: tuple[VerdictKind, ...]) -> list[str]:
    return [row["id"] for row in contract_rows(report["requirements"]) if row["verdict"] in words]
