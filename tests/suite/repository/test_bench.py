"""The bench: what it makes of its measurements. Whether chatcert is fast is not asked here."""

from __future__ import annotations

import configparser
import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from chatcert.exceptions import SuiteError
from chatcert.mock.backend import Backend, environment
from chatcert.openapi.schemas.fields import flattened
from chatcert.vendors import known_vendors, open_spec, open_vendor

Modules = Callable[[str], Any]
SECONDS = st.floats(min_value=1e-3, max_value=1e3)


@pytest.fixture(scope="module")
def modules(root: Path) -> Any:
    """A callable that imports one module of the bench, which lies outside of every package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(root / "bench"))
        patch.delitem(sys.modules, "run", raising=False)  # the scripts under live/ have a module of this name too
        yield importlib.import_module


@pytest.fixture
def bench(modules: Modules, tmp_path: Path) -> Any:
    """One round on one vendor, which prints nothing."""
    folder = tmp_path / "bench"
    folder.mkdir()
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        yield modules("speed.bench").Bench(1, True, known_vendors()[:1], folder, Console(file=nowhere))


def _judged(modules: Modules, sense: str, bound: float, measured: Sequence[float] | str, what: str = "a figure") -> Any:
    goals, spread = modules("speed.goals"), modules("speed.spread")
    figure = measured if isinstance(measured, str) else spread.Spread(tuple(measured))
    return goals.Judged(goals.Goal("a", what, goals.Sense(sense), bound), figure)


def _section(modules: Modules, *goals: Any, missing: Sequence[str] = ()) -> Any:
    return modules("speed.table").Section("(a) A part", goals=goals, missing=missing)


def test_ratio_is_of_rounds(modules: Modules) -> None:
    """A ratio is the median of the rounds' ratios and not the ratio of medians: a slow round slows both."""
    spread = modules("speed.spread")
    ours, theirs = spread.Spread((1.0, 10.0, 4.0)), spread.Spread((2.0, 40.0, 4.0))

    assert (0.5, 0.25, 1.0) == spread.ratios(ours, theirs).values
    assert spread.ratios(ours, theirs).median == 0.5
    assert ours.median / theirs.median == 1.0


@given(values=st.lists(SECONDS, min_size=1), factor=st.floats(min_value=0.1, max_value=10))
def test_ratio_of_multiples(modules: Modules, values: list[float], factor: float) -> None:
    """What takes so many times as long in every round has that ratio, however the rounds differ."""
    spread = modules("speed.spread")
    ratio = spread.ratios(spread.Spread(tuple(value * factor for value in values)), spread.Spread(tuple(values)))

    assert pytest.approx(factor) == ratio.median
    assert all(value == pytest.approx(factor) for value in ratio.values)


@pytest.mark.parametrize(("over", "under"), [((1.0,), (1.0, 2.0)), ((1.0,), (0.0,))])
def test_no_ratio(modules: Modules, over: tuple[float, ...], under: tuple[float, ...]) -> None:
    """Rounds that do not pair, and a divisor of nought, give no ratio."""
    spread = modules("speed.spread")

    with pytest.raises(ValueError, match=r"rounds beside|nought"):
        spread.ratios(spread.Spread(over), spread.Spread(under))


def test_no_figure_without_a_round(modules: Modules) -> None:
    """A figure that was never measured cannot be made up."""
    with pytest.raises(ValueError, match="nothing was measured"):
        modules("speed.spread").Spread(())


@pytest.mark.parametrize(
    ("value", "text"), [(0.0333, "0.03"), (1 / 3, "0.33"), (12.345, "12.3"), (345.6, "346"), (14_500.0, "14,500")]
)
def test_digits(modules: Modules, value: float, text: str) -> None:
    """Figures are written with the digits that mean something."""
    assert text == modules("speed.spread").digits(value)


def test_spread_is_shown(modules: Modules) -> None:
    """A figure is its median, with the least and the greatest round beside it."""
    spread = modules("speed.spread")

    assert spread.Spread((3.0, 1.0, 2.0)).text() == "2.00 (1.00-3.00)"
    assert spread.Spread((2.0,)).text() == "2.00"


def test_rounds_are_in_turn(modules: Modules) -> None:
    """Ours and theirs are measured in turn, round by round, and keep the order of the rounds."""
    order: list[str] = []

    def way(name: str) -> Callable[[], int]:
        return lambda: (order.append(name), len(order))[1]

    ours = {name: way(name) for name in "AB"}
    theirs = {name: way(name) for name in "X"}
    first, second = modules("speed.spread").in_turn(2, ours, theirs, lambda line: None)

    assert ["A", "X", "B", "A", "X", "B"] == order
    assert {"A": [1, 4], "B": [3, 6]} == first
    assert {"X": [2, 5]} == second


@pytest.mark.parametrize(
    ("sense", "bound", "measured", "word"),
    [
        ("at most", 0.5, [0.5], "met"),
        ("at most", 0.5, [0.501], "not met"),
        ("at most", 0.5, [0.1, 0.6, 0.7], "not met"),
        ("at most", 0.5, [0.1, 0.2, 0.7], "met"),
        ("at least", 8, [8.0], "met"),
        ("at least", 8, [7.99], "not met"),
        ("at least", 8, [9.0, 1.0, 2.0], "not met"),
        ("at most", 0.5, "wrk: not installed", "not measured"),
        ("at least", 8, "wrk: not installed", "not measured"),
    ],
)
def test_goal(modules: Modules, sense: str, bound: float, measured: list[float] | str, word: str) -> None:
    """The median decides on a goal; what was not measured meets none."""
    judged = _judged(modules, sense, bound, measured)

    assert word == judged.word
    assert (word == "met") is judged.met


def test_goal_not_met_is_reported(modules: Modules) -> None:
    """On the page and on the terminal, a goal that is not met says so, beside one that is and one without a figure."""
    goals = [
        _judged(modules, "at most", 1.5, [2.0], "loop"),
        _judged(modules, "at least", 4, [5.0], "mock"),
        _judged(modules, "at least", 4, "node: not installed", "mock"),
    ]
    page = modules("speed.page").page([_section(modules, *goals)], "2 cores", {"x": "1"}, "python bench/run.py", 3)

    assert "1 of 3 goals are met." in page
    assert "| a | loop | at most 1.50 x | 2.00 x | not met |" in page
    assert "| a | mock | at least 4.00 x | 5.00 x | met |" in page
    assert "| a | mock | at least 4.00 x | node: not installed | not measured |" in page


def test_the_reason_stands_with_a_goal_that_is_not_met(modules: Modules) -> None:
    """The measured reason is shown where a goal is not met, and nowhere else."""
    goals, spread = modules("speed.goals"), modules("speed.spread")
    goal = goals.Goal("a", "chats", goals.Sense.AT_MOST, 25, "chats", reason="rules on answers need sixteen")
    missed, met = (goals.Judged(goal, spread.Spread((value,))) for value in (26.0, 25.0))
    page = modules("speed.page").page([_section(modules, missed, met)], "2 cores", {}, "python bench/run.py", 3)

    assert "| 26.0 chats | not met: rules on answers need sixteen |" in page
    assert "| 25.0 chats | met |" in page


def test_page_says_what_is_missing(modules: Modules) -> None:
    """What could not be measured stands at the top of the page and in its section, with the reason."""
    section = _section(modules, missing=["wrk: not installed"])
    page = modules("speed.page").page([section], "2 cores", {}, "python bench/run.py", 3)

    assert "Not measured:\n\n- wrk: not installed" in page
    assert "## (a) A part\n\n**Not measured:** wrk: not installed" in page


def test_page_is_whole_or_not_at_all(modules: Modules, tmp_path: Path) -> None:
    """A page that cannot be written leaves the former one as it was, and nothing beside it."""
    path = tmp_path / "docs" / "page.md"
    modules("speed.page").write(path, "one\n")
    modules("speed.page").write(path, "two\n")
    with pytest.raises(UnicodeEncodeError):
        modules("speed.page").write(path, "three \ud800\n")

    assert path.read_text(encoding="utf-8") == "two\n"
    assert [path] == list(path.parent.iterdir())


@pytest.mark.parametrize("no_color", [False, True])
def test_terminal(modules: Modules, monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    """The goals fit into 80 columns with nothing left out, and NO_COLOR is respected."""
    monkeypatch.setenv("TERM", "xterm-256color")
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    else:
        monkeypatch.delenv("NO_COLOR", raising=False)
    console = Console(width=80, force_terminal=True, highlight=False)
    table = modules("speed.table").goals_table([_judged(modules, "at most", 1.5, [2.0], "figure of many words " * 4)])
    with console.capture() as capture:
        console.print(table.rich())
    text = capture.get()
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)

    assert max(map(len, plain.splitlines())) <= 80
    assert plain.count("many") == 4
    assert "not met" in plain
    assert ("\x1b[1;31m" not in text and "\x1b[31m" not in text) is no_color


@pytest.mark.parametrize(
    ("goals", "missing", "quick", "status"),
    [
        ([("at most", 1, [1.0])], [], False, 0),
        ([("at most", 1, [1.0]), ("at most", 1, [2.0])], [], False, 1),
        ([("at most", 1, [2.0])], [], True, 0),
        ([("at most", 1, [1.0]), ("at most", 1, "wrk: not installed")], [], False, 70),
        ([("at most", 1, [2.0])], ["wrk: not installed"], False, 70),
        ([], ["wrk: not installed"], True, 70),
    ],
)
def test_exit_status(
    modules: Modules, goals: list[tuple[str, float, Any]], missing: list[str], quick: bool, status: int
) -> None:
    """A goal that is not met ends the bench with 1, a gap with 70, in a smoke run too."""
    section = _section(modules, *(_judged(modules, *goal) for goal in goals), missing=missing)

    assert status == modules("run").exit_status([section], quick=quick)


def test_no_silent_gap(modules: Modules, bench: Any) -> None:
    """Where a peer is not there, the part says why, and so does each of its goals."""

    def measure(given: Any) -> Any:
        raise SuiteError("not installed", where="wrk", hint="apt-get install wrk")

    run = modules("run")
    part = run.PARTS["d"]
    section = run.measured(type(part)(part.title, part.goals, measure), bench)

    assert ["wrk: not installed (apt-get install wrk)"] == section.missing
    assert len(part.goals) == len(section.goals) >= 3
    assert {"not measured"} == {goal.word for goal in section.goals}


@pytest.mark.parametrize("command", ["wrk", "node", "npm"])
def test_missing_program(modules: Modules, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """A program that the mock is measured with and that is missing is named, with the way to get it."""
    monkeypatch.setenv("PATH", "")
    find = modules("speed.peers.wrk").wrk if command == "wrk" else modules("speed.peers.prism").found

    with pytest.raises(SuiteError, match=rf"{command}: not installed \(Debian has it: apt-get install"):
        find(*() if command == "wrk" else (command,))


def test_every_goal(modules: Modules) -> None:
    """Each part but one has goals of its own letter, no two alike; each part stands in the help."""
    run = modules("run")
    found = {letter: [goal.part for goal in part.goals] for letter, part in run.PARTS.items()}
    named = [goal.what for part in run.PARTS.values() for goal in part.goals]

    assert list("abcdefghijk") == list(found)
    assert {"h"} == {letter for letter, goals in found.items() if not goals}
    assert all({letter} >= set(goals) for letter, goals in found.items())
    assert len(set(named)) == len(named)
    assert all(f"\n  {letter}  " in run.__doc__ for letter in found)
    assert all(part.title.startswith(f"({letter}) ") for letter, part in run.PARTS.items())


def test_growth(modules: Modules) -> None:
    """What grows as its size does has a growth of 1, what grows faster more."""
    spread, grown = modules("speed.spread"), modules("speed.parts.growth").grown
    figures = [spread.Spread((seconds,)) for seconds in (2.0, 20.0, 400.0)]

    assert [(1.0,), (2.0,)] == [step.values for step in grown([1, 10, 100], figures)]


@pytest.mark.parametrize("number", [1, 7, 40])
def test_document_of_many_constraints(modules: Modules, tmp_path: Path, number: int) -> None:
    """A generated document is read without a defect and holds as many constraints as were asked for."""
    contract = open_spec(modules("speed.copies").written(tmp_path, number))
    assert contract.body is not None
    fields = flattened(contract.body.schema, contract.body.schema)["properties"]

    assert number == sum(len(schema.keys() - {"type"}) for schema in fields.values())
    assert () == contract.defects


@pytest.mark.slow
def test_copies_of_a_vendor(modules: Modules, tmp_path: Path) -> None:
    """A copy of the package knows the copied vendors and no other."""
    library = modules("speed.copies").with_vendors(tmp_path, known_vendors()[0], 3)
    reported = subprocess.run(
        [sys.executable, "-c", "from chatcert.vendors import known_vendors as b; print(*b())"],
        env={**os.environ, "PYTHONPATH": str(library)},
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )

    assert ["vendor001", "vendor002", "vendor003"] == reported.stdout.split()


@pytest.mark.parametrize("vendor", known_vendors())
def test_documents_for_peers(modules: Modules, tmp_path: Path, vendor: str) -> None:
    """The published document stays as it is; the informed one holds the names that exist and none of our extensions."""
    contract = open_vendor(vendor)
    variables = environment(contract, Backend.of(contract))
    subject = modules("speed.subject").Subject(contract, "http://127.0.0.1:1", variables)
    published = json.loads(subject.published(tmp_path).read_text(encoding="utf-8"))
    text = subject.informed(tmp_path).read_text(encoding="utf-8")

    assert json.loads(json.dumps(contract.published)) == published
    assert "x-chatcert-resource" not in text
    refused = json.dumps(contract.document).count('"unknown": "refused"')
    assert refused == text.count('"enum": [') - json.dumps(contract.document).count('"enum": [') > 0
    assert refused == sum(value in text for value in variables.values())


@pytest.mark.parametrize("vendor", known_vendors())
def test_request_for_load(modules: Modules, vendor: str) -> None:
    """The request of the load is valid, has every optional field, and names no placeholder of the path."""
    contract = open_vendor(vendor)
    assert contract.body is not None
    subject = modules("speed.subject").Subject(contract, "http://x", environment(contract, Backend.of(contract)))
    posted = subject.valid_request()
    body = json.loads(posted.body)

    assert set(flattened(contract.body.schema, contract.body.schema)["properties"]) == set(body)
    assert jsonschema_rs.validator_for(contract.body.schema).is_valid(body)
    assert "{" not in posted.path
    assert set(subject.headers()) <= set(posted.headers)
    assert not any(value in repr(posted) for value in subject.headers().values())


@pytest.mark.slow
def test_a_large_bench_does_not_make_its_programs_large(modules: Modules) -> None:
    """The memory of a program is its own, whatever the process that measures it holds."""
    held = bytes(400_000_000).replace(b"\0", b"x")

    done = modules("speed.process").finish([sys.executable, "-c", "pass"])

    assert len(held) > 10 * done.peak_bytes > 10_000_000


@pytest.mark.slow
def test_what_a_program_did(modules: Modules, tmp_path: Path) -> None:
    """A program is measured as a whole: what it printed, its status, its seconds and its memory."""
    program = "import os, sys; kept = b'x' * 300_000_000; print(os.environ['WORD']); sys.exit(3)"
    done = modules("speed.process").finish([sys.executable, "-c", program], env={"WORD": "said"}, allowed=(0, 3))

    assert (3, "said\n", "") == (done.status, done.out, done.err)
    assert done.seconds > 0
    assert 300_000_000 < done.peak_bytes < 600_000_000


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ([sys.executable, "-c", "raise SystemExit('no such table')"], "ended with 1: no such table"),
        ([sys.executable, "-c", "import time; time.sleep(60)"], r"ended with -9 after 0\.2 s"),
        (["/no/such/program"], "program: cannot be started"),
    ],
)
def test_program_that_fails(modules: Modules, command: list[str], problem: str) -> None:
    """A program that ends otherwise, takes too long or is not there is no measurement, and says what went wrong."""
    with pytest.raises(SuiteError, match=problem):
        modules("speed.process").finish(command, timeout=0.2 if "sleep" in command[-1] else 60)


def test_servers_are_ended(modules: Modules, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server and what it has started are gone when the block is left, even where the work in it breaks."""
    program = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    process, servers = modules("speed.process"), modules("speed.servers")
    log = tmp_path / "log"
    monkeypatch.setattr(process, "STOP_SECONDS", 0.2)
    pids: list[int] = []
    with (
        suppress(ZeroDivisionError),
        process.serving([sys.executable, "-c", program], log=log) as child,
    ):
        pids += [child.pid, int(servers.first_line(log, child))]
        raise ZeroDivisionError

    assert [] == [pid for pid in pids if _runs(pid)]


def _runs(pid: int) -> bool:
    """Whether a process still does anything, once it has had the time to be taken away."""
    for _ in range(200):
        try:
            if Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] == "Z":
                return False
            os.kill(pid, 0)
        except (FileNotFoundError, ProcessLookupError):
            return False
        time.sleep(0.01)
    return True


@pytest.mark.slow
def test_interrupted(root: Path, tmp_path: Path) -> None:
    """Ctrl-C ends the bench with 130 and one line; it leaves no process and no file."""
    marker = tmp_path / "temporary"
    marker.mkdir()
    child = subprocess.Popen(
        [sys.executable, root / "bench" / "run.py", "--quick", "--only", "c"],
        cwd=tmp_path,
        text=True,
        env={**os.environ, "TMPDIR": str(marker)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  a test in the background has none
    )
    assert child.stderr is not None
    line = child.stderr.readline() + child.stderr.readline()
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)

    assert "(c) Overhead" in line
    assert (130, "") == (child.returncode, out)
    assert err.splitlines()[-1] == "bench: interrupted; nothing was written"
    assert "Traceback" not in err
    assert [] == list(marker.iterdir())


@pytest.mark.parametrize(
    "arguments", [["--only", "a,z"], ["--rounds", "0"], ["--quick", "--output", "page.md"], ["--vendor", "nobody"]]
)
def test_usage(
    modules: Modules, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    """A mistake on the command line ends with 2 before anything is measured."""
    monkeypatch.setattr(sys, "argv", ["run.py", *arguments])

    with pytest.raises(SystemExit) as left:
        modules("run").main()
    printed = capsys.readouterr()

    assert (2, "") == (left.value.code, printed.out)
    assert "run.py: error: " in printed.err


def test_environment(root: Path) -> None:
    """``tox -e bench`` runs the one command; Prism is pinned by hashes, and no file names a host to load it from."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(root / "tox.ini", encoding="utf-8")
    text = (root / "bench" / "prism" / "package-lock.json").read_text(encoding="utf-8")
    packages = json.loads(text)["packages"]

    assert "python bench/run.py {posargs}" in tox.get("testenv:bench", "commands").splitlines()
    assert "node_modules/@stoplight/prism-cli" in packages
    assert [] == [name for name, package in packages.items() if name and "integrity" not in package]
    assert "resolved" not in text
