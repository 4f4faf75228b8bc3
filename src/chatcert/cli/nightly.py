"""``chatcert nightly``: the steps of a night, each of which is a job of the workflow and runs anywhere."""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chatcert.cli.json_answer import give
from chatcert.cli.parsing import add_steps
from chatcert.exceptions import UsageError

if TYPE_CHECKING:
    from chatcert.nightly.folders import Folders
    from chatcert.nightly.legs import Leg
    from chatcert.nightly.paging import Contacts

STEPS = """\
  matrix     print what is to be certified: the outputs from which the jobs of the night are made
  shard      certify one shard of one leg
  merge      make one report of a leg's shards, compare it with the night before, remember it
  issues     page the right people, and update the tracker to what the night has found
  rehearse   the whole night on this machine, against the bundled mock unless there are targets; no issue is touched
"""

_SHARD = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add a parser for each step."""
    parser.set_defaults(run=lambda parsed: 2)
    parser.epilog = f"steps:\n{STEPS}\nwhat each needs, and who is paged for which exit status: docs/nightly.md"
    steps = add_steps(parser)

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

    matrix = step("matrix", print_matrix)
    _add_choice(matrix)
    matrix.add_argument("--outputs", type=Path, metavar="FILE", help="add the outputs to this file, too")
    matrix.add_argument(
        "--check-contacts", action="store_true", help="fail (exit 78) if CHATCERT_CONTACTS does not say who is paged"
    )

    shard = step("shard", certify_shard)
    _add_leg(shard)
    shard.add_argument("--shard", required=True, metavar="I/N", help="the Ith of N shards")
    _add_run(shard)

    merge = step("merge", merge_shards)
    _add_leg(merge)
    merge.add_argument("--shards", type=int, required=True, metavar="N", help="how many shards there were")
    merge.add_argument("--summary", type=Path, metavar="FILE", help="add the Markdown summary to this file")

    issues = step("issues", announce)
    issues.add_argument("--legs", required=True, metavar="JSON", help="the output legs of the step matrix")
    issues.add_argument(
        "--job",
        action="append",
        default=[],
        metavar="NAME=RESULT",
        help="how another job ended: all but success pages the maintainers (repeatable)",
    )
    issues.add_argument("--night", default="", metavar="TIME", help="the output night of the step matrix")
    issues.add_argument("--repository", metavar="OWNER/NAME", help="whose issues; without it no tracker is asked")
    issues.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")

    whole = step("rehearse", rehearse)
    _add_choice(whole, shards=2)
    _add_run(whole, profile="quick")


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


def print_matrix(options: argparse.Namespace) -> int:
    """Print what a night certifies, one line for each output of the job.

    Raises:
        ChatcertError: the targets are invalid, or the contacts are missing.
    """
    from chatcert.nightly.legs import matrix
    from chatcert.text import format_time

    if options.check_contacts:
        _contacts(needed=True)
    outputs = matrix(_legs(options), options.shards) | {"night": format_time(time.time())}
    text = "".join(f"{name}={value}\n" for name, value in outputs.items())
    give(outputs)
    print(text, end="")
    if options.outputs is not None:
        with options.outputs.open("a", encoding="ascii") as stream:
            stream.write(text)
    return 0


def certify_shard(options: argparse.Namespace) -> int:
    """Certify one shard of one leg; return the exit status of ``chatcert certify``.

    Raises:
        ChatcertError: the leg or shard does not exist, or cannot be started.
    """
    from chatcert.nightly.legs import leg_named
    from chatcert.nightly.shard_run import ShardJob, run_shard

    numbers = _SHARD.fullmatch(options.shard)
    if numbers is None:
        raise UsageError(f"invalid shard: {options.shard!r}", where="--shard", hint="give I/N, such as 1/3")
    file = _targets_file(options)
    leg = leg_named(options.leg, file)
    job = ShardJob(leg, int(numbers[1]), int(numbers[2]), options.profile, options.seed, file)
    folders = _folders(options)
    code = run_shard(job, folders, os.environ)
    give({"leg": leg.name, "shard": options.shard, "reports": folders.shard(leg.name, job.number)})
    return code


def merge_shards(options: argparse.Namespace) -> int:
    """Merge the reports of a leg's shards; return the exit status of the leg.

    Raises:
        ChatcertError: the results of earlier jobs are invalid.
    """
    from chatcert.nightly.leg_report import merge_leg
    from chatcert.nightly.legs import leg_named

    leg, folders = leg_named(options.leg, _targets_file(options)), _folders(options)
    code = merge_leg(leg, options.shards, folders, options.summary)
    give({"leg": leg.name, "shards": options.shards, "reports": folders.merged(leg.name)})
    return code


def announce(options: argparse.Namespace) -> int:
    """Call the webhooks, page the people concerned, and update the tracker's issues; return 0 once that is done.

    Raises:
        ChatcertError: the contacts are missing, or the tracker does not answer.
    """
    from chatcert.nightly import night_results
    from chatcert.nightly.tracker import Tracker
    from chatcert.nightly.webhook import webhook_lines
    from chatcert.text import format_time

    contacts = _contacts(needed=options.repository is not None)
    night = options.night or format_time(time.time())
    folders = _folders(options)
    legs = night_results.legs_in(options.legs) if options.legs else ()
    statuses = [*night_results.leg_statuses(legs, folders, night), *night_results.job_statuses(options.job, night)]
    called = []
    for line in webhook_lines(statuses, folders, night, os.environ, dry_run=options.dry_run):
        called.append(line)
        print(line)
    tracker = Tracker(options.repository) if options.repository is not None else None
    issues = tracker.tracked_issues() if tracker is not None else ()
    changes = night_results.changes_after(statuses, night_results.reports_of(statuses, folders), issues, contacts)
    paged = [*night_results.paging_lines(statuses, contacts)]
    give({"webhooks": called, "paged": paged, "issues": [change.to_dict() for change in changes]})
    for line in (*paged, *night_results.change_lines(changes)):
        print(line)
    if tracker is not None and not options.dry_run:
        tracker.apply(changes)
    return 0


def rehearse(options: argparse.Namespace) -> int:
    """Run a whole night here up to the plan of what would be reported; return the worst exit status of a leg.

    Raises:
        ChatcertError: a step failed.
    """
    from chatcert.nightly import night_results
    from chatcert.nightly.leg_report import merge_leg
    from chatcert.nightly.legs import matrix
    from chatcert.nightly.paging import worst_code
    from chatcert.nightly.shard_run import ShardJob, run_shard
    from chatcert.text import format_time

    legs, folders, night = _legs(options), _folders(options), format_time(time.time())
    matrix(legs, options.shards)
    file, codes = _targets_file(options), []
    options.night_dir.mkdir(parents=True, exist_ok=True)
    summary = options.night_dir / "summary.md"
    summary.unlink(missing_ok=True)
    for leg in legs:
        for number in range(1, options.shards + 1):
            run_shard(ShardJob(leg, number, options.shards, options.profile, options.seed, file), folders, os.environ)
        codes.append(merge_leg(leg, options.shards, folders, summary))
    contacts = _contacts(needed=False)
    statuses = list(night_results.leg_statuses([(leg.name, leg.vendor) for leg in legs], folders, night))
    changes = night_results.changes_after(statuses, night_results.reports_of(statuses, folders), (), contacts)
    texts = night_results.write_issues(changes, options.night_dir / "issues")
    paged = [*night_results.paging_lines(statuses, contacts)]
    give({"summary": summary, "paged": paged, "issues": [change.to_dict() for change in changes], "texts": texts})
    print(f"\nThe summary of the night is {summary}; against an empty tracker:")
    for line in (*paged, *night_results.change_lines(changes)):
        print(line)
    if texts:
        print(f"the texts of these issues are in {options.night_dir / 'issues'}")
    return worst_code(codes)


def _legs(options: argparse.Namespace) -> tuple[Leg, ...]:
    from chatcert.nightly.legs import legs_of

    vendors = [name.strip() for name in options.vendors.split(",") if name.strip()]
    return legs_of(_targets_file(options), vendors)


def _targets_file(options: argparse.Namespace) -> Path | None:
    return Path(options.targets_file) if options.targets_file else None


def _folders(options: argparse.Namespace) -> Folders:
    from chatcert.nightly.folders import Folders

    return Folders(options.night_dir)


def _contacts(*, needed: bool) -> Contacts | None:
    from chatcert.nightly.paging import CONTACTS_VARIABLE, Contacts

    text = os.environ.get(CONTACTS_VARIABLE, "")
    return Contacts.parse(text) if text.strip() or needed else None
