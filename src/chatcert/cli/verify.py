"""``chatcert verify``: are reports as they were written, and do their verdicts follow from their evidence?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from chatcert import __version__
from chatcert.cli.json_answer import give, note_error
from chatcert.exceptions import InputFileError
from chatcert.text import one_line

if TYPE_CHECKING:
    from rich.console import Console

    from chatcert.report.model import Report
    from chatcert.report.seal.integrity import Remark
    from chatcert.report.seal.keyring import Keyring
    from chatcert.report.seal.keys import PublicKey

Rows = list[dict[str, Any]]
"""The result for each report, as ``--format json`` prints it."""
QUALITIES: Final = ("conformant", "live", "valid", "signed")
MOST_NAMED: Final = 3
"""Requirements that a line of a report names itself."""
Line = tuple[str, str, tuple[str, ...]]
"""A line on a report: its label, its text, and the requirements that it is about."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=verify_reports)
    parser.epilog = (
        "checks signature, digests, schema, totals and outcome, and judges every stored exchange again. It sends\n"
        "nothing and needs no credentials. The first line on a report says whether it is genuine, and what it lacks.\n"
        "An unsigned report is protected against accidents alone: anyone who can write its files can forge them\n"
        "consistently. A run on this machine (loopback) is not live; without --key, anybody may have signed.\n"
        "A verdict on an own rule is judged again only where that rule is installed: of the same name, version and\n"
        "digest, which covers its module and the modules of the same package that it imports.\n"
        "What another version of chatcert made and this one judges otherwise cannot be compared.\n"
        "exit status: 0 genuine, and everything that is required; 1 not; 65 no report, or no key"
    )
    parser.add_argument(
        "report", type=Path, metavar="REPORT", help="a report.json, its folder, or a folder of several vendors' reports"
    )
    parser.add_argument("--key", type=Path, metavar="PUB", help="the public key that must have signed")
    parser.add_argument(
        "--keys", type=Path, metavar="FILE", help="a list of known keys (TOML), of which each signature must be"
    )
    parser.add_argument(
        "--rules",
        type=Path,
        metavar="FILE",
        help="your own rules, besides installed ones",
    )
    parser.add_argument(
        "--require",
        type=_qualities,
        default=(),
        metavar="WORDS",
        help="what a genuine report must be as well, separated by commas: conformant, live, valid, signed",
    )
    parser.add_argument("--ids", action="store_true", help="list all requirements that a note is about, one a line")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="default: text")


def now() -> datetime:
    """Return the present time, UTC."""
    return datetime.now(UTC)


def _qualities(text: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(word.strip() for word in text.split(",")))
    for word in words:
        if word not in QUALITIES:
            raise argparse.ArgumentTypeError(f"{word!r} is not one of {', '.join(QUALITIES)}")
    return words


def verify_reports(parsed: argparse.Namespace) -> int:
    """Verify every report at REPORT and print what it is worth; return the exit status.

    Raises:
        InputFileError: there is no report, or no key.
    """
    from rich.console import Console

    from chatcert.judge.verdict import worst_exit
    from chatcert.report.seal.keyring import read_keyring
    from chatcert.report.seal.keys import read_public_key
    from chatcert.run.checking.verification import check_folder, reports_at

    key = read_public_key(parsed.key) if parsed.key is not None else None
    keyring = read_keyring(parsed.keys) if parsed.keys is not None else None
    rows: Rows = []
    console = Console(highlight=False, soft_wrap=True) if parsed.format == "text" else rows
    codes = [_verify_one(console, path, key, keyring, parsed) for path in reports_at(parsed.report)]
    if remarks := check_folder(parsed.report):
        problems = [remark for remark in remarks if remark.problem]
        _print_head(console, parsed.report, _count(problems) if problems else "", is_bad=bool(problems))
        _print_remarks(console, remarks, list_ids=parsed.ids)
        codes.append(1 if problems else 0)
    give(rows)
    return worst_exit(codes)


def _verify_one(
    console: Console | Rows,
    path: Path,
    key: PublicKey | None,
    keyring: Keyring | None,
    parsed: argparse.Namespace,
) -> int:
    """Verify one report and print the result; return the exit status that it leads to."""
    from chatcert.report.assurance import assurance_of
    from chatcert.report.file_names import NOT_CURRENT, REPORT
    from chatcert.report.reader import read_report
    from chatcert.run.checking.verification import signer_of, verify

    try:
        remarks = list(verify(path, key, keyring, parsed.rules))
    except InputFileError as error:
        note_error(error)
        print(f"chatcert: {error.line()}", file=sys.stderr)
        return error.exit_code
    problems = [remark for remark in remarks if remark.problem]
    if problems:
        is_comparable = not all(remark.by_version for remark in problems)
        text = f"Not genuine: {_count(problems)}" if is_comparable else _incomparable(read_report(path))
        _print_head(console, path, text, is_bad=True)
        _print_remarks(console, remarks, list_ids=parsed.ids)
        return 1
    report = read_report(path)
    assurance = assurance_of(report, now(), signer_of(path, key, keyring))
    is_old = path.name == REPORT and path.with_name(NOT_CURRENT).exists()
    version = report["suite"]["version"]
    other = [] if version == __version__ else [f"made by chatcert {version} and judged again by {__version__}"]
    own = dict.fromkeys(remark.head for remark in remarks if remark.head)
    missing = ", ".join([*assurance.missing.values(), *other, *own, *(["older than the last run"] if is_old else [])])
    _print_head(console, path, f"Genuine, but: {missing}" if missing else "Genuine", is_bad=False)
    _print_lines(console, [(label, text, ()) for label, text in assurance.facts])
    unmet = [(word, why) for word, why in assurance.missing.items() if word in parsed.require]
    _print_lines(console, [("not met", f"--require {word}: {why}", ()) for word, why in unmet], style="red")
    _print_remarks(console, remarks, list_ids=parsed.ids)
    return 1 if unmet else 0


def _incomparable(report: Report) -> str:
    """Say that a report may be genuine, but that only the version which made it can tell."""
    version = one_line(report["suite"]["version"])
    return f"Cannot be compared: made by chatcert {version}, judged again by {__version__}; verify it with {version}"


def _count(problems: Sequence[Remark]) -> str:
    from chatcert.text import count

    return count(len(problems), "problem")


def _print_head(console: Console | Rows, path: Path, text: str, *, is_bad: bool) -> None:
    from rich.text import Text

    if isinstance(console, list):
        console.append({"report": str(path), "says": text or "beside the reports", "problem": is_bad, "lines": []})
        return
    head = Text(f"{one_line(str(path))}: ")
    head.append(text or "beside the reports", style="bold red" if is_bad else "bold green")
    console.print(head)


def _print_remarks(console: Console | Rows, remarks: Sequence[Remark], *, list_ids: bool) -> None:
    for is_problem, label, style in ((True, "problem", "red"), (False, "note", "dim")):
        lines = [(label, one.text, one.ids) for one in remarks if one.problem is is_problem]
        _print_lines(console, lines, style=style, list_ids=list_ids)


def _print_lines(console: Console | Rows, lines: Iterable[Line], *, style: str = "dim", list_ids: bool = False) -> None:
    from rich.text import Text

    if isinstance(console, list):
        console[-1]["lines"] += [
            {"label": label, "text": text, **({"ids": list(ids)} if ids else {})} for label, text, ids in lines
        ]
        return
    for label, text, ids in lines:
        line = Text("  ")
        line.append(f"{label:<9}" if console.is_terminal else f"{label} ", style=style)
        console.print(line.append(one_line(text) + _named(ids, list_ids=list_ids)))
        if list_ids and len(ids) > MOST_NAMED:
            console.print(Text("\n".join(f"    {name}" for name in ids)))


def _named(ids: Sequence[str], *, list_ids: bool) -> str:
    """Return how a line ends that is about requirements: their names, if they are few, or how to see them."""
    if len(ids) > MOST_NAMED:
        return ":" if list_ids else "; --ids lists them"
    return f": {', '.join(ids)}" if ids else ""
