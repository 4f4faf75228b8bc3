"""The pytest plugin: options, one item for each requirement, the reports and the exit status at the end.

Every process of a run (one without xdist, several with it) appends what it sent to a ledger. At the end the controller
reads all ledgers, judges again over everything, and writes the reports. So the exchanges of a worker that died count,
and the requirements that it did not reach are reported as not run.
"""

from __future__ import annotations

import gc
from argparse import ArgumentError
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chatcert.exceptions import ChatcertError
from chatcert.pytest_plugin.configuration_file import check_configuration_file
from chatcert.pytest_plugin.session import Inconclusive, NotConformant, State
from chatcert.run.options import Frontend, options_of
from chatcert.text import count

STATE = pytest.StashKey[State]()
MOST_NAMED = 5
"""Requirements that one line names."""
_NO_SPEC = SimpleNamespace(params={})
_PACKAGE = "chatcert.contract_tests"


_taken: dict[str, str] = {}
"""Names of options that another plugin has, with the names that they have here instead."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that ``chatcert certify`` has as well, each also with the prefix ``--chatcert-``.

    The name without the prefix is left to another plugin, or to a ``conftest.py``, that has an option of that name;
    where it is on the command line nevertheless, the last line says which name is ours.
    """
    _taken.clear()
    group = parser.getgroup("chatcert", "contract certification of create-chat APIs")
    for option in options_of(Frontend.PYTEST):
        keywords = option.keywords(Frontend.PYTEST) | {"dest": option.dest(Frontend.PYTEST)}
        try:
            group.addoption(*option.pytest_flags, **keywords)
        except (ArgumentError, ValueError):
            group.addoption(option.prefixed_flag, **keywords)
            _taken.update(dict.fromkeys(option.pytest_flags, option.prefixed_flag))


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers, and create the state of this process."""
    from chatcert.requirements.requirement import Kind
    from chatcert.vendors import known_vendors

    for vendor in known_vendors():
        config.addinivalue_line("markers", f"{marker_name(vendor)}: requirements of the vendor {vendor}")
    for kind in Kind:
        config.addinivalue_line("markers", f"{kind.value}: requirements of the kind {kind.value}")
    config.stash[STATE] = State(config)
    with _exit_on_error():
        check_configuration_file(config)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say at the very end which options are not ours, and that the run was a partial one; end the mock."""
    if STATE not in config.stash:
        return
    state = config.stash[STATE]
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    for flag in dict.fromkeys(word.partition("=")[0] for word in config.invocation_params.args):
        if reporter is not None and _taken.get(flag, flag) != flag:
            line = f"{flag} is an option of another plugin here; that of chatcert is {_taken[flag]}"
            reporter.write_line(f"chatcert: {line}", yellow=True)
    if reporter is not None and state.partial:
        reporter.write_line(state.partial, yellow=True)
    state.close()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[Any]) -> None:
    """Refuse workers that do not share this machine's files, clock and environment."""
    from chatcert.exceptions import UsageError

    if any(not spec.popen or spec.via or spec.chdir for spec in specs):
        with _exit_on_error():
            raise UsageError(
                "workers on other machines are not supported",
                where="--tx",
                hint="run chatcert certify --shard I/N on each machine, then chatcert merge",
            )


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send a worker of pytest-xdist what all processes of the run share."""
    state = node.config.stash[STATE]
    with _exit_on_error():
        node.workerinput["chatcert"] = state.worker_input()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """In the controller: keep other runs out of the report folders of the vendors that workers are about to certify.

    Missing credentials are reported here, because an error in a worker would not be shown.
    """
    state = node.config.stash[STATE]
    known = state.plan.catalogues
    names = {name.partition("[")[2].partition("/")[0] for name in ids}
    with _exit_on_error():
        state.lock(sorted(names & known.keys()))
        state.check_targets(sorted(names & known.keys()))
    import chatcert.run.vendor_run  # noqa: F401  needed at the end: there is time now, while the workers are busy


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Give an installed module of contract tests a node id that pytest takes as an argument.

    Its own would be the name of the file alone, which is found from no folder of the user's.
    """
    if module_path.parent != _installed_contract_tests() or module_path.is_relative_to(parent.config.rootpath):
        return None
    module: pytest.Module = pytest.Module.from_parent(parent, path=module_path, nodeid=f"{_PACKAGE}.{module_path.stem}")
    return module


def _installed_contract_tests() -> Path:
    return Path(__file__).parents[1] / "contract_tests"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize a test that takes ``requirement_id`` and ``requirement_check``: one item for each requirement.

    The item has the requirement's id.

    A test that is marked with kinds of requirements, such as ``pytest.mark.refusal``, gets those of these kinds only.
    """
    if "requirement_id" not in metafunc.fixturenames or not _take_our_check(metafunc._arg2fixturedefs):
        return
    from chatcert.requirements.requirement import Kind

    state = metafunc.config.stash[STATE]
    try:
        plan = state.plan
    except ChatcertError as error:  # reported after collection: pytest would blame the test file here
        state.error = error
        metafunc.parametrize("requirement_id", [])
        return
    markers = {mark.name for mark in metafunc.definition.iter_markers()}
    kinds = {kind for kind in Kind if kind.value in markers} or {*Kind}
    parameters = []
    for vendor in plan.catalogues:
        if marker_name(vendor) not in [line.partition(":")[0] for line in metafunc.config.getini("markers")]:
            metafunc.config.addinivalue_line("markers", f"{marker_name(vendor)}: requirements of the vendor {vendor}")
        for requirement in plan.requirements(vendor):
            marks = [getattr(pytest.mark, marker_name(vendor)), getattr(pytest.mark, requirement.kind.value)]
            if requirement.kind in kinds:
                parameters.append(pytest.param(requirement.id, id=requirement.id, marks=marks))
    metafunc.parametrize("requirement_id", parameters)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the requirements into the order of sending, whatever modules they stand in; other tests keep their places.

    The item that pytest makes of a kind that has no requirement here is removed.
    """
    state = config.stash[STATE]
    if state.error is not None or not any(map(_is_ours, items)):
        return
    order = {name: rank for rank, name in enumerate(state.sending_order())}
    items[:] = [item for item in items if not _is_ours(item) or _requirement_id(item) in order]
    places = [place for place, item in enumerate(items) if _is_ours(item)]
    ours = sorted((items[place] for place in places), key=lambda item: order[_requirement_id(item)])
    for place, item in zip(places, ours, strict=True):
        items[place] = item


def marker_name(vendor: str) -> str:
    """Return a vendor's name as a pytest marker."""
    return vendor.replace("-", "_")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the runs of the selected requirements."""
    state = session.config.stash[STATE]
    if state.error is not None:
        error, state.error = state.error, None
        pytest.exit(f"chatcert: {error.line()}", returncode=error.exit_code)
    ids = [_requirement_id(item) for item in session.items if _is_ours(item)]
    if not session.config.option.collectonly:
        with _exit_on_error():
            state.select(ids)
        if state.is_worker:
            gc.freeze()  # what was imported and collected stays to the end: no search for garbage goes through it


def _requirement_id(item: pytest.Item) -> str:
    return str(getattr(item, "callspec", _NO_SPEC).params["requirement_id"])


def _is_ours(item: pytest.Item) -> bool:
    if not isinstance(item, pytest.Function) or "requirement_id" not in getattr(item, "callspec", _NO_SPEC).params:
        return False
    return _take_our_check(item._fixtureinfo.name2fixturedefs)


def _take_our_check(fixtures: Mapping[str, Sequence[pytest.FixtureDef[Any]]]) -> bool:
    """Return whether a test takes the fixture below, not one of another project that has the same name."""
    found = fixtures.get("requirement_check")
    return found is not None and found[-1].func.__module__ == __name__


@pytest.fixture
def requirement_check(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Return a callable that tests one requirement, by its id, and raises or skips as its verdict says."""
    state = request.config.stash[STATE]

    def check(requirement_id: str) -> None:
        __tracebackhide__ = True
        state.check(requirement_id, request.node)

    return check


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show a verdict without Python frames, and mask every credential.

    It comes last, so that Allure, JUnit and the terminal see this report.
    """
    report = yield
    if not _is_ours(item):
        return report
    from chatcert.pytest_plugin.final_outcomes import mark_report
    from chatcert.transport.redaction.client_logs import masked_by_all

    mark_report(report, _requirement_id(item))
    if call.excinfo is not None and call.excinfo.errisinstance((NotConformant, Inconclusive)):
        report.longrepr = str(call.excinfo.value)
    if report.failed and report.longrepr is not None:
        report.longrepr = masked_by_all(str(report.longrepr))
    report.sections = [(title, masked_by_all(text)) for title, text in report.sections]
    return report


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In the controller: write the reports and set the exit status."""
    state = session.config.stash[STATE]
    if state.is_worker:
        state.close()
        return
    others_failed = state.has_other_failures()
    interruption = state.interruption
    try:
        with interruption.deferred() if interruption is not None else nullcontext():
            code = state.finish(stopped=bool(session.shouldfail or session.shouldstop))
    except ChatcertError as error:
        state.error = error
        code = error.exit_code
    if code is None:
        return
    state.apply_verdicts()
    if interruption is not None and interruption.pending is not None:
        session.exitstatus = interruption.pending.exit_code
        return
    if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        session.exitstatus = 1 if others_failed else code


def _printed_failures(terminalreporter: Any, config: pytest.Config) -> set[str]:
    """Return the ids of the requirements whose findings pytest has printed among its failures."""
    if config.option.tbstyle == "no":
        return set()
    from chatcert.pytest_plugin.final_outcomes import requirement_of

    return {requirement_of(report) for report in terminalreporter.getreports("failed")}


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print what the reports conclude."""
    state = config.stash[STATE]
    if state.error is not None:
        terminalreporter.write_line(f"chatcert: {state.error.line()}", red=True)
    if state.results is not None:
        from rich.console import Console

        from chatcert.report.views.terminal import print_summary

        terminalreporter.section("certification", sep="=")
        for remark in [*state.credential_remarks(), *state.left]:
            terminalreporter.write_line(remark)
        writer = terminalreporter._tw
        console = Console(
            file=writer._file,
            width=min(writer.fullwidth, 120),
            highlight=False,
            force_terminal=writer.hasmarkup or None,
            no_color=not writer.hasmarkup,
        )
        results, printed = state.results, _printed_failures(terminalreporter, config)
        print_summary(console, results.reports, results.folders, results.matrix, printed)
        if overruled := state.overruled:
            shown = [f"{name}: {verdict}" for name, verdict in overruled[:MOST_NAMED]]
            shown += [f"and {len(overruled) - len(shown)} more"] if overruled[MOST_NAMED:] else []
            tests = f"{count(len(overruled), 'test')} passed before the run showed otherwise"
            terminalreporter.write_line(f"{tests}; the report decides: {', '.join(shown)}", red=True)


@contextmanager
def _exit_on_error() -> Iterator[None]:
    """Turn an error into one line and its exit status."""
    try:
        yield
    except ChatcertError as error:
        pytest.exit(f"chatcert: {error.line()}", returncode=error.exit_code)
