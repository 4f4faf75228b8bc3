"""Plans are made once and taken from the shelf afterwards; nothing on the shelf can change a verdict."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatcert.cases.planning import Planner
from chatcert.cases.profile import PROFILES
from chatcert.contract.catalogue import derive
from chatcert.planned import Plans
from chatcert.shelf import MOST, Shelf
from chatcert.vendors import bundled_vendors, open_vendor

QUICK = PROFILES["quick"]


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """An empty shelf."""
    return Shelf(tmp_path / "shelf")


def all_of(vendor: str, shelf: Shelf, seed: int = 1) -> Plans:
    """Everything planned, and kept."""
    contract = open_vendor(vendor)
    plans = Plans(contract, {}, QUICK, seed, shelf=shelf)
    plans.control()
    plans.optional_resources()
    for requirement in derive(contract).requirements.values():
        plans.plan(requirement)
    plans.keep()
    return plans


@pytest.mark.parametrize("vendor", bundled_vendors())
def test_kept_plans_are_those_that_would_be_made(vendor: str, shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run plans nothing, and sends what the first has sent."""
    catalogue = derive(open_vendor(vendor))
    all_of(vendor, shelf)
    fresh = Planner(catalogue.contract, {}, QUICK, 1)
    wanted = {name: fresh.plan(requirement) for name, requirement in catalogue.requirements.items()}
    monkeypatch.setattr(Planner, "__init__", lambda *given, **more: pytest.fail("something was planned again"))

    kept = Plans(catalogue.contract, {}, QUICK, 1, shelf=shelf)

    assert wanted == {name: kept.plan(requirement) for name, requirement in catalogue.requirements.items()}
    assert fresh.control() == kept.control()
    assert tuple(fresh.optional_resources()) == tuple(kept.optional_resources())


def test_another_run_has_other_plans(shelf: Shelf, tmp_path: Path) -> None:
    """Seed, profile, resources, gentleness and contract each have a place of their own on the shelf."""
    first, other = open_vendor("sigmamind"), open_vendor("agencii")

    keys = {
        plans._key
        for plans in (
            Plans(first, {}, QUICK, 1),
            Plans(first, {}, QUICK, 2),
            Plans(first, {}, PROFILES["standard"], 1),
            Plans(first, {"agentId": "a"}, QUICK, 1),
            Plans(first, {}, QUICK, 1, gentle=True),
            Plans(other, {}, QUICK, 1),
        )
    }

    assert 6 == len(keys)


@pytest.mark.parametrize("harm", ["cut", "changed", "empty", "foreign"])
def test_a_damaged_shelf_costs_time_alone(shelf: Shelf, tmp_path: Path, harm: str) -> None:
    """What is torn, altered or not ours is planned anew, and put right."""
    requirement = next(iter(derive(open_vendor("agencii")).requirements.values()))
    wanted = all_of("agencii", shelf).plan(requirement)
    (entry,) = (tmp_path / "shelf").iterdir()
    text = entry.read_text()
    entry.write_text(
        {
            "cut": text[: len(text) // 2],
            "changed": text.replace("chat", "chut", 1),
            "empty": "",
            "foreign": f"{'0' * 64}\n[]",
        }[harm]
    )

    assert wanted == all_of("agencii", shelf).plan(requirement)
    assert text == entry.read_text()


@pytest.mark.skipif(os.name != "posix", reason="owners and modes are those of POSIX")
def test_a_shelf_that_others_can_write_to_is_not_read(shelf: Shelf, tmp_path: Path) -> None:
    """Whoever else may write there could take cases away: such a folder counts as empty, and stays as it is."""
    shelf.put("key", "text")
    (tmp_path / "shelf").chmod(0o777)

    shelf.put("other", "text")

    assert shelf.get("key") is None
    assert ["key"] == [path.name for path in (tmp_path / "shelf").iterdir()]


def test_a_shelf_holds_so_much_and_no_more(shelf: Shelf, tmp_path: Path) -> None:
    """The entries that were used last stay."""
    for number in range(MOST + 5):
        shelf.put(f"key{number}", "text")
        os.utime(tmp_path / "shelf" / f"key{number}", (number, number))
    shelf.put("last", "text")

    assert MOST == len(list((tmp_path / "shelf").iterdir()))
    assert "text" == shelf.get("last")
    assert shelf.get("key0") is None


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"CHATCERT_CACHE_DIR": "/a", "HOME": "/h"}, Path("/a")),
        ({"XDG_CACHE_HOME": "/x"}, Path("/x/chatcert")),
        ({"HOME": "/h"}, Path("/h/.cache/chatcert")),
        ({"CHATCERT_CACHE_DIR": "", "HOME": "/h"}, None),
        ({}, None),
    ],
)
def test_where_the_shelf_is(environment: dict[str, str], folder: Path | None) -> None:
    """The folder is the one that is named, else the user's for caches; an empty name keeps nothing."""
    assert folder == Shelf.usual(environment)._folder


def test_a_shelf_that_cannot_be_written_changes_nothing(tmp_path: Path) -> None:
    """A folder that cannot be made keeps nothing, and nobody is told."""
    (tmp_path / "file").write_text("")
    shelf = Shelf(tmp_path / "file" / "below")

    shelf.put("key", "text")

    assert shelf.get("key") is None


def test_the_second_run_loads_no_generators(tmp_path: Path) -> None:
    """What is kept is not made again: with the same seed neither generator is needed, with another one Hypothesis is.

    The verdicts are the same.
    """
    script = (
        "import sys; from chatcert.cli import main; code = main(sys.argv[1:]); "
        "print('loaded', sorted({'hypothesis', 'schemathesis'} & set(sys.modules))); sys.exit(code)"
    )
    command = [sys.executable, "-c", script, "certify", "agencii", "--report-dir", str(tmp_path / "reports")]
    variables = {**os.environ, "CHATCERT_CACHE_DIR": str(tmp_path / "cache")}

    first, second, other = (
        subprocess.run(
            [*command, "--seed", seed], env=variables, capture_output=True, text=True, check=False, timeout=120
        )
        for seed in ("1", "1", "2")
    )

    assert (0, 0, 0) == (first.returncode, second.returncode, other.returncode), first.stdout + second.stderr
    assert "loaded ['hypothesis', 'schemathesis']" in first.stdout
    assert "loaded []" in second.stdout
    assert "loaded ['hypothesis']" in other.stdout
    assert first.stdout.splitlines()[:3] == second.stdout.splitlines()[:3] == other.stdout.splitlines()[:3]


@given(st.dictionaries(st.text(), st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_kept_value_is_what_was_made(tmp_path: Path, value: dict[str, Any]) -> None:
    """What comes from the shelf equals what was made; what JSON does not give back is made each time."""
    shelf, calls = Shelf(tmp_path / uuid.uuid4().hex), []

    def make() -> dict[str, Any]:
        calls.append(1)
        return value

    first, second = shelf.value("key", make), shelf.value("key", make)

    assert value is first
    assert second is value or second == value
    assert len(calls) == (1 if second is not value else 2)


@pytest.mark.parametrize("text", ["", "{", "1", "null", '"a"'])
def test_what_is_no_object_or_array_is_made_again(tmp_path: Path, text: str) -> None:
    """A text on the shelf that is something else counts as missing."""
    shelf = Shelf(tmp_path / "shelf")
    shelf.put("key", text)

    assert {"made": 1} == shelf.value("key", lambda: {"made": 1})
    assert '{"made": 1}' == shelf.get("key")
