"""What a user adds to each request: headers, ids and a hook, from the command line, the environment and a target."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

GATEWAY = "gw-9fQ2vX7LmT4bR8wZ"


@pytest.mark.slow
def test_additions_are_in_every_request_and_stated(
    certify: Any, switchboard: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with headers, ids and a hook says so, repeats them in its command, and shows no secret."""
    from chatcert.mock.backend import Backend, environment
    from chatcert.mock.server import create_app
    from chatcert.vendors import open_vendor

    (tmp_path / "team_signature.py").write_text(
        'def sign(request):\n    return {"X-Signature": "sig-" + str(len(request.body or b""))}\n', encoding="utf-8"
    )
    monkeypatch.chdir(tmp_path)
    contract = open_vendor("agencii")
    backend = Backend.of(contract, 1)
    app = create_app([contract], backends={"agencii": backend}, faults=["agencii/fault/request/body/type"])
    seen: list[dict[str, str]] = []

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        seen.append({name.decode().lower(): value.decode("latin-1") for name, value in scope["headers"]})
        await app(scope, receive, send)

    switchboard.app = noting
    run = certify(
        "agencii",
        *("--url", f"{switchboard.address}/agencii", "--header", "X-Team: quality"),
        *("--header", f"X-Gateway-Token: {GATEWAY}", "--correlation", "X-Correlation-ID"),
        *("--request-hook", "team_signature:sign"),
        variables=environment(contract, backend),
    )
    report = run.report("agencii")
    rows = [json.loads(line) for line in (run.folder / "agencii" / "evidence.jsonl").read_text("utf-8").splitlines()]
    found = [row["finding"] for row in report["requirements"] if row["finding"] is not None]

    assert {("quality", GATEWAY)} == {(one["x-team"], one["x-gateway-token"]) for one in seen}
    assert all(one["x-signature"].startswith("sig-") for one in seen)
    assert sorted(one["x-correlation-id"] for one in seen) == sorted(row["request_id"] for row in rows)
    assert (
        {rows[one["exchanges"][0] - 1]["request_id"] for one in found} == {one["request_id"] for one in found} != set()
    )
    assert (["X-Correlation-ID"], "team_signature:sign") == (
        report["settings"]["correlation"],
        report["settings"]["request_hook"],
    )
    assert "X-Team, X-Gateway-Token" in " ".join(report["deviations"])
    assert "--header 'X-Team: quality'" in report["command"]
    assert "'X-Gateway-Token: ${CHATCERT_AGENCII_X_GATEWAY_TOKEN}'" in report["command"]
    assert found[0]["request_id"] in (run.folder / "agencii" / "report.html").read_text("utf-8")
    held = [str(path) for path in run.folder.rglob("*") if path.is_file() and GATEWAY.encode() in path.read_bytes()]
    assert [] == held
    assert GATEWAY not in run.text


@pytest.mark.parametrize(
    ("header", "status", "line"),
    [
        ("X-Team", 2, "--header: no header (give 'NAME: VALUE')"),
        ("X Team: a", 2, "--header: no header"),
        ("Content-Length: 7", 2, "Content-Length belongs to the message itself"),
        ("X-Price: 7 $", 2, "X-Price has a $ that begins no ${VARIABLE}"),
        ("X-Team: ${NO_SUCH_VARIABLE_AT_ALL}", 78, "no value for NO_SUCH_VARIABLE_AT_ALL"),
        ("x-api-key: mine", 78, "--header: x-api-key is apiKeyAuth of the document"),
    ],
)
def test_wrong_headers_are_refused(certify: Any, closed_url: str, header: str, status: int, line: str) -> None:
    """A header that is none, belongs to the message or to the document, or needs an unset variable is named."""
    variables = {"CHATCERT_SIGMAMIND_API_KEY_AUTH": "sm-9fQ2vX7LmT", "CHATCERT_SIGMAMIND_AGENT_ID": "agent_1"}
    run = certify("sigmamind", "--url", closed_url, "--header", header, variables=variables)

    assert status == run.status
    assert line in " ".join(run.text.split())


def test_headers_come_from_the_environment_and_from_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line comes before a target's table; variables are for runs without a named target."""
    from chatcert.run.options import RunOptions
    from chatcert.run.run_plan import prepare

    monkeypatch.setenv("CHATCERT_HEADERS", "X-Team: of-environment\n\nX-Night: yes\n")
    path = tmp_path / "targets.toml"
    path.write_text(
        '[targets.t]\nvendor = "sigmamind"\nurl = "http://127.0.0.1:9"\nresources = { agentId = "a" }\n'
        'correlation = []\ncredentials = { apiKeyAuth = "${KEY}" }\nheaders = { x-team = "of-file", X-More = "1" }\n',
        encoding="utf-8",
    )
    common: dict[str, Any] = {"report_dir": tmp_path / "reports", "headers": ("X-Team: of-line",)}
    at_url = prepare(RunOptions(vendors=("sigmamind",), url="http://127.0.0.1:9", **common)).destinations["sigmamind"]
    named = prepare(RunOptions(targets=("t",), targets_file=path, **common)).destinations["sigmamind"]

    assert {"X-Team": "of-line", "X-Night": "yes"} == at_url.headers
    assert ("X-Request-ID", "traceparent") == at_url.correlation
    assert {"X-Team": "of-line", "X-More": "1"} == named.headers
    assert () == named.correlation


def test_a_wrong_hook_is_a_configuration_error(certify: Any, closed_url: str) -> None:
    """A hook that does not exist ends the run before anything is sent, with exit status 78."""
    run = certify("sigmamind", "--url", closed_url, "--request-hook", "no_such_module:sign")

    assert 78 == run.status
    assert "request hook: 'no_such_module:sign' cannot be imported: ModuleNotFoundError" in " ".join(run.text.split())
