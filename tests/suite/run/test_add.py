"""Adding a vendor: what is written, that everything picks it up, and that nothing is ever half-written."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.mock.process import running_mock
from chatcert.openapi.document.loading import read_document
from chatcert.vendors import _open_folder, known_vendors, open_vendor, specs_folder

DOCUMENTS = Path(__file__).parents[1] / "documents"
Add = Callable[..., tuple[int, str, str]]


@pytest.fixture
def add(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environment: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Add:
    """Runs ``chatcert`` in an empty folder; gives its exit status and its output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> tuple[int, str, str]:
        capfd.readouterr()
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as left:
            status = int(left.code or 0)
        out, err = capfd.readouterr()
        return status, out, err

    return run


def files(folder: Path) -> set[str]:
    """Every file and empty folder below a folder."""
    return {
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() or not any(path.iterdir())
    }


def test_the_document_is_kept_as_it_is(add: Add, tmp_path: Path) -> None:
    """A document, YAML or JSON, is copied byte by byte, beside an overlay that marks its operation."""
    for name, vendor in (("classic.yaml", "classic"), ("helpdesk.json", "desk-2")):
        status, out, err = add("add", vendor, DOCUMENTS / name)

        assert (0, "") == (status, err)
        assert (DOCUMENTS / name).read_bytes() == (tmp_path / "specs" / vendor / "openapi.yaml").read_bytes()
        assert open_vendor(vendor).operation in out
    assert {f"specs/{v}/{f}.yaml" for v in ("classic", "desk-2") for f in ("openapi", "overlay")} == files(tmp_path)


def test_files_that_it_refers_to_are_taken_along(add: Add, tmp_path: Path) -> None:
    """A document of several files stays one of several files, those that belong to something else stay behind."""
    folder = tmp_path / "their"
    shutil.copytree(DOCUMENTS / "split", folder)
    (folder / "notes.txt").write_text("not part of it", encoding="utf-8")

    assert 0 == add("add", "split", folder / "openapi.yaml")[0]

    assert files(DOCUMENTS / "split") | {"overlay.yaml"} == files(tmp_path / "specs" / "split")
    assert read_document(folder / "openapi.yaml") == dict(open_vendor("split").published)


@pytest.mark.parametrize("taken", ["", "overlay.yaml", "openapi.yaml"])
def test_files_that_cannot_keep_their_names_become_one(add: Add, tmp_path: Path, taken: str) -> None:
    """Where a part refers back by the old name, or has a name that is needed, all is written as one document."""
    part = taken or "part.yaml"
    root = {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/chats": {
                "post": {
                    "requestBody": {"content": {"application/json": {"schema": {"$ref": f"{part}#/Chat"}}}},
                    "responses": {"200": {"description": "ok"}},
                }
            }
        },
        "components": {"schemas": {"Id": {"type": "string"}}},
    }
    back = {"$ref": "api.json#/components/schemas/Id"} if not taken else {"type": "string"}
    (tmp_path / "api.json").write_text(json.dumps(root), encoding="utf-8")
    (tmp_path / part).write_text(
        json.dumps({"Chat": {"type": "object", "properties": {"a_id": back}}}), encoding="utf-8"
    )

    status, out, _ = add("add", "acme", "api.json")

    assert 0 == status
    assert "its files as one document" in out
    assert {"openapi.yaml", "overlay.yaml"} == files(tmp_path / "specs" / "acme")
    assert read_document(tmp_path / "api.json") == dict(open_vendor("acme").published)


@pytest.mark.slow
def test_everything_picks_a_new_vendor_up(
    add: Add, tmp_path: Path, environment: pytest.MonkeyPatch, certify: Callable[..., Any]
) -> None:
    """The commands that it prints work as they stand, and after its overlay has been un-commented just as well."""
    status, out, _ = add("add", "acme", specs_folder() / "agencii" / "openapi.yaml")
    commands = [shlex.split(line)[1:] for line in out.splitlines() if line.startswith("  chatcert ")]
    variables = re.findall(r"^  (CHATCERT_\w+)$", out, re.MULTILINE)

    assert 0 == status
    assert ["requirements", "certify", "mock", "certify"] == [command[0] for command in commands]
    assert ["CHATCERT_ACME_BEARER_AUTH"] == variables
    assert f"next, from {tmp_path}:" in out
    assert "acme" == json.loads(add("vendors", "--format", "json")[1])["result"][0]["vendor"]
    assert 0 == add(*commands[0])[0]
    run = certify(*commands[1][1:])
    assert (0, "conformant") == (run.status, run.report("acme")["outcome"])
    assert ["mock", "acme", "--env-file", "acme.env"] == commands[2]
    overlay = tmp_path / "specs" / "acme" / "overlay.yaml"
    overlay.write_text(overlay.read_text("utf-8").replace("  # ", "  "), encoding="utf-8")
    with running_mock(vendors=["acme"]) as mock:
        forms = {f"CHATCERT_ACME_BEARER_AUTH_{form}" for form in ("EXPIRED", "OTHER_AUDIENCE")}
        other = {"CHATCERT_ACME_OTHER_BEARER_AUTH", "CHATCERT_ACME_OTHER_API_INTEGRATION_ID"}
        assert {*variables, *forms, *other, "CHATCERT_ACME_API_INTEGRATION_ID"} == set(mock.environment)
        open_documents_anew()
        url = commands[3][-1].replace("http://127.0.0.1:8765", mock.url)
        run = certify(*commands[3][1:-1], url, variables=dict(mock.environment), folder="by-hand")
    assert (0, "conformant") == (run.status, run.report("acme")["outcome"])
    assert "acme/response/200/chatId/unique" in run.words("acme")


def open_documents_anew() -> None:
    """Forget what this process has read of vendors' folders."""
    _open_folder.cache_clear()


@pytest.mark.slow
def test_pytest_and_the_matrix_have_a_new_vendor(add: Add, tmp_path: Path, certify: Callable[..., Any]) -> None:
    """An added vendor has items under pytest, a marker, and a column of the matrix, like any other."""
    for name in ("acme-one", "acme-two"):
        add("add", name, DOCUMENTS / "sketch.yaml")
    tests = Path(__file__).parents[3] / "tests" / "contract"
    run = certify("acme-one", "acme-two")
    options = ("--rootdir", tmp_path, "-p", "no:cacheprovider", "-q", "--collect-only", "-m", "acme_two")
    command = [sys.executable, "-m", "pytest", tests, "-c", os.devnull, "--import-mode=importlib", *options]
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(list(map(str, command)), env=variables, capture_output=True, text=True, check=False)

    assert 0 == run.status
    assert "acme-two" in (run.folder / "matrix.html").read_text(encoding="utf-8")
    assert 0 == done.returncode, done.stdout + done.stderr
    assert "test_requirement[acme-two/accepts/required-only]" in done.stdout


MISTAKES = {
    "bundled name": (("agencii", "classic.yaml"), "agencii exists already", "choose another name"),
    "capital letters": (("Acme", "classic.yaml"), "'Acme' cannot be a vendor's name", "acme"),
    "path for a name": (("../acme", "classic.yaml"), "cannot be a vendor's name", "acme"),
    "underscore": (("a_b", "classic.yaml"), "cannot be a vendor's name", "a-b"),
    "empty name": (("", "classic.yaml"), "cannot be a vendor's name", "lower-case letters"),
    "no such file": (("acme", "none.yaml"), "none.yaml", "give the path of an OpenAPI document"),
    "no document": (("acme", "split/info.json"), "not an OpenAPI document", "`openapi` and `paths`"),
    "no such operation": (("acme", "relay.yaml", "--operation", "POST /x"), "no operation 'POST /x'", "POST /threads"),
}


@pytest.mark.parametrize(("arguments", "what", "advice"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_leaves_nothing_behind(
    add: Add, tmp_path: Path, arguments: tuple[str, ...], what: str, advice: str
) -> None:
    """A wrong name, file or operation is one line and exit 2, and no file or folder is made."""
    name, file, *rest = arguments
    status, out, err = add("add", name, DOCUMENTS / file, *rest)

    assert (2, "", 1) == (status, out, len(err.splitlines()))
    assert what in err
    assert advice in err
    assert [] == list(tmp_path.iterdir())


def test_several_candidates_are_listed(add: Add, tmp_path: Path) -> None:
    """Where a document leaves a choice, its operations are listed, and the chosen one is found from then on."""
    posts = {path: {"post": {"responses": {"200": {"description": "ok"}}}} for path in ("/a", "/b")}
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": posts}
    (tmp_path / "api.json").write_text(json.dumps(document), encoding="utf-8")

    status, _, err = add("add", "acme", "api.json")
    assert (2, True) == (status, '"POST /a", "POST /b"' in err)
    assert {"api.json"} == files(tmp_path)
    assert 0 == add("add", "acme", "api.json", "--operation", "POST /b")[0]
    assert "POST /b" == open_vendor("acme").operation


def test_nothing_is_overwritten(add: Add, tmp_path: Path) -> None:
    """A vendor that was added is not added again, and an empty folder of that name is not taken either."""
    add("add", "acme", DOCUMENTS / "classic.yaml")
    (tmp_path / "specs" / "other").mkdir()
    before = {path: path.read_bytes() for path in (tmp_path / "specs").rglob("*.yaml")}

    for name in ("acme", "other"):
        status, _, err = add("add", name, DOCUMENTS / "sketch.yaml")
        assert (2, True) == (status, f"{name} exists already" in err)
    assert before == {path: path.read_bytes() for path in (tmp_path / "specs").rglob("*.yaml")}


def test_nothing_is_half_written(add: Add, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If writing fails, no part of the folder stays; the line says what failed."""
    written = Path.write_text

    def full(path: Path, *arguments: Any, **options: Any) -> int:
        if path.name == "overlay.yaml":
            raise OSError(28, "No space left on device")
        return written(path, *arguments, **options)

    monkeypatch.setattr(Path, "write_text", full)
    status, _, err = add("add", "acme", DOCUMENTS / "classic.yaml")

    assert (2, 1) == (status, len(err.splitlines()))
    assert "No space left" in err
    assert [] == list(tmp_path.iterdir())


def test_a_bundled_vendor_cannot_be_shadowed(add: Add, tmp_path: Path) -> None:
    """A folder of a bundled vendor's name in ./specs changes nothing: the bundled documents count."""
    folder = tmp_path / "specs" / "polyai"
    folder.mkdir(parents=True)
    (folder / "openapi.yaml").write_text("openapi: 3.0.0\npaths: {}\n", encoding="utf-8")
    (tmp_path / "specs" / ".half.1").mkdir()
    (tmp_path / "specs" / ".half.1" / "openapi.yaml").write_text("{", encoding="utf-8")

    assert (specs_folder() / "polyai").is_dir()
    assert known_vendors() == tuple(sorted(path.parent.name for path in specs_folder().glob("*/openapi.yaml")))
    assert 0 == add("requirements", "polyai")[0]


@pytest.mark.slow
def test_a_run_of_an_added_vendor_is_reported_from_elsewhere(
    add: Add, tmp_path: Path, certify: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report on a run that did not end finds the documents of an added vendor where the run was begun."""
    add("add", "acme", DOCUMENTS / "sketch.yaml")
    run = certify("acme", "--max-requests", "3")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)

    assert 75 == run.status
    status, out, err = add("report", run.folder)
    assert (75, "") == (status, err)
    assert "acme" in out
    assert 2 == add("requirements", "acme")[0]
