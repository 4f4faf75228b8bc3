"""Check that the parts of a report agree with each other, beyond what its JSON Schema can say."""

from __future__ import annotations

from chatcert.judge.verdict import NOT_TESTED, VerdictKind
from chatcert.openapi.reading import digest_of
from chatcert.report.model import FindingRow, Report
from chatcert.report.own_verdicts import catalogue_digest
from chatcert.report.validity import not_after, strength_of


def inconsistency(report: Report) -> str:
    """Return the first contradiction in a report that is valid against its schema, in one line; empty if there is none.

    Parts that are missing from reports of earlier versions of chatcert are skipped.
    """
    return (
        _manifest(report)
        or _shards(report)
        or _rows(report)
        or _waivers(report)
        or _strength(report)
        or _validity(report)
        or _difference(report)
        or _proof(report)
    )


def _manifest(report: Report) -> str:
    digest = report["manifest"]["digest"]
    if digest != report["digests"]["catalogue"]:
        return "manifest: its digest is not the digest of the catalogue"
    if digest != catalogue_digest(report["requirements"]):
        return "manifest: its digest is not the digest of the requirements"
    settings = report.get("settings")
    if settings is not None and digest_of(settings) != report["digests"].get("settings"):
        return "digests: the digest of the settings is not theirs"
    return ""


def _shards(report: Report) -> str:
    shards = report["subject"].get("shards")
    if shards is None:
        return ""
    if shards["held"] != sorted(shards["held"]) or any(number > shards["of"] for number in shards["held"]):
        return "subject: its shards are out of range or out of order"
    return ""


def _rows(report: Report) -> str:
    for row in report["requirements"]:
        finding = row["finding"]
        if row["telling"] > row["cases"]:
            return f"{row['id']}: 'telling' is greater than 'cases'"
        if finding is not None and _total(finding) > finding["observed"]:
            return f"{row['id']}: its finding was seen more often than it was looked for"
    left = [(row["id"], row["reason"]) for row in report["requirements"] if row["verdict"] in NOT_TESTED]
    if left != [(entry["id"], entry["reason"]) for entry in report["not_tested"]]:
        return "not_tested: it is not the list of requirements that were not tested"
    return ""


def _total(finding: FindingRow) -> int:
    """Return how many exchanges show a finding, or one that stands beside it."""
    return sum(one["occurrences"] for one in (finding, *finding.get("also", ())))


def _waivers(report: Report) -> str:
    waivers = report.get("waivers")
    if waivers is None:
        return ""
    covered = {name for waiver in waivers["used"] for name in waiver["requirements"]}
    if covered != {row["id"] for row in report["requirements"] if row["verdict"] == VerdictKind.WAIVED}:
        return "waivers: the used ones do not cover the requirements that are waived"
    live = [*waivers["used"], *waivers["unused"], *waivers["undecided"]]
    if any(waiver["expires"] < waivers["day"] for waiver in live):
        return "waivers: an expired one counts as live"
    if any(waiver["expires"] >= waivers["day"] for waiver in waivers["expired"]):
        return "waivers: a live one counts as expired"
    if any(waiver["vendor"] != report["vendor"] for waiver in [*live, *waivers["expired"]]):
        return "waivers: one is of another vendor"
    return ""


def _strength(report: Report) -> str:
    strength = report.get("strength")
    if strength is not None and strength != strength_of(report["totals"], report["requirements"]):
        return "strength: its counts are not those of the requirements"
    return ""


def _validity(report: Report) -> str:
    validity = report.get("validity")
    if validity is None:
        return ""
    if validity["issued"] != report["subject"]["window"]["end"]:
        return "validity: it was not issued when the run ended"
    try:
        return (
            ""
            if validity["not_after"] == not_after(validity["issued"], validity["days"])
            else "validity: it ends on another day"
        )
    except (ValueError, OverflowError):
        return "validity: its day does not exist"


def _difference(report: Report) -> str:
    difference = report.get("difference")
    if difference is None:
        return ""
    if difference["comparable"] == bool(difference["obstacles"]):
        return "difference: 'comparable' does not agree with its obstacles"
    listed = {kind: sum(change["kind"] == kind for change in difference["changes"]) for kind in difference["totals"]}
    if any(listed[kind] != number for kind, number in difference["totals"].items() if kind != "unchanged"):
        return "difference: its totals do not count the changes"
    now = {row["id"]: row["verdict"] for row in report["requirements"]}
    if any(now.get(change["requirement"]) != change["new"] for change in difference["changes"]):
        return "difference: a verdict differs from that of the requirement"
    return ""


def _proof(report: Report) -> str:
    record = report.get("proof")
    if record is None or not record["measured"]:
        return ""
    if record["found"] > record["faults"] or record["owned"] > record["found"] or record["blamed"] > record["manners"]:
        return "proof: it counts more detected servers than there are"
    return (
        "" if len(record["missed"]) == record["faults"] - record["found"] else "proof: it does not list what was missed"
    )
