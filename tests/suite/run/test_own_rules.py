"""Own rules in whole runs: proven before they are used, in every view, and apart from what is certified."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.mock.process import RunningMock, running_mock
from chatcert.own_rules import rule_loading

RULES = """
import re
from chatcert.own_rules import CannotTell, OwnRule, Trial, hookimpl

def judge_id(request, answer):
    if not answer.succeeded:
        raise CannotTell("no chat was created")
    name = answer.json()["chatId"]
    return None if re.fullmatch("[A-Za-z0-9_-]{4,64}", name) else f"the chatId is {name!r}"

def break_id(request, answer):
    return answer.with_json({"chatId": f"a/{answer.json()['chatId']}"}) if answer.succeeded else answer

def plan(valid):
    yield Trial("as it is")
    yield Trial("through a proxy", headers={"X-Forwarded-For": "192.0.2.7"})

def judge_mark(request, answer):
    return None if "x-mark" in answer.headers else "no X-Mark"

@hookimpl
def chatcert_own_rules(contract):
    if contract.vendor != "agencii":
        return []
    safe = OwnRule(name="safe-id", version="1", level="must", statement="The id of a chat can stand in an address",
                   source="Agreement, section 3", plan=plan, judge=judge_id, fault=break_id)
    marked = OwnRule(name="marked", version="2.0", level="should", statement="An answer is marked", judge=judge_mark,
                     keep=lambda request, answer: answer.with_header("X-Mark", "1"),
                     fault=lambda request, answer: answer.with_header("X-Mark", None))
    return [safe, marked]
"""
SAFE, MARKED = "agencii/own/safe-id", "agencii/own/marked"
SENTENCE = "Own rules, which do not count towards the outcome:"


@pytest.fixture
def rules(tmp_path: Path) -> Callable[..., Path]:
    """Writes a file of rules, some of its text replaced."""

    def write(*replaced: tuple[str, str], name: str = "rules.py") -> Path:
        text = RULES
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningMock]:
    """A mock that breaks one of the rules and keeps the other."""
    path = tmp_path_factory.mktemp("rules") / "rules.py"
    path.write_text(RULES, encoding="utf-8")
    with running_mock(["agencii"], faults=["agencii/fault/own/safe-id"], own_rules=True, rules=path, seed=1) as running:
        yield running


def _at(mock: RunningMock) -> tuple[str, str, str]:
    return "agencii", "--url", f"{mock.url}/agencii"


def _row(report: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in report["requirements"] if row["id"] == name)
    return found


@pytest.mark.slow
def test_a_broken_rule_is_in_every_view(certify: Any, faulty: RunningMock, rules: Any) -> None:
    """A broken rule gives exit status 1 and is in each view; totals and what would be signed are without it."""
    run = certify(*_at(faulty), "--rules", rules(), variables=dict(faulty.environment))
    folder, report = run.folder / "agencii", run.report("agencii")
    row = _row(report, SAFE)
    texts = {path.name: unescape(path.read_text(errors="replace")) for path in folder.rglob("*") if path.is_file()}
    with_rule = {name for name, text in texts.items() if SAFE in text}

    assert (1, "fail", "pass") == (run.status, row["verdict"], _row(report, MARKED)["verdict"])
    assert ("own", "own", "safe-id", "1") == (
        row["kind"],
        row["provenance"],
        row["rule"]["name"],
        row["rule"]["version"],
    )
    assert "the chatId is 'a/" in run.text
    assert f"{SENTENCE} 1 of 2 broken." in run.text
    assert {"report.html", "junit.xml", "report.sarif", "ctrf.json", "summary.md", "evidence.jsonl"} <= with_rule
    assert any(name.endswith("-result.json") for name in with_rule)
    assert "statement.intoto.json" not in with_rule
    assert len(report["requirements"]) - 2 == report["totals"]["requirements"]


@pytest.mark.slow
def test_own_rules_alone_can_give_the_exit_status(certify: Any, mock: RunningMock, rules: Any) -> None:
    """The outcome is on the contract alone; where it is conformant and the status is 1, the last line says why."""
    binding = rules(('level="should"', 'level="must"'))
    run = certify(*_at(mock), "--rules", binding, variables=dict(mock.environment))

    assert (1, "conformant") == (run.status, run.report("agencii")["outcome"])
    assert {SAFE: "pass", MARKED: "fail"} == {name: run.words("agencii")[name] for name in (SAFE, MARKED)}
    assert "agencii: exit status 1, because of own rules" in run.text


def test_a_broken_recommendation_fails_nothing(certify: Any, mock: RunningMock, rules: Any) -> None:
    """A rule that should be kept is a remark, and with --only nothing else is tested."""
    run = certify(*_at(mock), "--rules", rules(), "--only", "own", variables=dict(mock.environment))

    assert (0, ["agencii/own/marked"]) == (run.status, run.with_word("agencii", "warn"))
    assert [SAFE] == run.with_word("agencii", "pass")


@pytest.mark.slow
def test_a_run_of_own_rules_alone_has_their_status(
    certify: Any, faulty: RunningMock, rules: Any, tmp_path: Path
) -> None:
    """A broken rule is status 1, which the last line explains; a waived one is 0, as every waived breach."""
    options = (*_at(faulty), "--rules", rules(), "--only", "own/safe-id")
    broken = certify(*options, variables=dict(faulty.environment))
    waivers = tmp_path / "waivers.toml"
    expires = datetime.now(UTC).date() + timedelta(days=30)
    waivers.write_text(
        f'[[waiver]]\nrequirement = "{SAFE}"\nvendor = "agencii"\nreason = "known"\nowner = "we"\n'
        f'ticket = "T-1"\nexpires = {expires}\n',
        encoding="utf-8",
    )
    waived = certify(*options, "--waivers", waivers, variables=dict(faulty.environment))

    assert (1, 0) == (broken.status, waived.status), waived.text
    assert "agencii: exit status 1, because of own rules" in broken.text
    assert "exit status" not in waived.text
    for run, became in ((broken, "broken"), (waived, "waived")):
        assert "Partial run: no requirement of the contract was selected; no certificate." in run.text
        assert f"{SENTENCE} 1 of 2 {became}" in run.text


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('f"a/{answer', 'f"{answer', "safe-id is refused: with its fault it is pass, so it could"),
        ("{4,64}", "{4,5}", "safe-id is refused: on the mock, without its fault, it is fail, not pass: the chatId is"),
        pytest.param(
            '["chatId"]',
            '["id"]',
            "is error, not pass: the own rule safe-id broke at rules.py:8: KeyError",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            'yield Trial("as it is")',
            "yield 5",
            "not pass: the own rule safe-id broke at own.py",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            'yield Trial("as it is")',
            'yield Trial("as it is", headers={"X-A": None})',
            "the own rule safe-id broke at rules.py:15: InvalidTrial: a header of a trial is no text",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            'else f"the chatId is {name!r}"', "else False", "with its fault it is error", marks=pytest.mark.slow
        ),
    ],
)
def test_a_rule_that_proves_nothing_is_refused(
    certify: Any, mock: RunningMock, rules: Any, old: str, new: str, line: str
) -> None:
    """A rule that does not pass without its fault, or does not fail with it, is refused before anything is sent."""
    run = certify(*_at(mock), "--rules", rules((old, new)), variables=dict(mock.environment))

    assert 78 == run.status
    assert line in run.text
    assert ("(mend that line)" in run.text) is ("it is error, not pass" in run.text)
    assert 1 == len(run.text.strip().splitlines())
    assert not (run.folder / "agencii").exists()


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('version="1"', "version=1", "safe-id: its version is 1"),
        ('level="must"', 'level="always"', "its level is 'always': give 'must' or 'should'"),
        ('name="safe-id"', 'name="Safe Id"', "its name is 'Safe Id'"),
        ('name="safe-id"', 'name="marked"', "its rule marked is there already"),
        ("fault=break_id", "fault=None", "safe-id: its fault is no function"),
        ("import re", "import nonesuch", "cannot be run: ModuleNotFoundError in line 2"),
        ("import re", "import re re", "cannot be run: SyntaxError in line 2"),
        ("import re", "import re; raise SystemExit", "cannot be run: SystemExit in line 2"),
        ("@hookimpl", "", "has no hook chatcert_own_rules"),
        ("def chatcert_own_rules", "def chatcert_own_rule", "the hook is chatcert_own_rules(contract)"),
        ("if contract.vendor ", "if contract.seller ", "chatcert_own_rules raised AttributeError in line 23"),
        ("[safe, marked]", "[safe, 5]", "chatcert_own_rules gives a int"),
    ],
)
def test_a_mistake_in_a_file_of_rules(
    rules: Any, capsys: pytest.CaptureFixture[str], old: str, new: str, line: str
) -> None:
    """One line names a file of rules and says what is wrong with it."""
    assert 78 == main(["requirements", "agencii", "--rules", str(rules((old, new)))])
    said = capsys.readouterr().err

    assert said.startswith("chatcert: own rules in rules.py: ")
    assert line in said
    assert 1 == said.count("\n")


@pytest.mark.slow
def test_a_rule_that_breaks_is_nobodys_breach(certify: Any, mock: RunningMock, rules: Any) -> None:
    """Where the code of a rule raises an error on a server, its verdict is an error that names it, and exit is 70."""
    fragile = rules(
        ('"x-mark" in answer.headers', 'answer.headers["x-mark"] == "1"'), ('"X-Mark", None', '"X-Mark", "0"')
    )
    run = certify(*_at(mock), "--rules", fragile, variables=dict(mock.environment))
    row = _row(run.report("agencii"), MARKED)

    assert (70, "error", "conformant") == (run.status, row["verdict"], run.report("agencii")["outcome"])
    assert row["reason"].startswith("the own rule marked broke at rules.py:19: KeyError")


def test_a_rule_that_cannot_tell_is_inconclusive(certify: Any, mock: RunningMock, rules: Any) -> None:
    """Where a rule cannot tell, there is no verdict on it, and the exit status is that of no verdict."""
    unsure = rules(
        (
            '    return None if "x-mark"',
            '    if "date" in answer.headers:\n        raise CannotTell("it depends")\n    return None if "x-mark"',
        )
    )
    run = certify(*_at(mock), "--rules", unsure, variables=dict(mock.environment))

    assert 78 == run.status
    assert "marked is refused: on the mock, without its fault, it is inconclusive, not pass: " in run.text
    assert "the rule cannot tell: it depends" in run.text


@pytest.mark.slow
def test_requests_of_rules_are_no_evidence_for_the_contract(certify: Any, mock: RunningMock, rules: Any) -> None:
    """What the requests of rules bring changes no verdict on the contract."""
    odd = rules(
        ('yield Trial("as it is")', 'yield Trial("no JSON", body=b"{")'),
        ("if not answer.succeeded:", "if answer.status == 400:\n        return None\n    if not answer.succeeded:"),
    )
    plain = certify(*_at(mock), variables=dict(mock.environment), folder="plain")
    run = certify(*_at(mock), "--rules", odd, variables=dict(mock.environment))
    theirs = [row for row in run.report("agencii")["requirements"] if row["provenance"] != "own"]

    assert (0, 0) == (plain.status, run.status)
    counts = [
        [(row["id"], row["verdict"], row["cases"]) for row in rows]
        for rows in (plain.report("agencii")["requirements"], theirs)
    ]
    assert counts[0] == counts[1]


@pytest.mark.slow
def test_verifying_with_and_without_the_rule(
    certify: Any, faulty: RunningMock, rules: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """Own verdicts are judged again where the very rule is installed; elsewhere the first line says so."""
    run = certify(*_at(faulty), "--rules", rules(), variables=dict(faulty.environment))
    folder = run.folder / "agencii"
    other = rules(("section 3", "section 4"), name="other.py")

    def verified(*options: object) -> tuple[int, str, str]:
        capfd.readouterr()
        status = main(["verify", str(folder), *map(str, options)])
        first, _, rest = capfd.readouterr().out.partition("\n")
        return status, first, rest

    assert (0, True) == ((found := verified())[0], found[1].endswith(", 2 own verdicts not re-judged here"))
    assert "whose rule safe-id 1 (sha256:" in found[2]
    assert verified("--rules", other)[1].endswith(", 2 own verdicts not re-judged here")
    with_rule = verified("--rules", rules())
    assert (0, False) == (with_rule[0], "re-judged" in with_rule[1])

    path = folder / "report.json"
    report = json.loads(path.read_text(encoding="utf-8"))
    _row(report, SAFE).update(verdict="pass", finding=None)
    path.write_text(json.dumps(report), encoding="utf-8")
    assert "says pass, its exchanges say fail" in verified("--rules", rules())[2]

    path = folder / "evidence.jsonl"
    hidden = re.sub('("requirement": ?")agencii/request/json/garbage"', rf'\1{SAFE}"', path.read_text(encoding="utf-8"))
    path.write_text(hidden, encoding="utf-8")
    assert "it is not one of an own rule of this report" in verified()[2]


@pytest.mark.slow
def test_shards_keep_rules_and_merge_needs_them(
    certify: Any, faulty: RunningMock, rules: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each rule is in one shard; merging judges it again with the rule, and refuses to without."""
    for number in (1, 2):
        options = ("--rules", rules(), "--shard", f"{number}/2")
        certify(*_at(faulty), *options, variables=dict(faulty.environment), folder=f"shard-{number}")
    command = ["merge", str(tmp_path / "shard-1"), str(tmp_path / "shard-2"), "--report-dir", str(tmp_path / "whole")]
    capfd.readouterr()

    assert 65 == main(command)
    assert "its own rule marked 2.0 (sha256:" in capfd.readouterr().err
    assert 1 == main([*command, "--rules", str(rules())])
    report = json.loads((tmp_path / "whole" / "agencii" / "report.json").read_text(encoding="utf-8"))
    assert ("fail", True) == (_row(report, SAFE)["verdict"], report["complete"])


@pytest.mark.slow
def test_a_run_is_resumed_with_the_same_rules(certify: Any, faulty: RunningMock, rules: Any) -> None:
    """A run that ended early goes on, and is reported, with the rules that it began with and with no others."""
    options = (*_at(faulty), "--rules", rules())
    stopped = certify(*options, "--max-requests", 40, variables=dict(faulty.environment))
    assert [75, 65, 75] == [
        stopped.status,
        main(["report", str(stopped.folder)]),
        main(["report", str(stopped.folder), "--rules", str(rules())]),
    ]
    other = certify(*_at(faulty), "--rules", rules(("section 3", "section 4"), name="other.py"), "--resume")
    assert (78, True) == (other.status, "the set of own rules differs from that of the run to go on with" in other.text)

    run = certify(*options, "--resume")
    assert (1, "fail", "pass") == (run.status, *(run.words("agencii")[name] for name in (SAFE, MARKED)))
    assert run.report("agencii")["complete"]


@pytest.mark.slow
def test_replaying_needs_the_rule(
    certify: Any, faulty: RunningMock, mock: RunningMock, rules: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """A finding of a rule is confirmed, or gone on a server that keeps it, where the rule is installed."""
    run = certify(*_at(faulty), "--rules", rules(), "--only", "own", variables=dict(faulty.environment))
    folder = run.folder / "agencii" / "partial"
    command = ["replay", str(folder if folder.exists() else folder.parent), "own/safe-id"]

    assert 65 == main(command)
    assert 1 == main([*command, "--rules", str(rules())])
    for name, value in mock.environment.items():
        pytest.MonkeyPatch().setenv(name, value)
    assert 0 == main([*command, "--rules", str(rules()), "--url", f"{mock.url}/agencii"])
    assert f"{SAFE}: gone" in capfd.readouterr().out


@pytest.mark.slow
def test_both_front_ends_in_two_processes(start_pytest: Any, faulty: RunningMock, rules: Any) -> None:
    """Pytest with two processes has an item for each rule, and its report the same verdicts."""
    run = start_pytest(
        "--vendor",
        "agencii",
        "--url",
        f"{faulty.url}/agencii",
        "--rules",
        rules(),
        "-n",
        "2",
        "-k",
        "own",
        variables=dict(faulty.environment),
    )

    assert 1 == run.status
    assert {SAFE: "fail", MARKED: "pass"} == {name: run.words("agencii")[name] for name in (SAFE, MARKED)}
    assert "the chatId is 'a/" in run.text


def test_rules_of_an_installed_package(monkeypatch: pytest.MonkeyPatch, rules: Any, capsys: Any) -> None:
    """A package gives rules by an entry point in the group of chatcert, and one that cannot be loaded is named."""
    module = ModuleType("ours")
    module.__file__ = str(rules())
    exec(compile(RULES, module.__file__, "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, "ours", module)
    points = [EntryPoint("ours", "ours", "chatcert")]
    monkeypatch.setattr(rule_loading, "entry_points", lambda group: points)

    assert 0 == main(["rules", "agencii"])
    assert "agencii/own/safe-id\t1\tmust\tentry point ours\t" in capsys.readouterr().out
    points.append(EntryPoint("theirs", "theirs.missing", "chatcert"))
    assert 78 == main(["rules", "agencii"])
    assert "own rules in entry point theirs: cannot be imported: ModuleNotFoundError" in capsys.readouterr().err


def test_no_rules(capsys: Any) -> None:
    """Where there are no own rules, the command says where they come from."""
    assert 5 == main(["rules", "polyai"])
    assert "no own rules (give --rules FILE" in capsys.readouterr().err
