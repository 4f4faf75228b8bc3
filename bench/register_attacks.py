"""How many attacks on a register are refused, by `chatcert register verify` and by the client of python-tuf.

    python bench/register_attacks.py                        the handmade attacks, then 10,000 edits of one byte
    python bench/register_attacks.py --edits 500 --seed 7

An edit replaces, inserts or removes one byte of a file of metadata, a record or the policy. Prints a table; exits with
1 if verifying missed an attack or an edit, or if the client of python-tuf missed an attack that metadata alone show.
Edits that leave the meaning of a file as it is, such as white space in the timestamp, are none to that client.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import registers.insider_attacks  # noqa: F401  its attacks are added to the others
from registers.attacks import Attack, Stage, client_refuses, prepared, problems, sound_register, stages


def main() -> int:
    """Try everything and print what was refused."""
    parser = argparse.ArgumentParser(description="How many attacks on a register are refused.")
    parser.add_argument("--edits", type=int, default=10_000, metavar="N", help="default: 10000")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        made, older = sound_register(Path(name))
        missed = 0
        for attack, stage in stages(made, older):
            found, refused = problems(stage), client_refuses(stage)
            missed += not found or (attack.by_tuf and not refused)
            theirs = refused or ("not a matter of metadata" if not attack.by_tuf else "MISSED")
            print(f"{attack.name}\n    verify: {(found or ['MISSED'])[0][:150]}\n    python-tuf: {theirs}")
        nothing = Attack("nothing", lambda _: None, by_tuf=False)
        stage = prepared(nothing, made, older, Path(name) / "edited")
        assert not problems(stage)
        assert not client_refuses(stage)
        return _edit(stage, options.edits, options.seed) or int(missed > 0)


def _edit(stage: Stage, number: int, seed: int) -> int:
    draw = random.Random(seed)
    files = sorted(path for path in stage.path.rglob("*") if path.is_file())
    tried: Counter[str] = Counter()
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for _ in range(number):
        path = draw.choice(files)
        before = path.read_bytes()
        after = edited(before, draw)
        kind = path.parent.name if path.parent.name == "metadata" else path.name.split(".")[-2]
        path.write_bytes(after)
        tried[kind] += 1
        if problems(stage):
            ours[kind] += 1
        else:
            print(f"missed: {path.name}")
        theirs[kind] += bool(client_refuses(stage))
        path.write_bytes(before)
    for kind, count in sorted(tried.items()):
        print(f"{kind:<18} {ours[kind]:>6} of {count:>6} refused by verify, {theirs[kind]:>6} by python-tuf")
    print(f"{'all':<18} {ours.total():>6} of {tried.total():>6} refused by verify, {theirs.total():>6} by python-tuf")
    return int(ours != tried)


def edited(before: bytes, draw: random.Random) -> bytes:
    """One byte of a file replaced, inserted or removed."""
    while True:
        kind, position = draw.choice(("replace", "insert", "remove")), draw.randrange(len(before))
        byte = b"" if kind == "remove" else bytes([draw.randrange(256)])
        after = before[:position] + byte + before[position + (kind != "insert") :]
        if after != before:
            return after


if __name__ == "__main__":
    sys.exit(main())
