"""Files are read up to a limit, and written whole or not at all."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path

import pytest

from chatcert.exceptions import ConfigurationError
from chatcert.files import (
    FileTooLargeError,
    packaged_text,
    read_bounded,
    read_toml,
    staging_folder,
    write_new,
    write_whole,
)


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """A file of exactly the limit is read; one byte more is an error that says how much is read."""
    path = tmp_path / "data"
    path.write_bytes(b"12345678")

    assert b"12345678" == read_bounded(path, 8)
    with pytest.raises(FileTooLargeError) as raised:
        read_bounded(path, 7)
    assert "larger than 7 bytes" == raised.value.strerror


def test_a_pipe_is_read_up_to_its_limit(tmp_path: Path) -> None:
    """A pipe has no size of its own: no more than the limit is read of it either."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(b"1234",))
    writer.start()

    with pytest.raises(FileTooLargeError):
        read_bounded(pipe, 3)
    writer.join(10)


@pytest.mark.parametrize("name", ["missing", "a\0b", "."])
def test_what_cannot_be_read_has_a_reason(tmp_path: Path, name: str) -> None:
    """Every failure is an OSError with a reason, also that of a path which cannot be one."""
    with pytest.raises(OSError, match=r"\w") as raised:
        read_bounded(tmp_path / name, 100)
    assert raised.value.strerror


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """A file gets its new content and its permissions, and nothing else is left in the folder."""
    path = tmp_path / "private"
    path.write_text("old and long", encoding="utf-8")

    write_whole(path, "né", mode=0o600)

    assert "né" == path.read_text(encoding="utf-8")
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full, the old file stays as it was, and no part of the new one is left."""
    path = tmp_path / "report"
    path.write_bytes(b"old")
    real = os.fdopen

    def full(descriptor: int, mode: str) -> object:
        os.close(descriptor)
        return real(os.open("/dev/full", os.O_WRONLY), mode)

    monkeypatch.setattr(os, "fdopen", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")

    assert b"old" == path.read_bytes()
    assert [path] == list(tmp_path.iterdir())


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    """What a symbolic link points to is not written to."""
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "link").symlink_to("other")

    write_whole(tmp_path / "link", b"new")

    assert b"other" == (tmp_path / "other").read_bytes()
    assert b"new" == (tmp_path / "link").read_bytes()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """A pipe is not replaced by a file: whoever reads it gets the content."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(pipe.read_bytes()))
    reader.start()

    write_whole(pipe, b"content")
    reader.join(10)

    assert [b"content"] == found


def test_a_new_file_replaces_nothing(tmp_path: Path) -> None:
    """A file that is there already is left as it is."""
    path = tmp_path / "key"
    write_new(path, b"first", mode=0o600)

    with pytest.raises(FileExistsError):
        write_new(path, b"second")
    assert b"first" == path.read_bytes()


def test_a_staging_folder_goes(tmp_path: Path) -> None:
    """What is not renamed out of a staging folder is removed with it."""
    with staging_folder(tmp_path) as staging:
        (staging / "kept").write_bytes(b"1")
        (staging / "lost").write_bytes(b"2")
        (staging / "kept").replace(tmp_path / "kept")

    assert [tmp_path / "kept"] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"a = 1\nb", "not valid TOML"),
        (b"\xff", "not UTF-8 text"),
        (b"a" * 101, "larger than 100 bytes"),
        (b"a = " + b"9" * 5000, "larger than"),
    ],
)
def test_toml_that_cannot_be_read(tmp_path: Path, content: bytes, part: str) -> None:
    """A file that is not TOML is an error of the configuration; the message has its path."""
    path = tmp_path / "file.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigurationError, match=part) as raised:
        read_toml(path, 100, hint="give another")
    assert str(path) == raised.value.where


def test_data_of_the_package_is_found() -> None:
    """A data file of the package is read by its path below its package."""
    assert "$defs" in packaged_text("chatcert.report", "schema", "report-1.schema.json")
