"""A run is split the same way everywhere: every requirement in one shard, and the shards alike."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.exceptions import NothingSelectedError, UsageError
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.requirement import Requirement
from chatcert.run.options import RunOptions
from chatcert.run.plan_preview import plan_of
from chatcert.run.run_plan import prepare
from chatcert.run.shards import Shards, split
from chatcert.vendors import known_vendors, open_vendor

QUICK = PROFILES["quick"]
CATALOGUES = {vendor: derive(open_vendor(vendor)) for vendor in known_vendors()}
REQUIREMENTS = [one for catalogue in CATALOGUES.values() for one in catalogue.requirements.values()]


@given(st.lists(st.sampled_from(REQUIREMENTS), unique_by=lambda one: one.id), st.integers(1, 400), st.data())
def test_shards_are_a_partition(some: list[Requirement], of: int, data: st.DataObject) -> None:
    """Any requirements, in any order, are each in one shard, also where there are more shards than requirements."""
    found = split(some, QUICK, of)
    shuffled = data.draw(st.permutations(some))

    held = [{name for name, number in found.items() if number == shard} for shard in range(1, of + 1)]
    assert len(some) == sum(map(len, held))
    assert {one.id for one in some} == set().union(*held)
    assert found == split(shuffled, QUICK, of)


@cache
def _planner(vendor: str) -> Planner:
    contract = CATALOGUES[vendor].contract
    return Planner(contract, {name: f"known-{name}" for name in resource_names(contract)}, QUICK, 0)


@pytest.mark.parametrize("vendor", known_vendors())
@pytest.mark.parametrize("of", [2, 3, 5])
def test_shards_are_alike(vendor: str, of: int) -> None:
    """No shard sends much more than another: 20 percent more than the mean at most."""
    requirements = list(CATALOGUES[vendor].requirements.values())
    planner = _planner(vendor)
    numbers = split(requirements, QUICK, of)

    requests = [
        plan_of([one for one in requirements if numbers[one.id] == shard], planner).requests
        for shard in range(1, of + 1)
    ]

    assert max(requests) <= 1.2 * sum(requests) / of, requests


def test_the_split_is_the_same_everywhere() -> None:
    """The split depends on no process, machine or version of Python: this one was made once and for all."""
    some = [replace(REQUIREMENTS[0], id=f"acme/{name}") for name in "abcdefgh"]

    assert {
        "acme/a": 1,
        "acme/b": 2,
        "acme/c": 2,
        "acme/d": 1,
        "acme/e": 3,
        "acme/f": 3,
        "acme/g": 1,
        "acme/h": 2,
    } == split(some, QUICK, 3)


@pytest.mark.parametrize(
    "text", ["0/1", "2/1", "1/0", "-1/2", "1", "1/2/3", "a/b", "01/2", "1/100000", " 1/2", "1/٢", ""]
)
def test_what_is_no_shard(text: str) -> None:
    """Only I/N with 1 <= I <= N is a shard; anything else is reported with what to give."""
    with pytest.raises(UsageError) as error:
        Shards.parse(text)

    assert 2 == error.value.exit_code
    assert "--shard" in error.value.line()
    assert "give I/N" in error.value.line()


@given(st.integers(1, 99_999), st.data())
def test_a_shard_is_read_as_it_is_written(of: int, data: st.DataObject) -> None:
    """What the option says comes back from a shard, and a shard from its JSON form."""
    shard = Shards(of, (data.draw(st.integers(1, of)),))

    assert shard == Shards.parse(str(shard))
    assert shard == Shards.from_dict(shard.to_dict())


def test_all_shards_of_a_run_share_a_seed(tmp_path: Path) -> None:
    """A shard that is given no seed has that of the others, and says so in its command."""
    settings = [
        prepare(RunOptions(vendors=("agencii",), report_dir=tmp_path, shard=f"{number}/2")) for number in (1, 2)
    ]

    assert {0} == {setting.seed for setting in settings}
    assert settings[1].command("agencii").endswith("--seed 0 --shard 2/2")
    ids = [{one.id for one in setting.requirements("agencii")} for setting in settings]
    assert CATALOGUES["agencii"].requirements.keys() == ids[0] | ids[1]
    assert set() == ids[0] & ids[1]


def test_a_shard_of_nothing(tmp_path: Path) -> None:
    """A vendor of which a shard holds nothing is left out; where it holds nothing at all, nothing was selected."""
    sizes = {vendor: len(catalogue.requirements) for vendor, catalogue in CATALOGUES.items()}
    small, *_, large = sorted(sizes, key=lambda vendor: sizes[vendor])
    shard = f"{sizes[small] + 1}/{sizes[small] + 1}"

    setting = prepare(RunOptions(vendors=(small, large), report_dir=tmp_path, shard=shard))

    assert ((small,), [large]) == (setting.idle, [*setting.catalogues])
    with pytest.raises(NothingSelectedError) as error:
        prepare(RunOptions(vendors=(small,), report_dir=tmp_path, shard=shard))
    assert 5 == error.value.exit_code


def test_more_shards_than_requirements() -> None:
    """Every requirement is in a shard of its own where there are enough, and the rest is empty."""
    catalogue: Catalogue = CATALOGUES["agencii"]

    numbers = split(catalogue.requirements.values(), QUICK, 1000)

    assert len(catalogue.requirements) == len(set(numbers.values()))
