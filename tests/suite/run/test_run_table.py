"""The table [run] of a targets file stands for options that the command line does not give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import ConfigurationError
from chatcert.run.options import RunOptions
from chatcert.run.run_plan import prepare
from chatcert.run.run_table import with_run_table

TARGET = (
    '[targets.t]\nvendor = "sigmamind"\nurl = "http://127.0.0.1:9"\nrate = 7\nresources = { agentId = "a" }\n'
    'credentials = { apiKeyAuth = "${KEY}" }\nheaders = { X-Own = "1" }\n'
)


@pytest.fixture
def options(tmp_path: Path) -> Any:
    """The options of a run with this table, and with these options on the command line."""

    def read(table: str, **given: Any) -> RunOptions:
        path = tmp_path / "targets.toml"
        path.write_text(f"[run]\n{table}\n{TARGET}", encoding="utf-8")
        reports = {} if "report_dir" in table else {"report_dir": tmp_path / "reports"}
        return with_run_table(RunOptions(targets=("t",), targets_file=path, **reports, **given))

    return read


def test_the_table_stands_for_what_is_not_given(options: Any, tmp_path: Path) -> None:
    """Texts, numbers, switches and paths beside the file are taken, unless the command line gives others."""
    table = 'profile = "quick"\nseed = 7\nfail_on = "warn"\nwaivers = "w.toml"\nclean_up = true\nreport_dir = "r"'

    taken, given = options(table), options(table, profile="thorough", seed=9)

    assert ("quick", 7, "warn", tmp_path / "w.toml", True) == (
        taken.profile,
        taken.seed,
        taken.fail_on,
        taken.waivers,
        taken.clean_up,
    )
    assert tmp_path / "r" == taken.report_dir
    assert ("thorough", 9) == (given.profile, given.seed)


def test_a_target_comes_before_the_table(options: Any) -> None:
    """What a target says itself counts for it, and the command line before both."""
    table = 'rate = 3\ntimeout = 20\nmax_time = 50\nheaders = ["X-Own: 2", "X-Team: qa"]\ncorrelation = "none"'

    found = prepare(options(table, max_time=9)).destinations["sigmamind"]

    assert (7, 20, 9) == (found.limits.rate, found.limits.timeout, found.limits.max_time)
    assert {"X-Own": "1", "X-Team": "qa"} == found.own_headers
    assert () == found.correlation


@pytest.mark.parametrize(
    ("table", "line"),
    [
        ("profil = 'quick'", "[run]: unknown key 'profil' (did you mean profile?)"),
        ("profile = 7", "[run]: 'profile' is not a text"),
        ("seed = 1.5", "[run]: 'seed' is not a whole number"),
        ("jobs = true", "[run]: 'jobs' is not a whole number"),
        ("fail_on = 'error'", "[run]: 'fail_on' is not fail or warn"),
        ("clean_up = 'yes'", "[run]: 'clean_up' is not true or false"),
        ("headers = 'X-Team: qa'", "[run]: 'headers' is not a list of texts"),
        ("allow_production = true", "[run]: 'allow_production' is for the command line alone"),
        ("url = 'http://h'", "[run]: 'url' is for the command line alone"),
    ],
)
def test_a_wrong_table_is_named(options: Any, table: str, line: str) -> None:
    """An unknown key, a wrong type, and a permission that only a command may give are named."""
    with pytest.raises(ConfigurationError) as error:
        options(table)

    assert line in error.value.line()


def test_the_table_is_for_named_targets(tmp_path: Path) -> None:
    """A run at an address of the command line reads no file."""
    given = RunOptions(url="http://127.0.0.1:9", targets_file=tmp_path / "nowhere.toml")

    assert given == with_run_table(given)
