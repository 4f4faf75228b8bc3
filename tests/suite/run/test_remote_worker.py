"""What a worker on another machine and the controller say to each other: limits, lines, refusals, and silence."""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import pytest

from chatcert import controller
from chatcert.controller import Controller, RemoteBudget, RemoteLedger
from chatcert.exceptions import ConfigurationError, InputFileError, SuiteError, UsageError
from chatcert.ledger import Header, LedgerReader, read_ledger
from chatcert.origin import header_of
from chatcert.pytest_run import State
from chatcert.remote_worker import RemoteWorker, check_arguments, check_variables, is_remote
from chatcert.runs import RunOptions, Setting, live_target, prepare
from chatcert.target.budget import Budget, BudgetSpent, TimeSpent

VENDOR = "agencii"
SECRET = "a-token-of-the-controller"
VARIABLES = {"CHATCERT_AGENCII_BEARER_AUTH": SECRET, "CHATCERT_AGENCII_API_INTEGRATION_ID": "support"}
END = object()


@dataclass(frozen=True)
class Wire:
    """One end of a channel, as execnet has them."""

    inbox: queue.Queue[Any]
    outbox: queue.Queue[Any]

    def send(self, item: object) -> None:
        if self.inbox.queue and self.inbox.queue[-1] is END:
            raise OSError("closed")
        self.outbox.put(item)

    def receive(self) -> Any:
        if (item := self.inbox.get(timeout=30)) is END:
            self.inbox.put(END)
            raise EOFError
        return item

    def close(self) -> None:
        self.inbox.put(END)
        self.outbox.put(END)


@dataclass
class Office:
    """A controller, and what it has been told."""

    setting: Setting
    folder: Path
    ends: dict[str, float | None]
    header: Header
    workers: dict[str, RemoteWorker]
    wires: list[Wire]

    def worker(self, name: str = "far", *, folder: Path | None = None) -> Controller:
        """A worker that knows this controller."""
        here, there = queue.Queue[Any](), queue.Queue[Any]()
        self.wires += [Wire(here, there), Wire(there, here)]
        self.workers[name] = RemoteWorker(
            name, self.wires[-2], self.setting, lambda _: folder or self.folder, self.ends, {}
        )
        return Controller(self.wires[-1])


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Office]]:
    """Opens a controller whose run has the limits that are given."""
    opened: list[Office] = []
    for name, value in {**VARIABLES, "SOMETHING_ELSE": "private"}.items():
        monkeypatch.setenv(name, value)

    def open_one(ends: float | None = None, **limits: Any) -> Office:
        options = RunOptions(vendors=(VENDOR,), url="http://127.0.0.1:9/x", report_dir=tmp_path, seed=1, **limits)
        setting = prepare(options)
        target = live_target(setting, VENDOR, VARIABLES)
        header = header_of(setting, setting.catalogues[VENDOR], target, door="pytest")
        opened.append(Office(setting, tmp_path / "ledger", {VENDOR: ends}, header, {}, []))
        return opened[-1]

    yield open_one
    for one in opened:
        for wire in one.wires:
            wire.close()
        for worker in one.workers.values():
            worker._thread.join(30)


def _granted(budget: RemoteBudget | Budget) -> bool:
    try:
        budget.take()
    except BudgetSpent:
        return False
    return True


def test_all_machines_have_one_limit(office: Any) -> None:
    """Workers here and elsewhere never send more than --max-requests together, and the last one is not lost."""
    one = office(max_requests=10)
    budgets = [RemoteBudget(one.worker(name), VENDOR) for name in ("one", "two")]
    budgets.append(Budget(max_requests=10, folder=one.folder))

    granted = [_granted(budgets[turn % 3]) for turn in range(15)]

    assert [True] * 10 + [False] * 5 == granted
    budgets[-1].close()


def test_the_rate_is_that_of_all(office: Any) -> None:
    """A request of a worker elsewhere waits for the turn that one of another worker has left."""
    one = office(rate=20)
    first, second = (RemoteBudget(one.worker(name), VENDOR) for name in ("one", "two"))
    start = time.monotonic()

    for budget in (first, second, first, second, first):
        assert math.inf == budget.take()

    assert time.monotonic() - start >= 4 / 20


def test_time_is_up_everywhere(office: Any) -> None:
    """After --max-time nothing is sent from elsewhere, whatever the clock there says; before, what is left is told."""
    soon, over = office(ends=time.monotonic() + 60), office(ends=time.monotonic() - 1)
    budget = RemoteBudget(soon.worker(), VENDOR)

    assert 0 < budget.take() <= 60
    assert 0 < budget.left <= 60
    with pytest.raises(TimeSpent):
        RemoteBudget(over.worker(), VENDOR).take()


def test_a_line_is_in_the_ledger_and_known_to_others(office: Any) -> None:
    """What a worker elsewhere tells is in the controller's ledger, and reaches each other worker once."""
    one = office()
    here, there = one.worker("here"), one.worker("there")
    row = {"number": 1, "requirement": "agencii/request/body/type"}

    RemoteLedger(there, VENDOR).write("exchange", row=row)
    there.variables()  # an answer: what was told before is done

    assert [("there", {"kind": "exchange", "row": row})] == list(here.lines_of_others(VENDOR))
    assert [] == list(here.lines_of_others(VENDOR))
    assert [] == list(there.lines_of_others(VENDOR))
    assert ["there"] == [process for process, _ in LedgerReader(one.folder).new_lines()]


def test_a_worker_can_begin(office: Any) -> None:
    """A worker that certifies the same, by the same clock, is ready; its header tells of the controller's folder."""
    one = office()
    worker = one.worker()

    RemoteLedger(worker, VENDOR).header(replace(one.header, folder="/elsewhere", command="something else"))
    worker.ready()
    one.workers["far"].check_ready()
    worker.close()
    one.workers["far"].end()

    assert replace(one.header, folder=str(Path.cwd())) == read_ledger(one.folder).header


@pytest.mark.parametrize(
    "other",
    [
        {"suite_version": "0"},
        {"spec_digest": "0"},
        {"overlay_digest": "0"},
        {"catalogue_digest": "0"},
        {"seed": 2},
        {"profile": "thorough"},
        {"url": "http://127.0.0.1:9/y"},
        {"path": "/chats"},
        {"gentle": True},
    ],
    ids=lambda other: next(iter(other)),
)
def test_a_worker_that_certifies_something_else_is_refused(office: Any, other: dict[str, Any]) -> None:
    """A worker with another document, version, address or plan is told before it is given work, and named."""
    one = office()
    worker = one.worker()

    RemoteLedger(worker, VENDOR).header(replace(one.header, **other))

    with pytest.raises(ConfigurationError, match=r"^far: .* of agencii differs"):
        one.workers["far"].check_ready()


def test_a_clock_that_is_off_is_refused(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker whose clock is a minute off does not begin: times of its answers would be held against the vendor."""
    worker = office().worker()
    monkeypatch.setattr(controller, "time", type("Clock", (), {"time": staticmethod(lambda: time.time() + 60)}))

    with pytest.raises(ConfigurationError, match=r"its clock is (59|60)\.\d s off"):
        worker.ready()


def test_a_refusal_is_the_workers_own(office: Any) -> None:
    """Why a worker cannot begin is told in its words, with its exit status and name."""
    one = office()

    one.worker().refuse(InputFileError("no such thing", where="targets.toml"))

    with pytest.raises(InputFileError, match=r"^far: targets.toml: no such thing$"):
        one.workers["far"].check_ready()


def test_only_what_targets_read_is_handed_over(office: Any) -> None:
    """A worker is given the variables of the run's targets, and no other of the controller's."""
    assert VARIABLES == office().worker().variables()


def test_a_ledger_that_cannot_be_written_ends_the_run(office: Any, tmp_path: Path) -> None:
    """Where the controller's disk does not take a line, the run hears of it, and so does the worker."""
    (tmp_path / "file").touch()
    one = office()
    worker = one.worker(folder=tmp_path / "file")

    RemoteLedger(worker, VENDOR).write("ready")

    with pytest.raises(SuiteError, match="the connection to the controller is lost"):
        worker.variables()
    with pytest.raises(SuiteError, match="what was sent cannot be written down"):
        one.workers["far"].end()


@pytest.mark.parametrize("what", ["take", "tell"])
def test_nothing_is_sent_without_the_controller(office: Any, what: str) -> None:
    """A worker that has lost its controller sends nothing more, and can tell nothing."""
    one = office(max_requests=10)
    worker = one.worker()
    one.wires[-2].close()

    with pytest.raises(SuiteError, match="the connection to the controller is lost"):
        RemoteBudget(worker, VENDOR).take() if what == "take" else RemoteLedger(worker, VENDOR).sending()


def test_what_makes_no_sense_is_told_as_ours(office: Any) -> None:
    """A message that nobody understands ends the run with an error, instead of being passed over."""
    one = office()

    one.worker().tell("sing")

    with pytest.raises(SuiteError, match=r"^far: it could not be understood: ValueError$"):
        one.workers["far"].check_ready()


@pytest.mark.parametrize(
    ("remote", "text"),
    [
        (False, "popen"),
        (True, "popen//chdir=/srv"),
        (True, "ssh=host"),
        (True, "socket=host:8888"),
        (True, "popen//via=proxy"),
        (True, "vagrant_ssh=box"),
    ],
)
def test_which_workers_are_elsewhere(text: str, *, remote: bool) -> None:
    """Only a process that this one starts beside itself shares its files, clock and environment."""
    from execnet import XSpec

    assert remote == is_remote(XSpec(text))


def test_a_credential_does_not_belong_on_the_command_line(office: Any) -> None:
    """A variable of the target in --tx is refused, for it would be printed; its value is not in the line."""
    from execnet import XSpec

    setting = office().setting
    check_variables([XSpec("ssh=host//env:LANG=C")], setting)
    with pytest.raises(ConfigurationError, match="env:CHATCERT_AGENCII_BEARER_AUTH would be printed") as caught:
        check_variables([XSpec(f"ssh=host//env:CHATCERT_AGENCII_BEARER_AUTH={SECRET}")], setting)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("advice", "words"),
    [
        ("", ["--targets-file=targets.toml", "-k", "targets"]),
        ("", ["--rsyncdir={here}/tests", "{here}/tests::test_it"]),
        ("--targets-file: .*write --targets-file=targets.toml", ["--targets-file", "targets.toml"]),
        ("tests is a file here.*give --pyargs", ["--profile=quick", "tests"]),
    ],
)
def test_the_name_of_a_file_is_no_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, advice: str, words: list[str]
) -> None:
    """A word that names a file here is refused with the spelling that works, unless the file is sent along."""
    monkeypatch.chdir(tmp_path)
    for name in ("targets.toml", "tests"):
        Path(name).touch()
    given = [word.format(here=tmp_path) for word in words]

    with pytest.raises(UsageError, match=advice) if advice else nullcontext():
        check_arguments(given, [Path("tests")])


def test_the_bundled_mock_is_not_for_other_machines(request: pytest.FixtureRequest) -> None:
    """A worker that is elsewhere cannot reach the mock of the run: that is said, and no vendor is failed for it."""
    state = State(request.config)
    state._remote_workers["far"] = cast("Any", object())

    with pytest.raises(ConfigurationError, match=r"^far: the bundled mock listens on this machine alone"):
        state.check_ready("far", [VENDOR])
