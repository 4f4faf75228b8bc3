"""Certify every vendor of a run, one after another: the driver of ``chatcert certify``."""

from __future__ import annotations

import shlex
import sys
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from chatcert.mock.process import MockProcess
from chatcert.report.history import RunRecord, append_history
from chatcert.requirements.catalogue import Catalogue
from chatcert.run.header import header_of
from chatcert.run.interruption import Interrupted, Interruption
from chatcert.run.options import Frontend, RunOptions
from chatcert.run.records.ledger import Ledger
from chatcert.run.records.ledger_rows import Header
from chatcert.run.records.workspace import forget, ledger_folder, working_in
from chatcert.run.results import Conclusion, Results, Taker
from chatcert.run.resume import check_same, finished_report, is_resumable, resumed
from chatcert.run.run_plan import RunPlan, prepare, targets_of
from chatcert.run.vendor_run import VendorRun
from chatcert.transport.destination import credential_remarks
from chatcert.transport.target import Target

MOCK_LINE: Final = "mock run: the bundled mock server answers, not the vendor"
"""The first line of a run without an address, so that nobody takes it for a run against the vendor."""


def certify_vendors(
    options: RunOptions,
    environment: Mapping[str, str],
    mock: MockProcess | None = None,
    interruption: Interruption | None = None,
    take: Taker | None = None,
) -> int:
    """Certify every vendor of the run, one after another; return the exit status.

    Everything is recorded as it happens. A run that is interrupted leaves a report that says that it is incomplete,
    and can be resumed.

    Args:
        mock: the bundled mock, where it has been started already.
        interruption: what listens for signals already; by default, signals are listened for as long as the run lasts.
        take: takes the results of all vendors, for programs.

    Raises:
        ChatcertError: the run cannot begin, or its results cannot be written.
        Interrupted: a signal came before anything was sent.
    """
    console = Console(stderr=False)
    plan = prepare(options)
    if plan.mode == "mock":
        _print(console, MOCK_LINE)
    for name in plan.idle:
        what = "none of its requirements is selected" if options.only else "this shard holds none of its requirements"
        _print(console, f"{name}: {what}")
    for catalogue in plan.catalogues.values() if options.spec is not None else ():
        _print(console, f"{catalogue.contract.vendor}: {catalogue.contract.operation}")
    listening = interruption is None
    interruption = interruption or Interruption()
    interrupted: Interrupted | None = None
    with (
        interruption.listening() if listening else nullcontext(),
        working_in([options.report_dir / vendor for vendor in plan.catalogues]),
    ):
        earlier: Mapping[str, tuple[Path, Ledger]] = {}
        if options.resume:
            plan, earlier = resumed(plan)
        certification = _Certification(plan, earlier, interruption, console, Results(options.report_dir))
        for name, destination in plan.destinations.items():
            for remark in credential_remarks(destination, plan.catalogues[name].contract, environment):
                _print(console, remark)
        with targets_of(plan, environment, mock) as targets, _progress(console) as progress:
            for name, catalogue in plan.catalogues.items():
                interrupted = certification.certify(catalogue, targets[name], progress)
                if interrupted is not None:
                    break
    results = certification.results
    results.write_matrix()
    if take is not None:
        take(results.to_rows())
    if results.error is not None:
        certification.print_error(results.error.line())
    if interrupted is not None:
        sys.stderr.write(f"chatcert: {certification.interruption_line(interrupted)}\n")
        return interrupted.exit_code
    results.print_summary(console)
    return results.exit_code


@dataclass
class _Certification:
    """The certification of all vendors, as far as it has come.

    Attributes:
        earlier: the ledgers of the run that is resumed, with their folders, by vendor.
    """

    plan: RunPlan
    earlier: Mapping[str, tuple[Path, Ledger]]
    interruption: Interruption
    console: Console
    results: Results
    run_id: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the run: as the run that is resumed, or anew."""
        resumed_runs = [ledger.header.run for _, ledger in self.earlier.values() if ledger.header is not None]
        self.run_id = resumed_runs[0] if resumed_runs else uuid.uuid4().hex[:12]

    def certify(self, catalogue: Catalogue, target: Target, progress: Progress) -> Interrupted | None:
        """Certify one vendor; return the interruption that ended its run early."""
        vendor, options = catalogue.contract.vendor, self.plan.options
        folder = options.report_dir / vendor
        header = header_of(
            self.plan, catalogue, target, frontend=Frontend.CERTIFY, run=self.run_id, fail_on_warn=options.fail_on_warn
        )
        place, before = self.earlier.get(vendor, (ledger_folder(folder, self.run_id), Ledger()))
        if before.header is not None:
            check_same(before.header, header)
        elif options.resume and (conclusion := self._concluded(folder, header)) is not None:
            self.results.conclusions.append(conclusion)
            return None
        history, signer = self.plan.history.get(vendor, ()), self.plan.signer
        run = VendorRun(catalogue, folder, place, Frontend.CERTIFY, history=history, signer=signer)
        interrupted: Interrupted | None = None
        try:
            try:
                with self.interruption.deferred():
                    self._begin(run, header, before)
                self.interruption.check()
                self._test(run, target, progress)
            finally:
                run.close()
        except Interrupted as signal:
            interrupted = signal
        with self.interruption.deferred():
            self._conclude(run)
        return interrupted or self.interruption.pending

    def _concluded(self, folder: Path, header: Header) -> Conclusion | None:
        """Return the conclusion of an earlier part of the run on a vendor that it finished."""
        selected = [requirement.id for requirement in self.plan.requirements(header.vendor)]
        report = finished_report(folder, header, selected)
        return Conclusion.of(folder, report, Ledger(header, selected=set(selected))) if report is not None else None

    def _begin(self, run: VendorRun, header: Header, before: Ledger) -> None:
        selected = None
        if header.shards is not None or self.plan.options.only:
            selected = [requirement.id for requirement in self.plan.requirements(run.vendor)]
        if before.header is not None:
            run.resume(before, selected)
        else:
            run.begin(header, selected)
            if left := run.replace_others():
                _print(self.console, left)

    def _test(self, run: VendorRun, target: Target, progress: Progress) -> None:
        plan, requirements = self.plan, self.plan.requirements(run.vendor)
        task = progress.add_task(run.vendor, total=len(requirements))
        check, jobs, ends = self.interruption.check, plan.limits(run.vendor).jobs, plan.end(run.vendor)
        if run.preflight(plan, lambda: target, jobs=jobs, ends=ends, check=check):
            run.test_all(requirements, lambda _: progress.advance(task))
        if plan.options.clean_up:
            run.clean_up(target, check)
        run.end()

    def _conclude(self, run: VendorRun) -> None:
        """Write the report of one vendor, and keep the ledger only if the run can be resumed."""
        conclusion = run.conclude()
        if self.plan.options.history is not None and not self.plan.options.only:
            append_history(self.plan.options.history, RunRecord.of(conclusion.report))
        self.results.conclusions.append(conclusion)
        if conclusion.ledger.blocked is not None:
            self.print_error(conclusion.ledger.blocked.line)
        if run.place is not None and not is_resumable(conclusion.ledger, run.catalogue):
            forget(run.place)

    def print_error(self, line: str) -> None:
        """Print one line in red."""
        _print(self.console, f"chatcert: {line}", style="red")

    def interruption_line(self, interrupted: Interrupted) -> str:
        """Return one line on a run that was interrupted, with the command that resumes it."""
        last, options = self.results.conclusions[-1], self.plan.options
        vendor = last.report["vendor"]
        line = f"{vendor}: interrupted by {interrupted}; what was learnt is in {last.folder / 'report.html'}"
        if last.report["complete"] or self.plan.mode == "mock":
            return line
        permissions = ("allow_production", "with_robustness", "clean_up", "clean_up_production")
        allowed = [name for name in permissions if getattr(options, name)]
        flags = [f"--{name.replace('_', '-')}" for name in [*allowed, "resume"]]
        more = shlex.join(["--report-dir", str(options.report_dir), *flags])
        return f"{line} (go on with: {self.plan.command(vendor, path=str)} {more})"


def _print(console: Console, text: str, style: str = "") -> None:
    """Print a line. Where standard output cannot be written, the run goes on, and its summary reports the error."""
    with suppress(OSError):
        console.print(text, style=style, highlight=False, soft_wrap=True, markup=False)


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    """A progress display on a terminal; silence anywhere else."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress
