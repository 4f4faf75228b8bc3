"""The pytest door: options, one item a requirement, the report at the end, the exit status.

Every process of a run (one without xdist, several with it) appends what it sent to a ledger. The controller reads all
of it at the end, judges once more over everything, and writes the reports: what a worker that died had sent is there,
and what it had not come to is missing, and said to be.
"""

from __future__ import annotations

import os
import shutil
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chatcert.exceptions import ChatcertError

if TYPE_CHECKING:
    from chatcert.certification import Certification
    from chatcert.contract.requirements import Requirement
    from chatcert.runs import RunOptions, Setting
    from chatcert.target.settings import Target

STATE = pytest.StashKey["State"]()
LEDGERS = ".run"
_NO_SPEC = SimpleNamespace(params={})


class NotConformant(AssertionError):
    """A requirement that must hold is broken."""


class Inconclusive(Exception):
    """A requirement could not be judged."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that ``chatcert certify`` has as well."""
    group = parser.getgroup("chatcert", "contract certification of create-chat APIs")
    group.addoption("--vendor", action="append", default=[], metavar="V", help="certify this vendor (repeatable)")
    group.addoption("--url", default=None, help="base address of a live server (default: the bundled mock)")
    group.addoption(
        "--target", action="append", default=[], metavar="NAME", help="a target of the targets file (repeatable)"
    )
    group.addoption("--targets-file", default="targets.toml", metavar="FILE", help="default: targets.toml")
    group.addoption("--profile", default="standard", help="quick, standard (default) or thorough")
    group.addoption("--report-dir", default="reports", metavar="DIR", help="where reports go (default: reports)")
    group.addoption("--spec", default=None, metavar="FILE", help="certify this OpenAPI document")
    group.addoption("--operation", default=None, metavar="OP", help='which operation of --spec: "POST /path"')
    group.addoption("--name", default=None, metavar="NAME", help="the vendor's name for --spec")
    group.addoption(
        "--allow-production", action="store_true",
        help="send to a host that the document names as a server, or to a target marked as production",
    )  # fmt: skip
    group.addoption(
        "--with-robustness", action="store_true",
        help="send hostile and malformed requests there too: without them there is no verdict (exit 75)",
    )  # fmt: skip
    group.addoption("--sign", default=None, metavar="KEY", help="sign every report with this private key")
    group.addoption(
        "--chatcert-seed", default=None, type=int, metavar="N", help="the same seed gives the same requests"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers; find out whether this is the controller or a worker."""
    from chatcert.contract.requirements import Kind
    from chatcert.vendors import bundled_vendors

    for vendor in bundled_vendors():
        config.addinivalue_line("markers", f"{marker_name(vendor)}: requirements of the vendor {vendor}")
    for kind in Kind:
        config.addinivalue_line("markers", f"{kind.value}: requirements of the kind {kind.value}")
    config.stash[STATE] = State(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the mock."""
    if STATE in config.stash:
        config.stash[STATE].close()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where to send requests and where to write."""
    state = node.config.stash[STATE]
    with _told():
        state.fill(node.workerinput)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One item a requirement; its id is the requirement's."""
    if "requirement_id" not in metafunc.fixturenames:
        return
    from chatcert.contract.requirements import Answers

    state = metafunc.config.stash[STATE]
    try:
        setting = state.setting
    except ChatcertError as error:  # told once collecting is over: here it would be taken for a broken test file
        state.trouble = error
        metafunc.parametrize("requirement_id", [])
        return
    own: list[Any] = []
    pooled: list[Any] = []
    for vendor, catalogue in setting.catalogues.items():
        for requirement in catalogue.requirements.values():
            marks = [getattr(pytest.mark, marker_name(vendor)), getattr(pytest.mark, requirement.kind.value)]
            batch = pooled if isinstance(requirement.check, Answers) else own
            batch.append(pytest.param(requirement.id, id=requirement.id, marks=marks))
        if marker_name(vendor) not in [line.partition(":")[0] for line in metafunc.config.getini("markers")]:
            metafunc.config.addinivalue_line("markers", f"{marker_name(vendor)}: requirements of the vendor {vendor}")
    metafunc.parametrize("requirement_id", [*own, *pooled])


def marker_name(vendor: str) -> str:
    """A vendor's name as a pytest marker."""
    return vendor.replace("-", "_")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Note which requirements were asked for."""
    state = session.config.stash[STATE]
    if state.trouble is not None:
        trouble, state.trouble = state.trouble, None
        pytest.exit(f"chatcert: {trouble.line()}", returncode=trouble.exit_code)
    ids = [getattr(item, "callspec", _NO_SPEC).params["requirement_id"] for item in session.items if _is_ours(item)]
    if ids and not session.config.option.collectonly:
        with _told():
            state.select(ids)


def _is_ours(item: pytest.Item) -> bool:
    return isinstance(item, pytest.Function) and "requirement_id" in getattr(item, "callspec", _NO_SPEC).params


@pytest.fixture
def requirement_check(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """A callable that puts one requirement to the test, by its id, and raises or skips as its verdict says."""
    state = request.config.stash[STATE]

    def check(requirement_id: str) -> None:
        __tracebackhide__ = True
        state.check(requirement_id, request.node)

    return check


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a verdict as it is, without the Python frames that led to it."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance((NotConformant, Inconclusive)):
        report.longrepr = str(call.excinfo.value)
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In the controller: write the reports and give the run its exit status."""
    state = session.config.stash[STATE]
    if state.is_worker:
        state.finish_worker()
        return
    others_failed = state.suite_failures(session)
    try:
        code = state.finish()
    except ChatcertError as error:
        state.trouble = error
        code = error.exit_code
    if code is None:
        return
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        session.exitstatus = 1 if others_failed else code


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what the reports conclude."""
    state = config.stash[STATE]
    if state.trouble is not None:
        terminalreporter.write_line(f"chatcert: {state.trouble.line()}", red=True)
    if state.reports:
        from rich.console import Console

        from chatcert.report.summary import print_summary

        terminalreporter.section("certification", sep="=")
        writer = terminalreporter._tw
        console = Console(
            file=writer._file, width=min(writer.fullwidth, 120), highlight=False,
            force_terminal=writer.hasmarkup or None, no_color=not writer.hasmarkup,
        )  # fmt: skip
        print_summary(console, state.reports, state.folders)
        for vendor, line in state.notes.items():
            terminalreporter.write_line(f"{vendor}: {line}")


@contextmanager
def _told() -> Iterator[None]:
    """Turns an error of the user's into one line and its exit status."""
    try:
        yield
    except ChatcertError as error:
        pytest.exit(f"chatcert: {error.line()}", returncode=error.exit_code)


class State:
    """What one process of a pytest run holds."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.reports: list[dict[str, Any]] = []
        self.folders: list[Path] = []
        self.notes: dict[str, str] = {}
        self.trouble: ChatcertError | None = None
        self.selected: list[str] = []
        self._stack = ExitStack()
        self._setting: Setting | None = None
        self._targets: dict[str, Target] | None = None
        self._runs: dict[str, Certification | ChatcertError] = {}
        self._writers: dict[str, Any] = {}
        self._readers: dict[str, Any] = {}
        self._shared: dict[str, Any] = {}
        worker = getattr(config, "workerinput", None)
        self.is_worker = worker is not None
        self.process = str(worker["workerid"]) if worker is not None else "main"
        self._input: Mapping[str, Any] = worker["chatcert"] if worker is not None and "chatcert" in worker else {}
        self._uses_workers = False
        self.run_id = self._input.get("run_id") or uuid.uuid4().hex[:12]

    @property
    def options(self) -> RunOptions:
        """The options of this run."""
        from chatcert.runs import RunOptions

        given = self.config.option
        return RunOptions(
            vendors=tuple(given.vendor), url=given.url, profile=given.profile, report_dir=Path(given.report_dir),
            seed=self._input.get("seed", given.chatcert_seed), spec=Path(given.spec) if given.spec else None,
            name=given.name, operation=given.operation,
            allow_production=given.allow_production, with_robustness=given.with_robustness,
            targets=tuple(given.target), targets_file=Path(given.targets_file),
            sign=Path(given.sign) if given.sign else None,
        )  # fmt: skip

    @property
    def setting(self) -> Setting:
        """The checked options and catalogues."""
        from chatcert.runs import prepare

        if self._setting is None:
            self._setting = prepare(self.options)
        return self._setting

    def fill(self, workerinput: dict[str, Any]) -> None:
        """What a worker is told: the seed, the address, and the variables of the mock."""
        self._uses_workers = True
        if not self._shared:
            self._shared = {"seed": self.setting.seed, "run_id": self.run_id}
            if self.setting.mode == "mock" and not self.config.option.collectonly:
                mock = self._start_mock()
                self._shared |= {"url": mock.url, "environment": dict(mock.environment)}
        workerinput["chatcert"] = self._shared

    def _start_mock(self) -> Any:
        from chatcert.mock.process import running_mock

        options = self.setting.options
        vendors = () if options.spec else tuple(self.setting.catalogues)
        return self._stack.enter_context(running_mock(vendors, options.spec, options.operation, options.name))

    def target(self, vendor: str) -> Target:
        """Where the requests of one vendor go; the mock is started when the first of them is asked for."""
        from chatcert.runs import live_target, mock_target

        if self.setting.mode == "url":
            return live_target(self.setting, vendor, os.environ)
        if not self._shared and not self._input:
            mock = self._start_mock()
            self._shared = {"url": mock.url, "environment": dict(mock.environment)}
        given = self._input or self._shared
        contract = self.setting.catalogues[vendor].contract
        return mock_target(contract, self.setting.options, given["url"], given["environment"])

    def select(self, ids: list[str]) -> None:
        """Note the requirements that were asked for; find out early whether a live target's credentials are there."""
        self.selected = ids
        for vendor in {name.partition("/")[0] for name in ids}:
            if self.setting.mode == "url":
                self.target(vendor)
            mine = [name for name in ids if name.startswith(f"{vendor}/")]
            self._writer(vendor).write("selected", requirements=mine, started=time.time())

    def _ledger_folder(self, vendor: str) -> Path:
        return self.setting.options.report_dir / vendor / LEDGERS / self.run_id

    def _writer(self, vendor: str) -> Any:
        from chatcert.ledger import LedgerWriter

        if vendor not in self._writers:
            self._writers[vendor] = LedgerWriter(self._ledger_folder(vendor), self.process)
        return self._writers[vendor]

    def _certification(self, vendor: str) -> Certification | ChatcertError:
        from chatcert.certification import Certification

        if vendor not in self._runs:
            writer = self._writer(vendor)
            try:
                setting = self.setting
                run = Certification(
                    setting.catalogues[vendor], self.target(vendor), setting.profile, setting.seed, jobs=1,
                    record=writer.exchange,
                )  # fmt: skip
                self._runs[vendor] = run
                run.preflight()
            except ChatcertError as error:
                if vendor in self._runs:
                    run.close()
                writer.write("blocked", line=error.line(), exit_code=error.exit_code)
                self._runs[vendor] = error
        return self._runs[vendor]

    def check(self, requirement_id: str, item: pytest.Item) -> None:
        """Put one requirement to the test.

        Raises:
            NotConformant: it must hold and does not.
            Inconclusive: it could not be judged.
        """
        __tracebackhide__ = True
        from chatcert.judge.verdict import Word

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
            writer.write("unfinished", requirement=requirement_id, word=verdict.word.value, text=verdict.reason)
        writer.write("finished", requirement=requirement_id)
        _attach(run, verdict)
        match verdict.word:
            case Word.FAIL:
                raise NotConformant(_message(requirement, verdict))
            case Word.ERROR | Word.INCONCLUSIVE | Word.NOT_RUN:
                raise Inconclusive(_message(requirement, verdict))
            case Word.NOT_APPLICABLE:
                pytest.skip(verdict.reason)
            case Word.WARN:
                item.add_report_section("call", "remark", _message(requirement, verdict))

    def _read_others(self, vendor: str, run: Certification) -> None:
        """Add what other workers have sent, so that rules on all answers are judged on as much as is known."""
        if not self.is_worker:
            return
        from chatcert.ledger import LedgerReader
        from chatcert.target.exchange import Exchange

        reader = self._readers.setdefault(vendor, LedgerReader(self._ledger_folder(vendor)))
        for process, line in reader.new_lines(without=self.process):
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
        return {name for catalogue in self.setting.catalogues.values() for name in catalogue.requirements}

    def finish(self) -> int | None:
        """Write the reports of every vendor that something was asked of; ``None`` where nothing was."""
        from chatcert.judge.verdict import Verdict, Word, exit_code_of
        from chatcert.ledger import read_ledger
        from chatcert.reporting import words_of, worst_exit, write_vendor_report

        self._close_runs()
        if self._setting is None or self.config.option.collectonly:
            return None
        codes: list[int] = []
        for vendor, catalogue in self._setting.catalogues.items():
            folder = self._ledger_folder(vendor)
            if not folder.is_dir():
                continue
            ledger = read_ledger(folder)
            unfinished = dict(ledger.unfinished)
            blocked = ledger.blocked
            for name in ledger.selected - ledger.finished:
                why = blocked[0] if blocked is not None else "the run ended before it"
                unfinished[name] = Verdict(name, Word.NOT_RUN, reason=why)
            aim = self._setting.aims.get(vendor)
            shown = (
                aim.url if aim is not None else f"{self._input.get('url') or self._shared.get('url') or ''}/{vendor}"
            )
            path, report = write_vendor_report(
                self._setting, catalogue, shown, ledger.exchanges, reasons=ledger.reasons, unfinished=unfinished,
                selected=ledger.selected, started=ledger.started or time.time(),
                reachability=(blocked[0],) if blocked is not None else (),
            )  # fmt: skip
            self.reports.append(report)
            self.folders.append(path)
            codes.append(blocked[1] if blocked is not None else exit_code_of(words_of(report, ledger.selected)))
            if len(ledger.selected) < len(catalogue.requirements):
                self.notes[vendor] = (
                    f"{len(ledger.selected)} of {len(catalogue.requirements)} requirements were selected: "
                    "the report is incomplete, and the exit status speaks of those alone"
                )
            shutil.rmtree(folder, ignore_errors=True)
            if not any(folder.parent.iterdir()):
                folder.parent.rmdir()
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
    lines = [f"{verdict.word}: {requirement.id}", f"  clause    {requirement.clause.text}"]
    if requirement.clause.pointer:
        lines.append(f"  in        {requirement.clause.pointer}")
    if verdict.reason:
        lines.append(f"  because   {verdict.reason}")
    if verdict.finding is not None:
        found = verdict.finding
        lines += [f"  expected  {found.expected}", f"  actual    {found.actual}",
                  f"  how often {found.occurrences} of {found.observed}", f"  again     {found.curl}"]  # fmt: skip
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

    from chatcert.report.messages import request_message, response_message

    number = verdict.finding.exchanges[0] if verdict.finding is not None else next(iter(verdict.exchanges), None)
    exchange = next((e for e in run.exchanges if e.number == number), None)
    if exchange is not None:
        allure.attach(request_message(exchange, 65_536).text(), f"request {number}", allure.attachment_type.TEXT)
        allure.attach(response_message(exchange, 65_536).text(), f"response {number}", allure.attachment_type.TEXT)
