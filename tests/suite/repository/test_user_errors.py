"""A user's mistake gets one line that says what, where and what to do, and leaves nothing behind."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

LIVE = ("--url", "http://127.0.0.1:9")

MISTAKES = {
    "unknown command": (("certfy",), "'certfy'", "chatcert --help"),
    "unknown option": (("certify", "--vendr", "x"), "--vendr", "--help"),
    "misspelt vendor": (("certify", "sigmamnd"), "'sigmamnd'", "did you mean sigmamind?"),
    "unknown vendor": (("requirements", "nobody"), "'nobody'", "known: agencii, openwebui, polyai, sigmamind"),
    "bad profile": (("certify", "agencii", "--profile", "quik"), "'quik'", "choose from quick, standard, thorough"),
    "no address": (("certify", "agencii", "--url", "somewhere"), "'somewhere'", "give http://host:port/prefix"),
    "wrong scheme": (("certify", "agencii", "--url", "ftp://host"), "'ftp://host'", "give http://host:port/prefix"),
    "impossible port": (("certify", "agencii", "--url", "http://host:99999"), ":99999", "give http://host:port"),
    "password in the address": (("certify", "agencii", "--url", "http://me:pw@host"), "--url", "environment variables"),
    "several vendors at one address": (("certify", *LIVE), "--url", "name the vendor that answers there"),
    "path without slash": (("certify", "agencii", "--path", "x"), "--path", "give a path"),
    "no requests in flight": (("certify", "agencii", "--jobs", "0"), "--jobs", "give a positive number"),
    "negative budget": (("certify", "agencii", "--max-requests=-1"), "--max-requests", "give a positive number"),
    "rate that is not a number": (("certify", "agencii", "--rate", "nan"), "--rate", "give a positive number"),
    "endless time-out": (("certify", "agencii", "--timeout", "inf"), "--timeout", "give a positive number"),
    "shard beyond the last": (("certify", "agencii", "--shard", "3/2"), "--shard", "give I/N"),
    "seed that is not a number": (("certify", "agencii", "--seed", "x"), "--seed", "chatcert certify --help"),
    "name without document": (("certify", "--name", "x"), "--name", "leave them out"),
    "vendor and document": (("certify", "agencii", "--spec", "x.yaml"), "--spec", "name the vendor with --name"),
    "unknown fault": (("mock", "agencii", "--fault", "nothing/like/it"), "'nothing/like/it'", "chatcert faults"),
    "impossible port of the mock": (("mock", "--port", "70000"), "--port", "give 0 to 65535"),
    "latency that is not a number": (("mock", "--latency", "nan"), "--latency", "give milliseconds"),
    "unknown host of the mock": (("mock", "--host", "nowhere.invalid"), "nowhere.invalid", "give another --host"),
    "missing document": (("requirements", "--spec", "none.yaml"), "none.yaml", "give the path of an OpenAPI document"),
    "folder for a document": (("requirements", "--spec", "."), "directory", "give the path of an OpenAPI document"),
}


@pytest.mark.parametrize(("arguments", "place", "advice"), MISTAKES.values(), ids=MISTAKES)
def test_mistake(
    run_command: Callable[..., Any], tmp_path: Path, arguments: tuple[str, ...], place: str, advice: str
) -> None:
    """A mistake on the command line gives one line and exit status 2, and nothing is written."""
    result = run_command(*arguments)
    assert (result.status, result.out) == (2, "")
    _is_one_line(result.err, place, advice)
    assert _files(tmp_path) == []


def test_missing_credential(run_command: Callable[..., Any], tmp_path: Path) -> None:
    """A live server without credentials names every variable that is missing, and leaves with 78."""
    result = run_command("certify", "polyai", *LIVE)
    assert (result.status, result.out) == (78, "")
    names = ("CHATCERT_POLYAI_API_KEY_AUTH", "CHATCERT_POLYAI_TOKEN_AUTH", "CHATCERT_POLYAI_ACCOUNT_ID")
    for name in names:
        _is_one_line(result.err, name, "set the environment variables")
    assert _files(tmp_path) == []


def test_blank_credential(run_command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that is set and blank counts as missing."""
    monkeypatch.setenv("CHATCERT_AGENCII_BEARER_AUTH", " ")
    monkeypatch.setenv("CHATCERT_AGENCII_API_INTEGRATION_ID", "some-id")
    result = run_command("certify", "agencii", *LIVE)
    assert result.status == 78
    _is_one_line(result.err, "CHATCERT_AGENCII_BEARER_AUTH", "set the environment variable")


def test_credential_is_never_shown(run_command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A credential that no header can carry is refused by its variable's name, without its value."""
    monkeypatch.setenv("CHATCERT_AGENCII_BEARER_AUTH", "top\nsecret")
    monkeypatch.setenv("CHATCERT_AGENCII_API_INTEGRATION_ID", "some-id")
    result = run_command("certify", "agencii", *LIVE)
    assert result.status == 78
    _is_one_line(result.err, "CHATCERT_AGENCII_BEARER_AUTH", "check for line breaks or quotes")
    assert "secret" not in result.err


def test_report_folder_under_a_file(run_command: Callable[..., Any], tmp_path: Path) -> None:
    """A report folder that cannot be made is found out before anything is sent."""
    (tmp_path / "file").touch()
    result = run_command("certify", "agencii", "--report-dir", "file/reports")
    assert (result.status, result.out) == (2, "")
    _is_one_line(result.err, "--report-dir file/reports", "give a folder that you may write to")


def _operation(schema: Any = None) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema or {"type": "object"}}}}
    return {"post": {"requestBody": body, "responses": {"201": {"description": "made"}}}}


def _document(paths: dict[str, Any]) -> str:
    return yaml.safe_dump({"openapi": "3.1.0", "info": {"title": "Tiny", "version": "1"}, "paths": paths})


def _referring(reference: str) -> str:
    return _document({"/chats": _operation({"$ref": reference})})


def _bomb() -> str:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    return "\n".join(["a0: &a0 [lol]", *layers])


DOCUMENTS = {
    "without POST": (_document({"/chats": {"get": {"responses": {}}}}), "has no POST operation", '"GET /chats"'),
    "with several POSTs": (_document({"/a": _operation(), "/b": _operation()}), '"POST /a", "POST /b"', "--operation"),
    "no OpenAPI": ('{"a": 1}', "not an OpenAPI document", "`openapi` and `paths`"),
    "a list": ("- 1", "not a mapping", "give an OpenAPI document"),
    "empty": ("", "not a mapping", "give an OpenAPI document"),
    "broken YAML": ("a: [1\nb: }", "spec.yaml:2", "mend the document"),
    "reference to the network": (_referring("http://127.0.0.1:9/a.yaml#/b"), "http://127.0.0.1:9", "no network"),
    "reference to a host": (_referring("//127.0.0.1:9/a.yaml"), "//127.0.0.1:9", "no network"),
    "reference to a file address": (_referring("file:///etc/passwd"), "file:///etc/passwd", "bundle it"),
    "reference out of the folder": (
        _referring("../outside.yaml#/b"),
        "../outside.yaml",
        "keep all parts in one folder",
    ),
    "absolute reference": (_referring("/etc/passwd"), "/etc/passwd", "keep all parts in one folder"),
    "reference to no file": (_referring("other.yaml#/b"), "other.yaml", "give the path"),
    "aliases without end": (_bomb(), "aliases expand without end", "write the document out"),
    "alias of itself": ("a: &a [*a]", "contains itself", "remove the recursive alias"),
    "nested too deeply": ("[" * 100_000, "nested too deeply", ""),
    "not text": ("\udcff", "not UTF-8 text", "save the document as UTF-8"),
}


@pytest.mark.parametrize(("text", "problem", "advice"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_document(run_command: Callable[..., Any], tmp_path: Path, text: str, problem: str, advice: str) -> None:
    """A document that cannot or must not be read is refused in one line, before anything is made of it."""
    (tmp_path.parent / "outside.yaml").write_text("b: {}")
    (tmp_path / "spec.yaml").write_bytes(text.encode("utf-8", "surrogateescape"))
    result = run_command("requirements", "--spec", "spec.yaml")
    assert (result.status, result.out) == (2, "")
    _is_one_line(result.err, problem, advice)
    assert _files(tmp_path) == ["spec.yaml"]


@pytest.mark.parametrize("command", ["certify", "mock", "faults"])
def test_every_command_refuses_alike(run_command: Callable[..., Any], tmp_path: Path, command: str) -> None:
    """Each command that takes a document refuses a bad one in the same words."""
    (tmp_path / "spec.yaml").write_text(_referring("../outside.yaml"))
    result = run_command(command, "--spec", "spec.yaml")
    assert (result.status, result.out) == (2, "")
    _is_one_line(result.err, "spec.yaml", "keep all parts in one folder")


def test_operation_that_is_not_there(run_command: Callable[..., Any], tmp_path: Path) -> None:
    """An operation that the document lacks is refused with those that it has."""
    (tmp_path / "spec.yaml").write_text(_document({"/a": _operation(), "/b": _operation()}))
    result = run_command("requirements", "--spec", "spec.yaml", "--operation", "POST /c")
    assert result.status == 2
    _is_one_line(result.err, "'POST /c'", '"POST /a", "POST /b"')


@pytest.mark.parametrize(
    ("arguments", "status", "output"),
    [
        (("--help",), 0, "exit status:"),
        (("--version",), 0, "chatcert "),
        (("certify", "--help"), 0, "--max-requests"),
        (("no-such-command",), 2, "chatcert --help"),
        (("certify", "nobody"), 2, "unknown vendor 'nobody'"),
    ],
)
@pytest.mark.slow
def test_process(tmp_path: Path, arguments: tuple[str, ...], status: int, output: str) -> None:
    """The program itself gives the same lines and the same exit status."""
    command = [sys.executable, "-m", "chatcert", *arguments]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert status == done.returncode
    assert output in (done.stdout if status == 0 else done.stderr)
    assert "Traceback" not in done.stderr
    assert _files(tmp_path) == []


PYTEST_MISTAKES = {
    "unknown vendor": (("--vendor", "sigmamnd"), 2, "did you mean sigmamind?"),
    "missing credential": (("--vendor", "agencii", *LIVE), 78, "CHATCERT_AGENCII_BEARER_AUTH"),
    "nothing selected": (("--vendor", "agencii", "-k", "no_such_requirement"), 5, "deselected"),
}


@pytest.mark.slow
@pytest.mark.parametrize(("arguments", "status", "output"), PYTEST_MISTAKES.values(), ids=PYTEST_MISTAKES)
def test_pytest(root: Path, tmp_path: Path, arguments: tuple[str, ...], status: int, output: str) -> None:
    """Pytest tells the same mistakes, with the same exit status and no traceback."""
    contract_tests = root / "tests" / "contract"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        f"--rootdir={tmp_path}",
        "-c",
        os.devnull,
        str(contract_tests),
        *arguments,
    ]
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("CHATCERT_", "PYTEST_"))}
    done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True, check=False)
    assert status == done.returncode, done.stdout
    assert output in done.stdout
    assert len(done.stdout.splitlines()) < 8, done.stdout
    assert _files(tmp_path) == []


def _is_one_line(text: str, *parts: str) -> None:
    assert len(text.splitlines()) == 1, text
    assert text.startswith("chatcert: ")
    for part in parts:
        assert part in text


def _files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
