"""A disk that is full, read-only or not there: one clear line, exit 70, and never a run that looks green."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.exceptions import SuiteError
from chatcert.run import vendor_run as command
from chatcert.run.records.ledger import LedgerWriter, read_ledger
from chatcert.run.records.ledger_rows import Ready
from chatcert.run.records.workspace import unfinished_run

pytestmark = pytest.mark.slow

VENDOR = "agencii"


@pytest.fixture
def live(certify: Any, mock: Any) -> Any:
    """Runs against the shared mock, as if that were a live server."""

    def run(*arguments: object) -> Any:
        return certify(VENDOR, "--url", f"{mock.url}/{VENDOR}", *arguments, variables=dict(mock.environment))

    return run


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Every file that this process writes ends at so many bytes, as on a disk without room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def is_one_line(text: str) -> bool:
    """Whether a command said one line of its own and no more."""
    return [True] == [line.startswith("chatcert: ") for line in text.splitlines() if line]


def test_no_room_for_what_is_sent(live: Any) -> None:
    """Where exchanges cannot be written down the run ends at once, and the rest is done once there is room."""
    with files_no_longer_than(40_000):
        full = live()
    assert 70 == full.status, full.text
    assert is_one_line(full.text), full.text
    assert "what was sent cannot be written down" in full.text
    assert not (full.folder / VENDOR / "report.json").exists()
    ledger = unfinished_run(full.folder / VENDOR)
    assert ledger is not None
    assert [] == read_ledger(ledger).torn

    assert 75 == main(["report", str(full.folder)])
    assert 0 == live("--resume").status


def test_no_room_for_a_header(live: Any) -> None:
    """Where not even the first line can be written down, nothing is sent."""
    with files_no_longer_than(500):
        full = live()

    assert 70 == full.status
    assert is_one_line(full.text), full.text


def test_no_room_for_the_reports(live: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever view of the report does not fit: exit 70, no view in place, and the report can be built later."""
    write = command.write_vendor_report
    for size in (0, 3_000, 60_000, 130_000):

        def write_without_room(*arguments: Any, size: int = size, **more: Any) -> Any:
            with files_no_longer_than(size):
                return write(*arguments, **more)

        monkeypatch.setattr(command, "write_vendor_report", write_without_room)
        full = live()
        assert 70 == full.status, size
        assert is_one_line(full.text), full.text
        assert "the report cannot be written" in full.text
        assert [".run"] == [path.name for path in (full.folder / VENDOR).iterdir()]

    monkeypatch.undo()
    assert 0 == main(["report", str(full.folder)])


def test_a_full_device(tmp_path: Path) -> None:
    """The error of the device is reported, and again at later writes."""
    (tmp_path / "full.jsonl").symlink_to("/dev/full")
    writer = LedgerWriter(tmp_path, "full")

    for _ in range(2):
        with pytest.raises(SuiteError, match="No space left on device") as caught:
            writer.write(Ready())
        assert 70 == caught.value.exit_code
    writer.close()


def test_a_file_where_a_folder_should_be(live: Any, tmp_path: Path) -> None:
    """What stands in the way of the vendor's folder, or of the ledger's, is named, and nothing is sent."""
    vendor_folder = tmp_path / "certify" / VENDOR
    vendor_folder.parent.mkdir()
    vendor_folder.write_text("")
    first = live()
    vendor_folder.unlink()
    vendor_folder.mkdir()
    (vendor_folder / ".run").write_text("")
    second = live()

    for run in (first, second):
        assert 70 == run.status
        assert is_one_line(run.text), run.text
        assert str(vendor_folder) in run.text


def test_a_full_standard_output_is_no_success(live: Any) -> None:
    """Where the summary cannot be printed, the exit status says that something broke."""
    run = live()
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "chatcert", "report", str(run.folder)],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )

    assert 70 == done.returncode
    assert is_one_line(done.stderr), done.stderr


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of its own of 200 KiB."""
    folder = tmp_path / "certify"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "chatcert-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_small_disk(live: Any, small_disk: Path) -> None:
    """On a real disk without room: exit 70 and one line; with more room the run is gone on with to its end."""
    full = live()
    assert 70 == full.status, full.text
    assert is_one_line(full.text), full.text
    assert not (small_disk / VENDOR / "report.json").exists()

    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    read_only = live("--resume")
    assert 70 == read_only.status
    assert is_one_line(read_only.text), read_only.text
    assert "Read-only file system" in read_only.text

    subprocess.run(["mount", "-o", "remount,rw,size=20m", str(small_disk)], check=True)
    assert 0 == live("--resume").status
