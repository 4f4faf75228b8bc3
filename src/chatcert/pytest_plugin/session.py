"""What one process of a pytest run holds: its options, its targets, its ledgers; at the end, the reports."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chatcert.exceptions import ChatcertError, SuiteError
from chatcert.report.model import Report

if TYPE_CHECKING:
    from chatcert.mock.process import MockProcess
    from chatcert.requirements.requirement import Requirement
    from chatcert.run.ledger import Lines
    from chatcert.run.options import RunOptions
    from chatcert.run.run_plan import RunPlan
    from chatcert.run.vendor_run import Certification
    from chatcert.transport.target import Target


class NotConformant(AssertionError):
    """A requirement that must hold is broken."""


class Inconclusive(Exception):
    """A requirement could not be judged."""


class State:
    """What one process of a pytest run holds."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.reports: list[Report] = []
        self.folders: list[Path] = []
        self.matrix: Path | None = None
        self.notes: dict[str, str] = {}
        self.trouble: ChatcertError | None = None
        self.selected: list[str] = []
        self._stack = ExitStack()
        self._plan: RunPlan | None = None
        self._targets: dict[str, Target] | None = None
        self._runs: dict[str, Certification | ChatcertError] = {}
        self._writers: dict[str, Lines] = {}
        self._readers: dict[str, Any] = {}
        self._shared: dict[str, Any] = {}
        self._owned: set[str] = set()
        worker = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self.process = str(worker["workerid"]) if worker is not None else "main"
        self._input: Mapping[str, Any] = worker["chatcert"] if worker is not None and "chatcert" in worker else {}
        self._refused = False
        self._uses_workers = False
        self.run_id = self._input.get("run_id") or uuid.uuid4().hex[:12]

    @property
    def options(self) -> RunOptions:
        """The options of this run."""
        from chatcert.run.options import Door, RunOptions

        given = self.config.option
        replaced: dict[str, Any] = {"sign": None} if self.is_worker else {}
        if "seed" in self._input:
            replaced["seed"] = self._input["seed"]
        if "day" in self._input:
            replaced["day"] = date.fromisoformat(self._input["day"])
        return RunOptions.from_parsed(given, Door.PYTEST, replaced)

    @property
    def plan(self) -> RunPlan:
        """The checked options and catalogues."""
        from chatcert.run.run_plan import prepare

        if self._plan is None:
            self._plan = prepare(self.options)
        return self._plan

    def sending_order(self) -> list[str]:
        """Return the ids of all requirements in the order in which they are put to the test.

        Rules on answers come last, because they are judged on what all other requirements bring. Where the requests or
        the time of a vendor are limited, the most valuable requirements come first instead.
        """
        from chatcert.cases.order import by_rank

        first: list[str] = []
        last: list[str] = []
        for vendor in self.plan.catalogues:
            limits = self.plan.limits(vendor)
            requirements = self.plan.requirements(vendor)
            limited = limits.max_requests is not None or limits.max_time is not None
            for requirement in by_rank(requirements) if limited else requirements:
                waits = requirement.run_wide and not limited
                (last if waits else first).append(requirement.id)
        return [*first, *last]

    def fill(self, node: Any) -> None:
        """What a worker is told: the seed, the address, and the variables of the mock."""
        self._uses_workers = True
        if not self._shared:
            loading = self._begin_mock() if self._needs_mock else None
            ends = {vendor: self.plan.end(vendor) for vendor in self.plan.catalogues}
            self._shared = {
                "seed": self.plan.seed,
                "run_id": self.run_id,
                "ends": ends,
                "day": self.plan.waivers.day.isoformat(),
            }
            if loading is not None:
                mock = loading.ready()
                self._shared |= {"url": mock.url, "environment": dict(mock.environment)}
        node.workerinput["chatcert"] = self._shared

    def check_ready(self, vendors: Sequence[str]) -> None:
        """In the controller: make sure that a worker has what it needs, before it is given work.

        Raises:
            ChatcertError: it has not.
        """
        self._refused = True
        if self.plan.mode != "mock":
            for vendor in vendors:
                self.target(vendor)
        self._refused = False

    @property
    def _needs_mock(self) -> bool:
        options = self.options
        return options.url is None and not options.targets and not self.config.option.collectonly

    def _begin_mock(self) -> MockProcess:
        """The bundled mock, which loads while the options are checked."""
        from chatcert.mock.process import begun_mock

        options = self.options
        vendors = () if options.spec else tuple(dict.fromkeys(options.vendors))
        return self._stack.enter_context(
            begun_mock(vendors, options.spec, options.operation, options.name, seed=options.seed_or_default)
        )

    def target(self, vendor: str) -> Target:
        """Where the requests of one vendor go; the mock is started when the first of them is asked for."""
        from chatcert.run.run_plan import live_target, mock_target

        if self.plan.mode == "url":
            return live_target(self.plan, vendor, os.environ)
        if not self._shared and not self._input:
            mock = self._begin_mock().ready()
            self._shared = {"url": mock.url, "environment": dict(mock.environment)}
        told = self._input or self._shared
        contract = self.plan.catalogues[vendor].contract
        return mock_target(contract, self.plan.options, told["url"], told["environment"])

    def select(self, ids: list[str]) -> None:
        """Note the requirements that were asked for; find out early whether a live target's credentials are there."""
        self.selected = ids
        from chatcert.run.header import header_of

        vendors = sorted({name.partition("/")[0] for name in ids})
        if not self.is_worker:
            self.own(vendors)
        for vendor in vendors:
            target = self.target(vendor)
            mine = [name for name in ids if name.startswith(f"{vendor}/")]
            writer = self._writer(vendor)
            writer.header(header_of(self.plan, self.plan.catalogues[vendor], target, door="pytest"))
            writer.write("selected", requirements=mine)

    def own(self, vendors: Sequence[str]) -> None:
        """In the controller: keep other runs out of these vendors' report folders, and take the place of older ones."""
        from chatcert.run.workspace import forget_others, working_in

        folders = [self.plan.options.report_dir / vendor for vendor in vendors if vendor not in self._owned]
        self._owned.update(vendors)
        self._stack.enter_context(working_in(folders))
        for folder in folders:
            forget_others(folder, self.run_id)

    def _ledger_folder(self, vendor: str) -> Path:
        from chatcert.run.workspace import ledger_folder

        return ledger_folder(self.plan.options.report_dir / vendor, self.run_id)

    def _writer(self, vendor: str) -> Lines:
        from chatcert.run.ledger import LedgerWriter

        if vendor not in self._writers:
            self._writers[vendor] = LedgerWriter(self._ledger_folder(vendor), self.process)
        return self._writers[vendor]

    def _certification(self, vendor: str) -> Certification | ChatcertError:
        from chatcert.run.vendor_run import Certification
        from chatcert.run.waivers import check_live

        if vendor not in self._runs:
            writer = self._writer(vendor)
            try:
                plan = self.plan
                ends = self._input["ends"][vendor] if self.is_worker else plan.end(vendor)
                run = Certification(
                    plan.catalogues[vendor],
                    self.target(vendor),
                    plan.profile,
                    plan.seed,
                    jobs=1,
                    record=writer.exchange,
                    ends=ends,
                    shared=self._ledger_folder(vendor) if self.is_worker else None,
                )
                self._runs[vendor] = run
                check_live(plan.waivers.of(vendor))
                run.preflight()
                writer.write("ready")
            except ChatcertError as error:
                if vendor in self._runs:
                    run.close()
                writer.write("blocked", what=error.what, line=error.line(), exit_code=error.exit_code)
                self._runs[vendor] = error
        return self._runs[vendor]

    def check(self, requirement_id: str, item: pytest.Item) -> None:
        """Put one requirement to the test: raises what its verdict asks for, and ``Inconclusive`` where we broke."""
        __tracebackhide__ = True
        try:
            self._check(requirement_id, item)
        except (NotConformant, Inconclusive, ChatcertError):
            raise
        except KeyboardInterrupt:  # without the frames below: their variables hold what was being sent
            raise KeyboardInterrupt from None
        except Exception as error:  # noqa: BLE001  told as ours, without its text, which may quote a credential
            from chatcert.run.vendor_run import broken_verdict

            raise Inconclusive(broken_verdict(requirement_id, error).reason) from None

    def _check(self, requirement_id: str, item: pytest.Item) -> None:
        __tracebackhide__ = True
        from chatcert.judge.verdict import VerdictKind
        from chatcert.judge.waiver import waive_one

        vendor = requirement_id.partition("/")[0]
        run = self._certification(vendor)
        if isinstance(run, ChatcertError):
            raise Inconclusive(run.line())
        requirement = run.catalogue.requirements[requirement_id]
        _label(requirement)
        writer = self._writer(vendor)
        self._read_others(vendor, run)
        verdict = run.run(requirement)
        for name, text in run.reasons.items():
            writer.write("reason", requirement=name, text=text)
        run.reasons.clear() if self.is_worker else None
        if requirement_id in run.unfinished:
            writer.write("unfinished", requirement=requirement_id, word=verdict.kind.value, text=verdict.reason)
        writer.write("finished", requirement=requirement_id)
        _attach(run, verdict)
        verdict = waive_one(verdict, self.plan.waivers.of(vendor), run.catalogue.requirements)
        match verdict.kind:
            case VerdictKind.FAIL:
                raise NotConformant(_message(requirement, verdict))
            case VerdictKind.ERROR | VerdictKind.INCONCLUSIVE | VerdictKind.NOT_RUN:
                raise Inconclusive(_message(requirement, verdict))
            case VerdictKind.NOT_APPLICABLE:
                pytest.skip(verdict.reason)
            case VerdictKind.WAIVED:
                pytest.xfail(_message(requirement, verdict))
            case VerdictKind.WARN:
                item.add_report_section("call", "remark", _message(requirement, verdict))

    def _read_others(self, vendor: str, run: Certification) -> None:
        """Add what other workers have sent, so that rules on all answers are judged on as much as is known."""
        if not self.is_worker:
            return
        from chatcert.run.ledger import LedgerReader
        from chatcert.transport.exchange import Exchange

        reader = self._readers.setdefault(vendor, LedgerReader(self._ledger_folder(vendor)))
        lines = reader.new_lines(without=self.process)
        for process, line in lines:
            if line["kind"] == "exchange":
                run.adopt(Exchange.from_dict(line["row"]), process)

    def finish_worker(self) -> None:
        """Close what a worker holds open."""
        self.close()

    def suite_failures(self, session: pytest.Session) -> bool:
        """Whether a test failed that is not a requirement of a vendor."""
        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        stats = getattr(reporter, "stats", {})
        failed = [*stats.get("failed", []), *stats.get("error", [])]
        return any("[" not in r.nodeid or r.nodeid.partition("[")[2].rstrip("]") not in self._ids() for r in failed)

    def _ids(self) -> set[str]:
        return {name for catalogue in self.plan.catalogues.values() for name in catalogue.requirements}

    def finish(self) -> int | None:
        """Write the reports of every vendor that something was asked of; ``None`` where nothing was."""
        self._close_runs()
        if self._plan is None or self.config.option.collectonly:
            return None
        from chatcert.report.views.matrix import write_matrix
        from chatcert.run.ledger import read_ledger
        from chatcert.run.reporting import exit_code_for, worst_exit, write_vendor_report
        from chatcert.run.workspace import forget

        codes: list[int] = []
        for vendor, catalogue in self._plan.catalogues.items():
            folder = self._ledger_folder(vendor)
            if self._refused:
                forget(folder)
            if not folder.is_dir():
                continue
            ledger = read_ledger(folder)
            path = self._plan.options.report_dir / vendor
            report = write_vendor_report(path, catalogue, ledger, signer=self._plan.signer)
            self.reports.append(report)
            self.folders.append(path)
            codes.append(exit_code_for(ledger, report))
            if len(ledger.selected) < len(catalogue.requirements):
                self.notes[vendor] = (
                    f"{len(ledger.selected)} of {len(catalogue.requirements)} requirements were selected: "
                    "the report is incomplete, and the exit status speaks of those alone"
                )
            forget(folder)
        if codes:
            try:
                self.matrix = write_matrix(self._plan.options.report_dir)
            except SuiteError as error:
                self.trouble = error
                codes.append(error.exit_code)
        return worst_exit(codes) if codes else None

    def _close_runs(self) -> None:
        for run in self._runs.values():
            if not isinstance(run, ChatcertError):
                run.close()
        self._runs.clear()
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def close(self) -> None:
        """Close connections and files, end the mock."""
        self._close_runs()
        self._stack.close()


def _message(requirement: Requirement, verdict: Any) -> str:
    lines = [f"{verdict.kind}: {requirement.id}", f"  clause    {requirement.clause.text}"]
    if requirement.clause.pointer:
        lines.append(f"  in        {requirement.clause.pointer}")
    if verdict.reason:
        lines.append(f"  because   {verdict.reason}")
    if verdict.finding is not None:
        found = verdict.finding
        lines += [
            f"  expected  {found.expected}",
            f"  actual    {found.actual}",
            f"  how often {found.occurrences} of {found.observed}",
            f"  again     {found.curl}",
        ]
    return "\n".join(lines)


def _label(requirement: Requirement) -> None:
    """Epic, feature and story for whoever runs pytest with --alluredir."""
    import allure

    allure.dynamic.epic(requirement.vendor)
    allure.dynamic.feature(requirement.kind.value)
    allure.dynamic.story(requirement.id)
    allure.dynamic.title(requirement.id)


def _attach(run: Certification, verdict: Any) -> None:
    """The first request and answer that the verdict rests on."""
    import allure

    from chatcert.report.views.messages import request_message, response_message

    number = verdict.finding.exchanges[0] if verdict.finding is not None else next(iter(verdict.exchanges), None)
    exchange = next((e for e in run.exchanges if e.number == number), None)
    if exchange is not None:
        allure.attach(request_message(exchange, 65_536).text(), f"request {number}", allure.attachment_type.TEXT)
        allure.attach(response_message(exchange, 65_536).text(), f"response {number}", allure.attachment_type.TEXT)
