"""``chatcert keygen``: a pair of keys, in two files."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from chatcert.cli.json_answer import give
from chatcert.exceptions import UsageError


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=make_key)
    parser.epilog = (
        "FILE is the private key, for certify --sign: keep it to yourself. FILE.pub is the public one, for verify\n"
        "--key: give it to the readers of reports, by another channel than the reports. Neither is ever overwritten.\n"
        "A passphrase in CHATCERT_SIGNING_PASSPHRASE encrypts the private key; certify reads it from there again"
    )
    parser.add_argument("--out", type=Path, default=Path("chatcert.key"), metavar="FILE", help="default: chatcert.key")


def make_key(parsed: argparse.Namespace) -> int:
    """Write a new private key to ``--out`` and its public one beside it; return the exit status.

    Raises:
        UsageError: one of the files is there already, or cannot be written.
    """
    from chatcert.report.seal.keys import PASSPHRASE, new_key

    path: Path = parsed.out
    public = path.with_name(f"{path.name}.pub")
    if os.path.lexists(public):
        raise UsageError("is there already", where=str(public), hint="choose another --out")
    key = new_key()
    passphrase = os.environ.get(PASSPHRASE, "")
    _create(path, key.pem(passphrase), 0o600)
    try:
        _create(public, key.public.pem, 0o644)
    except UsageError:
        path.unlink(missing_ok=True)  # a private key whose public one nobody has is of no use
        raise
    give(
        {
            "private_key": path,
            "public_key": public,
            "encrypted": bool(passphrase),
            "fingerprint": key.public.fingerprint,
        }
    )
    kept = f"encrypted with {PASSPHRASE}" if passphrase else "not encrypted"
    print(f"private key: {path} ({kept})\npublic key:  {public}\nfingerprint: {key.public.fingerprint}")
    return 0


def _create(path: Path, content: bytes, mode: int) -> None:
    """Write a file that must not be there yet, whole or not at all."""
    from chatcert.files import write_new

    try:
        write_new(path, content, mode=mode)
    except FileExistsError:
        raise UsageError(
            "is there already", where=str(path), hint="a key is never overwritten: choose another --out"
        ) from None
    except OSError as error:
        reason = error.strerror or "cannot be written"
        raise UsageError(reason, where=f"--out {path}", hint="give a path that you may write to") from None
