"""Whole runs at named targets: several at once, what the report says of them, and production."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.requirements.catalogue import derive
from chatcert.vendors import open_vendor

pytestmark = pytest.mark.slow

GATEWAY = "gateway-7Fq2x9bR8wZ"
FILE = """
[targets.near]
vendor = "agencii"
url = "{url}"
path = "/agencii/create_new_chat"
environment = "staging"
region = "here"
jobs = 4
headers = {{X-Gateway = "${{GATEWAY}}"}}
credentials = {{BearerAuth = "${{CHATCERT_AGENCII_BEARER_AUTH}}"}}
resources = {{apiIntegrationId = "${{CHATCERT_AGENCII_API_INTEGRATION_ID}}"}}

[targets.also-near]
vendor = "agencii"
url = "{url}/agencii"

[targets.chats]
vendor = "openwebui"
url = "{url}/openwebui"
jobs = 4
credentials = {{BearerAuth = "${{CHATCERT_OPENWEBUI_BEARER_AUTH}}"}}

[targets.live]
vendor = "openwebui"
url = "{url}/openwebui"
jobs = 4
max_requests = 100000
production = true
credentials = {{BearerAuth = "${{CHATCERT_OPENWEBUI_BEARER_AUTH}}"}}

[targets.nobody]
vendor = "agenci"
url = "{url}"
"""


@pytest.fixture
def targets(mock: Any, tmp_path: Path) -> Path:
    """A targets file whose targets are all the mock."""
    path = tmp_path / "targets.toml"
    path.write_text(FILE.format(url=mock.url), encoding="utf-8")
    return path


@pytest.fixture
def aimed(certify: Callable[..., Any], targets: Path, mock: Any) -> Callable[..., Any]:
    """Runs ``chatcert certify`` with the targets file and its variables."""

    def run(*arguments: object, **more: Any) -> Any:
        variables = {**mock.environment, "GATEWAY": GATEWAY}
        return certify("--targets-file", targets, *arguments, variables=variables, **more)

    return run


def test_several_targets_in_one_run(aimed: Callable[..., Any]) -> None:
    """Targets of several vendors are certified together; each report says what was tested, and in which way."""
    run = aimed("--target", "near", "--target", "chats")

    assert 0 == run.status, run.text
    near, chats = run.report("agencii"), run.report("openwebui")
    assert ("near", "staging", "here") == tuple(near["subject"][key] for key in ("mode", "environment", "region"))
    assert ("chats", "", "") == tuple(chats["subject"][key] for key in ("mode", "environment", "region"))
    assert [] == chats["deviations"]
    path, headers = near["deviations"]
    assert "/agencii/create_new_chat" in path
    assert "the document has it at /create_new_chat" in path
    assert "X-Gateway" in headers
    assert "--target near" in near["command"]
    page = (run.folder / "agencii" / "report.html").read_text(encoding="utf-8")
    assert [] == [text for text in (path, "staging, region here") if text not in page]


def test_nothing_that_is_written_holds_a_header_from_a_variable(aimed: Callable[..., Any], mock: Any) -> None:
    """What a header takes from the environment is in no file of a report, nor the credential."""
    run = aimed("--target", "near", "--max-requests", 20)

    files = [path for path in run.folder.rglob("*") if path.is_file()]
    assert "X-Gateway" in (run.folder / "agencii" / "evidence.jsonl").read_text(encoding="utf-8")
    for secret in (GATEWAY, mock.environment["CHATCERT_AGENCII_BEARER_AUTH"]):
        assert [] == [path.name for path in files if secret.encode() in path.read_bytes()]
        assert secret not in run.text


def test_the_command_line_comes_first(aimed: Callable[..., Any]) -> None:
    """What the command line says holds, whatever the file says."""
    run = aimed("--target", "live", "--allow-production", "--max-requests", 10)

    assert 75 == run.status
    assert run.report("openwebui")["requests"] in (9, 10)  # the last one is kept for a control, if one is needed


def test_production_is_refused(aimed: Callable[..., Any]) -> None:
    """A target marked as production is not sent anything unless that is allowed, in company or not."""
    for arguments in (("--target", "live"), ("--target", "near", "--target", "live")):
        run = aimed(*arguments)

        assert 78 == run.status
        assert "[targets.live]" in run.text
        assert "--allow-production" in run.text
        assert not run.folder.exists()


def test_production_is_spared(aimed: Callable[..., Any]) -> None:
    """On production nothing hostile or malformed is sent; what that leaves open is not run, and there is no verdict."""
    run = aimed("--target", "live", "--allow-production")

    requirements = derive(open_vendor("openwebui")).requirements
    intrusive = {name for name, requirement in requirements.items() if requirement.intrusive}
    words = run.words("openwebui")
    assert 75 == run.status
    assert intrusive
    assert {"not-run"} == {words[name] for name in intrusive}
    assert {"pass", "not-applicable"} == {word for name, word in words.items() if name not in intrusive}
    reasons = {row["reason"] for row in run.report("openwebui")["not_tested"] if row["id"] in intrusive}
    assert [True] == ["--with-robustness" in reason for reason in reasons]
    lines = (run.folder / "openwebui" / "evidence.jsonl").read_text(encoding="utf-8").splitlines()
    sent = [row for row in map(json.loads, lines) if "sent" in row]
    assert sent
    assert set() == {row["requirement"] for row in sent} & intrusive
    assert {"POST"} == {row["sent"]["method"] for row in sent}


@pytest.mark.parametrize("option", ["", "--with-robustness"])
def test_robustness_is_sent_to_production_when_asked_for(aimed: Callable[..., Any], option: str) -> None:
    """Asked for, hostile requests are planned for production as for any other target."""
    run = aimed("--plan", "--target", "live", "--allow-production", *([option] if option else []))

    assert 0 == run.status, run.text
    assert bool(option) is bool(re.search(r"\brobustness [1-9]", run.text))


MISTAKES = {
    "two addresses": (("--target", "near", "--url", "http://127.0.0.1:9"), 2, "--url and --target"),
    "one vendor twice": (("--target", "near", "--target", "also-near"), 2, "near and also-near are both of agencii"),
    "another vendor": (("polyai", "--target", "near"), 2, "leave the vendor out"),
    "unknown target": (("--target", "nearr"), 78, "did you mean near?"),
    "unknown vendor": (("--target", "nobody"), 78, "did you mean agencii?"),
    "incomplete": (("--target", "also-near"), 78, "[targets.also-near.credentials]: no BearerAuth"),
    "placeholder": (("agencii", "--url", "https://staging.example.com"), 78, "is a placeholder"),
    "server of the document": (
        ("polyai", "--url", "https://API.us-1.platform.polyai.app.:443/x"),
        78,
        "api.us-1.platform.polyai.app is a production server",
    ),
}


@pytest.mark.parametrize(("arguments", "status", "problem"), MISTAKES.values(), ids=MISTAKES)
def test_a_wrong_target_is_reported(
    aimed: Callable[..., Any], arguments: tuple[str, ...], status: int, problem: str
) -> None:
    """A run that is aimed wrongly ends before it begins, with one line, and leaves nothing."""
    run = aimed(*arguments)

    assert status == run.status
    assert problem in run.text
    assert 1 == run.text.count("\n")
    assert not run.folder.exists()


def test_a_vendor_may_be_named_with_its_target(aimed: Callable[..., Any]) -> None:
    """The vendor that a target is of may be said as well."""
    assert 0 == aimed("agencii", "--plan", "--target", "near").status


def test_pytest_takes_targets_too(run_pytest: Callable[..., Any], targets: Path, mock: Any) -> None:
    """Under pytest a named target is certified alike, and production refused and spared alike."""
    variables = {**mock.environment, "GATEWAY": GATEWAY}
    common = ("--targets-file", targets, "--target")

    refused = run_pytest(*common, "live", variables=variables)
    spared = run_pytest(*common, "live", "--allow-production", "-k", "robustness-payload or robustness/payload")
    run = run_pytest(*common, "near", "-k", "required-only or required")

    assert 78 == refused.status
    assert "--allow-production" in refused.text
    assert 75 == spared.status
    assert "--with-robustness" in spared.text
    assert 0 == run.status, run.text
    assert "near" == run.report("agencii")["subject"]["mode"]
    assert f"{mock.url}" == run.report("agencii")["subject"]["url"]
