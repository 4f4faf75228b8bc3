"""``chatcert keygen``, ``--sign`` and ``chatcert verify``: what was changed after it was written is found."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.cases.plan import INTRUSIVE
from chatcert.cli.main import main
from chatcert.judge.verdict import VerdictKind, outcome_of
from chatcert.mock.process import running_mock
from chatcert.openapi.reading import digest_of
from chatcert.report.evidence_file import read_evidence
from chatcert.report.file_names import ALLURE_CONFIGURATION, BADGE, CTRF, HAR, JUNIT, PAGE, SARIF, STATED, SUMMARY
from chatcert.report.seal.envelope import seal_report
from chatcert.report.seal.keys import read_signing_key
from chatcert.report.seal.statement import statement_bytes
from chatcert.run.checking import rejudging
from chatcert.run.checking.verification import verify
from chatcert.run.safe_judging import judge_all
from chatcert.run.shards import ELSEWHERE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "tests" / "suite" / "report" / "samples" / "version-1"
EDITS = 300
PARTS = ("complete", "missing", "strength", "waivers", "validity", "difference", "proof", "settings")


@pytest.fixture
def tampering(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script that edits reports."""
    spec = spec_from_file_location("tampering", ROOT / "bench" / "tampering.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "tampering", module)  # where its dataclasses look for themselves
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and two signed reports below it: one run that failed something, one on another document."""
    folder = tmp_path_factory.mktemp("signed")
    document = folder / "openapi.yaml"
    document.write_text(
        """
openapi: 3.1.0
info: {title: Acme Chat, version: "1"}
paths:
  /chats:
    post:
      operationId: createChat
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "parts.yaml#/Chat"}
      responses:
        "201":
          description: made
          content:
            application/json:
              schema: {type: object, required: [id], properties: {id: {type: string}}}
        "400": {description: wrong, content: {application/json: {schema: {type: object}}}}
""",
        encoding="utf-8",
    )
    (folder / "parts.yaml").write_text(
        "Chat: {type: object, required: [topic], properties: {topic: {type: string, maxLength: 9007199254740993}}}\n",
        encoding="utf-8",
    )
    assert 0 == main(["keygen", "--out", str(folder / "key")])
    common = [*["--profile", "quick", "--seed", "1", "--jobs", "4"], "--sign", str(folder / "key")]
    common += ["--report-dir", str(folder / "reports")]
    with (
        running_mock(vendors=["agencii"], faults=["agencii/fault/auth/Authorization/missing"]) as faulty,
        pytest.MonkeyPatch.context() as environment,
    ):
        for name, value in faulty.environment.items():
            environment.setenv(name, value)
        assert 1 == main(["certify", "agencii", "--url", f"{faulty.url}/agencii", *common])
    main(["certify", "--spec", str(document), "--name", "acme", *common])
    document.unlink()
    (folder / "parts.yaml").unlink()
    return folder


@pytest.fixture
def report(signed: Path, tmp_path: Path) -> Path:
    """A copy of the report that failed something, without the views."""
    return copied(signed / "reports" / "agencii", tmp_path / "agencii")


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("allure*", "*.har", "*.html", "*.sarif", "*.xml"))
    return target


@pytest.fixture
def later_version(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another version than the one that wrote the sample, whose catalogue was another."""
    monkeypatch.setattr(rejudging, "__version__", "1000.0")


def problems(folder: Path) -> list[str]:
    """What verifying finds wrong, the key left aside, other than what only another version can tell."""
    return [remark.text for remark in verify(folder / "report.json") if remark.problem and not remark.by_version]


def other_verdicts(folder: Path) -> list[str]:
    """What verifying finds wrong with rows that this version derives as well."""
    texts = [remark.text for remark in verify(folder / "report.json") if remark.problem]
    return [text for text in texts if "derived other requirements" not in text]


def forge(
    folder: Path, change: Callable[[dict[str, Any]], object], evidence: bytes | None = None, parts: Any = ()
) -> None:
    """Change a report so that everything fits together again, but for the signature, which is taken away.

    Parts that a report of the first version does not have go as well, and so do the views: a forger would not leave
    them to be counted.
    """
    for name in ("report.dsse.json", BADGE, CTRF, HAR, JUNIT, PAGE, SARIF, SUMMARY):
        (folder / name).unlink(missing_ok=True)
    report = json.loads((folder / "report.json").read_bytes())
    if evidence is not None:
        (folder / "evidence.jsonl").write_bytes(evidence)
        report["requests"] = len(evidence.splitlines())
        report["digests"]["evidence"] = f"sha256:{hashlib.sha256(evidence).hexdigest()}"
    change(report)
    words = [VerdictKind(row["verdict"]) for row in report["requirements"]]
    report["totals"] = {"requirements": len(words), **{word.value: words.count(word) for word in VerdictKind}}
    for part in PARTS:
        report.pop(part, None)
    report |= dict(parts)
    listed = [
        [row["id"], row["level"], row["provenance"], row["clause"]["text"], row["clause"]["pointer"]]
        for row in report["requirements"]
    ]
    report["digests"]["catalogue"] = digest_of(listed)
    report["manifest"] = {"digest": digest_of(listed), "requirements": len(words)}
    report["outcome"] = outcome_of(words).value
    report["not_tested"] = [
        {"id": row["id"], "reason": row["reason"]}
        for row in report["requirements"]
        if row["verdict"] in ("not-run", "not-applicable")
    ]
    (folder / "report.json").write_text(json.dumps(report), encoding="ascii")
    here = {name: (folder / name).read_bytes() for name in STATED if (folder / name).exists()}
    (folder / "statement.intoto.json").write_bytes(statement_bytes(report, here))


def row_of(report: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in report["requirements"] if row["id"] == name)
    return found


def say(name: str, word: str) -> Callable[[dict[str, Any]], None]:
    """Gives a requirement another verdict, with the finding or the reason that its word asks for."""

    def change(report: dict[str, Any]) -> None:
        row = row_of(report, name)
        broken = word in ("fail", "warn", "waived")
        empty = {
            "title": "t",
            "expected": "e",
            "actual": "a",
            "curl": "",
            "exchanges": [],
            "occurrences": 1,
            "observed": 1,
        }
        row |= {
            "verdict": word,
            "finding": (row["finding"] or empty) if broken else None,
            "reason": "" if broken or word == "pass" else "because",
        }

    return change


@pytest.mark.parametrize(("vendor", "unset"), [("sigmamind", "PREVIOUS_CHAT_ID"), ("polyai", "VARIANT_ID")])
def test_a_report_without_an_optional_name_is_genuine(
    vendor: str, unset: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A run without a name that is optional keeps to its plan, though it takes such a name from an earlier answer."""
    with running_mock(vendors=[vendor]) as mock:
        for name, value in mock.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv(f"CHATCERT_{vendor.upper()}_{unset}")
        options = ["--profile", "quick", "--seed", "1", "--jobs", "4", "--report-dir", str(tmp_path)]
        assert 0 == main(["certify", vendor, "--url", f"{mock.url}/{vendor}", *options])

    assert 0 == main(["verify", str(tmp_path / vendor)])


def test_keys_are_private_and_never_overwritten(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """The private key is its owner's alone; a second keygen touches neither file; a passphrase encrypts."""
    path, public = tmp_path / "my.key", tmp_path / "my.key.pub"
    assert 0 == main(["keygen", "--out", str(path)])
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert public.read_bytes() == read_signing_key(path).public.pem
    assert path.read_text() not in capfd.readouterr().out

    before = (path.read_bytes(), public.read_bytes())
    assert 2 == main(["keygen", "--out", str(path)])
    path.unlink()
    assert 2 == main(["keygen", "--out", str(path)])
    assert not path.exists()
    path.write_bytes(before[0])
    public.unlink()
    assert 2 == main(["keygen", "--out", str(path)])
    assert not public.exists()
    assert before[0] == path.read_bytes()
    assert 3 == capfd.readouterr().err.count("is there already")
    assert 2 == main(["keygen", "--out", str(tmp_path / "none" / "key")])
    assert "No such file" in capfd.readouterr().err


def test_a_passphrase_encrypts_the_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, certify: Any, counting_url: Any
) -> None:
    """What keygen encrypted, certify opens with the variable, and refuses without it before anything is sent."""
    url, came = counting_url
    monkeypatch.setenv("CHATCERT_SIGNING_PASSPHRASE", "correct horse")
    assert 0 == main(["keygen", "--out", str(tmp_path / "key")])
    assert b"ENCRYPTED" in (tmp_path / "key").read_bytes()
    assert "Ed25519" not in repr(read_signing_key(tmp_path / "key", "correct horse"))

    monkeypatch.delenv("CHATCERT_SIGNING_PASSPHRASE")
    run = certify("agencii", "--url", url, "--sign", tmp_path / "key")

    assert 78 == run.status
    assert "CHATCERT_SIGNING_PASSPHRASE" in run.text
    assert [] == came


@pytest.mark.parametrize("frontend", ["certify", "run_pytest"])
def test_a_key_that_cannot_sign_is_reported_before_anything_is_sent(
    frontend: str, request: pytest.FixtureRequest, counting_url: Any, tmp_path: Path
) -> None:
    """Exit 78 and one line that names the option and the file, under certify and pytest."""
    url, came = counting_url
    vendor = ["agencii"] if frontend == "certify" else ["--vendor", "agencii"]
    variables = {"CHATCERT_AGENCII_BEARER_AUTH": "x", "CHATCERT_AGENCII_API_INTEGRATION_ID": "y"}

    run = request.getfixturevalue(frontend)(*vendor, "--url", url, "--sign", tmp_path / "none", variables=variables)

    assert 78 == run.status
    assert f"--sign {tmp_path / 'none'}: No such file or directory" in run.text
    assert [] == came


def test_pytest_signs_too(run_pytest: Any, signed: Path, mock: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """A report of pytest on a few requirements is signed, and verifies; what was not selected is named."""
    run = run_pytest(
        "--vendor",
        "agencii",
        "--url",
        f"{mock.url}/agencii",
        "--sign",
        signed / "key",
        "-k",
        "missing",
        variables=dict(mock.environment),
    )

    assert 0 == main(["verify", str(run.folder), "--key", str(signed / "key.pub")])
    out = capfd.readouterr().out
    assert "signed by the key given" in out
    line = next(line for line in out.splitlines() if "not judged again (not-run: it was not selected)" in line)
    assert line.endswith("; --ids lists them")
    assert "agencii/accepts/required-only" not in out

    assert 0 == main(["verify", str(run.folder), "--key", str(signed / "key.pub"), "--ids"])
    lines = capfd.readouterr().out.splitlines()
    assert "agencii/accepts/required-only" in [line.strip() for line in lines]
    assert "--ids" not in "".join(lines)


def test_signed_reports_verify(signed: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """All vendors of a folder at once, one with findings and one of another document that is gone since."""
    assert 0 == main(["verify", str(signed / "reports"), "--key", str(signed / "key.pub")])

    lines = capfd.readouterr().out.splitlines()
    heads = [line.split(": ", 1) for line in lines if "report.json: " in line]
    assert [("acme", "Genuine, but: mock run"), ("agencii", "Genuine, but: loopback run, not conformant")] == [
        (Path(path).parent.name, text) for path, text in heads
    ]
    assert 2 == sum(line.startswith("  signer SHA256:") and line.endswith(", the key given") for line in lines)
    assert 2 == sum("signed by the key given, SHA256:" in line for line in lines)
    assert 2 == sum("verdicts judged again from" in line for line in lines)
    assert not any("beside the reports" in line for line in lines)


def test_verifying_sends_nothing(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No connection is opened and no credential is looked up."""

    def never(*_: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", never)
    for name in [name for name in os.environ if name.startswith("CHATCERT_")]:
        monkeypatch.delenv(name)

    assert 0 == main(["verify", str(signed / "reports")])


def test_only_the_key_shows_who_signed(
    signed: Path, report: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Another key fails; no envelope fails with a key, and is reported without one."""
    assert 0 == main(["keygen", "--out", str(tmp_path / "other")])
    capfd.readouterr()

    assert 1 == main(["verify", str(report), "--key", str(tmp_path / "other.pub")])
    assert "not by the key given, SHA256:" in capfd.readouterr().out
    (report / "report.dsse.json").unlink()
    assert 1 == main(["verify", str(report), "--key", str(signed / "key.pub")])
    assert "report.dsse.json: missing" in capfd.readouterr().out
    assert 0 == main(["verify", str(report)])
    assert "report.json: Genuine, but: loopback run, not conformant, unsigned\n" in capfd.readouterr().out
    assert 65 == main(["verify", str(report), "--key", str(signed / "key")])
    assert "holds no Ed25519 public key" in capfd.readouterr().err


def test_a_report_may_travel_with_its_envelope_alone(report: Path) -> None:
    """The envelope holds the statement: without the statement's file, everything is still checked."""
    (report / "statement.intoto.json").unlink()
    assert [] == problems(report)

    (report / "report.json").write_bytes((report / "report.json").read_bytes() + b" ")
    assert ["report.json: changed since the report was written"] == problems(report)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda text: text + b"\n", "it is not in the form that chatcert writes"),
        (
            lambda text: text.replace(b'"result":"FAILED"', b'"result":"PASSED"'),
            "it does not agree with report.json",
        ),
        (
            lambda text: text.replace(b'"name":"evidence.jsonl"', b'"name":"badge.svg"'),
            "it does not cover evidence.jsonl",
        ),
        (lambda text: text.replace(b'"name":"badge.svg"', b'"name":"../key"'), "it covers '../key', "),
        (lambda text: b"{}", "it is not an in-toto statement"),
        (lambda text: b"[" * 100_000, "it is not valid JSON"),
    ],
)
def test_an_unsigned_statement_must_fit_its_report(report: Path, change: Callable[[bytes], bytes], shown: str) -> None:
    """A statement that is written in another way, says something else or speaks of other files is reported."""
    (report / "report.dsse.json").unlink()
    path = report / "statement.intoto.json"
    path.write_bytes(change(path.read_bytes()))

    assert any(text.startswith(f"statement.intoto.json: {shown}") for text in problems(report))


@pytest.mark.usefixtures("later_version")
def test_every_single_byte_counts(tampering: ModuleType, signed: Path, tmp_path: Path) -> None:
    """Random edits of one byte are all found, with the key, without it, and in a report that is not signed."""
    report, key = copied(SAMPLE, tmp_path / "small"), read_signing_key(signed / "key")
    forge(report, lambda value: None, (report / "evidence.jsonl").read_bytes())
    seal_report(report, key)
    missed = [
        (edit.file, edit.kind, edit.position)
        for edit in tampering.edits(report, EDITS, seed=1)
        if not tampering.found(report, edit, key.public)
        or not tampering.found(report, edit, None)
        or (edit.file != "report.dsse.json" and not tampering.found(report, edit, None, signed=False))
    ]

    assert [] == missed
    assert [] == problems(report)


@pytest.mark.parametrize("name", ["summary.md", "badge.svg", "contract/openapi.json", "contract/overlay.json"])
def test_views_and_documents_count_as_well(report: Path, name: str) -> None:
    """What people read, and what was judged by, cannot be changed either; a view may be left out."""
    content = (report / name).read_bytes()
    (report / name).write_bytes(content + b"\n")
    assert f"{name}: changed since the report was written" in problems(report)

    (report / name).unlink()
    assert [] == problems(report)


WORDS = ["error", "fail", "inconclusive", "not-run", "warn", "not-applicable", "pass"]


@pytest.mark.usefixtures("later_version")
@pytest.mark.parametrize("folder", ["signed", "sample"])
def test_no_row_is_raised_to_a_pass(folder: str, signed: Path, tmp_path: Path) -> None:
    """Whoever changes a verdict into ``pass``, and everything else so that it fits, is found by the exchanges."""
    source = copied(signed / "reports" / "agencii" if folder == "signed" else SAMPLE, tmp_path / "source")
    rows = json.loads((source / "report.json").read_bytes())["requirements"]
    others = {row["verdict"]: row["id"] for row in rows if row["verdict"] != "pass"}

    assert {"fail", "not-applicable"} <= set(others)
    for name in others.values():
        forged = copied(source, tmp_path / "forged")
        forge(forged, say(name, "pass"))
        found = other_verdicts(forged)
        assert 1 == len(found)
        assert found[0].startswith(f"{name}: it says pass, its exchanges say ")
        shutil.rmtree(forged)


@pytest.mark.parametrize(
    ("name", "word", "shown"),
    [
        ("agencii/auth/Authorization/missing", "warn", "it says warn, its exchanges say fail (status 200"),
        ("agencii/auth/Authorization/missing", "not-applicable", "it says not-applicable, its exchanges say fail"),
        ("agencii/auth/Authorization/empty", "fail", "it says fail, its exchanges say pass"),
        ("agencii/auth/Authorization/empty", "inconclusive", "it says inconclusive, its exchanges say pass"),
    ],
)
def test_verdicts_follow_from_the_exchanges(report: Path, name: str, word: str, shown: str) -> None:
    """A verdict that does not follow is named."""
    forge(report, say(name, word))

    (found,) = problems(report)

    assert found.startswith(f"{name}: {shown}")


@pytest.mark.parametrize("waived", ["missing", "empty"])
def test_a_requirement_is_waived_by_a_waiver(report: Path, waived: str) -> None:
    """A requirement is waived where it fails and a waiver that the report states covers it."""
    name = f"agencii/auth/Authorization/{waived}"
    forge(report, say(name, "waived"))
    assert "waivers: a requirement is waived, and no waiver is stated" in problems(report)

    waiver = {"vendor": "agencii", "owner": "QA", "ticket": "QA-1", "reason": "known", "expires": "2999-01-01"}
    row = {**waiver, "number": 1, "requirement": name, "requirements": [name]}
    use = {"day": "2026-01-01", "used": [row], "unused": [], "undecided": [], "expired": []}
    forge(report, lambda value: None, parts={"waivers": use})
    output = [] if waived == "missing" else [f"{name}: it says waived, its exchanges say pass"]
    assert output == problems(report)


def test_what_was_not_run_must_follow(report: Path) -> None:
    """What was not run may not hide a breach that its exchanges show; one that was not selected may."""
    name = "agencii/auth/Authorization/missing"
    forge(report, say(name, "not-run"))
    assert [f"{name}: it says not-run (because), but its exchanges show a breach"] == problems(report)

    forge(report, lambda value: row_of(value, name).update(reason="it was not selected"))
    remarks = list(verify(report / "report.json"))
    assert [] == [remark.text for remark in remarks if remark.problem]
    text = "1 requirement not judged again (not-run: it was not selected; its exchanges show a breach)"
    assert (text, (name,)) in [(remark.text, remark.ids) for remark in remarks]


@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        (INTRUSIVE, "it says not-run, but its requests may be sent there"),
        (ELSEWHERE, "it says not-run, but it belongs to this shard"),
    ],
)
def test_a_reason_for_not_running_must_follow(report: Path, reason: str, shown: str) -> None:
    """Only a run that spares its target, or one that is split, leaves requirements out for that."""
    name = "agencii/robustness/payload"
    forge(report, say(name, "not-run"))
    forge(report, lambda value: row_of(value, name).update(reason=reason))

    assert [f"{name}: {shown}"] == problems(report)


def without(report: Path, unwanted: Callable[[dict[str, Any]], bool]) -> bytes:
    """The evidence of a report without some exchanges."""
    lines = (report / "evidence.jsonl").read_bytes().splitlines(keepends=True)
    return b"".join(line for line in lines if not unwanted(json.loads(line)))


def test_what_should_have_been_tried_is_derived(report: Path) -> None:
    """A requirement without exchanges is not-applicable only where the document gives it no cases."""
    name = "agencii/auth/Authorization/empty"
    evidence = without(report, lambda row: row["requirement"] == name)
    forge(report, say(name, "not-applicable"), evidence)
    forge(report, lambda value: row_of(value, name).update(cases=0, telling=0, attempts=0, exchanges=[]))

    assert f"{name}: it says not-applicable, but 1 case should have been tried" in problems(report)


LOST = """
openapi: 3.1.0
info: {title: Lost, version: "1"}
paths:
  /chats:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                topic: {type: string}
                kind: {type: string, enum: []}
                code: {type: string, pattern: "^(?!.)x"}
      responses:
        "201":
          description: made
          content:
            application/json:
              schema: {type: object, required: [id], properties: {id: {type: string}}}
        "400": {description: wrong}
"""


def test_what_could_not_be_made_is_derived(tmp_path: Path) -> None:
    """A proof that a request cannot exist, and that none could be made, follow from the document."""
    (tmp_path / "lost.yaml").write_text(LOST, encoding="utf-8")
    status = main(
        [
            "certify",
            "--spec",
            str(tmp_path / "lost.yaml"),
            "--profile",
            "quick",
            "--report-dir",
            str(tmp_path / "found"),
        ]
    )
    report = tmp_path / "found" / "lost"
    rows = json.loads((report / "report.json").read_bytes())["requirements"]
    proven, open_ = "lost/request/body/kind/type", "lost/request/body/code/type"
    by_id = {row["id"]: (row["verdict"], row["reason"]) for row in rows}

    assert 75 == status
    assert ("not-applicable", "cannot exist: the list of values is empty") == by_id[proven]
    assert ("inconclusive", "we could not make one: a valid request that holds code") == by_id[open_]
    assert [] == problems(report)
    for name, word, reason in (
        (open_, "not-applicable", by_id[open_][1]),
        (open_, "not-applicable", by_id[proven][1]),
        (open_, "inconclusive", "we could not make one: it was late"),
        (proven, "inconclusive", by_id[proven][1]),
        ("lost/request/body/topic/type", "inconclusive", by_id[open_][1]),
    ):
        forged = copied(report, tmp_path / "forged")
        forge(forged, say(name, word))
        forge(forged, lambda value, name=name, reason=reason: row_of(value, name).update(reason=reason))
        assert any(found.startswith(f"{name}: it") for found in problems(forged))
        shutil.rmtree(forged)


def test_a_reason_is_derived_as_well(report: Path) -> None:
    """The reason why something is not applicable is the one that follows from the document or the exchanges."""
    rows = json.loads((report / "report.json").read_bytes())["requirements"]
    names = {row["id"] for row in rows if row["verdict"] == "not-applicable"}

    def change(value: dict[str, Any]) -> None:
        for name in names:
            row_of(value, name).update(reason="the page does not say")

    forge(report, change)
    found = [text.partition(": ") for text in problems(report)]

    assert names
    assert sorted(names) == sorted(name for name, _, _ in found)
    assert all(what.startswith("it") and "reason" in what for _, _, what in found)


def test_a_case_cannot_be_left_out(report: Path) -> None:
    """A verdict that rests on fewer cases than the document, the profile and the seed give is named."""
    rows = [json.loads(line) for line in (report / "evidence.jsonl").read_bytes().splitlines()]
    left_out = next(row["case"] for row in rows if row["case"] == "agencii/robustness/payload#1")
    kept = without(report, lambda row: row["case"] == left_out)
    exchanges, _ = read_evidence(kept)
    catalogue = rejudging.catalogue_of(json.loads((report / "report.json").read_bytes()), report)
    verdict = judge_all(catalogue, exchanges, {}, {})["agencii/robustness/payload"]

    def change(value: dict[str, Any]) -> None:
        figures = {"cases": verdict.cases, "telling": verdict.non_vacuous, "attempts": verdict.attempts}
        row_of(value, "agencii/robustness/payload").update(figures, exchanges=list(verdict.exchanges))

    forge(report, change, kept)

    shown = (
        "1 case that should have been tried is missing from its exchanges, the first is agencii/robustness/payload#1"
    )
    assert f"agencii/robustness/payload: {shown}" in problems(report)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda row: row.update(cases=row["cases"] + 1), "its cases are not those that the exchanges hold"),
        (lambda row: row.update(attempts=row["attempts"] + 1), "its cases are not those that the exchanges hold"),
        (lambda row: row["exchanges"].pop(), "its cases are not those that the exchanges hold"),
        (lambda row: row["finding"].update(occurrences=0), "its finding is not the one that the exchanges show"),
    ],
)
def test_figures_follow_too(report: Path, change: Callable[[Any], object], shown: str) -> None:
    """Counts and numbers of a row are those of the exchanges."""
    name = "agencii/auth/Authorization/missing"
    forge(report, lambda value: change(row_of(value, name)))

    (found,) = problems(report)

    assert found.startswith(f"{name}: {shown}")


@pytest.mark.parametrize(
    "change",
    [
        lambda rows, row: rows.remove(row),
        lambda rows, row: row.update(level="should"),
        lambda rows, row: row.update(kind="security"),
        lambda rows, row: row["clause"].update(text="?"),
        lambda rows, row: row["clause"].update(source="?"),
        lambda rows, row: (
            rows.append({**row, "id": "agencii/auth/Authorization/missing"}) or row.update(id="agencii/a")
        ),
    ],
)
def test_no_requirement_is_left_out_or_softened(
    report: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Any, Any], object]
) -> None:
    """Requirements are those that follow from the documents; a later chatcert may derive others, and says so."""
    name = "agencii/auth/Authorization/missing"
    forge(report, lambda value: change(value["requirements"], row_of(value, name)))

    assert any(text.startswith("not the requirements that follow from its documents: ") for text in problems(report))

    monkeypatch.setattr(rejudging, "__version__", "1000.0")
    assert [] == problems(report)
    assert any("derived other requirements than 1000.0" in remark.text for remark in verify(report / "report.json"))


@pytest.mark.usefixtures("later_version")
def test_the_evidence_is_counted_and_named_by_its_digest(tmp_path: Path) -> None:
    """A report that counts other exchanges, or was made from other evidence, is reported."""
    report = copied(SAMPLE, tmp_path / "small")
    evidence = (report / "evidence.jsonl").read_bytes()

    forge(report, lambda value: value.update(requests=1), evidence)
    assert ["requests: 1 are counted, 46 exchanges are kept"] == problems(report)
    forge(report, lambda value: value["digests"].update(evidence="sha256:" + "0" * 64), evidence)
    assert ["evidence.jsonl: not the evidence that report.json was made from"] == problems(report)


def test_an_exchange_cannot_be_left_out_or_changed(report: Path) -> None:
    """Without the exchange that shows the breach, or with another answer in it, the verdict does not follow."""
    lines = (report / "evidence.jsonl").read_bytes().splitlines(keepends=True)
    number = row_of(json.loads((report / "report.json").read_bytes()), "agencii/auth/Authorization/missing")
    wanted = f'{{"number": {number["finding"]["exchanges"][0]},'.encode()
    (guilty,) = [line for line in lines if line.startswith(wanted)]
    others = [line for line in lines if line is not guilty]

    for evidence in (others, [*others, guilty.replace(b'"status": 200', b'"status": 401')]):
        forge(report, lambda value: None, b"".join(evidence))
        assert any(text.startswith("agencii/auth/Authorization/missing: it") for text in problems(report))
    forge(report, lambda value: None, b"".join([*lines, lines[0]]))
    assert f"evidence.jsonl: line {len(lines) + 1}: number 1 stands there already" in problems(report)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"null",
        b"[1]",
        b"[" * 100_000,
        b'{"number": 1}',
        b'{"number": ' + b"9" * 5000 + b"}",
        b'{"number": 1e400}',
    ],
)
def test_a_line_that_is_no_exchange_is_named(report: Path, line: bytes) -> None:
    """Whatever stands in the evidence, its line is reported, and nothing breaks."""
    lines = [*(report / "evidence.jsonl").read_bytes().splitlines(), line]
    forge(report, lambda value: None, b"\n".join(lines) + b"\n")

    assert any(text.startswith(f"evidence.jsonl: line {len(lines)}: ") for text in problems(report))


def test_exchanges_of_odd_types_break_nothing(report: Path) -> None:
    """A line whose members have other types is not an exchange: the judge never sees it."""
    lines = (report / "evidence.jsonl").read_bytes().splitlines()
    for member, value in (
        ("final", 1),
        ("status", "200"),
        ("headers", [["a"]]),
        ("started", "x"),
        ("body", {"text": 1}),
    ):
        row = json.loads(lines[0])
        holder = row if member in row else row["received"]
        holder[member] = value
        forge(report, lambda value: None, json.dumps(row).encode() + b"\n" + b"\n".join(lines[1:]) + b"\n")
        assert any(text.startswith("evidence.jsonl: line 1: no exchange: ") for text in problems(report))


def test_documents_that_are_not_here_leave_nothing_verified(signed: Path, tmp_path: Path) -> None:
    """Without the document that a report was judged by, or with another, no verdict is taken for true."""
    report = copied(signed / "reports" / "acme", tmp_path / "acme")
    assert [] == problems(report)

    document = report / "contract" / "openapi.json"
    text = document.read_text(encoding="ascii")
    document.write_text(text.replace("createChat", "makeChat"), encoding="ascii")
    forge(report, lambda value: None)
    assert ["no verdict could be judged again: contract/ holds not the documents that it was judged by"] == problems(
        report
    )
    document.write_text("[", encoding="ascii")
    forge(report, lambda value: None)
    assert problems(report)[0].startswith("no verdict could be judged again: ")
    document.unlink()
    forge(report, lambda value: None)
    assert ["no verdict could be judged again: the documents that it was judged by are not here"] == problems(report)


def test_a_report_of_the_first_version_verifies(monkeypatch: pytest.MonkeyPatch) -> None:
    """A report that was written before there were signatures and a digest of the evidence in it still verifies."""
    monkeypatch.setattr(rejudging, "__version__", "1000.0")

    remarks = list(verify(SAMPLE / "report.json"))

    assert [] == [remark.text for remark in remarks if remark.problem and not remark.by_version]
    assert any(remark.text.startswith("40 verdicts judged again from 46 exchanges") for remark in remarks)


def broken_reports(folder: Path) -> Iterator[Path]:
    """Files that are not reports."""
    yield folder / "none"
    yield folder / "none.json"
    folder.mkdir()
    yield folder
    for number, content in enumerate((b"", b"{}", b"null", b"\xff\xfe", b"[" * 100_000, b'{"schema": ["x"]}')):
        (folder / f"{number}.json").write_bytes(content)
        yield folder / f"{number}.json"
    (folder / "deep" / "report.json").mkdir(parents=True)
    yield folder / "deep"
    (folder / "pipe").mkdir()
    os.mkfifo(folder / "pipe" / "report.json")
    yield folder / "pipe"


def test_what_is_no_report_is_one_clear_line(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit 65 and one line, whatever it is."""
    for path in broken_reports(tmp_path / "reports"):
        assert 65 == main(["verify", str(path)])
        out, err = capfd.readouterr()
        assert ("", 1) == (out, len(err.splitlines()))
        assert str(path) in err


@pytest.mark.parametrize("missing", ["report.json", "evidence.jsonl"])
def test_what_is_missing_of_several_reports_is_reported(
    signed: Path, tmp_path: Path, missing: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """One vendor's folder without its report or evidence spoils the whole, and the others are checked as well."""
    for vendor in ("acme", "agencii"):
        copied(signed / "reports" / vendor, tmp_path / vendor)
    (tmp_path / "acme" / missing).unlink()

    assert (65 if missing == "report.json" else 1) == main(["verify", str(tmp_path)])

    out, err = capfd.readouterr()
    assert missing in (out + err)
    assert f"{tmp_path / 'agencii' / 'report.json'}: Genuine" in out


def test_a_name_that_stands_twice_is_found(report: Path) -> None:
    """Two outcomes in one report would let each reader see another one."""
    text = (report / "report.json").read_text(encoding="ascii")
    (report / "report.json").write_text(text.replace("{", '{"outcome": "conformant",', 1), encoding="ascii")

    assert "report.json: a name stands twice in one object" in problems(report)


def test_colours_are_left_out_where_nobody_wants_them(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With NO_COLOR, no colour is written even where colours are forced; without it, one is."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    main(["verify", str(report)])
    assert "\x1b[1;32m" in capfd.readouterr().out

    monkeypatch.setenv("NO_COLOR", "1")
    main(["verify", str(report)])
    assert "32m" not in capfd.readouterr().out


def test_the_private_key_is_in_no_file_of_a_report(signed: Path) -> None:
    """Neither a report nor the evidence holds any line of it."""
    secret = (signed / "key").read_bytes().splitlines()[1]
    files = [path for path in (signed / "reports").rglob("*") if path.is_file()]

    assert files
    assert [] == [path for path in files if secret in path.read_bytes()]


def test_a_signature_does_not_outlive_a_forgery(report: Path, signed: Path) -> None:
    """Signed again by a stranger, everything fits, but not to the key of whoever certified."""
    stranger = signed / "stranger"
    main(["keygen", "--out", str(stranger)])
    forge(report, lambda value: value.update(seed=2))
    seal_report(report, read_signing_key(stranger))

    assert [] == problems(report)
    assert 1 == main(["verify", str(report), "--key", str(signed / "key.pub")])


NAMES = {
    "index.html": "index.html: not a file of this report",
    "allure-results/more-result.json": "allure-results/more-result.json: not a file of this report",
    "deeper/report.json": "deeper/report.json: not a file of this report",
    ".hidden": ".hidden: not a file of this report",
}


def test_foreign_files_are_named(signed: Path, tmp_path: Path) -> None:
    """In the folder of a signed report, what is not covered by the signature is a problem; unsigned, it is a note."""
    folder = tmp_path / "agencii"
    shutil.copytree(signed / "reports" / "agencii", folder)
    assert [] == problems(folder)
    for name in NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("{}", encoding="ascii")
    assert sorted(NAMES.values()) == sorted(problems(folder))

    (folder / "report.dsse.json").unlink()
    remarks = [*verify(folder / "report.json")]
    assert [] == [remark.text for remark in remarks if remark.problem]
    assert {*NAMES.values()} <= {remark.text for remark in remarks}


def test_an_empty_folder_is_named(signed: Path, tmp_path: Path) -> None:
    """An empty folder within a signed report is as foreign as a file."""
    folder = tmp_path / "agencii"
    shutil.copytree(signed / "reports" / "agencii", folder)
    (folder / "more" / "empty").mkdir(parents=True)

    assert ["more/empty: not a file of this report"] == problems(folder)


def test_results_for_allure_count_as_well(signed: Path, tmp_path: Path) -> None:
    """A result or the configuration that was changed, emptied or removed is named; all results may be left out."""
    folder = tmp_path / "agencii"
    shutil.copytree(signed / "reports" / "agencii", folder)
    results = sorted(folder.glob("allure-results/*-result.json"))
    results[0].write_bytes(b"")
    results[1].unlink()
    (folder / "allurerc.json").write_text("{}", encoding="ascii")

    assert {
        f"allure-results/{results[0].name}: changed since the report was written",
        f"allure-results: 1 file is missing, the first is allure-results/{results[1].name}",
        "allurerc.json: changed since the report was written",
    } == set(problems(folder))
    shutil.rmtree(folder / "allure-results")
    (folder / "allurerc.json").unlink()
    assert [] == problems(folder)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda place: (place / "index.html").write_text("<h1>Certified</h1>"), "index.html: not written by chatcert"),
        (lambda place: (place / "matrix.html").write_bytes(b""), "matrix.html: not the page that the reports beside"),
        (lambda place: (place / "polyai").mkdir(), "polyai/: no report in it"),
        (
            lambda place: (place / "acme").rename(place / "old" / "acme"),
            "old/acme/report.json: too deep below the folder",
        ),
        (
            lambda place: [path.unlink() for path in (place / "acme").rglob("*") if path.is_file()],
            "acme/: no report in it",
        ),
    ],
)
def test_what_lies_beside_the_reports_is_named(
    signed: Path, tmp_path: Path, change: Callable[[Path], object], shown: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """A foreign page, a changed matrix, an unknown or emptied vendor and a report too deep are named, with exit 1."""
    place = tmp_path / "reports"
    shutil.copytree(signed / "reports", place)
    if "old" in shown:
        (place / "old").mkdir()

    change(place)

    assert 1 == main(["verify", str(place)])
    out = capfd.readouterr().out
    assert f"  problem {shown}" in out
    assert f"{place}: " in out


def test_what_is_required_is_named(signed: Path, report: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Each required word that a genuine report lacks is a line of its own, and exit 1; the others change nothing."""
    assert 0 == main(["verify", str(report), "--require", "signed,valid"])
    assert 1 == main(["verify", str(report), "--require", "conformant,live,valid,signed"])
    lines = capfd.readouterr().out.splitlines()
    assert [
        "  not met --require live: loopback run",
        "  not met --require conformant: not conformant",
    ] == [line for line in lines if "not met" in line]

    mock = signed / "reports" / "acme"
    assert 0 == main(["verify", str(mock), "--require", "conformant"])
    assert 1 == main(["verify", str(mock), "--require", "live"])
    out = capfd.readouterr().out
    assert "--require live: mock run" in out
    assert "  mode mock: the bundled mock server, not the vendor" in out
    with pytest.raises(SystemExit) as ended:
        main(["verify", str(mock), "--require", "alive"])
    assert 2 == ended.value.code


def test_what_is_genuine_may_be_too_old(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """After its last day, and before its first, a genuine report is not valid."""
    issued = json.loads((report / "report.json").read_bytes())["validity"]["issued"]
    for days, text in ((91, "expired"), (-1, "not valid yet"), (89, "")):
        now = datetime.fromisoformat(issued) + timedelta(days=days)
        monkeypatch.setattr("chatcert.cli.verify.now", lambda now=now: now)
        assert (1 if text else 0) == main(["verify", str(report), "--require", "valid"])
        assert bool(text) == (f"--require valid: {text}" in capfd.readouterr().out)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (
            lambda value: value["subject"].update(url="https://api.agencii.ai", host="api.agencii.ai"),
            "were made with another server",
        ),
        (lambda value: value["subject"].update(host="api.agencii.ai"), "its host is not that of its address"),
        (lambda value: value["subject"]["window"].update(end="2030-01-01T00:00:00.000Z"), "its period is not that of"),
        (lambda value: value["subject"]["window"].update(start="2020-01-01T00:00:00.000Z"), "its period is not that"),
        (lambda value: value["suite"].update(version="9.9"), "its exchanges were made by chatcert"),
    ],
)
def test_an_unsigned_report_is_held_against_its_exchanges(
    report: Path, change: Callable[[Any], object], shown: str
) -> None:
    """Address, time and version of a report that nobody signed are those of its exchanges."""
    forge(report, change)

    assert any(shown in text for text in problems(report))


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        (lambda value: value.update(title="Another API"), "title: it does not follow"),
        (lambda value: value["subject"].update(version="9"), "subject/version: it does not follow"),
        (lambda value: value["subject"].update(vendor="acme"), "subject/vendor: it does not follow"),
        (lambda value: value["subject"].update(reported={"Server": ["x"]}), "subject/reported: it does not follow"),
        (lambda value: value.update(weather={"503": 2}), "weather: it does not follow"),
        (lambda value: value["contact"].update(answered=1), "contact: it does not follow"),
        (lambda value: value["contact"].update(preflight="failed"), "contact: it does not follow"),
        (lambda value: value["spec_defects"].clear(), "spec_defects: it does not follow"),
        (lambda value: value.update(seconds=9.0), "seconds: it does not follow"),
        (
            lambda value: row_of(value, "agencii/auth/Authorization/missing")["finding"].update(actual="a hiccup"),
            "agencii/auth/Authorization/missing: its finding is not the one that the exchanges show",
        ),
    ],
)
def test_statements_follow_as_well(report: Path, change: Callable[[Any], object], shown: str) -> None:
    """What a report says beside its verdicts follows from its document and its exchanges."""
    forge(report, change)

    (found,) = problems(report)

    assert found.startswith(shown)


def test_settings_and_validity_follow_too(report: Path) -> None:
    """The settings of a run are those that its report names, and its validity is the one that every report has."""
    value = json.loads((report / "report.json").read_bytes())
    forge(report, lambda value: None, parts={"settings": value["settings"], "validity": value["validity"]})
    assert [] == problems(report)

    settings = {**value["settings"], "seed": 7, "profile": "thorough", "target": "mock", "region": "eu"}
    validity = {**value["validity"], "void_if": ["nothing"]}
    forge(
        report,
        lambda value: value["digests"].update(settings=digest_of(settings)),
        parts={"settings": settings, "validity": validity},
    )

    assert {"settings/seed", "settings/profile", "settings/target", "settings/region", "validity"} == {
        text.partition(":")[0] for text in problems(report)
    }


def test_another_seed_and_another_server_are_named(tmp_path: Path, certify: Any) -> None:
    """Values that were drawn at random are those of the seed; what only the mock is sent was sent to the mock."""
    run = certify("sigmamind", "--profile", "thorough", "--seed", "1")
    report = copied(run.folder / "sigmamind", tmp_path / "sigmamind")
    assert [] == problems(report)

    forge(report, lambda value: value.update(seed=2))

    found = problems(report)
    assert found
    assert any("that seed 2 makes" in text for text in found)
    assert all("that seed 2 makes" in text or "should have been tried" in text for text in found)

    forge(report, lambda value: value.update(seed=1) or value["subject"].update(mode="url"))

    assert any("one that only the mock is sent" in text for text in problems(report))


def test_views_are_those_of_the_report(signed: Path, tmp_path: Path) -> None:
    """Views that say something else than the report are named, though the statement has their digests."""
    names = [PAGE, JUNIT, CTRF, SARIF, HAR, SUMMARY, BADGE, ALLURE_CONFIGURATION]
    folder = tmp_path / "agencii"
    shutil.copytree(signed / "reports" / "agencii", folder)
    (folder / "report.dsse.json").unlink()
    result = next(iter(sorted(folder.glob("allure-results/*-result.json"))))
    for name in names:
        (folder / name).write_bytes((folder / name).read_bytes().replace(b"onformant", b"ertified").replace(b"1", b"0"))
    result.write_bytes(result.read_bytes() + b" ")
    stated = json.loads((folder / "statement.intoto.json").read_bytes())["subject"]
    contents = {entry["name"]: (folder / entry["name"]).read_bytes() for entry in stated}
    value = json.loads((folder / "report.json").read_bytes())
    (folder / "statement.intoto.json").write_bytes(statement_bytes(value, contents))

    found = problems(folder)

    assert [
        *(f"{name}: not the view that the report and its exchanges make" for name in sorted(names)),
        "allure-results: 1 file is not what the report and its exchanges make",
    ] == found


def test_another_version_is_named(
    report: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A report of another version that this one judges otherwise cannot be compared; else its version is named."""
    monkeypatch.setattr(rejudging, "__version__", "1000.0")
    monkeypatch.setattr("chatcert.cli.verify.__version__", "1000.0")
    assert 0 == main(["verify", str(report)])
    assert "and judged again by 1000.0" in capfd.readouterr().out.splitlines()[0]

    forge(report, say("agencii/auth/Authorization/missing", "pass"))

    assert 1 == main(["verify", str(report)])
    assert ": Cannot be compared: made by chatcert " in capfd.readouterr().out.splitlines()[0]


def test_what_lies_in_the_folder_of_a_later_run_is_named(signed: Path, tmp_path: Path) -> None:
    """A folder that is named like that of an incomplete report, and holds none, is as foreign as another."""
    folder = tmp_path / "agencii"
    shutil.copytree(signed / "reports" / "agencii", folder)
    (folder / "partial").mkdir()
    (folder / "partial" / "index.html").write_text("Certified", encoding="ascii")

    assert ["partial/index.html: not a file of this report"] == problems(folder)
