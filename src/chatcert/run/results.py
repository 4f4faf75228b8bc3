"""Results of the runs of all vendors: their reports, the page on all vendors, and one exit status."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from rich.console import Console

from chatcert.exceptions import ConfigurationError, ReachabilityError, SuiteError
from chatcert.judge.verdict import JUDGED, UNJUDGED, VerdictKind, exit_code_of, worst_exit
from chatcert.report.caveats import unused_waivers
from chatcert.report.file_names import REPORT
from chatcert.report.model import Report
from chatcert.report.own_verdicts import contract_rows, own_rows
from chatcert.report.selection import is_partial, selected_kinds
from chatcert.report.sentences import sentence
from chatcert.report.views.matrix import write_matrix
from chatcert.report.views.terminal import print_summary
from chatcert.run.records.ledger import Ledger
from chatcert.text import count, one_line

Rows: TypeAlias = list[dict[str, Any]]
Taker: TypeAlias = Callable[[Rows], object]
"""Callable that receives the results of a command for programs, beside what is printed for people."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The result of the run of one vendor.

    Attributes:
        folder: where its report is.
        ledger: what the report was built from.
        exit_code: the exit status that this run alone would lead to.
    """

    folder: Path
    report: Report
    ledger: Ledger
    exit_code: int

    @classmethod
    def of(cls, folder: Path, report: Report, ledger: Ledger) -> Conclusion:
        """Return the conclusion from a report and from the ledger that it was built from."""
        return cls(folder, report, ledger, exit_code_for(ledger, report))


@dataclass
class Results:
    """The conclusions on all vendors of a run.

    Attributes:
        report_dir: the folder that holds one folder for each vendor.
        matrix: the page over all vendors, once it is written.
        error: why that page could not be written.
    """

    report_dir: Path
    conclusions: list[Conclusion] = field(default_factory=list)
    matrix: Path | None = None
    error: SuiteError | None = None

    @property
    def reports(self) -> list[Report]:
        """Return the reports."""
        return [conclusion.report for conclusion in self.conclusions]

    @property
    def folders(self) -> list[Path]:
        """Return the folders of the reports."""
        return [conclusion.folder for conclusion in self.conclusions]

    @property
    def exit_code(self) -> int:
        """Return the exit status of the whole run."""
        own = [self.error.exit_code] if self.error is not None else []
        return worst_exit([*(conclusion.exit_code for conclusion in self.conclusions), *own])

    def to_rows(self) -> Rows:
        """Return the JSON form: a row for each vendor."""
        return [
            {
                "vendor": one.report["vendor"],
                "outcome": one.report["outcome"],
                "complete": one.report["complete"],
                "partial": is_partial(one.report["requirements"]),
                "sentence": sentence(one.report),
                "exit_status": one.exit_code,
                "totals": dict(one.report["totals"]),
                "failing": [row["id"] for row in one.report["requirements"] if row["verdict"] == VerdictKind.FAIL],
                "stopped": dict(one.report["stopped"]) if "stopped" in one.report else None,
                "report": str(one.folder / REPORT),
            }
            for one in self.conclusions
        ]

    def write_matrix(self) -> None:
        """Write the page over all vendors; an error of the disk is kept in ``error``."""
        try:
            self.matrix = write_matrix(self.report_dir)
        except SuiteError as error:
            self.error = error

    def present(self, take: Taker | None) -> int:
        """Hand the results to ``take``, print their summary, and return the exit status of the whole run.

        Raises:
            SuiteError: the page over all vendors could not be written.
        """
        if self.error is not None:
            raise self.error
        if take is not None:
            take(self.to_rows())
        self.print_summary(Console())
        return self.exit_code

    def print_summary(self, console: Console) -> None:
        """Print what the reports say. A reader who closes the pipe changes neither verdicts nor exit status."""
        try:
            print_summary(console, self.reports, self.folders, self.matrix)
            for conclusion in self.conclusions:
                for why in (fail_on_warn_sentence, own_rule_exit_sentence):
                    if text := why(conclusion.ledger, conclusion.report):
                        console.print(text, soft_wrap=True, highlight=False, markup=False)
            sys.stdout.flush()
        except (BrokenPipeError, SystemExit):  # rich exits when nobody reads any more
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def exit_code_for(ledger: Ledger, report: Report) -> int:
    """Return the exit status of one vendor's run; only the selected requirements count, own rules among them.

    An error that ended the run early decides. An unused waiver is an error of configuration, since it would hide the
    next breach; a breach counts for more.
    """
    stop = report.get("stopped")
    if stop is not None:
        return stop["exit_code"]
    own = _exit_code_of(ledger, report, verdict_kinds_of(report, ledger.selected or None))
    return worst_exit([own, ConfigurationError.exit_code] if unused_waivers(report) else [own])


def fail_on_warn_sentence(ledger: Ledger, report: Report) -> str:
    """Return why remarks alone gave the exit status of a breach, or an empty text where they did not."""
    if ledger.header is None or not ledger.header.fail_on_warn or report.get("stopped") is not None:
        return ""
    kinds = verdict_kinds_of(report, ledger.selected or None)
    if exit_code_of(kinds) == 1 or VerdictKind.WARN not in kinds:
        return ""
    remarks = count(kinds.count(VerdictKind.WARN), "recommendation")
    return f"{one_line(report['vendor'])}: exit status 1, as --fail-on warn asks: {remarks} not followed"


def own_rule_exit_sentence(ledger: Ledger, report: Report) -> str:
    """Return that own rules alone gave the exit status, or an empty text where they did not."""
    if report.get("stopped") is not None or unused_waivers(report):
        return ""
    of_contract = [row["id"] for row in contract_rows(report["requirements"])]
    ours = [name for name in of_contract if not ledger.selected or name in ledger.selected]
    status = exit_code_for(ledger, report)
    alone = _exit_code_of(ledger, report, verdict_kinds_of(report, ours)) if ours else 0
    if status == alone or not own_rows(report["requirements"]):
        return ""
    return f"{one_line(report['vendor'])}: exit status {status}, because of own rules"


def _exit_code_of(ledger: Ledger, report: Report, kinds: Collection[VerdictKind]) -> int:
    """Return the exit status that verdicts lead to; a partial run, which certifies nothing, needs none that passed."""
    status = exit_code_of(kinds, fail_on_warn=_fails_on_warn(ledger))
    judged = any(kind in JUDGED for kind in kinds) and not any(kind in UNJUDGED for kind in kinds)
    return 0 if status == ReachabilityError.exit_code and judged and is_partial(report["requirements"]) else status


def _fails_on_warn(ledger: Ledger) -> bool:
    return ledger.header is not None and ledger.header.fail_on_warn


def verdict_kinds_of(report: Report, selected: Iterable[str] | None = None) -> list[VerdictKind]:
    """Return the kinds of the verdicts of a report, of the selected requirements only where some were selected.

    What the profile left out, before anything was sent, is not selected either.
    """
    chosen = None if selected is None else set(selected)
    return selected_kinds([row for row in report["requirements"] if chosen is None or row["id"] in chosen])
