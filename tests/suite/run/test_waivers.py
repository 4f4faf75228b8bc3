"""Waivers: read strictly, kept to their day, and never a way to a quiet pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import build_parser, main
from chatcert.exceptions import ConfigurationError
from chatcert.mock.process import RunningMock, running_mock
from chatcert.requirements.catalogue import derive
from chatcert.run.options import RunOptions
from chatcert.run.run_plan import prepare
from chatcert.run.waivers_file import MAX_DAYS, check_waivers, read_waivers
from chatcert.vendors import open_vendor

DAY = date(2026, 1, 1)
BROKEN = "agencii/auth/Authorization/missing"
GOOD = {"requirement": BROKEN, "vendor": "agencii", "reason": "It is known.", "owner": "Jo", "ticket": "T-1"}


def table(expires: object = DAY, **changes: str) -> str:
    """One entry of a file."""
    lines = [f'{name} = "{value}"' for name, value in {**GOOD, **changes}.items()]
    return "\n".join(["[[waiver]]", *lines, f"expires = {expires}", ""])


def without(key: str) -> str:
    """An entry that lacks one key."""
    return "\n".join(line for line in table().splitlines() if not line.startswith(key))


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    """Writes a file of waivers."""

    def write(text: str) -> Path:
        path = tmp_path / "waivers.toml"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        return path

    return write


def test_a_file_is_read_as_it_is_written(written: Any) -> None:
    """Every entry with all its keys and its place; an empty file holds none."""
    found = read_waivers(written(table() + table(vendor="polyai", requirement="polyai/*")), DAY)

    assert [(1, "agencii", BROKEN, DAY), (2, "polyai", "polyai/*", DAY)] == [
        (entry.number, entry.vendor, entry.requirement, entry.expires) for entry in found.entries
    ]
    assert ("It is known.", "Jo", "T-1") == (found.entries[0].reason, found.entries[0].owner, found.entries[0].ticket)
    assert () == read_waivers(written(""), DAY).entries


def test_the_limit_is_a_day(written: Any) -> None:
    """A waiver may expire on the last day that is allowed, and not on the next one."""
    last = DAY + timedelta(days=MAX_DAYS)

    assert last == read_waivers(written(table(last)), DAY).entries[0].expires
    with pytest.raises(ConfigurationError, match="more than 180 days ahead"):
        read_waivers(written(table(last + timedelta(days=1))), DAY)


MISTAKES = {
    "misspelt key": (table().replace("expires", "expirse"), "entry 1: unknown key 'expirse'", "did you mean expires?"),
    "misspelt table": (table().replace("[[waiver]]", "[[waivers]]"), "unknown key 'waivers'", "did you mean waiver?"),
    "missing key": (table() + without("owner"), "entry 2: 'owner' is missing", "docs/waivers.md"),
    "empty text": (table(ticket=" "), "entry 1: 'ticket' is not a text", "docs/waivers.md"),
    "date as text": (table('"2026-01-01"'), "entry 1: 'expires' is not a date", "without quotes"),
    "time for a date": (table("2026-01-01T00:00:00Z"), "entry 1: 'expires' is not a date", "without quotes"),
    "twice the same": (table() + table(), "entry 2: waives the same as entry 1", "remove one"),
    "a table for a list": ("[waiver]\n", "'waiver' is not a table of waivers", "write [[waiver]]"),
    "a number for a table": ("waiver = [1]\n", "entry 1: 'waiver' is not a table", "write [[waiver]]"),
    "no TOML": ("[[waiver", "not valid TOML", "mend the file"),
    "no text": ("\udcff", "not UTF-8 text", "save it as UTF-8"),
}


@pytest.mark.parametrize(("text", "what", "advice"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_in_one_line(written: Any, text: str, what: str, advice: str) -> None:
    """The line names file, entry and key, and what to do; the exit status is that of configuration."""
    path = written(text)
    with pytest.raises(ConfigurationError) as error:
        read_waivers(path, DAY)

    line = error.value.line()
    assert line.startswith(str(path))
    assert what in line
    assert advice in line
    assert 1 == len(line.splitlines())
    assert 78 == error.value.exit_code


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    """A missing file is a mistake, not an empty one."""
    with pytest.raises(ConfigurationError, match="No such file"):
        read_waivers(tmp_path / "none.toml", DAY)


def test_a_waiver_of_nothing_is_reported(written: Any) -> None:
    """An id or pattern that names no requirement of a vendor of this run gets the nearest id; others are left alone."""
    catalogues = {"agencii": derive(open_vendor("agencii"))}
    check_waivers(read_waivers(written(table() + table(vendor="polyai")), DAY), catalogues)

    for name, advice in ((BROKEN.replace("missing", "mising"), f"did you mean {BROKEN}?"), ("*/x/*", "lists them")):
        with pytest.raises(ConfigurationError, match="names none of agencii") as error:
            check_waivers(read_waivers(written(table(requirement=name)), DAY), catalogues)
        assert advice in error.value.line()


def test_a_waiver_of_an_own_rule_without_rules_names_the_option(written: Any) -> None:
    """No other requirement is hinted at: what is missing is the file of rules."""
    catalogues = {"agencii": derive(open_vendor("agencii"))}

    for name in ("agencii/own/safe-id", "agencii/own/*"):
        with pytest.raises(ConfigurationError, match="give its file with --rules") as error:
            check_waivers(read_waivers(written(table(requirement=name)), DAY), catalogues)
        assert "did you mean" not in error.value.line()


def test_the_day_of_a_run_is_taken_once(written: Any, tmp_path: Path) -> None:
    """The day that a run is given is the one that its waivers are asked for, and the command to repeat names them."""
    path = written(table())

    setting = prepare(RunOptions(vendors=("agencii",), waivers=path, day=DAY, report_dir=tmp_path))

    assert DAY == setting.waivers.day
    assert f"--waivers {path.name}" in setting.command("agencii")


def test_both_doors_have_the_option(request: pytest.FixtureRequest) -> None:
    """``--waivers`` is an option of the command and of pytest, and neither takes a file by itself."""
    assert None is build_parser().parse_args(["certify"]).waivers
    assert None is request.config.getoption("--waivers")


@pytest.fixture(scope="module")
def faulty() -> Iterator[RunningMock]:
    """A mock that asks for no credentials."""
    with running_mock(vendors=["agencii"], faults=[f"agencii/fault/{BROKEN.partition('/')[2]}"]) as running:
        yield running


@pytest.fixture
def live() -> date:
    """A day on which a waiver still holds, whenever the tests run."""
    return date.today() + timedelta(days=30)  # noqa: DTZ011


def test_a_waived_breach_is_a_remark(certify: Any, faulty: Any, written: Any, live: date) -> None:
    """The breach is reported with its finding and counted, the outcome has remarks, and the run succeeds."""
    path = written(table(live) + table(live, vendor="polyai", requirement="polyai/*"))

    run = certify("agencii", "--url", f"{faulty.url}/agencii", "--waivers", path, variables=dict(faulty.environment))

    report = run.report("agencii")
    row = next(row for row in report["requirements"] if row["id"] == BROKEN)
    assert 0 == run.status, run.text
    assert "conformant-with-remarks" == report["outcome"]
    assert ("waived", 1) == (row["verdict"], report["totals"]["waived"])
    assert row["finding"]["exchanges"]
    assert "by Jo (T-1): It is known." in row["reason"]
    assert "1 breach is waived" in " ".join(run.text.split())
    assert [[BROKEN]] == [waiver["requirements"] for waiver in report["waivers"]["used"]]
    assert [] == report["waivers"]["unused"]


@pytest.mark.slow
def test_an_unused_waiver_fails_the_run(certify: Any, mock: Any, written: Any, live: date) -> None:
    """Where nothing that it names is broken any more the run ends with 78 and a line, and the report says so."""
    run = certify(
        "agencii", "--url", f"{mock.url}/agencii", "--waivers", written(table(live)), variables=dict(mock.environment)
    )

    assert 78 == run.status
    assert f"the waiver of {BROKEN} is unused" in " ".join(run.text.split())
    assert "conformant" == run.report("agencii")["outcome"]
    assert [BROKEN] == [waiver["requirement"] for waiver in run.report("agencii")["waivers"]["unused"]]


def test_an_expired_waiver_ends_the_run_before_it_begins(certify: Any, counting_url: Any, written: Any) -> None:
    """Exit 78 and a line before a single connection; the report has no verdict and lists the waiver."""
    url, came = counting_url
    variables = {"CHATCERT_AGENCII_BEARER_AUTH": "a-token-of-ours", "CHATCERT_AGENCII_API_INTEGRATION_ID": "some-id"}

    run = certify("agencii", "--url", url, "--waivers", written(table(DAY)), variables=variables)

    assert 78 == run.status
    assert [] == came
    assert "expired on 2026-01-01" in run.text
    assert {"not-run"} == set(run.words("agencii").values())
    assert [BROKEN] == [waiver["requirement"] for waiver in run.report("agencii")["waivers"]["expired"]]


@pytest.mark.slow
def test_pytest_does_the_same(run_pytest: Any, faulty: Any, written: Any, live: date) -> None:
    """The item is an expected failure; a waiver of what was not selected is undecided and fails nothing."""
    path = written(table(live) + table(live, requirement="agencii/request/*"))

    run = run_pytest(
        "--vendor",
        "agencii",
        "--url",
        f"{faulty.url}/agencii",
        "--waivers",
        path,
        "-k",
        "auth and Authorization and (missing or empty)",
        variables=dict(faulty.environment),
    )

    report = run.report("agencii")
    assert 0 == run.status, run.text
    assert "1 xfailed" in run.text
    assert ["pass", "waived"] == sorted(row["verdict"] for row in report["requirements"] if row["verdict"] != "not-run")
    assert ["agencii/request/*"] == [waiver["requirement"] for waiver in report["waivers"]["undecided"]]


@pytest.mark.slow
def test_pytest_fails_for_an_unused_waiver(run_pytest: Any, mock: Any, written: Any, live: date) -> None:
    """All that it names was selected and passed: exit 78, and a line that says why."""
    run = run_pytest(
        "--vendor",
        "agencii",
        "--url",
        f"{mock.url}/agencii",
        "--waivers",
        written(table(live)),
        "-k",
        "auth and Authorization and missing",
        variables=dict(mock.environment),
    )

    assert 78 == run.status
    assert f"the waiver of {BROKEN} is unused" in " ".join(run.text.split())


CRASHES = "agencii/robustness/headers"
ALONG = f"waived along with {CRASHES}: each server error breaks a requirement that is waived"
IN_PART = " or came to a request with a part that is refused like that"


@pytest.fixture(scope="module")
def crashing() -> Iterator[RunningMock]:
    """A mock on which one kind of requests ends in a server error."""
    with running_mock(vendors=["agencii"], faults=["agencii/fault/auth/Authorization/long/crash"]) as running:
        yield running


@pytest.mark.slow
def test_one_waiver_is_enough_for_one_crash(
    certify: Any, run_pytest: Any, crashing: Any, written: Any, live: date
) -> None:
    """The rule on server errors is waived along with the requirement whose requests crash, by both front ends."""
    path = written(table(live, requirement=CRASHES))
    address = ("--url", f"{crashing.url}/agencii", "--waivers", path)

    run = certify("agencii", *address, variables=dict(crashing.environment))
    tests = run_pytest(
        "--vendor",
        "agencii",
        *address,
        "-k",
        "robustness or no-server-error",
        variables=dict(crashing.environment),
    )

    rows = {row["id"]: row for row in run.report("agencii")["requirements"] if row["verdict"] == "waived"}
    assert (0, 0) == (run.status, tests.status), tests.text
    assert {CRASHES, "agencii/response/any/no-server-error"} == rows.keys()
    assert ALONG + IN_PART == rows["agencii/response/any/no-server-error"]["reason"]
    assert [list(rows)] == [waiver["requirements"] for waiver in run.report("agencii")["waivers"]["used"]]
    assert "2 xfailed" in tests.text
    assert ALONG in " ".join(run.text.split())
    assert "2 breaches are waived" in " ".join(tests.text.split())
    assert 0 == main(["verify", str(run.folder / "agencii")])
