"""``chatcert certify``: run, report, exit status."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from chatcert.certification import Certification
from chatcert.contract.catalogue import Catalogue
from chatcert.contract.requirements import Requirement
from chatcert.exceptions import ChatcertError, SuiteError
from chatcert.judge.verdict import Verdict, Word, exit_code_of
from chatcert.report.matrix import write_matrix
from chatcert.report.summary import print_summary
from chatcert.reporting import words_of, worst_exit, write_vendor_report
from chatcert.runs import RunOptions, Setting, prepare, targets_of
from chatcert.target.settings import Target


def certify(options: RunOptions, *, fail_on_warn: bool, environment: Mapping[str, str]) -> int:
    """Certify every vendor asked for, one after another; returns the exit status.

    Raises:
        ChatcertError: the run cannot begin.
    """
    console = Console(stderr=False)
    setting = prepare(options)
    reports: list[dict[str, Any]] = []
    folders: list[Path] = []
    codes: list[int] = []
    with targets_of(setting, environment) as targets, _progress(console) as progress:
        for name, catalogue in setting.catalogues.items():
            folder, report, blocked = _certify_one(setting, catalogue, targets[name], progress)
            folders.append(folder)
            reports.append(report)
            if blocked is not None:
                console.print(f"chatcert: {blocked.line()}", style="red", highlight=False, soft_wrap=True, markup=False)
            codes.append(blocked.exit_code if blocked is not None else
                         exit_code_of(words_of(report), fail_on_warn=fail_on_warn))  # fmt: skip
    matrix = None
    try:
        matrix = write_matrix(options.report_dir)
    except SuiteError as error:
        console.print(f"chatcert: {error.line()}", style="red", highlight=False, soft_wrap=True, markup=False)
        codes.append(error.exit_code)
    try:
        print_summary(console, reports, folders, matrix)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):  # rich leaves when nobody reads any more; the verdict stands
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return worst_exit(codes)


def _certify_one(
    setting: Setting, catalogue: Catalogue, target: Target, progress: Progress
) -> tuple[Path, dict[str, Any], ChatcertError | None]:
    requirements = list(catalogue.requirements.values())
    task = progress.add_task(catalogue.contract.vendor, total=len(requirements))
    run = Certification(catalogue, target, setting.profile, setting.seed,
                        setting.jobs(catalogue.contract.vendor))  # fmt: skip
    started = time.time()
    blocked: ChatcertError | None = None
    try:
        run.preflight()
        run.run_all(requirements, _stepper(progress, task))
    except ChatcertError as error:
        blocked = error
    finally:
        run.close()
    unfinished = run.unfinished
    if blocked is not None:
        why = blocked.what
        unfinished = {r.id: Verdict(r.id, Word.NOT_RUN, reason=why) for r in requirements}
    folder, report = write_vendor_report(
        setting, catalogue, target.url, run.exchanges, reasons=run.reasons, unfinished=unfinished, selected=None,
        started=started, reachability=(blocked.line(),) if blocked is not None else (),
    )  # fmt: skip
    return folder, report, blocked


def _stepper(progress: Progress, task: TaskID) -> Any:
    def step(requirement: Requirement) -> None:
        progress.advance(task)

    return step


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    """A progress display on a terminal; silence anywhere else."""
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield progress
