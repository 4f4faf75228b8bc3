"""Files: read at most so many bytes; write a file whole or not at all; read data that the package carries."""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from typing import Any

from chatcert.exceptions import ConfigurationError

MEBIBYTE = 1024 * 1024
_ABSOLUTE = re.compile(r"(?<![^\s'\"(=])/[^\s,:'\")]+/[^\s,:'\")]+")
"""An absolute path of two steps or more, as it stands in a message."""
_TEMPORARY = ".writing-"
"""How the names begin of files that are being written; nothing of that name is left behind."""


class FileTooLargeError(OSError):
    """A file holds more bytes than are read of any such file."""

    def __init__(self, path: Path, limit: int) -> None:
        size = f"{limit // MEBIBYTE} MiB" if limit >= MEBIBYTE else f"{limit} bytes"
        self.reason = f"larger than {size}"
        super().__init__(errno.EFBIG, self.reason, str(path))


def read_bounded(path: Path, limit: int) -> bytes:
    """Read a whole file, or fail if it is too large. A pipe is read as well.

    Args:
        path: the file.
        limit: how many bytes it may hold.

    Raises:
        FileTooLargeError: it holds more.
        OSError: it cannot be read, or its path cannot be one. ``strerror`` is set in every case.
    """
    try:
        with path.open("rb") as stream:
            status = os.fstat(stream.fileno())
            if stat.S_ISREG(status.st_mode) and status.st_size > limit:
                raise FileTooLargeError(path, limit)
            data = bytearray()
            while chunk := stream.read(min(MEBIBYTE, limit + 1 - len(data))):  # Python allocates what it is asked for
                data += chunk
    except ValueError:  # a path with a NUL character
        raise OSError(errno.EINVAL, "cannot be read", str(path)) from None
    if len(data) > limit:
        raise FileTooLargeError(path, limit)
    return bytes(data)


def portable(path: Path) -> str:
    """Return a path as a report may show it: below the working folder, or else the file's name alone.

    A relative path is returned as it is. An absolute one tells names of users and machines.
    """
    if not path.is_absolute():
        return path.as_posix()
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.name


def without_folders(text: str) -> str:
    """Return a text in which the paths of files of this machine are as ``portable`` gives them."""
    return _ABSOLUTE.sub(lambda found: portable(Path(found[0])) if Path(found[0]).parent.is_dir() else found[0], text)


def read_toml(path: Path, limit: int, *, hint: str) -> dict[str, Any]:
    """Read a TOML file.

    Args:
        path: the file.
        limit: how many bytes it may hold.
        hint: what to do about a file that cannot be read.

    Raises:
        ConfigurationError: it cannot be read, or is not TOML; the line says where.
    """
    try:
        return tomllib.loads(read_bounded(path, limit).decode("utf-8"))
    except OSError as error:
        raise ConfigurationError(error.strerror or "cannot be read", where=str(path), hint=hint) from None
    except UnicodeDecodeError:
        raise ConfigurationError("not UTF-8 text", where=str(path), hint="save it as UTF-8") from None
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "a number too long, or too deep a nesting"
        raise ConfigurationError(f"not valid TOML: {what}", where=str(path), hint="mend the file") from None


def write_whole(path: Path, content: bytes | str, *, mode: int = 0o666) -> None:
    """Write a file, whole or not at all: an earlier file of that name stays until the new one is complete.

    A symbolic link is replaced, not followed. What is not a regular file (a pipe, ``/dev/stdout``) is written to as it
    is.

    Args:
        path: the file. Its folder must exist.
        content: bytes, or a text that is encoded as UTF-8.
        mode: permissions of the file, from which the umask is subtracted.

    Raises:
        OSError: the disk does not take it.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(data)
        return
    temporary = path.with_name(f"{_TEMPORARY}{secrets.token_hex(8)}")
    try:
        write_new(temporary, data, mode=mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_new(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write a file that must not exist yet, whole or not at all.

    Raises:
        FileExistsError: it exists; it is left as it is.
        OSError: the disk does not take it, or the path cannot be one.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except ValueError:  # a path with a NUL character
        raise OSError(errno.EINVAL, "cannot be written", str(path)) from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
    except OSError:
        with suppress(OSError):
            path.unlink()
        raise


@contextmanager
def staging_folder(folder: Path) -> Iterator[Path]:
    """A folder below ``folder`` in which files are prepared before they are renamed into place; removed afterwards.

    Raises:
        OSError: it cannot be made.
    """
    with tempfile.TemporaryDirectory(prefix=_TEMPORARY, dir=folder, ignore_cleanup_errors=True) as name:
        yield Path(name)


def packaged_text(package: str, *steps: str) -> str:
    """The text of a data file that the package carries.

    Args:
        package: dotted name of the package that holds it: ``chatcert.report``.
        steps: its path below the package.
    """
    return files(package).joinpath(*steps).read_text(encoding="utf-8")
