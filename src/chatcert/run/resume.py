"""Resume a run that ended early, instead of starting a new one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Final

from chatcert.cases.plan import INTRUSIVE, TOO_MANY
from chatcert.exceptions import ConfigurationError, InputFileError, UsageError
from chatcert.judge.verdict import VerdictKind
from chatcert.report.file_names import REPORT
from chatcert.report.model import Report
from chatcert.report.reader import read_report
from chatcert.requirements.catalogue import Catalogue
from chatcert.run.records.ledger import Ledger, read_ledger
from chatcert.run.records.ledger_rows import Header
from chatcert.run.records.workspace import unfinished_run
from chatcert.run.run_plan import RunPlan
from chatcert.text import one_line
from chatcert.transport.already_sent import to_send_again

OPTION = "--resume"
SAME: Final = {
    "mode": "the kind of target",
    "url": "the address",
    "path": "the path",
    "gentle": "whether hostile requests are left out",
    "resources": "the configured resources",
    "spec_digest": "the document",
    "overlay_digest": "the overlay",
    "profile": "the profile",
    "seed": "the seed",
    "suite_version": "chatcert",
    "waiver_entries": "what is waived",
    "own_rules": "the set of own rules",
    "catalogue_digest": "the catalogue of requirements",
    "shards": "the shard",
}
"""The fields of a header that must be equal in both parts of a run, with their names for messages.

Credentials may have been renewed.
"""


def resumed(plan: RunPlan) -> tuple[RunPlan, dict[str, tuple[Path, Ledger]]]:
    """Return the plan with the seed of the run that is resumed, and the ledgers of that run by vendor.

    Raises:
        UsageError: there is no run to resume.
        ConfigurationError: the run cannot be resumed.
        InputFileError: the ledger of the run is invalid.
    """
    found: dict[str, tuple[Path, Ledger]] = {}
    for vendor in plan.catalogues:
        place = unfinished_run(plan.options.report_dir / vendor)
        ledger = read_ledger(place) if place is not None else None
        if place is not None and ledger is not None and ledger.header is not None:
            _check_kind(ledger.header)
            found[vendor] = (place, ledger)
    headers = [ledger.header for _, ledger in found.values() if ledger.header is not None]
    if len({header.run for header in headers}) > 1:
        raise ConfigurationError(
            f"the runs of {' and '.join(found)} are not parts of one run",
            where=OPTION,
            hint="go on with one vendor after the other",
        )
    if not headers:
        raise UsageError(
            f"no run of {' or '.join(plan.catalogues)} in {plan.options.report_dir} can be resumed",
            where=OPTION,
            hint="leave it out to begin a new one",
        )
    seed = plan.options.seed if plan.options.seed is not None else headers[0].seed
    return replace(plan, seed=seed), found


def _check_kind(header: Header) -> None:
    if header.frontend != "certify":
        raise ConfigurationError(
            f"the run that ended early was one of {header.frontend}",
            where=OPTION,
            hint="run pytest again, or chatcert report",
        )
    if header.mode == "mock":
        raise ConfigurationError(
            "the bundled mock that the run had begun with has ended with it",
            where=OPTION,
            hint="leave it out to begin a new run",
        )


def check_same(before: Header, now: Header) -> None:
    """Check that the second part of a run fits the first.

    Raises:
        ConfigurationError: they differ in something that verdicts depend on.
    """
    without_values = {"spec_digest", "overlay_digest", "catalogue_digest", "resources", "waiver_entries", "own_rules"}
    for name, words in SAME.items():
        was, is_now = getattr(before, name), getattr(now, name)
        if was != is_now:
            values = (
                ""
                if name in without_values or isinstance(was, bool)
                else f": {was or 'none'} then, {is_now or 'none'} now"
            )
            raise ConfigurationError(
                f"{words} differs from that of the run to go on with{values}",
                where=OPTION,
                hint=f"it was: {one_line(before.command)}",
            )


def is_resumable(ledger: Ledger, catalogue: Catalogue) -> bool:
    """Return whether resuming the run could lead to a verdict that is still open."""
    left_out = {
        name
        for name, verdict in ledger.unfinished.items()
        if verdict.reason in (INTRUSIVE, TOO_MANY) or verdict.kind is VerdictKind.INCONCLUSIVE
    }
    left = (ledger.selected or catalogue.requirements.keys()) - ledger.finished - left_out
    return bool(left or ledger.blocked is not None or to_send_again(ledger.exchanges, catalogue.contract))


def finished_report(folder: Path, now: Header, selected: Iterable[str]) -> Report | None:
    """Return the report of a vendor that an earlier part of this run has finished, if there is one.

    Args:
        selected: ids of the requirements that the run tests.
    """
    try:
        report = read_report(folder / REPORT)
    except InputFileError:
        return None
    if not now.run or report.get("run") != now.run:
        return None
    words = {row["id"]: row["verdict"] for row in report["requirements"]}
    whole = (
        report.get("complete") if now.shards is None else all(words[name] != VerdictKind.NOT_RUN for name in selected)
    )
    return report if whole else None
