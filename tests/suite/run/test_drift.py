"""``chatcert drift``: what another version of a vendor's document means for clients."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.vendors import known_vendors, specs_folder

DriftCommand = Callable[..., tuple[int, str]]


@pytest.fixture
def reported(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> DriftCommand:
    """Runs ``chatcert drift`` on a vendor's document in which some passages are replaced."""

    def run(vendor: str, *passages: tuple[str, str], options: tuple[str, ...] = ()) -> tuple[int, str]:
        text = (specs_folder() / vendor / "openapi.yaml").read_text(encoding="utf-8")
        for old, new in passages:
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "new.yaml"
        path.write_text(text, encoding="utf-8")
        capfd.readouterr()
        status = main(["drift", vendor, str(path), *options])
        out, err = capfd.readouterr()
        assert "" == err
        return status, out

    return run


def rows(out: str) -> dict[str, dict[str, Any]]:
    """The changes of the JSON form by the path of their requirement."""
    found: dict[str, dict[str, Any]] = json.loads(out)["result"]
    return {row["requirement"].partition("/")[2]: row for row in found["changes"]}


MOVED = (
    ("/v1/chats:", "/v2/chats/create:"),
    ("'201':", "'200':"),
    ("- in_progress\n            - ended\n", "- in-progress\n            - completed\n"),
)


@pytest.mark.parametrize("vendor", known_vendors())
@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_a_vendors_own_document_has_not_drifted(reported: DriftCommand, vendor: str, form: str) -> None:
    """The document that is bundled gives exit 0 and no change, in every form."""
    status, out = reported(vendor, options=("--format", form))

    assert 0 == status
    assert "" != out
    assert "No requirement has changed." in out or not json.loads(out)["result"]["changes"]


def test_a_silent_move_is_reported_clause_by_clause(reported: DriftCommand) -> None:
    """A new path, another success status and other spellings in an enum each break a client, with both clauses."""
    status, out = reported("sigmamind", *MOVED, options=("--format", "json"))
    found = rows(out)
    breaking = {path for path, row in found.items() if row["effect"] == "breaking"}

    assert 1 == status
    assert {"operation/path", "response/200/status", "response/200/status/enum"} == breaking
    path, success, spelling = (found[name] for name in sorted(breaking))
    assert ("A chat is created at /v1/chats", "/paths/~1v1~1chats/post") == (
        path["old"]["text"],
        path["old"]["pointer"],
    )
    assert "A chat is created at /v2/chats/create" == path["new"]["text"]
    assert ("sigmamind/response/201/status", "sigmamind/response/200/status") == (
        success["old"]["id"],
        success["new"]["id"],
    )
    assert "gone: ended, in_progress; new: completed, in-progress" == spelling["detail"]
    place = "/components/schemas/ChatCompletionResponse/properties/status/enum"
    assert [place, place] == [spelling["old"]["pointer"], spelling["new"]["pointer"]]
    assert all(row["why"] for row in found.values())


def test_actions_that_find_nothing_are_reported(reported: DriftCommand) -> None:
    """Where the overlay no longer fits, the output names the action; what depended on it is not a change."""
    status, out = reported("sigmamind", *MOVED[:1], options=("--format", "json"))
    found = json.loads(out)["result"]

    assert 1 == status
    assert [0, 1] == [action["number"] for action in found["lost_actions"]]
    assert ["sigmamind/accepts/link/ContinueChat"] == found["lost_actions"][1]["requirements"]
    assert "may-break" == rows(out)["accepts/link/ContinueChat"]["effect"]
    assert {"operation/path", "accepts/link/ContinueChat"} == set(rows(out))


def test_a_promise_of_the_overlay_breaks_with_its_field(reported: DriftCommand) -> None:
    """A field that only the page's prose promises is missed when it goes, though no schema required it."""
    gone = ("        chatId:\n          type: string\n", "        chat:\n          type: string\n")
    status, out = reported("sigmamind", gone, options=("--format", "json"))
    found = rows(out)

    assert 1 == status
    assert {"breaking"} == {row["effect"] for path, row in found.items() if "/chatId/" in path}
    assert "response/201/chatId/promised" in found


def test_a_component_of_another_name_is_not_a_breach(reported: DriftCommand) -> None:
    """An overlay that names a renamed schema has to be corrected; clients notice nothing, so nothing breaks."""
    status, out = reported("openwebui", ("CreateChatRequest", "NewChat"), options=("--format", "json"))
    found = json.loads(out)["result"]

    assert 0 == status
    assert found["lost_actions"]
    assert "breaking" not in {row["effect"] for row in found["changes"]}


def test_what_a_client_may_ignore_is_harmless(reported: DriftCommand) -> None:
    """A new optional field and a wider limit give exit 0, and are reported."""
    status, out = reported(
        "sigmamind", ("          maxLength: 64\n", "          maxLength: 128\n"), options=("--format", "json")
    )

    assert 0 == status
    assert ("loosened", "harmless", "64, then 128") == tuple(
        rows(out)["request/body/agentId/maxLength"][name] for name in ("change", "effect", "detail")
    )


@pytest.mark.slow
def test_the_forms_say_the_same_every_time(reported: DriftCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts keep to 80 columns on a terminal; the Markdown holds no markup of the document; both are as before."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    hostile = ("- ended\n", "- '<b>[x](y)|`z`</b>'\n")
    for form in ("table", "markdown", "json"):
        status, out = reported("sigmamind", *MOVED[:1], hostile, options=("--format", form))
        assert 1 == status
        if form == "table":
            assert (status, out) == reported("sigmamind", *MOVED[:1], hostile, options=("--format", form))
            assert 80 >= max(map(len, out.splitlines()))
            assert "A client breaks: " in out.splitlines()[-1]
            assert re.search(
                r"^changed   sigmamind/operation/path\n  was     A chat is created at /v1/chats", out, re.MULTILINE
            )
        if form == "markdown":
            assert "<b>" not in out
            assert "| breaking | changed |" in out


@pytest.mark.parametrize("is_terminal", [True, False])
def test_ids_are_whole(reported: DriftCommand, monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    """An id stands on one line, however long it is, and in a pipe nothing is wrapped or padded."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: is_terminal)
    _, out = reported("sigmamind", ("agentId", "agent" * 40))
    lines = out.splitlines()

    assert any(line.endswith(f"sigmamind/request/body/{'agent' * 40}/maxLength") for line in lines)
    assert is_terminal or not [line for line in lines if re.search(r"\S {2}| $", line)]


MISTAKES = {
    "no such vendor": (("sigmamnd", "new.yaml"), "did you mean sigmamind?"),
    "no such file": (("sigmamind", "none.yaml"), "give the path of an OpenAPI document"),
    "no document": (("sigmamind", "text.yaml"), "not a mapping"),
    "no such operation": (("sigmamind", "new.yaml", "--operation", "POST /x"), "no operation 'POST /x'"),
    "unknown form": (("sigmamind", "new.yaml", "--format", "xml"), "--format"),
}


@pytest.mark.parametrize(("arguments", "advice"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_one_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    advice: str,
) -> None:
    """What cannot be compared is reported in one line, with exit 2."""
    monkeypatch.chdir(tmp_path)
    Path("new.yaml").write_bytes((specs_folder() / "sigmamind" / "openapi.yaml").read_bytes())
    Path("text.yaml").write_text("just text", encoding="utf-8")
    capfd.readouterr()

    try:
        status = main(["drift", *arguments])
    except SystemExit as left:
        status = int(left.code or 0)

    out, err = capfd.readouterr()
    assert (2, "", 1) == (status, out, len(err.splitlines()))
    assert advice in err
