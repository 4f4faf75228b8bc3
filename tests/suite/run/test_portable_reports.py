"""No report tells where the files of its run were on the machine that made it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from chatcert.files import portable, without_folders
from chatcert.report.file_names import RUNS

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "parley.yaml"


def test_no_report_holds_an_absolute_path(certify: Any, closed_url: str, tmp_path: Path) -> None:
    """The document is given by its absolute path, and neither the command nor the place of a clause repeats it."""
    shutil.copy(EXAMPLE, tmp_path / "parley.yaml")
    names = ("API_KEY", "AGENT_ID")
    variables = {f"CHATCERT_PARLEY_{name}": f"pk-9fQ2vX7LmT-{name}" for name in names}
    run = certify("--spec", tmp_path / "parley.yaml", "--name", "parley", "--url", closed_url, variables=variables)
    ledger = run.folder / "parley" / RUNS
    written = [path for path in run.folder.rglob("*") if path.is_file() and not path.is_relative_to(ledger)]

    assert 75 == run.status
    assert any(path.name == "report.json" for path in written)
    assert [] == [str(path) for path in written if str(tmp_path).encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("path", "shown"), [("a/b.yaml", "a/b.yaml"), ("../b.yaml", "../b.yaml"), ("/nowhere/b.yaml", "b.yaml")]
)
def test_a_path_is_shown_without_the_machine(path: str, shown: str, tmp_path: Path, monkeypatch: Any) -> None:
    """A relative path stays, an absolute one is shown from the working folder, or as a name."""
    monkeypatch.chdir(tmp_path)

    assert shown == portable(Path(path))
    assert "x/b.yaml" == portable(tmp_path / "x" / "b.yaml")


def test_messages_lose_folders_of_this_machine_alone(tmp_path: Path) -> None:
    """Paths of files are shortened; addresses, paths of operations and pointers are not."""
    (tmp_path / "certificates").mkdir()
    own = f"{tmp_path}/certificates/own.pem"
    text = f"{tmp_path}/targets.toml, [targets.t]: no ({own}) at http://h/tmp/x for POST /v1/chats"

    shown = "targets.toml, [targets.t]: no (own.pem) at http://h/tmp/x for POST /v1/chats"
    assert shown == without_folders(text)
