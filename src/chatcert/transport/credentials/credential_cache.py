"""Fetched credentials that the processes of one user share: a file of mode 0600 in a folder of mode 0700.

They are never in a report folder. Where the user has no such folder, or somebody else could read it, nothing is shared
and each process fetches its own.
"""

from __future__ import annotations

import atexit
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from chatcert.files import read_bounded, write_whole
from chatcert.transport.credentials.credential_expiry import Fetched
from chatcert.transport.credentials.credential_sources import CredentialSource, FileSource, digest_of_source
from chatcert.transport.credentials.secret_values import Secret

MAX_BYTES: Final = 1024 * 1024
PATIENCE: Final = 120.0
"""Seconds that a process waits for another one that is fetching."""
LONGEST: Final = 3600.0
"""Seconds for which a credential is shared of which nobody knows how long it is valid."""
_OLD: Final = 24 * 3600.0
"""Seconds after which a file that nobody has used is removed."""
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


class CredentialCache:
    """The file of one source.

    Args:
        folder: a private folder; ``None`` where there is none.
    """

    def __init__(self, source: CredentialSource, folder: Path | None) -> None:
        is_shared = folder is not None and not isinstance(source, FileSource)
        self._path = folder / f"{digest_of_source(source)}.json" if is_shared and folder is not None else None
        if self._path is not None:
            atexit.register(self.forget)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes from fetching from the same source at the same time."""
        if self._path is None:
            yield
            return
        lock = FileLock(self._path.with_suffix(".lock"), mode=0o600)
        try:
            lock.acquire(timeout=PATIENCE)
        except (OSError, Timeout):  # each process fetches its own then
            yield
            return
        try:
            yield
        finally:
            lock.release()

    def read(self) -> Fetched | None:
        """Return what another process has fetched, and is still valid; ``None`` if there is nothing."""
        row = self._row()
        value, lifetime, obtained = row.get("value"), row.get("lifetime"), row.get("obtained")
        if not isinstance(value, str) or not isinstance(obtained, int | float) or row.get("boot") != _boot():
            return None
        known = lifetime if isinstance(lifetime, int | float) else None
        if known is None and time.monotonic() > obtained + LONGEST:
            return None
        return Fetched(Secret(value), obtained, known, self.refresh_token)

    @property
    def refresh_token(self) -> Secret | None:
        """Return the newest refresh token, which the server gave in place of the configured one."""
        token = self._row().get("refresh_token")
        return Secret(token) if isinstance(token, str) and token else None

    def write(self, fetched: Fetched) -> None:
        """Share a credential with the other processes."""
        if self._path is None:
            return
        token = fetched.refresh_token.reveal() if fetched.refresh_token is not None else None
        row = {"obtained": fetched.obtained, "lifetime": fetched.lifetime, "refresh_token": token, "boot": _boot()}
        with suppress(OSError):
            write_whole(self._path, json.dumps({"value": fetched.value.reveal(), **row}), mode=0o600)

    def forget(self) -> None:
        """Remove the credential. A refresh token stays that has taken the place of the configured one."""
        if self._path is None:
            return
        with suppress(OSError):
            if (token := self.refresh_token) is not None:
                write_whole(self._path, json.dumps({"refresh_token": token.reveal()}), mode=0o600)
            else:
                self._path.unlink(missing_ok=True)

    def _row(self) -> Mapping[str, Any]:
        if self._path is None:
            return {}
        try:
            row = json.loads(read_bounded(self._path, MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            return {}
        return row if isinstance(row, dict) else {}


def private_folder(environment: Mapping[str, str]) -> Path | None:
    """Return a folder that nobody but this user can read, and make it if needed; ``None`` where that is impossible."""
    runtime = environment.get("XDG_RUNTIME_DIR", "")
    home = environment.get("HOME", "")
    cache = environment.get("XDG_CACHE_HOME", "") or (f"{home}/.cache" if home else "")
    for base in (runtime, cache):
        if not base or not Path(base).is_absolute():
            continue
        folder = Path(base) / "chatcert" / "credentials"
        with suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if _is_private(folder):
                _remove_old(folder)
                return folder
    return None


def _is_private(folder: Path) -> bool:
    """Return whether a folder belongs to this user, is no link, and is closed to everybody else."""
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        return False
    if not hasattr(os, "geteuid"):
        return True
    return status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077


def _remove_old(folder: Path) -> None:
    """Remove what killed processes have left; a refresh token may be needed next month."""
    for path in folder.glob("*.json"):
        with suppress(OSError, ValueError):
            if time.time() - path.stat().st_mtime > _OLD and not json.loads(path.read_bytes()).get("refresh_token"):
                path.unlink()


def _boot() -> str:
    """Return what identifies the time since the machine was started; a monotonic clock begins anew with it."""
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
