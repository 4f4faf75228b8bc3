"""Shards become one report: the verdicts of the whole run, what no shard could see, and what is missing named."""

from __future__ import annotations

import copy
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from chatcert.cases.profile import profile_named
from chatcert.cli.main import main
from chatcert.exceptions import InputFileError
from chatcert.mock.process import running_mock
from chatcert.report.selection import NOT_SELECTED
from chatcert.requirements.catalogue import derive
from chatcert.run.checking.verification import verify
from chatcert.run.records.shard_reports import SAME, Part, check_one_run, merged_ledger
from chatcert.run.shards import split
from chatcert.vendors import open_vendor

pytestmark = pytest.mark.slow

VENDOR = "agencii"
OF = 5
BROKEN = "agencii/auth/Authorization/missing"
UNIQUE = "agencii/response/200/chatId/unique"
GARBAGE = "agencii/request/json/garbage"
FAULTS = (f"{VENDOR}/fault/auth/Authorization/missing", f"{VENDOR}/fault/request/json/garbage")
NUMBERS = split(derive(open_vendor(VENDOR)).requirements.values(), profile_named("quick"), OF)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run as a whole, in two shards and in five, of a server that is wrong in two things, one of them waived."""
    folder = tmp_path_factory.mktemp("shards")
    waivers = folder / "waivers.toml"
    expires = datetime.now(UTC).date() + timedelta(days=30)
    waivers.write_text(
        f'[[waiver]]\nrequirement = "{BROKEN}"\nvendor = "{VENDOR}"\nreason = "Known."\nowner = "Jo"\nticket = "T-1"\n'
        f"expires = {expires}\n",
        encoding="utf-8",
    )
    with running_mock([VENDOR], faults=FAULTS) as mock, pytest.MonkeyPatch.context() as environment:
        for name, value in mock.environment.items():
            environment.setenv(name, value)
        for name in ["whole", *(f"{number}-{of}" for of in (2, OF) for number in range(1, of + 1))]:
            shard = ["--shard", name.replace("-", "/")] if name != "whole" else ["--seed", "0"]
            main(
                [
                    "certify",
                    VENDOR,
                    "--url",
                    f"{mock.url}/{VENDOR}",
                    "--profile",
                    "quick",
                    "--jobs",
                    "4",
                    "--waivers",
                    str(waivers),
                    "--report-dir",
                    str(folder / name),
                    *shard,
                ]
            )
    return folder


@pytest.fixture
def merge(tmp_path: Path, capfd: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Runs ``chatcert merge``; gives its exit status, its output, and where its reports are."""

    def run(*places: object, into: str = "merged") -> tuple[int, str, Path]:
        capfd.readouterr()
        status = main(["merge", *map(str, places), "--report-dir", str(tmp_path / into)])
        out, err = capfd.readouterr()
        return status, out + err, tmp_path / into

    return run


def report_in(folder: Path, vendor: str = VENDOR) -> dict[str, Any]:
    """One vendor's report."""
    found: dict[str, Any] = json.loads((folder / vendor / "report.json").read_bytes())
    return found


def said_of(report: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Verdict and reason of every requirement."""
    return {row["id"]: (row["verdict"], row["reason"]) for row in report["requirements"]}


def shards_in(runs: Path, of: int = OF) -> list[Path]:
    """The report folders of all shards."""
    return [runs / f"{number}-{of}" for number in range(1, of + 1)]


def one_line(text: str, *parts: str) -> None:
    """The text is one line of chatcert's own and holds all parts."""
    assert 1 == len(text.splitlines()), text
    assert text.startswith("chatcert: ")
    for part in parts:
        assert part in text


@pytest.mark.parametrize("of", [1, 2, OF])
def test_the_verdicts_are_those_of_the_whole_run(runs: Path, merge: Any, of: int) -> None:
    """However many shards there are, verdicts, reasons, waivers and outcome are those of one run, and verified."""
    whole = report_in(runs / "whole")
    places = shards_in(runs, of) if of > 1 else [runs / "whole"]

    status, text, folder = merge(*reversed(places))

    found = report_in(folder)
    assert 1 == status, text
    assert said_of(whole) == said_of(found)
    assert {"fail", "waived", "not-applicable", "pass"} == {word for word, _ in said_of(found).values()}
    for part in ("outcome", "totals", "complete", "missing", "digests", "waivers", "settings", "seed", "profile"):
        if part == "digests":
            assert {**whole[part], "evidence": ""} == {**found[part], "evidence": ""}
        else:
            assert whole[part] == found[part], part
    assert sum(report_in(place)["requests"] for place in places) == found["requests"]
    assert ({"of": of, "held": [*range(1, of + 1)]} if of > 1 else None) == found["subject"].get("shards")
    assert "--shard" not in found["command"]
    assert [] == [remark.text for remark in verify(folder / VENDOR / "report.json") if remark.problem]


def test_a_shard_says_that_it_is_one(runs: Path) -> None:
    """Its report, in every view for people, tells which shard of how many it is, and never that the vendor conforms."""
    place = runs / f"2-{OF}"
    report = report_in(place)

    assert {"of": OF, "held": [2]} == report["subject"]["shards"]
    assert not report["complete"]
    assert report["outcome"] in ("no-verdict", "not-conformant")
    others = {name for name, number in NUMBERS.items() if number != 2}
    assert others == {row["id"] for row in report["requirements"] if row["verdict"] == "not-run"}
    for view in ("report.html", "summary.md"):
        assert f"This is shard 2 of {OF}" in (place / VENDOR / view).read_text(encoding="utf-8")


def test_shards_can_be_merged_in_stages(runs: Path, merge: Any) -> None:
    """A report on some shards can be merged with those that come later."""
    first, second, *rest = shards_in(runs)
    _, _, some = merge(second, first, into="some")

    status, text, folder = merge(*rest, some, into="all")

    assert 1 == status, text
    assert said_of(report_in(runs / "whole")) == said_of(report_in(folder))
    assert {"of": 2 + len(rest), "held": [1, 2, 3, 4, 5]} == report_in(folder)["subject"]["shards"]


def test_a_missing_shard_is_named(runs: Path, merge: Any) -> None:
    """What a missing shard would have tested is not run, and the shard is reported; a breach of another one stands."""
    gone = min({*NUMBERS.values()} - {NUMBERS[BROKEN], NUMBERS[GARBAGE]})
    left = [place for place in shards_in(runs) if place.name != f"{gone}-{OF}"]

    status, text, folder = merge(*left)

    report = report_in(folder)
    missing = {name for name, number in NUMBERS.items() if number == gone}
    assert 1 == status, text
    assert "not-conformant" == report["outcome"]
    assert not report["complete"]
    assert [f"Shard {gone} of {OF} is missing: {len(missing)} requirements belong there."] == report["missing"]
    unjudged = {name: reason for name, (word, reason) in said_of(report).items() if word == "not-run"}
    assert dict.fromkeys(missing, f"shard {gone} of {OF} is missing") == unjudged
    assert f"Shard {gone} of {OF} is missing" in text


def test_without_a_breach_a_missing_shard_leaves_no_verdict(runs: Path, merge: Any) -> None:
    """Shards in which nothing is broken make no vendor conformant where another one is missing: exit 75."""
    sound = [place for place in shards_in(runs) if NUMBERS[GARBAGE] != int(place.name[0])]

    status, text, folder = merge(*sound)

    assert 75 == status, text
    assert "no-verdict" == report_in(folder)["outcome"]


@pytest.fixture
def counting(peers: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Callable[[], None]]]:
    """A server that numbers its chats, and what makes it begin anew, as a restart would."""
    numbers = [count(1)]
    reference = sys.modules[f"{peers.__name__}.reference"]
    monkeypatch.setattr(reference.SERVICES[VENDOR], "new_id", lambda service, turn: f"chat-{next(numbers[0])}")
    with peers.serve(VENDOR) as url:
        yield url, lambda: numbers.__setitem__(0, count(1))


def test_an_id_that_two_shards_were_given_is_found(certify: Any, peers: Any, counting: Any, merge: Any) -> None:
    """Ids that repeat only from one shard to the next break their requirement in the merged report alone."""
    url, restart = counting
    places = []
    for number in (1, 2):
        restart()
        run = certify(
            VENDOR, "--url", url, "--shard", f"{number}/2", folder=str(number), variables=peers.environment(VENDOR)
        )
        assert 0 == run.status, run.text
        assert [] == run.with_word(VENDOR, "fail")
        places.append(run.folder)

    status, text, folder = merge(*places)

    assert 1 == status, text
    assert [UNIQUE] == [name for name, (word, _) in said_of(report_in(folder)).items() if word == "fail"]
    assert UNIQUE in text


def test_a_shard_that_was_refused_blames_nobody(certify: Any, peers: Any, merge: Any) -> None:
    """Of a shard whose credentials were wrong the server is not blamed; the report says that it has no result."""
    variables = peers.environment(VENDOR)
    with peers.serve(VENDOR) as url:
        good = certify(VENDOR, "--url", url, "--shard", "1/2", folder="1", variables=variables)
        wrong = {**variables, "CHATCERT_AGENCII_BEARER_AUTH": "nobody-knows-this-one"}
        bad = certify(VENDOR, "--url", url, "--shard", "2/2", folder="2", variables=wrong)
    assert (0, 78) == (good.status, bad.status)

    status, text, folder = merge(good.folder, bad.folder)

    report = report_in(folder)
    assert 78 == status, text
    assert 0 == report["totals"]["fail"] + report["totals"]["warn"]
    assert good.report(VENDOR)["requests"] == report["requests"]
    assert "Shard 2 of 2 is without result" in report["missing"][1]
    assert {"exit_code": 78, "what": "shard 2 of 2: a valid request is refused with status 401"} == report["stopped"]
    assert "is refused with status 401" in report["reachability"][0]
    assert {"of": 2, "held": [1]} == report["subject"]["shards"]


def test_a_shard_is_gone_on_with_as_that_shard(certify: Any, mock: Any) -> None:
    """A shard whose budget was too small is finished by ``--resume``, and by no other shard."""
    address = (VENDOR, "--url", f"{mock.url}/{VENDOR}")
    variables = dict(mock.environment)
    small = certify(*address, "--shard", "1/5", "--max-requests", 8, variables=variables)
    other = certify(*address, "--shard", "2/5", "--resume")
    rest = certify(*address, "--shard", "1/5", "--resume")

    assert (75, 78, 0) == (small.status, other.status, rest.status)
    assert "the shard differs" in other.text
    assert {name for name, number in NUMBERS.items() if number == 1} == {
        *rest.with_word(VENDOR, "pass", "not-applicable", "warn")
    }


def test_pytest_has_the_same_shards(run_pytest: Any, certify: Any, mock: Any, merge: Any) -> None:
    """A shard of pytest and one of the command line make one report; each tests its own requirements alone."""
    address = ("--url", f"{mock.url}/{VENDOR}")
    split_here = split(derive(open_vendor(VENDOR)).requirements.values(), profile_named("quick"), 9)
    one = run_pytest("--vendor", VENDOR, *address, "--shard", "4/9", variables=dict(mock.environment))
    two = certify(VENDOR, *address, "--shard", "5/9")

    assert (0, 0) == (one.status, two.status), one.text
    assert {"of": 9, "held": [4]} == one.report(VENDOR)["subject"]["shards"]
    assert {name for name, number in split_here.items() if number == 4} == {
        name for name, word in one.words(VENDOR).items() if word != "not-run"
    }
    status, text, folder = merge(one.folder, two.folder)
    assert 75 == status, text
    assert {"of": 9, "held": [4, 5]} == report_in(folder)["subject"]["shards"]


def test_merged_reports_are_signed(runs: Path, tmp_path: Path, environment: pytest.MonkeyPatch) -> None:
    """With ``--sign`` the merged report is signed as one of ``chatcert certify`` is."""
    assert 0 == main(["keygen", "--out", str(tmp_path / "key")])
    places = [str(place) for place in shards_in(runs, 2)]
    assert 1 == main(["merge", *places, "--report-dir", str(tmp_path / "out"), "--sign", str(tmp_path / "key")])

    assert 0 == main(["verify", str(tmp_path / "out"), "--key", str(tmp_path / "key.pub")])


def test_the_same_report_twice_counts_once(runs: Path, merge: Any, tmp_path: Path) -> None:
    """A shard that is given twice, in two places, is the one shard that it is."""
    one, two = shards_in(runs, 2)
    shutil.copytree(two, tmp_path / "copy")

    status, text, folder = merge(one, two, one, tmp_path / "copy" / VENDOR)

    assert 1 == status, text
    assert report_in(one)["requests"] + report_in(two)["requests"] == report_in(folder)["requests"]


def _without_evidence(folder: Path) -> None:
    (folder / "evidence.jsonl").unlink()


def _with_less_evidence(folder: Path) -> None:
    evidence = folder / "evidence.jsonl"
    evidence.write_bytes(b"".join(evidence.read_bytes().splitlines(keepends=True)[:-1]))


def _with_another_report(folder: Path) -> None:
    report = folder / "report.json"
    report.write_bytes(report.read_bytes().replace(b'"seed": 0', b'"seed": 7'))


def _without_statement(folder: Path) -> None:
    (folder / "statement.intoto.json").unlink()


@pytest.mark.parametrize("change", [_without_evidence, _with_less_evidence, _with_another_report, _without_statement])
def test_what_was_altered_is_refused(runs: Path, merge: Any, tmp_path: Path, change: Callable[[Path], None]) -> None:
    """A shard that is not as it was written is not merged, in one line and with exit 65, and nothing is written."""
    shutil.copytree(runs / "2-2" / VENDOR, tmp_path / "altered" / VENDOR)
    change(tmp_path / "altered" / VENDOR)

    status, text, folder = merge(runs / "1-2", tmp_path / "altered")

    assert 65 == status
    one_line(text, str(tmp_path / "altered" / VENDOR), "cannot be trusted")
    assert not folder.exists()


def test_other_numbers_of_shards_are_refused(runs: Path, merge: Any) -> None:
    """Shards of different splits overlap: exit 65."""
    status, text, folder = merge(runs / "1-2", runs / f"2-{OF}")

    assert 65 == status
    one_line(text, "shards")
    assert not folder.exists()


def test_a_folder_without_a_report_is_refused(merge: Any, tmp_path: Path) -> None:
    """A folder in which there is no report, or that is not there, is reported: exit 65."""
    (tmp_path / "empty").mkdir()

    for place in ("empty", "nowhere"):
        status, text, _ = merge(tmp_path / place)
        assert 65 == status
        one_line(text, place)


def test_a_shard_is_not_overwritten(runs: Path, merge: Any, tmp_path: Path) -> None:
    """A report folder that holds one of the shards is refused as the place of the merged report: exit 2."""
    shutil.copytree(runs / "1-2", tmp_path / "one")

    status, text, folder = merge(tmp_path / "one", runs / "2-2", into="one")

    assert 2 == status
    one_line(text, "give another --report-dir")
    assert report_in(runs / "1-2") == report_in(folder)


@pytest.fixture(scope="module")
def parts(runs: Path) -> list[Part]:
    """Two shards, read once."""
    return [Part.read(place / VENDOR / "report.json") for place in shards_in(runs, 2)]


@pytest.mark.parametrize("steps", SAME, ids=["-".join(steps) for steps in SAME])
def test_what_does_not_belong_together_is_refused(parts: list[Part], steps: tuple[str, ...]) -> None:
    """Each thing that verdicts depend on must be the same in all shards; one line says which is not, and where."""
    first, second = parts
    report = copy.deepcopy(second.report)
    holder = report
    for step in steps[:-1]:
        holder = holder[step]
    holder[steps[-1]] = ["another"] if isinstance(holder.get(steps[-1], []), list) else "another"

    with pytest.raises(InputFileError) as error:
        check_one_run([first, replace(second, report=report)])

    assert 65 == error.value.exit_code
    assert str(second.place) in error.value.line()
    assert "chatcert another" in error.value.line() or SAME[steps] in error.value.line()


def test_how_fast_a_shard_may_be_is_its_own_affair(parts: list[Part]) -> None:
    """Shards with different limits are merged; the report says nothing of a setting that they do not share."""
    first, second = parts
    report = copy.deepcopy(second.report)
    report["settings"] |= {"jobs": 9, "rate": 1.5, "max_requests": 70}

    found = check_one_run([replace(second, report=report), first])
    ledger = merged_ledger(found, derive(open_vendor(VENDOR)))

    assert ledger.header is not None
    assert [first.place, second.place] == [part.place for part in found]
    assert [None, None, None, first.report["settings"]["timeout"]] == [
        ledger.header.settings[name] for name in ("jobs", "rate", "max_requests", "timeout")
    ]


def test_what_rests_on_no_exchange_is_taken_from_its_shard(parts: list[Part]) -> None:
    """Why something could not be tested, is open, or broke us, is said by the shard to which it belongs."""
    catalogue = derive(open_vendor(VENDOR))
    numbers = split(catalogue.requirements.values(), profile_named("quick"), 2)
    mine = [name for name, number in numbers.items() if number == 2][:3]
    report = copy.deepcopy(parts[1].report)
    rows = {row["id"]: row for row in report["requirements"]}
    for name, word in zip(mine, ("not-applicable", "not-run", "error"), strict=True):
        rows[name] |= {"verdict": word, "reason": f"because of {word}"}

    ledger = merged_ledger([parts[0], replace(parts[1], report=report)], catalogue)

    assert "because of not-applicable" == ledger.reasons[mine[0]]
    assert {mine[1]: "because of not-run"} == ledger.open
    assert {mine[2]: "because of error"} == {name: verdict.reason for name, verdict in ledger.unfinished.items()}
    assert catalogue.requirements.keys() - {mine[1], mine[2]} == ledger.finished
    assert ("1 requirement did not run in the shards that are here.",) == ledger.lacking


def test_the_same_shard_with_another_report_is_refused(parts: list[Part]) -> None:
    """Two reports on one shard that differ cannot both count."""
    report = copy.deepcopy(parts[1].report)
    report["seconds"] += 1

    with pytest.raises(InputFileError) as error:
        check_one_run([*parts, replace(parts[1], report=report, place=Path("again"))])

    assert "shard 2 of 2 is given twice" in error.value.line()


def test_what_no_shard_selected_is_not_selected(parts: list[Part]) -> None:
    """A requirement that the shards of a partial run left out does not count as selected in the merged one."""
    catalogue = derive(open_vendor(VENDOR))
    numbers = split(catalogue.requirements.values(), profile_named("quick"), 2)
    left_out = next(name for name, number in numbers.items() if number == 2)
    report = copy.deepcopy(parts[1].report)
    row = next(row for row in report["requirements"] if row["id"] == left_out)
    row |= {"verdict": "not-run", "reason": NOT_SELECTED}

    ledger = merged_ledger([parts[0], replace(parts[1], report=report)], catalogue)

    assert catalogue.requirements.keys() - {left_out} == ledger.selected
