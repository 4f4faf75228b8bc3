"""What one process of a pytest run holds: its options, its targets, its runs; at the end, the reports."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from chatcert.exceptions import ChatcertError
from chatcert.pytest_plugin.verdict_messages import message_on

if TYPE_CHECKING:
    from chatcert.mock.process import MockProcess
    from chatcert.requirements.requirement import Requirement
    from chatcert.run.execution import Execution
    from chatcert.run.interruption import Interruption
    from chatcert.run.options import RunOptions
    from chatcert.run.results import Results
    from chatcert.run.run_plan import RunPlan
    from chatcert.run.vendor_run import VendorRun
    from chatcert.transport.target import Target


class NotConformant(AssertionError):
    """A requirement that must hold is broken."""


class Inconclusive(Exception):
    """A requirement could not be judged."""


class State:
    """What one process of a pytest run holds.

    Attributes:
        is_worker: whether this is a worker of pytest-xdist.
        process: the name of this process, which is also that of its ledger file.
        run_id: the name of the run, the same in all its processes.
        results: the reports; ``None`` until they are written.
        partial: a line that says how many requirements were tested, where that is not all; else empty.
        overruled: the requirements whose tests passed, and that a report does not let pass, with the verdict of that.
        error: an error to report at the end.
        interruption: listens for signals once the run has begun, in the controller.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.results: Results | None = None
        self.partial = ""
        self.overruled: list[tuple[str, str]] = []
        self.error: ChatcertError | None = None
        self.interruption: Interruption | None = None
        self._stack = ExitStack()
        self._plan: RunPlan | None = None
        self._runs: dict[str, VendorRun] = {}
        self._shared: dict[str, Any] = {}
        self._locked: set[str] = set()
        self._discard = False
        self.left: list[str] = []
        """A line for each vendor whose earlier runs may have left chats."""
        worker = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self.process = str(worker["workerid"]) if worker is not None else "main"
        self._processes = int(worker["workercount"]) if worker is not None else 1
        self._input: Mapping[str, Any] = worker["chatcert"] if worker is not None and "chatcert" in worker else {}
        self.run_id = self._input.get("run_id") or uuid.uuid4().hex[:12]

    @property
    def options(self) -> RunOptions:
        """Return the options of this run."""
        from chatcert.run.options import Frontend, RunOptions
        from chatcert.run.run_table import with_run_table

        given = self.config.option
        own: dict[str, Any] = {"sign": None} if self.is_worker else {}
        if "seed" in self._input:
            own["seed"] = self._input["seed"]
        if "day" in self._input:
            own["day"] = date.fromisoformat(self._input["day"])
        return replace(with_run_table(RunOptions.from_parsed(given, Frontend.PYTEST)), **own)

    @property
    def plan(self) -> RunPlan:
        """Return the checked run; the first call checks it."""
        from chatcert.run.run_plan import prepare

        if self._plan is None:
            self._plan = prepare(self.options, rules_are_proven=self.is_worker)
        return self._plan

    def sending_order(self) -> list[str]:
        """Return the ids of all requirements in the order in which they are tested.

        Rules on answers come last, because they are judged on what all other requirements bring. Where the requests or
        the time of a vendor are limited, the most valuable requirements come first instead.
        """
        from chatcert.cases.order import by_rank
        from chatcert.requirements.requirement import Rank

        first: list[str] = []
        locking: list[str] = []
        last: list[str] = []
        for vendor in self.plan.catalogues:
            limits = self.plan.limits(vendor)
            requirements = self.plan.requirements(vendor)
            limited = limits.max_requests is not None or limits.max_time is not None
            for requirement in by_rank(requirements) if limited else requirements:
                waits = requirement.run_wide and not limited and requirement.rank is not Rank.MANY_REQUESTS
                is_locking = requirement.rank is Rank.LOCKING
                (last if waits else locking if is_locking else first).append(requirement.id)
        return [*first, *locking, *last]

    def worker_input(self) -> dict[str, Any]:
        """Return what all workers share: the seed, the day, the times, and the address and variables of the mock."""
        if not self._shared:
            loading = self._begin_mock() if self._needs_mock else None
            self._shared = {
                "seed": self.plan.seed,
                "run_id": self.run_id,
                "ends": {vendor: self.plan.end(vendor) for vendor in self.plan.catalogues},
                "day": self.plan.waivers.day.isoformat(),
            }
            if loading is not None:
                mock = loading.ready()
                self._shared |= {"url": mock.url, "environment": dict(mock.environment)}
        return self._shared

    def check_targets(self, vendors: Sequence[str]) -> None:
        """In the controller: check that live targets have their credentials, before workers are given work.

        Raises:
            ChatcertError: a credential or resource is missing. What workers have written by then is discarded.
        """
        if self.plan.mode == "mock":
            return
        try:
            for vendor in vendors:
                self.target(vendor)
        except ChatcertError:
            self._discard = True
            raise

    @property
    def _needs_mock(self) -> bool:
        options = self.options
        return options.url is None and not options.targets and not self.config.option.collectonly

    def _begin_mock(self) -> MockProcess:
        """Start the bundled mock, which loads while the options are checked."""
        from chatcert.mock.process import begun_mock

        options = self.options
        vendors = () if options.spec else tuple(dict.fromkeys(options.vendors))
        given = vendors, options.spec, options.operation, options.name
        own = {"own_rules": True, "rules": options.rules}
        mock = begun_mock(*given, seed=options.seed_or_default, overlay=options.overlay, **own)
        return self._stack.enter_context(mock)

    def credential_remarks(self) -> list[str]:
        """Return what was taken off configured credentials, one sentence each."""
        from chatcert.transport.destination import credential_remarks

        known = self.plan.catalogues
        pairs = ((known[name].contract, destination) for name, destination in self.plan.destinations.items())
        return [
            line for contract, destination in pairs for line in credential_remarks(destination, contract, os.environ)
        ]

    def target(self, vendor: str) -> Target:
        """Return where the requests of one vendor go; the mock is started by the first call that needs it."""
        from chatcert.run.run_plan import live_target, mock_target

        if self.plan.mode == "url":
            return live_target(self.plan, vendor, os.environ)
        if not self._shared and not self._input:
            mock = self._begin_mock().ready()
            self._shared = {"url": mock.url, "environment": dict(mock.environment)}
        mock_address = self._input or self._shared
        contract = self.plan.catalogues[vendor].contract
        return mock_target(contract, self.plan.options, mock_address["url"], mock_address["environment"])

    def select(self, ids: list[str]) -> None:
        """Begin the runs of the vendors whose requirements were selected.

        Raises:
            ChatcertError: a credential of a live target is missing, or the ledger cannot be written.
        """
        from chatcert.run.header import header_of
        from chatcert.run.options import Frontend

        vendors = sorted({name.partition("/")[0] for name in ids})
        if not self.is_worker:
            self.lock(vendors)
        for vendor in vendors:
            target = self.target(vendor)
            run = self._run(vendor)
            selected = [name for name in ids if name.startswith(f"{vendor}/")]
            header = header_of(self.plan, run.catalogue, target, frontend=Frontend.PYTEST, run=self.run_id)
            run.begin(header, selected)

    def lock(self, vendors: Sequence[str]) -> None:
        """In the controller: keep other runs out of these vendors' report folders, and take the place of older ones."""
        from chatcert.run.records.kept_runs import replace_older
        from chatcert.run.records.workspace import working_in

        if self.interruption is None:
            from chatcert.run.interruption import Interruption

            self.interruption = Interruption()
            self._stack.enter_context(self.interruption.listening())
        folders = {name: self.plan.options.report_dir / name for name in vendors if name not in self._locked}
        self._locked.update(vendors)
        self._stack.enter_context(working_in(folders.values()))
        for vendor, folder in folders.items():
            if left := replace_older(folder, self.run_id, self.plan.catalogues[vendor].contract):
                self.left.append(left)

    def _run(self, vendor: str) -> VendorRun:
        from chatcert.run.records.workspace import ledger_folder
        from chatcert.run.vendor_run import VendorRun

        if vendor not in self._runs:
            folder = self.plan.options.report_dir / vendor
            place = ledger_folder(folder, self.run_id)
            catalogue, signer = self.plan.catalogues[vendor], self.plan.signer
            self._runs[vendor] = VendorRun(catalogue, folder, place, self.process, signer=signer)
        return self._runs[vendor]

    def _ready_run(self, vendor: str) -> VendorRun:
        """Return the run of a vendor after its preflight.

        Raises:
            Inconclusive: the target cannot be tested.
        """
        run = self._run(vendor)
        if not run.is_open:
            ends = self._input["ends"][vendor] if self.is_worker else self.plan.end(vendor)
            run.preflight(
                self.plan,
                lambda: self.target(vendor),
                ends=ends,
                shared=run.place if self.is_worker else None,
                processes=self._processes,
            )
        if run.blocked is not None:
            raise Inconclusive(run.blocked.line())
        return run

    def check(self, requirement_id: str, item: pytest.Item) -> None:
        """Test one requirement, and raise what its verdict asks for.

        Raises:
            NotConformant: the requirement is broken.
            Inconclusive: it could not be judged, or chatcert itself broke.
        """
        __tracebackhide__ = True
        try:
            self._check(requirement_id, item)
        except (NotConformant, Inconclusive, ChatcertError):
            raise
        except KeyboardInterrupt:  # without the frames below: their variables hold what was being sent
            raise KeyboardInterrupt from None
        except Exception as error:  # noqa: BLE001  reported as ours, without its text, which may quote a credential
            from chatcert.run.safe_judging import broken_verdict

            raise Inconclusive(broken_verdict(requirement_id, error).reason) from None

    def _check(self, requirement_id: str, item: pytest.Item) -> None:
        __tracebackhide__ = True
        from chatcert.cases.plan import TOO_MANY
        from chatcert.judge.verdict import VerdictKind
        from chatcert.judge.waiver import waive_one

        vendor = requirement_id.partition("/")[0]
        run = self._ready_run(vendor)
        requirement = run.catalogue.requirements[requirement_id]
        _label(requirement)
        if self.is_worker:
            run.read_others()
        verdict = run.test(requirement)
        _attach(run.execution, verdict)
        verdict = waive_one(verdict, self.plan.waivers.of(vendor), run.catalogue.requirements)
        match verdict.kind:
            case VerdictKind.FAIL:
                raise NotConformant(message_on(requirement, verdict))
            case VerdictKind.NOT_RUN if verdict.reason == TOO_MANY:
                pytest.skip(verdict.reason)
            case VerdictKind.ERROR | VerdictKind.INCONCLUSIVE | VerdictKind.NOT_RUN:
                raise Inconclusive(message_on(requirement, verdict))
            case VerdictKind.NOT_APPLICABLE:
                pytest.skip(verdict.reason)
            case VerdictKind.WAIVED:
                pytest.xfail(message_on(requirement, verdict))
            case VerdictKind.WARN:
                item.add_report_section("call", "remark", message_on(requirement, verdict))

    def has_other_failures(self) -> bool:
        """Return whether a test failed that is not a requirement of a vendor."""
        from chatcert.pytest_plugin.final_outcomes import requirement_of

        reporter = self.config.pluginmanager.get_plugin("terminalreporter")
        stats = getattr(reporter, "stats", {})
        failed = [*stats.get("failed", []), *stats.get("error", [])]
        tested = [requirement_of(report) for report in failed]
        return not all(name and name in self._ids() for name in tested)

    def _ids(self) -> set[str]:
        return {name for catalogue in self.plan.catalogues.values() for name in catalogue.requirements}

    def apply_verdicts(self) -> None:
        """Change the outcomes of tests to the verdicts of the reports; note which of them had passed wrongly."""
        from chatcert.pytest_plugin.final_outcomes import apply_verdicts, overruled

        stats = getattr(self.config.pluginmanager.get_plugin("terminalreporter"), "stats", {})
        rows = [row for report in (self.results.reports if self.results else ()) for row in report["requirements"]]
        self.overruled = [(row["id"], row["verdict"]) for row in overruled(stats, rows)]
        apply_verdicts(stats, rows)

    def finish(self, *, stopped: bool = False) -> int | None:
        """Write the reports of all vendors of which something was selected; return the exit status.

        Return ``None`` where nothing was selected.

        Args:
            stopped: whether pytest ended before the last test, as ``-x`` makes it do.
        """
        self._close_runs()
        if self._plan is None or self.config.option.collectonly:
            return None
        from chatcert.judge.verdict import VerdictKind
        from chatcert.run.records.workspace import forget, mark_current
        from chatcert.run.results import Results

        known = selected = 0
        results = Results(self._plan.options.report_dir)
        for vendor, catalogue in self._plan.catalogues.items():
            run = self._run(vendor)
            assert run.place is not None
            if self._discard:
                forget(run.place)
                mark_current(run.folder)
            if not run.place.is_dir():
                continue
            self._clean_up(run)
            conclusion = run.conclude()
            results.conclusions.append(conclusion)
            known += len(catalogue.requirements)
            selected += len(conclusion.ledger.selected)
            forget(run.place)
        if not results.conclusions:
            return None
        if stopped or selected < known:
            rows = [row for report in results.reports for row in report["requirements"]]
            tested = sum(row["verdict"] != VerdictKind.NOT_RUN for row in rows)
            self.partial = (
                f"partial run: {tested} of {known} requirements {'was' if tested == 1 else 'were'} tested; "
                "the report is incomplete, and the exit status speaks of those alone"
            )
        results.write_matrix()
        self.error = self.error or results.error
        self.results = results
        return results.exit_code

    def _clean_up(self, run: VendorRun) -> None:
        """Delete the chats of a run if that is asked for, unless a signal came."""
        from chatcert.run.interruption import Interrupted

        assert self.interruption is not None
        if self.plan.options.clean_up:
            with suppress(Interrupted):
                self.interruption.check()
                run.clean_up(self.target(run.vendor), self.interruption.check)
            run.close()

    def _close_runs(self) -> None:
        is_interrupted = self.interruption is not None and self.interruption.pending is not None
        for run in self._runs.values():
            if not is_interrupted:  # then nothing more is sent
                run.prove()
            run.close()
        self._runs.clear()

    def close(self) -> None:
        """Close connections and files, and stop the mock."""
        self._close_runs()
        self._stack.close()


def _label(requirement: Requirement) -> None:
    """Set epic, feature and story for ``--alluredir``."""
    import allure

    allure.dynamic.epic(requirement.vendor)
    allure.dynamic.feature(requirement.kind.value)
    allure.dynamic.story(requirement.id)
    allure.dynamic.title(requirement.id)


def _attach(execution: Execution, verdict: Any) -> None:
    """Attach the first request and answer that the verdict is based on to the Allure result."""
    import allure

    from chatcert.report.views.messages import request_message, response_message

    number = verdict.finding.exchanges[0] if verdict.finding is not None else next(iter(verdict.exchanges), None)
    exchange = next((e for e in execution.exchanges if e.number == number), None)
    if exchange is not None:
        allure.attach(request_message(exchange, 65_536).text(), f"request {number}", allure.attachment_type.TEXT)
        allure.attach(response_message(exchange, 65_536).text(), f"response {number}", allure.attachment_type.TEXT)
