"""The steps of a night on the command line; what they do is imported by the step that is taken."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

STEPS = """\
  matrix     print what is to be certified: the outputs from which the jobs of the night are made
  shard      certify one shard of one leg
  merge      make one report of a leg's shards, compare it with the night before, remember it
  issues     page whom it concerns, and make the tracker say what the night has found
  rehearse   the whole night on this machine, against the bundled mock unless there are targets; no issue is touched
"""


def add_steps(parser: argparse.ArgumentParser) -> None:
    """Add one parser for each step."""
    from chatcert.cli import nightly

    parser.epilog = f"steps:\n{STEPS}\nwhat each needs, and who is paged for which exit status: docs/nightly.md"
    steps = parser.add_subparsers(title="steps", metavar="STEP", required=True, help=argparse.SUPPRESS)

    def step(name: str, run: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        line = next(line.split(maxsplit=1)[1] for line in STEPS.splitlines() if line.split()[0] == name)
        added = steps.add_parser(name, description=f"{line[0].upper()}{line[1:]}.")
        added.set_defaults(run=run)
        added.add_argument(
            "--night-dir",
            type=Path,
            default=Path("reports/nightly"),
            metavar="DIR",
            help="where the night keeps everything (default: reports/nightly)",
        )
        return added

    matrix = step("matrix", nightly.print_matrix)
    _add_choice(matrix)
    matrix.add_argument("--outputs", type=Path, metavar="FILE", help="add the outputs to this file, too")
    matrix.add_argument(
        "--check-contacts", action="store_true", help="fail (exit 78) if CHATCERT_CONTACTS does not say who is paged"
    )

    shard = step("shard", nightly.certify_shard)
    _add_leg(shard)
    shard.add_argument("--shard", required=True, metavar="I/N", help="the Ith of N shards")
    _add_run(shard)

    merge = step("merge", nightly.merge_shards)
    _add_leg(merge)
    merge.add_argument("--shards", type=int, required=True, metavar="N", help="how many shards there were")
    merge.add_argument("--summary", type=Path, metavar="FILE", help="add the Markdown summary to this file")

    issues = step("issues", nightly.tell)
    issues.add_argument("--legs", required=True, metavar="JSON", help="the output legs of the step matrix")
    issues.add_argument(
        "--job",
        action="append",
        default=[],
        metavar="NAME=RESULT",
        help="how another job ended: all but success pages the maintainers (repeatable)",
    )
    issues.add_argument("--night", default="", metavar="TIME", help="the output night of the step matrix")
    issues.add_argument("--repository", metavar="OWNER/NAME", help="whose issues; without it nothing is asked or done")
    issues.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    rehearse = step("rehearse", nightly.rehearse)
    _add_choice(rehearse, shards=2)
    _add_run(rehearse, profile="quick")


def _add_choice(parser: argparse.ArgumentParser, shards: int = 1) -> None:
    _add_targets(parser)
    parser.add_argument("--vendors", default="", metavar="A,B", help="these vendors only (default: all)")
    parser.add_argument("--shards", type=int, default=shards, metavar="N", help=f"of each leg (default: {shards})")


def _add_leg(parser: argparse.ArgumentParser) -> None:
    _add_targets(parser)
    parser.add_argument("--leg", required=True, metavar="NAME", help="a target's name, or mock=VENDOR")


def _add_targets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--targets-file",
        default="",
        metavar="FILE",
        help="default: targets.toml, and the bundled mock where there is none",
    )


def _add_run(parser: argparse.ArgumentParser, profile: str = "standard") -> None:
    parser.add_argument("--profile", default=profile, metavar="P", help=f"default: {profile}")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="the same for all shards (default: 1)")
