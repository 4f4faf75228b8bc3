"""``chatcert certify``: run, report, exit status."""

from __future__ import annotations

import os
import shlex
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from chatcert.exceptions import ChatcertError, SuiteError
from chatcert.mock.process import MockProcess
from chatcert.report.history import RunRecord, append_history
from chatcert.report.model import Report
from chatcert.report.views.matrix import write_matrix
from chatcert.report.views.terminal import print_summary
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.requirement import Requirement
from chatcert.run.header import header_of
from chatcert.run.interruption import Interrupted, Interruption
from chatcert.run.ledger import Ledger, LedgerWriter, read_ledger
from chatcert.run.options import RunOptions
from chatcert.run.reporting import exit_code_for, worst_exit, write_vendor_report
from chatcert.run.resume import can_be_gone_on_with, check_same, finished_report, resumed
from chatcert.run.run_plan import RunPlan, prepare, targets_of
from chatcert.run.vendor_run import Certification
from chatcert.run.waivers import check_live
from chatcert.run.workspace import forget, forget_others, ledger_folder, working_in
from chatcert.transport.already_sent import to_send_again
from chatcert.transport.target import Target

PROCESS = "certify"


@dataclass
class _Round:
    """One run over all vendors, as far as it has come.

    Attributes:
        earlier: by vendor, the ledger of the run that is gone on with.
    """

    plan: RunPlan
    fail_on_warn: bool
    resuming: bool
    earlier: Mapping[str, tuple[Path, Ledger]]
    interruption: Interruption
    console: Console
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    reports: list[Report] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def enter(self, folder: Path, report: Report, code: int) -> None:
        """Add what one vendor's run has come to."""
        self.folders.append(folder)
        self.reports.append(report)
        self.codes.append(code)


def certify_vendors(options: RunOptions, environment: Mapping[str, str], mock: MockProcess | None = None) -> int:
    """Certify every vendor asked for, one after another; returns the exit status.

    Everything is written down as it happens. A run that is interrupted leaves a report that says that it is
    incomplete, and can be gone on with.

    Args:
        mock: the bundled mock, where it has been begun already.

    Raises:
        ChatcertError: the run cannot begin, or the disk does not take what it has to say.
        Interrupted: a signal came before anything was sent.
    """
    console = Console(stderr=False)
    plan = prepare(options)
    for name in plan.idle:
        console.print(f"{name}: this shard holds none of its requirements", highlight=False, markup=False)
    for catalogue in plan.catalogues.values() if options.spec is not None else ():
        named = f"{catalogue.contract.vendor}: {catalogue.contract.operation}"
        console.print(named, highlight=False, soft_wrap=True, markup=False)
    interruption = Interruption()
    interrupted: Interrupted | None = None
    folders = [options.report_dir / vendor for vendor in plan.catalogues]
    with interruption.listening(), working_in(folders):
        earlier: Mapping[str, tuple[Path, Ledger]] = {}
        if options.resume:
            plan, earlier = resumed(plan)
        this = _Round(plan, options.fail_on_warn, options.resume, earlier, interruption, console)
        with targets_of(plan, environment, mock) as targets, _progress(console) as progress:
            for name, catalogue in plan.catalogues.items():
                interrupted = _certify_one(this, catalogue, targets[name], progress)
                if interrupted is not None:
                    break
    matrix = _matrix(this)
    if interrupted is not None:
        sys.stderr.write(f"chatcert: {_told(this, interrupted)}\n")
        return interrupted.exit_code
    _print(console, this, matrix)
    return worst_exit(this.codes)


def _certify_one(this: _Round, catalogue: Catalogue, target: Target, progress: Progress) -> Interrupted | None:
    """Run, write down, report; returns the interruption that ended it before its time."""
    vendor, options = catalogue.contract.vendor, this.plan.options
    folder = options.report_dir / vendor
    requirements = this.plan.requirements(vendor)
    asked = [requirement.id for requirement in requirements]
    header = header_of(this.plan, catalogue, target, door=PROCESS, fail_on_warn=this.fail_on_warn)
    place, before = this.earlier.get(vendor, (ledger_folder(folder, this.run_id), Ledger()))
    if before.header is not None:
        check_same(before.header, header)
    elif this.resuming and (report := finished_report(folder, header, asked)) is not None:
        this.enter(folder, report, exit_code_for(Ledger(header, selected=set(asked)), report))
        return None
    interrupted: Interrupted | None = None
    writer = LedgerWriter(place, PROCESS)
    try:
        if before.header is not None:
            writer.write("resumed", again=to_send_again(before.exchanges))
            before = read_ledger(place)
        else:
            writer.header(header)
            forget_others(folder, place.name)
        if header.shards is not None:
            writer.write("selected", requirements=asked)
        _run(this, catalogue, requirements, target, progress, writer, before)
    except Interrupted as why:
        interrupted = why
    finally:
        writer.close()
    ledger = read_ledger(place)
    history, signer = this.plan.history.get(vendor, ()), this.plan.signer
    report = write_vendor_report(folder, catalogue, ledger, history=history, signer=signer)
    if options.history is not None:
        append_history(options.history, RunRecord.of(report))
    this.enter(folder, report, exit_code_for(ledger, report))
    if ledger.blocked is not None:
        this.console.print(f"chatcert: {ledger.blocked[1]}", style="red", highlight=False, soft_wrap=True, markup=False)
    if not can_be_gone_on_with(ledger, catalogue):
        forget(place)
    return interrupted


def _run(
    this: _Round,
    catalogue: Catalogue,
    requirements: Sequence[Requirement],
    target: Target,
    progress: Progress,
    writer: LedgerWriter,
    before: Ledger,
) -> None:
    """Put every requirement to the test, and write down what comes of it."""

    def announce() -> None:
        this.interruption.check()
        writer.sending()

    plan = this.plan
    run = Certification(
        catalogue,
        target,
        plan.profile,
        plan.seed,
        plan.limits(catalogue.contract.vendor).jobs,
        record=writer.exchange,
        announce=announce,
        earlier=before.exchanges,
        spent=before.sent,
        ends=plan.end(catalogue.contract.vendor),
    )
    task = progress.add_task(catalogue.contract.vendor, total=len(requirements))
    written: set[str] = set()

    def settle(requirement: Requirement) -> None:
        _settle(run, requirement.id, writer)
        written.add(requirement.id)
        progress.advance(task)

    try:
        check_live(plan.waivers.of(catalogue.contract.vendor))
        run.preflight()
        writer.write("ready")
        run.run_all(requirements, settle)
        for name in run.unfinished.keys() - written:
            _settle(run, name, writer)
    except SuiteError:
        raise
    except ChatcertError as error:
        writer.write("blocked", what=error.what, line=error.line(), exit_code=error.exit_code)
    finally:
        run.close()
    writer.write("ended", time=time.time())


def _settle(run: Certification, name: str, writer: LedgerWriter) -> None:
    """Write down what became of one requirement."""
    if name in run.reasons:
        writer.write("reason", requirement=name, text=run.reasons[name])
    if name in run.unfinished:
        verdict = run.unfinished[name]
        writer.write("unfinished", requirement=name, word=verdict.kind.value, text=verdict.reason)
    else:
        writer.write("finished", requirement=name)


def _told(this: _Round, interrupted: Interrupted) -> str:
    """One line on a run that was interrupted."""
    vendor = this.reports[-1]["vendor"]
    folder, options = this.folders[-1], this.plan.options
    line = f"{vendor}: interrupted by {interrupted}; what was learnt is in {folder / 'report.html'}"
    if this.reports[-1]["complete"] or this.plan.mode == "mock":
        return line
    allowed = [name for name in ("allow_production", "with_robustness") if getattr(options, name)]
    flags = [f"--{name.replace('_', '-')}" for name in [*allowed, "resume"]]
    more = shlex.join(["--report-dir", str(options.report_dir), *flags])
    return f"{line} (go on with: {this.plan.command(vendor)} {more})"


def _matrix(this: _Round) -> Path | None:
    """Write the page over all vendors; a disk that does not take it is an error of its own."""
    try:
        return write_matrix(this.plan.options.report_dir)
    except SuiteError as error:
        this.console.print(f"chatcert: {error.line()}", style="red", highlight=False, soft_wrap=True, markup=False)
        this.codes.append(error.exit_code)
        return None


def _print(console: Console, this: _Round, matrix: Path | None) -> None:
    """Print what the reports say; a reader who leaves changes no verdict."""
    try:
        print_summary(console, this.reports, this.folders, matrix)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich leaves when nobody reads any more; the verdict stands
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    """A progress display on a terminal; silence anywhere else."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress
