"""Whether what is found depends on the seed: the same servers, certified with several seeds.

    python bench/seeds.py                    framing, state and combined faults of the mock, every vendor, three seeds
    python bench/seeds.py --sample 8         a fixed selection of these faults, at each vendor
    python bench/seeds.py --match auth/      other faults: those whose ids contain one of the texts

Prints each server whose failing requirements differ, and the share of those that do not; exit status 1 where one does.
Every server listens on loopback and is stopped after its run; a run takes some seconds.
"""

from __future__ import annotations

import argparse
import sys

from detection import Outcome, Subject, certify, own_subjects, selected

from chatcert.vendors import bundled_vendors

FAMILIES = ("/framing/", "/state/", "/request/beside/", "/near-miss", "/key-case", "/auth/unusual/", "/two-faults")
"""What the ids of faults contain whose requests are drawn or combined."""


def main() -> int:
    """Certify, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendor", action="append", choices=bundled_vendors(), default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--sample", type=int, metavar="N", help="N servers of each vendor")
    parser.add_argument("--match", action="append", default=[], metavar="TEXT")
    options = parser.parse_args()
    texts, different, count = tuple(options.match) or FAMILIES, 0, 0
    for vendor in options.vendor or bundled_vendors():
        faults = [one for one in own_subjects([vendor]) if one.kind == "fault" and any(t in one.name for t in texts)]
        for subject in selected(faults, options.sample):
            found = [certify((subject, options.profile), seed) for seed in options.seeds]
            count += 1
            if len({_told(one) for one in found}) > 1:
                different += 1
                _print(subject, dict(zip(options.seeds, found, strict=True)))
    print(f"{count - different} of {count} servers: the same findings with seeds {', '.join(map(str, options.seeds))}")
    return 1 if different else 0


def _told(outcome: Outcome) -> tuple[frozenset[str], frozenset[str], str]:
    return frozenset(outcome.failed), frozenset(outcome.warned), outcome.trouble


def _print(subject: Subject, found: dict[int, Outcome]) -> None:
    print(subject.name)
    for seed, outcome in found.items():
        print(f"  seed {seed}: {', '.join([*outcome.failed, *outcome.warned]) or outcome.trouble or 'nothing'}")


if __name__ == "__main__":
    sys.exit(main())
