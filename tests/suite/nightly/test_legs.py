"""What a night certifies: one leg a target, or the mock where nothing is written down, and never by mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatcert.cli.main import main
from chatcert.exceptions import ChatcertError, ConfigurationError, UsageError
from chatcert.nightly.legs import leg_named, legs_of, matrix
from chatcert.vendors import known_vendors

TARGETS = """
[targets.polyai-eu]
vendor = "polyai"
url = "https://eu.chat.internal"
region = "euw-1\\n'; $(x)"
[targets.polyai-us]
vendor = "polyai"
url = "https://us.chat.internal"
[targets.agencii]
vendor = "agencii"
url = "https://chat.internal"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A targets file, with nothing of that kind in the working folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "written.toml"
    path.write_text(TARGETS, encoding="utf-8")
    return path


def test_targets_times_shards(file: Path) -> None:
    """Each target, region by region, is a job for each shard and one to merge them; secrets are named after it."""
    outputs = matrix(legs_of(file), 2)
    jobs = json.loads(outputs["shards"])["include"]

    assert [(leg, shard) for leg in ("agencii", "polyai-eu", "polyai-us") for shard in (1, 2)] == [
        (job["leg"], job["shard"]) for job in jobs
    ]
    assert {2} == {job["of"] for job in jobs}
    assert all(job["environment"] == job["leg"] for job in jobs)
    assert ["agencii", "polyai", "polyai"] == [job["vendor"] for job in json.loads(outputs["legs"])["include"]]
    assert all(text.isascii() and "\n" not in text for text in outputs.values())


def test_the_mock_where_there_are_no_targets(file: Path) -> None:
    """Every bundled vendor, without an environment; a targets.toml takes its place."""
    assert [f"mock={vendor}" for vendor in known_vendors()] == [leg.name for leg in legs_of(None)]
    assert {""} == {job["environment"] for job in json.loads(matrix(legs_of(None), 1)["shards"])["include"]}

    file.rename("targets.toml")
    assert ["polyai-eu", "polyai-us"] == [leg.name for leg in legs_of(None, ["polyai"])]


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ConfigurationError, lambda file: legs_of(Path("misspelt.toml"))),
        (ConfigurationError, lambda file: legs_of(file, ["sigmamind"])),
        (UsageError, lambda file: legs_of(None, ["sigmamnid"])),
        (UsageError, lambda file: leg_named("mock=agencii", file)),
        (UsageError, lambda file: leg_named("", file)),
        (UsageError, lambda file: matrix(legs_of(file), 0)),
        (UsageError, lambda file: matrix(legs_of(file), 86)),
    ],
)
def test_never_the_mock_by_mistake(file: Path, error: type[ChatcertError], call: object) -> None:
    """A file, vendor, leg or number that is not there ends the night before it begins."""
    assert callable(call)
    with pytest.raises(error):
        call(file)


def test_outputs(file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The step prints a line an output and adds them to a file, if somebody would be paged."""
    arguments = ["nightly", "matrix", "--targets-file", str(file), "--outputs", "outputs", "--check-contacts"]
    monkeypatch.setenv("CHATCERT_CONTACTS", "maintainers = @us")
    assert 0 == main(arguments)
    assert ["shards", "legs", "night"] == [line.partition("=")[0] for line in Path("outputs").read_text().splitlines()]
    assert capsys.readouterr().out == Path("outputs").read_text()

    monkeypatch.delenv("CHATCERT_CONTACTS")
    assert 78 == main(arguments)
