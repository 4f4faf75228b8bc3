"""A night, job by job: what a job leaves, what the next one makes of it, and of what was left by none."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.exceptions import ConfigurationError
from chatcert.mock.process import running_mock
from chatcert.nightly import leg_report, shard_run
from chatcert.nightly.folders import Folders
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.leg_report import merge_leg
from chatcert.nightly.legs import Leg
from chatcert.nightly.regressions import regressions_of
from chatcert.nightly.shard_run import ShardJob, run_chatcert, run_shard
from chatcert.report.reader import read_report

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "reports" / "samples" / "agencii"
LEG = Leg("mock=agencii", "agencii")
FAULT = "agencii/fault/auth/Authorization/missing"
BROKEN = "agencii/auth/Authorization/missing"


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """The folders of a night that has not begun."""
    return Folders(tmp_path / "night")


def shard_left(folders: Folders, number: int, *codes: int) -> None:
    """What a shard leaves that came to a report."""
    folder = folders.shard(LEG.name, number)
    shutil.copytree(SAMPLE, folder / LEG.vendor)
    JobStatus(LEG.name, LEG.vendor, codes, "2026-01-01T00:00:00.000Z").write(folder)


@pytest.fixture
def merging(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[list[str]]]:
    """Has `chatcert merge` end with a status, and leave the sample's report on request."""

    def become(status: int, *, report: Callable[[dict[str, Any]], object] | None = lambda _: None) -> list[list[str]]:
        commands: list[list[str]] = []

        def run(arguments: list[str]) -> int:
            commands.append(arguments)
            if report is not None:
                folder = Path(arguments[-1]) / LEG.vendor
                shutil.copytree(SAMPLE, folder)
                content = json.loads((folder / "report.json").read_bytes())
                report(content)
                (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")
            return status

        monkeypatch.setattr(leg_report, "run_chatcert", run)
        return commands

    return become


def later(report: dict[str, Any]) -> None:
    """The report of the night after."""
    report["subject"]["window"]["end"] = "2099-01-01T00:00:00.000Z"
    report.pop("validity")
    report.pop("difference", None)


def unjudged(report: dict[str, Any]) -> None:
    """A report of a night in which the target did not answer."""
    later(report)
    for row in report["requirements"]:
        row |= {"verdict": "inconclusive", "reason": "down", "finding": None}
    report["totals"] = dict.fromkeys(report["totals"], 0) | {
        "requirements": len(report["requirements"]),
        "inconclusive": len(report["requirements"]),
    }
    report["outcome"] = "no-verdict"
    report["not_tested"] = []
    report.pop("strength")


def paged(folders: Folders) -> tuple[int, ...]:
    """What the leg is paged for."""
    status = JobStatus.read(folders.merged(LEG.name))
    assert status is not None
    return status.codes


@pytest.mark.parametrize(
    ("shards", "merged", "codes"),
    [
        ((75, 75), 0, (0,)),
        ((1, 75), 1, (1,)),
        ((75, None), 75, (70, 75)),
        ((0, None), 75, (70,)),
        ((75, 75), 65, (65,)),
        ((1, 70), 1, (1, 70)),
        ((0, -9), 0, (-9, 0)),
    ],
)
def test_what_a_leg_is_paged_for(
    folders: Folders, merging: Any, shards: tuple[int | None, ...], merged: int, codes: tuple[int, ...]
) -> None:
    """The merged report decides; a shard that left nothing is ours to look at, and no failure ends with 0."""
    for number, code in enumerate(shards, start=1):
        if code is not None:
            shard_left(folders, number, code)
    merging(merged)

    status = merge_leg(LEG, len(shards), folders, None)

    assert codes == paged(folders)
    assert (status == 0) == (codes == (0,))


@pytest.mark.parametrize(("codes", "expected"), [((78, 78), (78,)), ((75, 75), (75,)), ((0, 0), (70,)), ((), (70,))])
def test_a_night_without_a_report(
    folders: Folders, merging: Any, tmp_path: Path, codes: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    """Nothing is merged, what an older night left stands for nothing, and the shards say who is paged."""
    shutil.copytree(SAMPLE, folders.merged(LEG.name) / LEG.vendor)
    for number, code in enumerate(codes, start=1):
        JobStatus(LEG.name, LEG.vendor, (code,), "2026-01-01T00:00:00.000Z").write(folders.shard(LEG.name, number))
    commands = merging(0)

    assert expected[0] == merge_leg(LEG, 2, folders, tmp_path / "summary")
    assert ([], expected) == (commands, paged(folders))
    assert not (folders.merged(LEG.name) / LEG.vendor).exists()
    assert "no report" in (tmp_path / "summary").read_text(encoding="utf-8")


def test_a_night_is_compared_and_remembered(folders: Folders, merging: Any, tmp_path: Path) -> None:
    """The first night has nothing to compare with; the next has, and one that learnt nothing is not remembered."""
    shard_left(folders, 1, 0)
    memory, listed = folders.memory(LEG.name), []
    for number, change in enumerate((lambda _: None, later, unjudged)):
        merging(0, report=change)
        summary = tmp_path / f"summary-{number}"
        merge_leg(LEG, 1, folders, summary)
        listed.append(summary.read_text(encoding="utf-8"))

    assert "This is the first night" in listed[0]
    assert "Conformant" in listed[0]
    assert "No regression" in listed[1]
    assert "No regression was seen, but not all was judged again" in listed[2]
    assert "2099-01-01T00:00:00.000Z" == read_report(memory / "report.json")["subject"]["window"]["end"]
    assert read_report(memory / "report.json")["totals"]["pass"]
    assert 2 == len((memory / "history.jsonl").read_text(encoding="utf-8").splitlines())


def worse(report: dict[str, Any]) -> None:
    """The report of a night in which a requirement that held is broken."""
    later(report)
    row = next(row for row in report["requirements"] if row["id"] == BROKEN)
    text = {"title": "let in", "expected": "status 401", "actual": "status 201", "curl": ""}
    row |= {"verdict": "fail", "finding": text | {"exchanges": [1], "occurrences": 1, "observed": 1}}
    report["totals"] |= {"fail": 1, "pass": report["totals"]["pass"] - 1}
    report["outcome"] = "not-conformant"
    report.pop("strength")


def test_a_merge_leaves_what_is_worse(folders: Folders, merging: Any) -> None:
    """Whoever informs people finds what broke since the night before, and nothing after the first night."""
    shard_left(folders, 1, 1)
    statuses, found = [JobStatus(LEG.name, LEG.vendor, (1,), "")], []
    for change in (lambda _: None, worse):
        merging(1, report=change)
        merge_leg(LEG, 1, folders, None)
        found.append([(one["requirement"], one["old"], one["new"]) for one in regressions_of(statuses, folders)])

    assert [[], [(BROKEN, "pass", "fail")]] == found


def test_a_memory_that_cannot_be_read(folders: Folders, merging: Any) -> None:
    """It is reported, it does not fail this night, and the next one has a valid file."""
    shard_left(folders, 1, 0)
    memory = folders.memory(LEG.name)
    memory.mkdir(parents=True)
    (memory / "report.json").write_text("{}", encoding="utf-8")
    merging(0)

    assert 0 == merge_leg(LEG, 1, folders, None)
    assert "cannot be read" in (folders.merged(LEG.name) / "comparison.md").read_text(encoding="utf-8")
    assert read_report(memory / "report.json")


def test_a_shard(folders: Folders, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is certified with the seed of the night and the options of its environment; how it ended is written down."""
    commands: list[list[str]] = []
    monkeypatch.setattr(shard_run, "run_chatcert", lambda arguments: commands.append(arguments) or 78)
    shard_left(folders, 2, 0)
    job = ShardJob(Leg("blue", "agencii"), 1, 3, "quick", 7, Path("some.toml"))

    assert 78 == run_shard(job, folders, {"CHATCERT_NIGHTLY_OPTIONS": "--rate 2 --waivers 'a b.toml'"})
    assert 78 == run_shard(ShardJob(LEG, 2, 3, "quick", 7), folders, {})
    assert [
        [
            "certify",
            "--target",
            "blue",
            "--targets-file",
            "some.toml",
            "--rate",
            "2",
            "--waivers",
            "a b.toml",
            "--profile",
            "quick",
            "--seed",
            "7",
            "--shard",
            "1/3",
            "--report-dir",
            str(folders.shard("blue", 1)),
        ],
        [
            "certify",
            "agencii",
            "--profile",
            "quick",
            "--seed",
            "7",
            "--shard",
            "2/3",
            "--report-dir",
            str(folders.shard(LEG.name, 2)),
        ],
    ] == commands
    status = JobStatus.read(folders.shard(LEG.name, 2))
    assert status is not None
    assert (78,) == status.codes
    assert not (folders.shard(LEG.name, 2) / LEG.vendor).exists()
    with pytest.raises(ConfigurationError, match="CHATCERT_NIGHTLY_OPTIONS"):
        run_shard(job, folders, {"CHATCERT_NIGHTLY_OPTIONS": "'"})


def test_our_own_commands(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is run is shown with what it prints, and a process that a signal ended counts as our own error."""
    assert 0 == run_chatcert(["vendors"])
    assert capfd.readouterr().out.startswith("$ chatcert vendors\n")
    with redirect_stdout(sys.stderr):  # as where a step prints one JSON document
        assert 0 == run_chatcert(["vendors"])
    printed = capfd.readouterr()
    assert ("", True) == (printed.out, printed.err.startswith("$ chatcert vendors\n"))
    assert "polyai" in printed.err
    (tmp_path / "python").write_text("#!/bin/sh\nkill -9 $$\n", encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert 70 == run_chatcert(["vendors"])


@pytest.mark.parametrize("text", ["{}", "[", '{"schema": "chatcert-night/1", "leg": "a", "vendor": "b", "codes": []}'])
def test_a_status_that_is_none(folders: Folders, text: str, merging: Any) -> None:
    """A file that was altered is an error, and never a good end."""
    folders.shard(LEG.name, 1).mkdir(parents=True)
    (folders.shard(LEG.name, 1) / "night.json").write_text(text, encoding="utf-8")
    arguments = ["nightly", "merge", "--night-dir", str(folders.root), "--leg", LEG.name, "--shards", "1"]

    assert 65 == main(arguments)


def night(folder: Path, url: str, variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, shards: int) -> list[int]:
    """One night at one target, from shards to issues; in this process, which spares it the imports."""
    for module in (shard_run, leg_report):
        monkeypatch.setattr(module, "run_chatcert", main)
    for name, value in (variables | {"CHATCERT_CONTACTS": "maintainers = @us\nagencii = @them"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)
    (folder / "targets.toml").write_text(
        f'[targets.agencii-eu]\nvendor = "agencii"\nurl = "{url}/agencii"\njobs = 4\n'
        'credentials.BearerAuth = "${CHATCERT_AGENCII_BEARER_AUTH}"\n'
        'resources.apiIntegrationId = "${CHATCERT_AGENCII_API_INTEGRATION_ID}"\n',
        encoding="utf-8",
    )
    common = ["--night-dir", str(folder / "night"), "--leg", "agencii-eu"]
    run = ["--profile", "quick", "--seed", "1"]
    codes = [
        main(["nightly", "shard", *common, "--shard", f"{number}/{shards}", *run]) for number in range(1, shards + 1)
    ]
    summary = str(folder / "summary.md")
    codes.append(main(["nightly", "merge", *common, "--shards", str(shards), "--summary", summary]))
    legs = json.dumps({"include": [{"leg": "agencii-eu", "vendor": "agencii"}]})
    listed = ["nightly", "issues", "--night-dir", str(folder / "night"), "--legs", legs, "--repository", "acme/chat"]
    return [*codes, *(main(listed) for _ in range(2))]


def test_two_nights(gh: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What breaks is an issue and pages the vendor; when it holds again, its issue is closed, and nobody is paged."""
    with running_mock(vendors=["agencii"], faults=[FAULT]) as mock:
        codes = night(tmp_path, mock.url, dict(mock.environment), monkeypatch, 2)
    titles = [issue["title"] for issue in gh.kept()["issues"] if issue["state"] == "open"]
    assert [1, 0, 0] == codes[2:]
    assert 1 in codes[:2]
    assert f"Broken: {BROKEN}" in titles
    assert ["agencii-eu has broken requirements"] == [title for title in titles if not title.startswith("Broken: ")]
    assert ["agencii-eu"] == [
        issue["title"].partition(" ")[0] for issue in gh.kept()["issues"] if "@them" in issue["body"]
    ]

    with running_mock(vendors=["agencii"]) as mock:
        codes = night(tmp_path, mock.url, dict(mock.environment), monkeypatch, 1)
    assert [0, 0, 0, 0] == codes
    assert {"closed"} == {issue["state"] for issue in gh.kept()["issues"]}
    assert "1 fixed" in (tmp_path / "summary.md").read_text(encoding="utf-8")
