"""Whole runs from the command line: exit status, reports, and what they say."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from chatcert.cases.plan import NOT_AT_QUICK
from chatcert.mock.process import running_mock
from chatcert.names import MOCK_STATUS_HEADER


@pytest.mark.slow
def test_a_faithful_mock_is_conformant(started: Any, tmp_path: Any, family: Any) -> None:
    """The whole command in a process of its own, mock included: exit 0, every view of the report, nothing left."""
    process = started(
        "chatcert",
        "certify",
        "agencii",
        "--profile",
        "quick",
        "--report-dir",
        tmp_path / "reports",
        variables=family.variables,
    )

    assert 0 == process.wait(120)
    output = (tmp_path / "output-0").read_text()
    assert "Conformant" in output
    assert "Traceback" not in output
    left = {path.name for path in (tmp_path / "reports" / "agencii").iterdir()}
    assert {"report.json", "report.html", "junit.xml", "evidence.jsonl", "allure-results"} <= left
    assert [] == family.until(0)


@pytest.mark.slow
def test_several_vendors_each_have_a_report(certify: Any) -> None:
    """Each vendor is certified against the mock that the run brings along; one exit status speaks for all."""
    run = certify("agencii", "polyai")

    assert 0 == run.status, run.text
    assert {"agencii", "polyai", "matrix.html"} == {path.name for path in run.folder.iterdir()}
    for vendor in ("agencii", "polyai"):
        assert "conformant" == run.report(vendor)["outcome"]
        assert [] == run.with_word(vendor, "fail", "warn", "error", "inconclusive", "not-run")


def not_applicable(run: Any, vendor: str) -> list[str]:
    """What is not applicable for another reason than the profile of the run."""
    rows = run.report(vendor)["requirements"]
    return [row["id"] for row in rows if row["verdict"] == "not-applicable" and row["reason"] != NOT_AT_QUICK]


@pytest.mark.slow
def test_every_requirement_is_tested_against_the_mock(certify: Any) -> None:
    """The mock is asked for each documented error status, so that no requirement lacks an answer to be judged on."""
    run = certify("agencii", "polyai", "sigmamind")

    for vendor in ("agencii", "polyai", "sigmamind"):
        assert [] == not_applicable(run, vendor)


def test_no_other_server_is_asked_for_a_status(certify: Any, mock: Any) -> None:
    """At an address, even that of a mock, no request asks for an error; what has no answer is not applicable."""
    run = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment))

    assert 3 == len(not_applicable(run, "agencii"))
    assert MOCK_STATUS_HEADER.lower() not in (run.folder / "agencii" / "evidence.jsonl").read_text().lower()


def test_nothing_that_is_written_holds_a_credential(certify: Any, mock: Any) -> None:
    """No file of a report holds a credential of the run."""
    run = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment))

    secret = mock.environment["CHATCERT_AGENCII_BEARER_AUTH"].encode()
    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert files
    assert [] == [path.name for path in files if secret in path.read_bytes()]


DEFECTS = [
    ("agencii", "auth-missing-accepted", "agencii/auth/Authorization/missing"),
    ("agencii", "accepts-apiIntegrationId-missing", "agencii/request/body/apiIntegrationId/required"),
    ("agencii", "refuses-escapes", "agencii/accepts/wire/json-escapes"),
    ("agencii", "auth-status-404", "agencii/response/401/status"),
]


@pytest.mark.parametrize(
    ("vendor", "defect", "requirement"),
    [*DEFECTS[:2], *(pytest.param(*one, marks=pytest.mark.slow) for one in DEFECTS[2:])],
)
def test_a_defect_of_an_independent_server_is_found(
    certify: Any, peers: Any, vendor: str, defect: str, requirement: str
) -> None:
    """A server that is wrong in one thing is not conformant, and the requirement that it breaks is named."""
    with peers.serve(vendor, defect) as url:
        run = certify(vendor, "--url", url, variables=peers.environment(vendor))

    assert 1 == run.status, run.text
    assert requirement in run.with_word(vendor, "fail")
    assert requirement in run.text
    assert "not-conformant" == run.report(vendor)["outcome"]


def test_an_honest_independent_server_is_conformant(certify: Any, peers: Any) -> None:
    """A server that shares no code with us and keeps its contract is not blamed, behind a prefix of its own."""
    with peers.serve("agencii", prefix="/any/prefix") as url:
        run = certify("agencii", "--url", url, variables=peers.environment("agencii"))

    assert url.endswith("/any/prefix")
    assert 0 == run.status, run.text
    assert [] == run.with_word("agencii", "fail", "inconclusive", "not-run")


def test_a_fault_of_the_mock_is_found(certify: Any) -> None:
    """A mock with a fault is not conformant, and the finding can be followed to its exchange."""
    with running_mock(vendors=["agencii"], faults=["agencii/fault/auth/Authorization/missing"]) as faulty:
        run = certify("agencii", "--url", f"{faulty.url}/agencii", variables=dict(faulty.environment))

    assert 1 == run.status
    row = next(r for r in run.report("agencii")["requirements"] if r["id"] == "agencii/auth/Authorization/missing")
    assert "fail" == row["verdict"]
    lines = (run.folder / "agencii" / "evidence.jsonl").read_text().splitlines()
    numbers = {json.loads(line).get("number") for line in lines}
    assert set(row["finding"]["exchanges"]) <= numbers


def test_a_target_that_is_down_gives_no_verdict(certify: Any, closed_url: str, peers: Any) -> None:
    """Where nothing answers there is no verdict, exit 75, one line, and a report that says so."""
    run = certify("agencii", "--url", closed_url, variables=peers.environment("agencii"))

    assert 75 == run.status
    assert "Traceback" not in run.text
    assert closed_url in run.text
    assert {"not-run"} == set(run.words("agencii").values())
    assert "no-verdict" == run.report("agencii")["outcome"]


def test_credentials_that_are_refused_are_a_matter_of_configuration(certify: Any, peers: Any, refusing: Any) -> None:
    """Credentials that the user gives and that are refused: exit 78, the variable named, no requirement judged."""
    url, all_closed = refusing
    variables = peers.environment("agencii")

    run = certify("agencii", "--url", url, variables=variables)

    assert 78 == run.status
    assert "CHATCERT_AGENCII_BEARER_AUTH" in run.text
    assert variables["CHATCERT_AGENCII_BEARER_AUTH"] not in run.text
    assert {"not-run"} == set(run.words("agencii").values())
    assert all_closed()


def test_a_missing_credential_is_named(certify: Any, mock: Any) -> None:
    """Without its variables a live run does not begin: exit 78, every one of them named."""
    run = certify("agencii", "--url", f"{mock.url}/agencii")

    assert 78 == run.status
    assert "CHATCERT_AGENCII_BEARER_AUTH" in run.text
    assert "CHATCERT_AGENCII_API_INTEGRATION_ID" in run.text


def test_a_spent_budget_gives_no_verdict(certify: Any, mock: Any) -> None:
    """A run that may not send all that it needs ends without a verdict, within its budget."""
    run = certify(
        "agencii", "--url", f"{mock.url}/agencii", "--max-requests", 30, "--jobs", 1, variables=dict(mock.environment)
    )

    assert 75 == run.status
    report = run.report("agencii")
    assert 29 <= report["requests"] <= 30  # one is kept for a control at the end, which is not always needed
    assert "no-verdict" == report["outcome"]
    assert "agencii/response/any/no-other-request" in run.with_word("agencii", "not-run")  # none could break it yet
    assert [] == run.with_word("agencii", "fail")


def test_a_budget_holds_for_many_jobs(certify: Any, mock: Any) -> None:
    """However many requests are in flight, no more than the budget are sent; one is kept for the last control."""
    run = certify(
        "agencii", "--url", f"{mock.url}/agencii", "--max-requests", 30, "--jobs", 8, variables=dict(mock.environment)
    )

    assert 75 == run.status
    assert run.report("agencii")["requests"] in (29, 30)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_verdicts(certify: Any, mock: Any) -> None:
    """Three runs with one seed send the same requests and say the same, whatever the order of answers was."""
    url = f"{mock.url}/agencii"
    runs = [
        certify("agencii", "--url", url, "--jobs", jobs, variables=dict(mock.environment), folder=str(number))
        for number, jobs in enumerate((1, 4, 4))
    ]

    words = [run.words("agencii") for run in runs]
    cases = [sorted((row["id"], row["cases"]) for row in run.report("agencii")["requirements"]) for run in runs]
    assert [0, 0, 0] == [run.status for run in runs]
    assert words[0] == words[1] == words[2]
    assert cases[0] == cases[1] == cases[2]


@pytest.mark.slow
def test_another_seed_gives_the_same_words(certify: Any, mock: Any) -> None:
    """What is drawn differs from seed to seed; what the mock is, does not."""
    first, second = (
        certify(
            "openwebui",
            "--url",
            f"{mock.url}/openwebui",
            "--seed",
            seed,
            "--jobs",
            4,
            variables=dict(mock.environment),
            folder=f"seed-{seed}",
        ).words("openwebui")
        for seed in (7, 8)
    )

    assert first == second


def test_a_report_says_how_to_run_again(certify: Any, mock: Any) -> None:
    """The report holds a command with the seed, and no credential."""
    run = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment))

    text = json.dumps(run.report("agencii"))
    assert "chatcert certify agencii" in text
    assert "--seed 1" in text


def test_the_parsers_load_no_room() -> None:
    """The command line is parsed, and its help printed, without the rooms that a command needs when it runs."""
    rooms = (
        "cases",
        "drift",
        "judge",
        "mock",
        "nightly",
        "onboarding",
        "openapi",
        "report",
        "requirements",
        "transport",
    )
    code = "import sys, chatcert.cli.main as cli; cli.build_parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()

    assert [] == [name for name in loaded for room in rooms if name.startswith(f"chatcert.{room}")]
    assert {"httpx", "jsonschema_rs", "pydantic", "rich"}.isdisjoint(loaded)
    assert {"chatcert.cli.main", "chatcert.cli.parsing"} == {
        name for name in loaded if name.startswith("chatcert.cli.")
    }


@pytest.mark.slow
def test_a_run_without_an_address_says_mock_first(certify: Any, mock: Any) -> None:
    """Its first line, badge, report, summary and statement say so; a run with an address does not."""
    own = certify("agencii")
    live = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment), folder="live")

    assert own.text.startswith("mock run: the bundled mock server answers, not the vendor")
    assert "mock run" not in live.text
    for name, words in (
        ("badge.svg", "(mock)"),
        ("report.html", "The bundled mock server answered, not the vendor"),
        ("summary.md", "The bundled mock server answered, not the vendor"),
        ("statement.intoto.json", '"annotations":{"mode":"mock"}'),
    ):
        assert words in (own.folder / "agencii" / name).read_text(encoding="utf-8")
        assert words not in (live.folder / "agencii" / name).read_text(encoding="utf-8")


COMBINED = [
    ("sigmamind", "trusts-charset", "sigmamind/request/beside/charset", "fail"),
    ("polyai", "trusts-stranger", "polyai/request/beside/unknown-field", "fail"),
    ("polyai", "first-key", "polyai/response/200/status", "fail"),
    ("openwebui", "chat-message-keys", "openwebui/response/200/chat/equals", "fail"),
    ("agencii", "keys-any-case", "agencii/request/body/apiIntegrationId/key-case", "warn"),
]


@pytest.mark.parametrize(("vendor", "defect", "requirement", "word"), COMBINED)
@pytest.mark.slow
def test_a_defect_of_a_combination_has_one_owner(
    certify: Any, peers: Any, vendor: str, defect: str, requirement: str, word: str
) -> None:
    """A server that goes wrong where two harmless things meet is found, and one requirement alone is to blame."""
    with peers.serve(vendor, defect) as url:
        run = certify(vendor, "--url", url, "--profile", "standard", variables=peers.environment(vendor))

    assert [requirement] == run.with_word(vendor, word), run.text
    assert run.with_word(vendor, "fail") == ([requirement] if word == "fail" else [])


@pytest.mark.slow
def test_an_echo_of_javascript_is_not_blamed(certify: Any, peers: Any) -> None:
    """A server whose numbers are doubles, and whose objects put names of digits first, keeps its contract."""
    with peers.serve("openwebui", manner="echo-javascript") as url:
        run = certify("openwebui", "--url", url, "--profile", "standard", variables=peers.environment("openwebui"))

    assert (0, []) == (run.status, run.with_word("openwebui", "warn")), run.text
