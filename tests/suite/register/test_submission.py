"""The way into a register with real reports: what a check finds missing, and what the steps print and leave behind."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.register.certificates import certificate_of, contradictions
from chatcert.register.counted_requirements import counted_rows, outcome_of_rows
from chatcert.register.register_folder import RegisterFolder
from chatcert.register.role_signers import read_keys
from chatcert.register.submission_check import _documents, _window, check_submission
from chatcert.report.file_names import EVIDENCE, REPORT, STATED, STATEMENT_FILE
from chatcert.report.reader import read_report
from chatcert.report.seal.envelope import seal_report
from chatcert.report.seal.keys import read_signing_key
from chatcert.report.seal.statement import statement_bytes

pytestmark = pytest.mark.slow

VENDOR = "agencii"


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rehearsal of a register with its keys, a vendor in it, and a signed report of that vendor."""
    folder = tmp_path_factory.mktemp("stage")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert 0 == main(["register", "init", "--name", "Example", "--keys", "keys", "--rehearsal"])
        assert 0 == main(["keygen", "--out", "vendor.key"])
        assert 0 == main(["keygen", "--out", "stranger.key"])
        assert 0 == main(["register", "enrol", "vendor", VENDOR, "--pub", "vendor.key.pub", "--key", "keys"])
        common = ["--profile", "quick", "--seed", "1", "--sign", "vendor.key", "--report-dir", "reports"]
        assert 0 == main(["certify", VENDOR, *common])
    return folder


@pytest.fixture
def here(stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of it, which is the current folder."""
    shutil.copytree(stage, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(here: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run a step; returns exit status, output and errors."""

    def running(*arguments: str) -> tuple[int, str, str]:
        status = main(["register", *arguments])
        return status, *capsys.readouterr()

    return running


def test_a_report_that_meets_everything(run: Any) -> None:
    """Each condition is listed as met, and the exit status is 0; as JSON, too."""
    status, out, _ = run("check", "reports/agencii")
    assert (0, 8) == (status, out.count("  ok "))
    assert "missing" not in out
    status, out, _ = run("check", "reports/agencii", "--format", "json")
    assert (0, True) == (status, json.loads(out)["result"][0]["accepted"])


def test_what_is_missing_is_listed(here: Path, run: Any) -> None:
    """An old, unsigned mock report, in a register that is no rehearsal: each condition is named with its reason."""
    policy = {**RegisterFolder(here / "register").policy, "rehearsal": False}
    (here / "reports" / VENDOR / "report.dsse.json").unlink()
    checked = check_submission(here / "reports" / VENDOR, policy, datetime.now(UTC) + timedelta(days=15))  # type: ignore[arg-type]

    assert [
        "made with a live server: a mock run; only a register that is a rehearsal accepts it",
        "signed by the vendor or an auditor of the register: it is not signed",
        "at most 14 days old: it is 15 days old",
    ] == checked.missing


def test_a_stranger_has_signed(here: Path, run: Any) -> None:
    """A signature by a key that the register does not know is not enough."""
    seal_report(here / "reports" / VENDOR, read_signing_key(here / "stranger.key"))
    status, out, _ = run("check", "reports/agencii")

    assert 1 == status
    assert "is not one of the keys given" in out


def test_edited_evidence_that_fits_its_digests_is_judged_again(here: Path, run: Any) -> None:
    """A vendor who edits its evidence, makes all digests fit and signs again is found out by the exchanges."""
    folder = here / "reports" / VENDOR
    shutil.rmtree(folder / "allure-results")
    rows = [json.loads(line) for line in (folder / EVIDENCE).read_text(encoding="utf-8").splitlines()]
    row = next(one for one in rows if (one.get("received") or {}).get("status") == 200)
    row["received"]["status"] = 500
    data = "".join(json.dumps(one) + "\n" for one in rows).encode()
    (folder / EVIDENCE).write_bytes(data)
    report: Any = read_report(folder / REPORT)
    report["digests"]["evidence"] = f"sha256:{hashlib.sha256(data).hexdigest()}"
    (folder / REPORT).write_text(json.dumps(report), encoding="utf-8")
    files = {name: (folder / name).read_bytes() for name in STATED if (folder / name).is_file()}
    (folder / STATEMENT_FILE).write_bytes(statement_bytes(report, files))
    seal_report(folder, read_signing_key(here / "vendor.key"))

    status, out, _ = run("check", "reports/agencii")
    assert 1 == status
    assert "its exchanges say fail" in out
    status, out, _ = run(
        "submit", "reports/agencii", "--product-version", "1.0", "--key", "vendor.key", "--key", "keys"
    )
    assert (1, []) == (status, list((here / "register" / "targets").glob("vendor-*")))


def test_a_vendor_submits_and_the_registrar_admits(here: Path, run: Any) -> None:
    """What a vendor signs alone is pending until the registrar has checked it; then it is listed, verified, shown."""
    report = "reports/agencii"
    status, out, _ = run("submit", report, "--product-version", "1.0", "--key", "vendor.key")
    assert 0 == status
    assert "pending entry: agencii-" in out
    assert "register refresh publishes it" in out

    status, out, _ = run("admit", report, "--key", "keys")
    assert (0, True) == (status, out.startswith("admitted: agencii-"))
    status, out, err = run("admit", report, "--key", "keys")
    assert (2, True) == (status, "no pending entry rests on it" in err)
    status, out, err = run("submit", report, "--product-version", "1.0", "--key", "vendor.key", "--key", "keys")
    assert (2, True) == (status, "has an entry on this report already" in err)
    status, out, _ = run("list", "--format", "json")
    (row,) = json.loads(out)["result"]
    assert ("certified", "1.0", True) == (row["status"], row["version"], row["certificate"]["rehearsal"])
    assert "rehearsal: these entries certify nobody" in run("list")[1]
    assert "0 entries" in run("list", "--due", "30")[1]
    assert "1 entry" in run("list", "--due", "100")[1]

    status, _, err = run("renew", row["entry"], report, "--product-version", "1.0", "--key", "vendor.key")
    assert (2, True) == (status, "renew it in the last 30 days" in err)
    status, out, _ = run("verify", "--report", report)
    assert (0, True) == (status, "judged again exchange by exchange" in out)
    status, out, _ = run("stability", "--report", report, "--history", "none.jsonl", "--vendor", VENDOR)
    assert (0, 2) == (status, out.count("\n"))
    assert "no two runs in it can be compared" in out
    status, out, _ = run("site", "--out", "site")
    assert (0, True) == (status, (here / "site" / "vendors" / "agencii.html").is_file())
    (here / report / EVIDENCE).write_bytes(b"")
    status, out, _ = run("verify", "--report", report)
    assert (1, True) == (status, "not the evidence of agencii-" in out)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"stability": {"nights": 365, "since": "2026-01-01T00:00:00.000Z", "flaky": []}}, ""),
        ({"passed": -1}, "passed"),
        ({"place": {"environment": "production"}}, "place"),
        ({"signers": [{"name": "big-four", "role": "auditor", "fingerprint": "SHA256:x"}]}, "signers"),
        ({"verdicts": {}, "conditions": []}, "verdicts"),
    ],
)
def test_a_certificate_follows_from_its_report(here: Path, changes: Any, what: str) -> None:
    """What a vendor signs beside its report is compared with it; figures of other runs are the vendor's own."""
    register = RegisterFolder(here / "register")
    now = datetime.now(UTC)
    checked = check_submission(here / "reports" / VENDOR, register.policy, now)
    row: Any = certificate_of(checked, register.policy["id"], version="1.0", rehearsal=True, now=now)
    for name, value in changes.items():
        row[name] = {**row[name], **value} if value and name == "place" else value

    assert ([f"the report does not say the same of {what}"] if what else []) == contradictions(row, checked)[:1]


def test_an_entry_is_renewed_by_a_fresh_report(here: Path, run: Any, synthetic: Any) -> None:
    """In its last 30 days an entry is listed as due; a fresh report renews it, and what it was stays visible."""
    register = RegisterFolder(here / "register")
    now = datetime.now(UTC)
    made = synthetic.Made(register, {"all": read_keys([here / "vendor.key", here / "keys"])})
    old, early = (
        synthetic.certificate(made, VENDOR, version, issued=now - timedelta(days=days))
        for version, days in (("1.0", 70), ("0.9", 20))
    )
    made.add([old, early], now - timedelta(days=20))
    assert 0 == run("refresh", "--key", "keys")[0]
    assert [old["entry"]] == [
        row["entry"] for row in json.loads(run("list", "--due", "30", "--format", "json")[1])["result"]
    ]
    keys = ("--key", "vendor.key", "--key", "keys")
    status, _, err = run("renew", early["entry"], "reports/agencii", *keys)
    assert (2, True) == (status, "renew it in the last 30 days" in err)

    status, out, _ = run("renew", old["entry"], "reports/agencii", *keys)
    assert (0, True) == (status, out.startswith("entry: agencii-"))
    rows = {row["entry"]: row for row in json.loads(run("list", "--format", "json")[1])["result"]}
    assert "superseded" == rows[old["entry"]]["status"]
    new = rows[out.split()[1]]
    assert ("certified", "1.0", old["entry"]) == (new["status"], new["version"], new["certificate"]["renews"])
    assert "0 entries" in run("list", "--due", "30")[1]
    assert 0 == run("verify", "--report", "reports/agencii")[0]
    status, _, err = run("renew", old["entry"], "reports/agencii", *keys)
    assert (2, True) == (status, "it is superseded" in err)


@pytest.mark.parametrize(
    ("arguments", "status", "what"),
    [
        (("list", "--register", "nowhere"), 65, "no register there (give a folder that register init made)"),
        (("check", "nothing"), 65, "no such file"),
        (("revoke", "no-entry", "--text", "x", "--key", "keys"), 2, "no entry 'no-entry'"),
        (("list", "--status", "certfied"), 2, "did you mean certified?"),
        (("refresh", "--key", "vendor.key"), 78, "no key of snapshot and timestamp among those given"),
        (("refresh", "--key", "nothing"), 78, "--key nothing: No such file"),
        (("enrol", "vendor", "Big Corp", "--pub", "vendor.key.pub", "--key", "keys"), 2, "use lower-case letters"),
        (("enrol", "auditor", "a", "--pub", "vendor.key.pub", "--key", "keys"), 2, "is enrolled already"),
        (("enrol", "auditor", "a", "--pub", "stranger.key.pub", "--key", "vendor.key"), 78, "keys that targets needs"),
        (("init", "--name", "x", "--keys", "keys"), 2, "is not empty (give a new folder)"),
        (("init", "--register", "new", "--name", "x", "--keys", "keys", "--at", "2026-01-01"), 2, "only a rehearsal"),
        (("rotate", "root", "--key", "vendor.key"), 78, "0 of the 2 keys that the former root needs"),
        (("rotate", "targets", "--remove", "vendor.key.pub", "--key", "keys"), 2, "targets does not have SHA256:"),
        (("rotate", "targets", "--remove", "keys/targets.key.pub", "--key", "keys"), 2, "add a key in the same call"),
        (("approve", "agencii", "--digest", "1", "--text", "x", "--key", "keys"), 2, "copy it from report.json"),
        (("resolve", "no-challenge", "--dismiss", "--text", "x", "--key", "keys"), 2, "no challenge 'no-challenge'"),
    ],
)
def test_a_mistake_is_one_line(run: Any, arguments: tuple[str, ...], status: int, what: str) -> None:
    """The line says what is wrong and what to do, with the exit status of its kind."""
    found, _, err = run(*arguments)

    assert (status, 1) == (found, err.count("\n"))
    assert what in err


def test_only_a_rehearsal_is_dated(here: Path, run: Any) -> None:
    """The time of a record in a register that is no rehearsal is the present one."""
    assert 0 == run("init", "--register", "real", "--name", "x", "--keys", "keys")[0]
    status, _, err = run("refresh", "--register", "real", "--key", "keys", "--at", "2026-01-01")
    assert (2, True) == (status, "only a rehearsal can be dated" in err)


def test_an_overlay_is_approved(here: Path, run: Any) -> None:
    """A report that rests on another overlay is refused until the register approves its digest, for that vendor."""
    report = copy.deepcopy(read_report(here / "reports" / VENDOR / REPORT))
    report["digests"]["overlay"] = "sha256:" + "1" * 64
    register = RegisterFolder(here / "register")
    assert "is neither bundled nor approved" in _documents(report, register.policy)

    digest = report["digests"]["overlay"]
    assert 0 == run("approve", VENDOR, "--digest", digest, "--text", "promised fields", "--key", "keys")[0]
    assert "" == _documents(report, register.policy)
    report["digests"]["spec"] = "sha256:" + "2" * 64
    assert "is neither the bundled one of agencii nor approved" in _documents(report, register.policy)
    report["vendor"] = "somebody"
    assert "is neither the bundled one of somebody nor approved" in _documents(report, register.policy)


@pytest.mark.parametrize(
    ("version", "rule", "what"),
    [
        ("0.2.0", 1, ""),
        ("0.1.9", 1, ""),
        ("0.3.0", 1, "supported: 0.2 and 0.1"),
        ("1.2.0", 1, "supported"),
        ("0.2.0", 2, "rule 2 of the outcome"),
        ("new", 1, "unknown version"),
    ],
)
def test_two_versions_are_supported(monkeypatch: pytest.MonkeyPatch, version: str, rule: int, what: str) -> None:
    """The current version of suite and rule and the one before it are supported."""
    monkeypatch.setattr("chatcert.register.submission_check.__version__", "0.2.0.dev0")
    report: Any = {"outcome_rule": rule, "suite": {"version": version}}

    assert (what == "") is (_window(report) == "")
    assert what in _window(report)


def test_own_rules_never_count(here: Path) -> None:
    """A rule of a user's own that fails, or passes, changes neither the outcome nor the requirements of an entry."""
    report: Any = copy.deepcopy(read_report(here / "reports" / VENDOR / REPORT))
    before = [row["id"] for row in counted_rows(report)]
    own = {**report["requirements"][0], "id": "agencii/own/rule", "provenance": "own", "verdict": "fail"}
    report["requirements"].append(own)

    assert before == [row["id"] for row in counted_rows(report)]
    assert "conformant" == outcome_of_rows(counted_rows(report))
