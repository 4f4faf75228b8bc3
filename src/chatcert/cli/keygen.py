"""``chatcert keygen``: a pair of keys, in two files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from chatcert.exceptions import UsageError
from chatcert.files import write_new
from chatcert.report.seal.keys import PASSPHRASE, new_key


def make_key(path: Path, environment: Mapping[str, str]) -> int:
    """Write a new private key to ``path`` and its public one beside it; returns the exit status.

    Raises:
        UsageError: one of the files is there already, or cannot be written.
    """
    public = path.with_name(f"{path.name}.pub")
    if os.path.lexists(public):
        raise UsageError("is there already", where=str(public), hint="choose another --out")
    key = new_key()
    passphrase = environment.get(PASSPHRASE, "")
    _create(path, key.pem(passphrase), 0o600)
    try:
        _create(public, key.public.pem, 0o644)
    except UsageError:
        path.unlink(missing_ok=True)  # a private key whose public one nobody has is of no use
        raise
    kept = f"encrypted with {PASSPHRASE}" if passphrase else "not encrypted"
    print(f"private key: {path} ({kept})\npublic key:  {public}\nfingerprint: {key.public.fingerprint}")
    return 0


def _create(path: Path, content: bytes, mode: int) -> None:
    """Write a file that must not be there yet, whole or not at all."""
    try:
        write_new(path, content, mode=mode)
    except FileExistsError:
        raise UsageError(
            "is there already", where=str(path), hint="a key is never overwritten: choose another --out"
        ) from None
    except OSError as error:
        reason = error.strerror or "cannot be written"
        raise UsageError(reason, where=f"--out {path}", hint="give a path that you may write to") from None
