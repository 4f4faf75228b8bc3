"""What a report says twice is the same: its parts are held against its rows, whichever of them it has."""

from __future__ import annotations

from chatcert.judge.verdict import NOT_TESTED, VerdictKind
from chatcert.openapi.reading import digest_of
from chatcert.report.model import Report
from chatcert.report.validity import not_after, strength_of


def inconsistency(report: Report) -> str:
    """The first contradiction between the parts of a report that keeps its schema, in one line; empty if there is none.

    Parts that a report of an earlier version of chatcert does not have are passed over.
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
        return "manifest: its digest is not that of the catalogue"
    listed = [
        [r["id"], r["level"], r["provenance"], r["clause"]["text"], r["clause"]["pointer"]]
        for r in report["requirements"]
    ]
    if digest != digest_of(listed):
        return "manifest: the requirements are not those that its digest stands for"
    settings = report.get("settings")
    if settings is not None and digest_of(settings) != report["digests"].get("settings"):
        return "digests: that of the settings does not stand for them"
    return ""


def _shards(report: Report) -> str:
    said = report["subject"].get("shards")
    if said is None:
        return ""
    if said["held"] != sorted(said["held"]) or any(number > said["of"] for number in said["held"]):
        return "subject: it holds a shard that there is not, or names them in another order"
    return ""


def _rows(report: Report) -> str:
    for row in report["requirements"]:
        finding = row["finding"]
        if row["telling"] > row["cases"]:
            return f"{row['id']}: more cases are telling than there are"
        if finding is not None and finding["occurrences"] > finding["observed"]:
            return f"{row['id']}: its finding was seen more often than it could have been"
    left = [(row["id"], row["reason"]) for row in report["requirements"] if row["verdict"] in NOT_TESTED]
    if left != [(entry["id"], entry["reason"]) for entry in report["not_tested"]]:
        return "not_tested: it does not list what was not tested"
    return ""


def _waivers(report: Report) -> str:
    waivers = report.get("waivers")
    if waivers is None:
        return ""
    covered = {name for waiver in waivers["used"] for name in waiver["requirements"]}
    if covered != {row["id"] for row in report["requirements"] if row["verdict"] == VerdictKind.WAIVED}:
        return "waivers: those that are used do not cover what is waived"
    live = [*waivers["used"], *waivers["unused"], *waivers["undecided"]]
    if any(waiver["expires"] < waivers["day"] for waiver in live):
        return "waivers: one that has expired counts as live"
    if any(waiver["expires"] >= waivers["day"] for waiver in waivers["expired"]):
        return "waivers: a live one counts as expired"
    if any(waiver["vendor"] != report["vendor"] for waiver in [*live, *waivers["expired"]]):
        return "waivers: one is of another vendor"
    return ""


def _strength(report: Report) -> str:
    said = report.get("strength")
    if said is not None and said != strength_of(report["totals"], report["requirements"]):
        return "strength: it does not count the requirements and their cases"
    return ""


def _validity(report: Report) -> str:
    said = report.get("validity")
    if said is None:
        return ""
    if said["issued"] != report["subject"]["window"]["end"]:
        return "validity: it was not issued when the run ended"
    try:
        return (
            "" if said["not_after"] == not_after(said["issued"], said["days"]) else "validity: it ends on another day"
        )
    except (ValueError, OverflowError):
        return "validity: there is no such day"


def _difference(report: Report) -> str:
    said = report.get("difference")
    if said is None:
        return ""
    if said["comparable"] == bool(said["obstacles"]):
        return "difference: it is comparable though something stands in the way, or the other way round"
    listed = {kind: sum(change["kind"] == kind for change in said["changes"]) for kind in said["totals"]}
    if any(listed[kind] != number for kind, number in said["totals"].items() if kind != "unchanged"):
        return "difference: its totals do not count the changes"
    now = {row["id"]: row["verdict"] for row in report["requirements"]}
    if any(now.get(change["requirement"]) != change["new"] for change in said["changes"]):
        return "difference: a verdict in it is not that of the requirement"
    return ""


def _proof(report: Report) -> str:
    said = report.get("proof")
    if said is None or not said["measured"]:
        return ""
    if said["found"] > said["faults"] or said["owned"] > said["found"] or said["blamed"] > said["manners"]:
        return "proof: more was found than there was"
    return "" if len(said["missed"]) == said["faults"] - said["found"] else "proof: it does not list what was missed"
