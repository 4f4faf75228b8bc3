"""How many single-byte edits of a signed report ``chatcert verify`` finds.

    python bench/tampering.py                        certifies a bundled vendor, signs the report, 10,000 edits
    python bench/tampering.py --edits 500 --seed 7

An edit replaces, inserts or removes one byte of the report, the evidence, the statement or the envelope. Every edit is
tried with the key and without it, and without the envelope where another file was edited. Prints a table; exits with 1
if an edit was missed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chatcert.exceptions import ChatcertError
from chatcert.report.file_names import ENVELOPE, EVIDENCE, REPORT, STATEMENT_FILE
from chatcert.report.seal.keys import PublicKey, new_key
from chatcert.run.certifying import certify_vendors
from chatcert.run.checking.verification import verify
from chatcert.run.options import RunOptions
from chatcert.vendors import known_vendors

FILES = (REPORT, EVIDENCE, STATEMENT_FILE, ENVELOPE)


@dataclass(frozen=True)
class Edit:
    """One byte of one file, in another way."""

    file: str
    kind: str
    position: int
    before: bytes
    after: bytes


def edits(folder: Path, number: int, seed: int) -> Iterator[Edit]:
    """Random edits of the files in ``folder``, each file as often as any other; none leaves a file as it is."""
    draw = random.Random(seed)
    contents = {name: (folder / name).read_bytes() for name in FILES}
    while number:
        name, kind = draw.choice(FILES), draw.choice(("replace", "insert", "remove"))
        before = contents[name]
        position = draw.randrange(len(before))
        byte = bytes([draw.randrange(256)])
        after = before[:position] + (b"" if kind == "remove" else byte) + before[position + (kind != "insert") :]
        if after != before:
            number -= 1
            yield Edit(name, kind, position, before, after)


def found(folder: Path, edit: Edit, key: PublicKey | None, *, signed: bool = True) -> bool:
    """Whether verifying tells that something is wrong, with the edit in place; the folder is left as it was."""
    envelope = (folder / ENVELOPE).read_bytes()
    try:
        if not signed:
            (folder / ENVELOPE).unlink()
        (folder / edit.file).write_bytes(edit.after)
        return any(remark.problem and not remark.by_version for remark in verify(folder / REPORT, key))
    except ChatcertError:
        return True
    finally:
        (folder / ENVELOPE).write_bytes(envelope)
        (folder / edit.file).write_bytes(edit.before)


def main() -> int:
    """Try the edits and print what was found."""
    parser = argparse.ArgumentParser(description="How many single-byte edits of a signed report are found.")
    parser.add_argument("--edits", type=int, default=10_000, metavar="N", help="default: 10000")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place, vendor = Path(name), known_vendors()[0]
        key = new_key()
        (place / "key").write_bytes(key.pem())
        asked = RunOptions(vendors=(vendor,), profile="quick", seed=1, report_dir=place, sign=place / "key")
        certify_vendors(asked, {})
        folder = place / vendor
        if any(remark.problem for remark in verify(folder / REPORT, key.public)):
            print("the report does not verify before any edit")
            return 1
        return _try_all(folder, key.public, options.edits, options.seed)


def _try_all(folder: Path, key: PublicKey, number: int, seed: int) -> int:
    tried: Counter[tuple[str, str]] = Counter()
    caught: Counter[tuple[str, str]] = Counter()
    for edit in edits(folder, number, seed):
        ways = {"with the key": (key, True), "without the key": (None, True)}
        if edit.file != ENVELOPE:
            ways["unsigned"] = (None, False)
        for way, (given, signed) in ways.items():
            tried[edit.file, way] += 1
            if found(folder, edit, given, signed=signed):
                caught[edit.file, way] += 1
            else:
                print(f"missed {way}: {edit.kind} at {edit.position} of {edit.file}")
    for (file, way), count in sorted(tried.items()):
        print(f"{file:<24} {way:<16} {caught[file, way]:>6} of {count:>6} found")
    return 0 if tried == caught else 1


if __name__ == "__main__":
    sys.exit(main())
