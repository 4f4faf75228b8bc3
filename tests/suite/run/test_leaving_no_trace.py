"""Runs that delete their own chats, and nothing else, on servers that count every DELETE."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chatcert.cli.main import main
from chatcert.files import packaged_text

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("hurried")]


@pytest.fixture
def run(certify: Any, chat_store: ModuleType, write: Callable[..., Path]) -> Iterator[Callable[..., Any]]:
    """Certifies a server at the profile quick, and returns it with the run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHATCERT_STORE_KEY", chat_store.KEY)

        def running(kept: Any, *arguments: str, **named: Any) -> Any:
            spec = write({"store.json": chat_store.document(), "overlay.json": chat_store.overlay(**named)})
            more = ("--overlay", spec.with_name("overlay.json"), "--url", kept.url)
            return certify("--spec", spec, *more, *arguments)

        yield running


SHARDS = (("1/2", ("--clean-up",)), ("2/2", ()))
"""Options of two shards, of which one deletes its chats."""


def removals_of(folder: Path) -> list[dict[str, Any]]:
    """The rows of clean-up.jsonl."""
    return [json.loads(line) for line in (folder / "clean-up.jsonl").read_text(encoding="ascii").splitlines()]


def deletions(kept: Any) -> list[str]:
    """The chats for which a DELETE came."""
    return [path for path in kept.deletes if path != "/v1/chats"]


def reasons_of(folder: Path) -> set[str]:
    """Why chats were not removed."""
    return {row["reason"] for row in removals_of(folder) if not row["removed"]}


def test_a_run_deletes_every_chat_that_it_has_created(run: Any, chat_store: ModuleType) -> None:
    """With --clean-up no chat is left, the user's own are there, and the report says how many there were."""
    with chat_store.serving(chat_store.Store()) as kept:
        ended = run(kept, "--clean-up")

    report = ended.report("store")
    assert [] == kept.left
    assert chat_store.MINE == kept.mine
    assert 0 == ended.status, ended.text
    listed = (ended.folder / "store" / "created.jsonl").read_text(encoding="ascii").splitlines()
    assert len(listed) == report["created"]["chats"] == report["created"]["removed"]
    assert len(listed) == len(deletions(kept))
    assert f"{len(listed)} chats created; {len(listed)} removed" in ended.text
    assert 0 == main(["verify", str(ended.folder)])
    for name in ("created", "clean-up"):
        schema = json.loads(packaged_text("chatcert.report", "schema", f"{name}-1.schema.json"))
        lines = (ended.folder / "store" / f"{name}.jsonl").read_text(encoding="ascii").splitlines()
        assert lines
        assert all(Draft202012Validator(schema).is_valid(json.loads(line)) for line in lines)


def test_a_foreign_id_is_not_deleted(run: Any, chat_store: ModuleType) -> None:
    """Where an answer claims the id of the user's own chat, once, what is read there is not this run's."""
    others = iter(list(chat_store.MINE))

    with chat_store.serving(chat_store.Store(lambda kept: next(others, kept.left[-1]))) as kept:
        ended = run(kept, "--clean-up")

    assert chat_store.MINE == kept.mine
    assert "what is read by its id holds no marker of this run" in reasons_of(ended.folder / "store")
    assert 0 == main(["verify", str(ended.folder)])
    assert not [path for path in kept.deletes if "mine" in path]


def test_nothing_is_deleted_without_being_asked(run: Any, chat_store: ModuleType) -> None:
    """A run without --clean-up deletes the one chat that tests deletion; chatcert clean-up the others, once."""
    with chat_store.serving(chat_store.Store()) as kept, chat_store.serving(chat_store.Store()) as elsewhere:
        ended = run(kept)
        folder = str(ended.folder / "store")
        left, deleted = len(kept.left), len(deletions(kept))
        refused = main(["clean-up", folder, "--url", elsewhere.url])
        status = main(["clean-up", folder])
        rows, asked = removals_of(Path(folder)), len(kept.calls)
        again = main(["clean-up", folder])
        asked_again = len(kept.calls) - asked

    assert 1 == deleted
    assert (0, 0, rows) == (again, asked_again, removals_of(Path(folder)))
    assert 0 < left == ended.report("store")["created"]["chats"] - 1
    assert (78, []) == (refused, elsewhere.calls)
    assert (0, []) == (status, kept.left)
    assert chat_store.MINE == kept.mine


@pytest.mark.parametrize("name", ["created.jsonl", "evidence.jsonl"])
def test_a_list_that_the_evidence_does_not_bear_out_is_refused(run: Any, chat_store: ModuleType, name: str) -> None:
    """Whoever adds a chat to the list, or to the evidence, gets nothing deleted: exit 65."""
    with chat_store.serving(chat_store.Store()) as kept:
        ended = run(kept)
        path = ended.folder / "store" / name
        text = path.read_text(encoding="ascii")
        first = json.loads(text.splitlines()[0])
        path.write_text(
            text.replace(first["id"], "mine-3", 1) if "id" in first else text.replace(kept.left[0], "mine-3"),
            encoding="ascii",
        )
        before = deletions(kept)
        status = main(["clean-up", str(path.parent)])

    assert 65 == status
    assert before == deletions(kept)


def muted(body: dict[str, Any]) -> bool:
    """Whether a chat is one of those that a server keeps and cannot show; all of them have room for a marker."""
    return body.get("muted") is True and re.search(" cc[a-z2-7]{12}$", body["text"]) is not None


def test_a_chat_behind_a_server_error_is_found_by_its_marker(run: Any, chat_store: ModuleType, capfd: Any) -> None:
    """Where the overlay names the list of chats, those that came in no success are deleted as well, and counted."""
    with chat_store.serving(chat_store.Store(breaks=muted)) as kept:
        ended = run(kept, "--clean-up", listing=True)
        rows = removals_of(ended.folder / "store")
        again = main(["clean-up", str(ended.folder / "store")])

    assert rows == removals_of(ended.folder / "store")
    created = ended.report("store")["created"]
    assert ([], chat_store.MINE) == (kept.left, kept.mine)
    assert 0 < created["server_errors"] == created["found"]["server_errors"]
    assert "more chats found by the marker and removed" in ended.text
    assert 0 == main(["verify", str(ended.folder)])
    assert 0 == again
    assert "may have left chats" not in ended.text + capfd.readouterr().out


def test_a_chat_behind_a_server_error_stays_where_no_list_is_named(run: Any, chat_store: ModuleType) -> None:
    """Without the list they are left, as many as may have been are reported, and chatcert clean-up does not guess."""
    with chat_store.serving(chat_store.Store(breaks=muted)) as kept:
        ended = run(kept, "--clean-up")
        status = main(["clean-up", str(ended.folder / "store")])

    assert kept.left
    assert 0 == status
    assert len(kept.left) <= ended.report("store")["created"]["server_errors"]
    assert "answered with a server error may have left chats" in ended.text
    assert chat_store.MINE == kept.mine


def _all_foreign(name: str) -> str:
    return f"mine-{int(name, 16) % 40}" if "mine" not in name else name


@pytest.mark.parametrize("among", ["all", "lost"])
def test_a_list_that_names_other_chats_deletes_none_of_them(run: Any, chat_store: ModuleType, among: str) -> None:
    """Whether all chats of the run, or only those that came in no success, are listed with ids of the user's own."""
    with chat_store.serving(chat_store.Store(breaks=muted)) as kept:

        def foreign(name: str) -> str:
            is_lost = muted(kept.chats[name])
            return _all_foreign(name) if among == "all" or is_lost else name

        kept.names = foreign
        run(kept, "--clean-up", listing=True)

    assert chat_store.MINE == kept.mine
    assert not [path for path in kept.deletes if "mine" in path]
    assert kept.left


def test_a_folder_without_a_run_is_named(tmp_path: Path, capfd: Any) -> None:
    """A report folder in place of that of a vendor, or any other, is exit 65, and the line says which one to give."""
    assert 65 == main(["clean-up", str(tmp_path)])
    assert "no run has left anything here (give the folder of one vendor" in capfd.readouterr().err


def test_a_production_server_needs_a_flag_of_its_own(run: Any, chat_store: ModuleType, capfd: Any, write: Any) -> None:
    """After a run on a production server, chatcert clean-up names the flag that it has, and deletes nothing without."""
    with chat_store.serving(chat_store.Store()) as kept:
        ended = run(kept, "--only", "store/accepts/required-only")
        entry = f'[targets.live]\nvendor = "store"\nurl = "{kept.url}"\nproduction = true\n'
        targets = ended.folder / "targets.toml"
        targets.write_text(f'{entry}[targets.live.credentials]\nKey = "${{CHATCERT_STORE_KEY}}"\n', encoding="utf-8")
        command = ["clean-up", str(ended.folder / "store"), "--target", "live", "--targets-file", str(targets)]
        refused, line = main(command), capfd.readouterr().err
        left = list(kept.left)
        status = main([*command, "--clean-up-production"])

    assert (78, 0) == (refused, status)
    assert "--clean-up-production" in line
    assert (1, []) == (len(left), kept.left)


def test_nothing_is_deleted_where_nothing_shows_whose_it_is(run: Any, chat_store: ModuleType) -> None:
    """--clean-up needs an operation that reads or lists chats, or the overlay's own word: exit 78, nothing is sent."""
    with chat_store.serving(chat_store.Store()) as kept:
        ended = run(kept, "--clean-up", read=False)

    assert 78 == ended.status
    assert "x-chatcert-read" in ended.text
    assert [] == kept.calls


def test_foreign_ids_are_found_out_by_the_list_alone(run: Any, chat_store: ModuleType) -> None:
    """Where chats are listed and not read, an id is deleted only if the list shows the marker of its request there."""
    others = iter(list(chat_store.MINE))

    with chat_store.serving(chat_store.Store(lambda kept: next(others, kept.left[-1]))) as kept:
        run(kept, "--clean-up", read=False, listing=True)

    assert chat_store.MINE == kept.mine
    assert not [path for path in kept.deletes if "mine" in path]


def test_a_run_without_a_named_operation_deletes_nothing(run: Any, chat_store: ModuleType) -> None:
    """--clean-up needs x-chatcert-delete, whatever operations the document has: exit 78 and nothing is sent."""
    with chat_store.serving(chat_store.Store()) as kept:
        ended = run(kept, "--clean-up", delete=False)

    assert 78 == ended.status
    assert "x-chatcert-delete" in ended.text
    assert [] == kept.calls


def test_a_run_that_named_no_operation_cannot_be_cleaned_up(run: Any, chat_store: ModuleType, capfd: Any) -> None:
    """The line of ``chatcert clean-up`` names the folder, and says which overlay has to name the operation."""
    with chat_store.serving(chat_store.Store()) as kept:
        ended = run(kept, delete=False)
        capfd.readouterr()
        status = main(["clean-up", str(ended.folder / "store")])

    line = capfd.readouterr().err
    assert 78 == status
    assert line.startswith(f"chatcert: {ended.folder / 'store'}: no operation of store is known that deletes a chat")
    assert "with which a run is started" in line
    assert "leave the option out" not in line


@pytest.mark.parametrize(("most", "jobs"), [(9, 4), (12, 1)])
def test_a_run_creates_no_more_chats_than_it_may(run: Any, chat_store: ModuleType, most: int, jobs: int) -> None:
    """With --max-chats a run stops in time: no verdict, an incomplete report, and not one chat too many, nor too few.

    A chat that is read, before the limit is reached with one job, is not counted again.
    """
    with chat_store.serving(chat_store.Store()) as kept:
        ended = run(kept, "--max-chats", str(most), "--jobs", str(jobs), delete=False)

    assert 75 == ended.status, ended.text
    created = ended.report("store")["created"]["chats"]
    assert most - 1 <= len(kept.left) == created <= most  # one is kept for the last control
    assert ended.report("store")["complete"] is False
    assert "--max-chats" in ended.text


@pytest.mark.parametrize(("chats", "listing"), [(1, False), (20, True)])
def test_a_killed_run_is_cleaned_up_from_its_ledger(
    started: Any,
    chat_store: ModuleType,
    write: Callable[..., Path],
    capfd: Any,
    environment: Any,
    chats: int,
    listing: bool,
) -> None:
    """At most as many chats are left as requests were in flight, and each is reported, listed or not."""
    environment.setenv("CHATCERT_STORE_KEY", chat_store.KEY)
    spec = write({"store.json": chat_store.document(), "overlay.json": chat_store.overlay(listing=listing)})
    folder = spec.with_name("reports")
    options = ("--spec", spec, "--overlay", spec.with_name("overlay.json"), "--report-dir", folder, "--jobs", "2")
    with chat_store.serving(chat_store.Store(pause=0.02)) as kept:
        process = started("chatcert", "certify", "--url", kept.url, *options)
        chat_store.wait_until(lambda: len(kept.left) >= chats or process.poll() is not None)
        process.kill()
        process.wait(60)
        capfd.readouterr()
        status = main(["clean-up", str(folder / "store")])
        printed = capfd.readouterr().out

    assert 0 == status, printed
    assert len(kept.left) <= 2
    assert not kept.left or "without an answer may have left chats" in printed
    assert chat_store.MINE == kept.mine


def test_a_new_run_keeps_the_list_of_a_killed_one(
    started: Any, run: Any, chat_store: ModuleType, capfd: Any, environment: Any, tmp_path: Path
) -> None:
    """Each later run says what a killed one may have left, until chatcert clean-up has deleted it."""
    environment.setenv("CHATCERT_STORE_KEY", chat_store.KEY)
    (tmp_path / "store.json").write_text(json.dumps(chat_store.document()), encoding="utf-8")
    (tmp_path / "more.json").write_text(json.dumps(chat_store.overlay(listing=True)), encoding="utf-8")
    folder, said = tmp_path / "reports", "1 earlier run was not finished and may have left"
    options = ("--spec", tmp_path / "store.json", "--overlay", tmp_path / "more.json", "--report-dir", folder)
    with chat_store.serving(chat_store.Store(pause=0.01)) as kept:
        process = started("chatcert", "certify", "--url", kept.url, *options)
        chat_store.wait_until(lambda: len(kept.left) >= 3 or process.poll() is not None)
        process.kill()
        process.wait(60)
        capfd.readouterr()
        only = ["--only", "store/accepts/required-only", "--clean-up"]
        ran = [main(["certify", "--url", kept.url, *map(str, options), *only]) for _ in range(2)]
        printed = capfd.readouterr().out
        status = main(["clean-up", str(folder / "store")])
        cleaned = capfd.readouterr().out
        main(["certify", "--url", kept.url, *map(str, options), *only])

    assert 0 == status, cleaned
    assert 2 == len(ran) == printed.count(said)
    assert "which was not finished:" in cleaned
    assert said not in capfd.readouterr().out
    assert len(kept.left) <= 1
    assert chat_store.MINE == kept.mine


def test_what_was_cleaned_up_is_not_looked_for_again(
    started: Any, chat_store: ModuleType, capfd: Any, environment: Any, tmp_path: Path
) -> None:
    """Once chatcert clean-up was called after a kill, a new run says nothing of it, and no chat is asked for again."""
    environment.setenv("CHATCERT_STORE_KEY", chat_store.KEY)
    (tmp_path / "store.json").write_text(json.dumps(chat_store.document()), encoding="utf-8")
    (tmp_path / "more.json").write_text(json.dumps(chat_store.overlay()), encoding="utf-8")
    folder = tmp_path / "reports"
    options = ["--spec", tmp_path / "store.json", "--overlay", tmp_path / "more.json", "--report-dir", folder]
    with chat_store.serving(chat_store.Store(pause=0.01)) as kept:
        process = started("chatcert", "certify", "--url", kept.url, *options)
        chat_store.wait_until(lambda: len(kept.left) >= 3 or process.poll() is not None)
        process.kill()
        process.wait(60)
        first = main(["clean-up", str(folder / "store")])
        asked = len(kept.calls)
        again = main(["clean-up", str(folder / "store")])
        asked_again = len(kept.calls) - asked
        capfd.readouterr()
        main(["certify", "--url", kept.url, *map(str, options), "--only", "store/accepts/required-only"])

    assert (0, 0, 0) == (first, again, asked_again)
    assert "was not finished" not in capfd.readouterr().out


def test_a_merged_report_counts_what_its_shards_removed(run: Any, chat_store: ModuleType, tmp_path: Path) -> None:
    """What became of the chats of each shard is in the merged report, by the numbers that exchanges have there."""
    folders = [tmp_path / "1", tmp_path / "2"]
    with chat_store.serving(chat_store.Store()) as kept:
        for folder, (shard, more) in zip(folders, SHARDS, strict=True):
            run(kept, *more, "--shard", shard, "--report-dir", folder)
        left = len(kept.left)
    status = main(["merge", *map(str, folders), "--report-dir", str(tmp_path / "merged")])

    first, second, merged = (
        json.loads((folder / "store" / "report.json").read_text(encoding="utf-8"))["created"]
        for folder in (*folders, tmp_path / "merged")
    )
    assert 0 == status
    assert first["chats"] + second["chats"] == merged["chats"]
    assert first["removed"] == merged["removed"]
    assert second["chats"] - 1 <= left <= second["chats"]  # one is deleted to test deletion


def test_pytest_deletes_chats_after_the_last_test(
    run_pytest: Any, chat_store: ModuleType, write: Callable[..., Path], environment: Any
) -> None:
    """With --clean-up the contract tests leave no chat either, and the summary says how many there were."""
    environment.setenv("CHATCERT_STORE_KEY", chat_store.KEY)
    spec = write({"store.json": chat_store.document(), "overlay.json": chat_store.overlay()})
    options = ("--spec", spec, "--overlay", spec.with_name("overlay.json"), "--clean-up", "-k", "accepts")
    with chat_store.serving(chat_store.Store()) as kept:
        ran = run_pytest("--url", kept.url, *options)

    created = ran.report("store")["created"]
    assert ([], chat_store.MINE) == (kept.left, kept.mine)
    assert 0 < created["chats"] == created["removed"]
    assert f"{created['removed']} removed" in ran.text
