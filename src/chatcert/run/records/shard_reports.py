"""Join the reports on shards and their evidence into one ledger, from which one report is built.

The verdicts of the shards are not used, except for the reasons why something was not tested: everything is judged
again, over what all shards have sent and received.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from chatcert import __version__
from chatcert.cases.plan import NOT_MADE
from chatcert.cases.profile import profile_named
from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded
from chatcert.judge.verdict import Verdict, VerdictKind, worst_exit
from chatcert.judge.waiver import Waivers
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import digest_of
from chatcert.report.evidence_file import read_evidence
from chatcert.report.file_names import CLEAN_UP, CONTRACT_SPEC, EVIDENCE
from chatcert.report.model import Report, Stop, WaiverRow
from chatcert.report.reader import MAX_BYTES, read_report
from chatcert.report.selection import NOT_SELECTED
from chatcert.requirements.catalogue import Catalogue
from chatcert.run.checking.verification import verify
from chatcert.run.records.ledger import Ledger, in_order, numbers_in_order
from chatcert.run.records.ledger_rows import Blocked, Header, Removed
from chatcert.run.shards import OPTION, WHOLE, Shards, split
from chatcert.text import count, join_numbers, one_line, parse_time
from chatcert.transport.chats.created_chats import unanswered
from chatcert.transport.credentials.live_credentials import FetchReason
from chatcert.transport.exchange import Exchange
from chatcert.vendors import known_vendors, open_vendor

SAME: Final = {
    ("suite", "version"): "the version of chatcert",
    ("digests", "spec"): "the document",
    ("digests", "overlay"): "the overlay",
    ("settings", "own_rules"): "the set of own rules",
    ("digests", "catalogue"): "the catalogue of requirements",
    ("subject", "operation"): "the operation",
    ("profile",): "the profile",
    ("seed",): "the seed",
    ("settings", "target"): "the target",
    ("settings", "url"): "the address",
    ("settings", "path"): "the path",
    ("settings", "environment"): "the environment",
    ("settings", "region"): "the region",
    ("settings", "gentle"): "whether hostile requests are left out",
    ("settings", "timeout"): "the time-out",
    ("settings", "credentials"): "which credentials are sent",
    ("settings", "resources"): "which resources are configured",
    ("settings", "headers"): "which headers are added",
    ("settings", "waivers"): "what is waived",
}
"""The members of a report that must be equal in all shards of a run, with their names for messages.

Rate, number of requests and proxy may differ.
"""
RUN_NAME: Final = 12
"""Characters of the name of a run."""


@dataclass(frozen=True, slots=True)
class Part:
    """The report on a shard, its integrity verified.

    Attributes:
        place: its folder.
        exchanges: its evidence.
    """

    place: Path
    report: Report
    exchanges: Sequence[Exchange]

    @classmethod
    def read(cls, path: Path) -> Part:
        """Read and verify the report at ``path``, a ``report.json``, with its evidence.

        Raises:
            InputFileError: the file is not a report, was altered, or its verdicts do not follow from its evidence.
        """
        problems = [remark.text for remark in verify(path) if remark.problem]
        if problems:
            more = f", and {count(len(problems) - 1, 'more problem')}" if problems[1:] else ""
            raise InputFileError(
                f"it cannot be trusted: {problems[0]}{more}",
                where=one_line(str(path)),
                hint="give the report as it was written, with its evidence",
            )
        exchanges, _ = read_evidence(read_bounded(path.parent / EVIDENCE, MAX_BYTES))
        return cls(path.parent, read_report(path), exchanges)

    @property
    def shards(self) -> Shards:
        """Return the shards that it is a report on."""
        recorded = self.report["subject"].get("shards")
        return Shards.from_dict(recorded) if recorded is not None else WHOLE

    @property
    def has_results(self) -> bool:
        """Return whether anything was tested; otherwise the target did not answer, or refused the credentials."""
        return any(row["verdict"] != VerdictKind.NOT_RUN for row in self.report["requirements"])


def check_one_run(parts: Iterable[Part]) -> list[Part]:
    """Check that reports on one vendor belong to one run; return each once, in the order of their shards.

    Raises:
        InputFileError: they do not belong together.
    """
    found: list[Part] = []
    for part in parts:
        if all(part.report != other.report for other in found):
            found.append(part)
    found.sort(key=lambda part: (part.shards.held, str(part.place)))
    for part in found:
        _check_same(found[0], part)
    for one, other in combinations(found, 2):
        twice = sorted({*one.shards.held} & {*other.shards.held})
        if twice:
            which = f"shard {twice[0]} of {one.shards.of}" if one.shards.of > 1 else "the same vendor's run"
            raise _refusal(
                f"{which} is given twice; the other report is in {one_line(str(one.place))}",
                other,
                "leave one of them out",
            )
    return found


def _refusal(what: str, part: Part, hint: str) -> InputFileError:
    return InputFileError(what, where=one_line(str(part.place)), hint=hint)


def _check_same(first: Part, part: Part) -> None:
    hint = "merge shards of one run, made with the same options"
    version = one_line(str(part.report["suite"]["version"]))
    if version != __version__:
        raise _refusal(f"written by chatcert {version}, and this is {__version__}", part, f"use chatcert {version}")
    if "settings" not in part.report:
        raise _refusal("it does not tell the settings of its run", part, hint)
    if part.shards.of != first.shards.of:
        raise _refusal(
            f"one of {part.shards.of} shards, where {one_line(str(first.place))} is one of {first.shards.of}",
            part,
            hint,
        )
    for steps, words in SAME.items():
        there, here = _at(first.report, steps), _at(part.report, steps)
        if there != here:
            shown = isinstance(here, str | int | float) and steps[0] != "digests" and steps[-1] != "waivers"
            values = f": {one_line(str(there))} there, {one_line(str(here))} here" if shown else ""
            raise _refusal(f"{words} differs from that of {one_line(str(first.place))}{values}", part, hint)


def _at(report: Report, steps: tuple[str, ...]) -> Any:
    value: Any = report
    for step in steps:
        value = value.get(step)
    return value


def merged_ledger(parts: Sequence[Part], catalogue: Catalogue, *, fail_on_warn: bool = False) -> Ledger:
    """Return one ledger of all parts of one vendor's run, as if one process had written it.

    Exchanges of a part in which nothing was tested are left out: the server may have refused wrong credentials.

    Args:
        parts: what ``check_one_run`` gave.

    Raises:
        InputFileError: the waivers of a report are invalid.
    """
    of = parts[0].shards.of
    numbers = split(catalogue.requirements.values(), profile_named(parts[0].report["profile"]), of)
    taken = [part for part in parts if part.has_results]
    held = {number: part for part in taken for number in part.shards.held}
    idle = {number: part for part in parts if not part.has_results for number in part.shards.held}
    shards = Shards(of, tuple(sorted(held)))
    sent = [
        (f"{index:06}", replace(exchange, chain=f"{index}/{exchange.chain}"))
        for index, part in enumerate(taken)
        for exchange in part.exchanges
    ]
    ledger = Ledger(
        _header(parts, shards, fail_on_warn=fail_on_warn),
        ready=bool(taken),
        selected={*catalogue.requirements},
        exchanges=in_order(sent),
        last=max(_end(part) for part in parts),
        troubles=tuple(dict.fromkeys(line for part in parts for line in part.report["reachability"])),
    )
    numbered = numbers_in_order(sent)
    for index, part in enumerate(taken):
        for row in removals_in(part.place):
            number = numbered.get((f"{index:06}", row.exchange or 0))
            if number is not None or row.exchange is None:
                ledger.removals[number, row.id] = replace(row, exchange=number)
    ledger.sent = len(ledger.exchanges) + sum(_unrecorded(part, catalogue.contract) for part in taken)
    for origin in (origin for part in parts for origin in part.report.get("credentials", ())):
        refused = [FetchReason.REFUSAL] * origin["refused"]
        others = [FetchReason.EXPIRY] * (origin["fetched"] - origin["refused"])
        ledger.fetched.setdefault(origin["name"], []).extend([*refused, *others])
    rows = {number: {row["id"]: row for row in part.report["requirements"]} for number, part in (held | idle).items()}
    left_out = {row["id"] for part_rows in rows.values() for row in part_rows.values() if row["reason"] == NOT_SELECTED}
    ledger.selected -= left_out
    for name, number in numbers.items():
        if number in held:
            _enter(ledger, rows[number][name])
        elif number in idle:
            ledger.open[name] = f"shard {number} of {of} settled nothing: {rows[number][name]['reason']}"
        else:
            ledger.open[name] = f"shard {number} of {of} is missing"
    stops = [(part, stop) for part in parts if (stop := part.report.get("stopped")) is not None]
    ledger.lacking = tuple(_lacking(ledger, numbers, held.keys(), idle.keys(), of))
    if any(_shows_breach(part) for part in parts if "stopped" not in part.report):
        ledger.lacking = (*(_stopped(part, stop) for part, stop in stops), *ledger.lacking)
    elif stops:
        worst = worst_exit(stop["exit_code"] for _, stop in stops)
        part, stop = next((part, stop) for part, stop in stops if stop["exit_code"] == worst)
        what = f"{_name(part)}{stop['what']}"
        ledger.blocked = Blocked(what, next(iter(part.report["reachability"]), what), worst)
    return ledger


def removals_in(folder: Path) -> Iterator[Removed]:
    """Yield what became of the chats of a run, as its ``clean-up.jsonl`` has it; nothing where there is none.

    Raises:
        InputFileError: the file is invalid.
    """
    path = folder / CLEAN_UP
    if not path.exists():
        return
    try:
        for line in read_bounded(path, MAX_BYTES).splitlines():
            row = json.loads(line)
            yield Removed(row["exchange"], row["id"], row["removed"] is True, str(row["reason"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        raise InputFileError(
            "not a list of what became of chats", where=one_line(str(path)), hint="restore it, or run chatcert clean-up"
        ) from None


def _unrecorded(part: Part, contract: Contract) -> int:
    """Return how many requests of a shard got no answer and are in no evidence, since a process was killed."""
    created = part.report.get("created")
    return max(0, created["unanswered"] - unanswered(contract, part.exchanges)) if created is not None else 0


def _shows_breach(part: Part) -> bool:
    return any(row["verdict"] == VerdictKind.FAIL for row in part.report["requirements"])


def _stopped(part: Part, stop: Stop) -> str:
    return f"A part of the run ended early, with exit status {stop['exit_code']}: {_name(part)}{stop['what']}."


def _name(part: Part) -> str:
    """Return the shards of a report, as the beginning of a sentence on them; empty if it is on the whole run."""
    held, of = part.shards.held, part.shards.of
    shards = "shard" if len(held) == 1 else "shards"
    return f"{shards} {join_numbers(held)} of {of}: " if of > 1 else ""


def _enter(ledger: Ledger, row: Mapping[str, Any]) -> None:
    """Add what the report of its shard says of a requirement, as far as that does not come from exchanges."""
    match VerdictKind(row["verdict"]):
        case VerdictKind.NOT_RUN:
            ledger.open[row["id"]] = row["reason"]
        case VerdictKind.ERROR:
            ledger.unfinished[row["id"]] = Verdict(row["id"], VerdictKind.ERROR, reason=row["reason"])
        case VerdictKind.INCONCLUSIVE if not row["cases"] and row["reason"].startswith(NOT_MADE):
            ledger.unfinished[row["id"]] = Verdict(row["id"], VerdictKind.INCONCLUSIVE, reason=row["reason"])
        case word:
            ledger.finished.add(row["id"])
            if word is VerdictKind.NOT_APPLICABLE:
                ledger.reasons[row["id"]] = row["reason"]


def _lacking(
    ledger: Ledger, numbers: Mapping[str, int], held: Iterable[int], idle: Iterable[int], of: int
) -> Iterator[str]:
    """Yield a sentence on each thing that is missing; a shard to which no requirement belongs is not."""
    known, settled = {*held, *idle}, {*held}
    for found, is_so in (({*numbers.values()} - known, "missing"), ({*idle}, "without result")):
        left = sum(number in found for number in numbers.values())
        if found:
            shards, verb = ("Shard", "is") if len(found) == 1 else ("Shards", "are")
            belong = f"{count(left, 'requirement belongs', 'requirements belong')} there"
            yield f"{shards} {join_numbers(sorted(found))} of {of} {verb} {is_so}: {belong}."
    if left := sum(numbers[name] in settled for name in ledger.open):
        yield f"{count(left, 'requirement')} did not run" + (" in the shards that are here." if of > 1 else ".")


def _header(parts: Sequence[Part], shards: Shards, *, fail_on_warn: bool) -> Header:
    first, settings = parts[0].report, _common(part.report["settings"] for part in parts)
    subject, digests, vendor = first["subject"], first["digests"], first["vendor"]
    in_folder = vendor in known_vendors() and open_vendor(vendor).spec_digest == digests["spec"]
    return Header(
        frontend="certify",
        vendor=vendor,
        url=subject["url"],
        mode=subject["mode"],
        path=str(settings["path"]),
        gentle=bool(settings["gentle"]),
        environment=subject.get("environment", ""),
        region=subject.get("region", ""),
        deviations=tuple(first.get("deviations", ())),
        profile=first["profile"],
        seed=first["seed"],
        spec=None if in_folder else CONTRACT_SPEC,
        folder=str(parts[0].place),
        operation=None,
        name=None,
        spec_digest=digests["spec"],
        overlay_digest=digests["overlay"],
        catalogue_digest=digests["catalogue"],
        resources="",
        command=_command(first["command"]),
        fail_on_warn=fail_on_warn,
        suite_version=__version__,
        started=min(parse_time(part.report["subject"]["window"]["start"]).timestamp() for part in parts),
        settings=settings,
        waivers=_waivers(parts),
        shards=shards if shards.of > 1 else None,
        run=digest_of([part.report.get("run", "") for part in parts]).partition(":")[2][:RUN_NAME],
    )


def _common(settings: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the settings that all shards share; ``None`` for each of the others."""
    found = list(settings)
    return {
        name: value if all(value == other.get(name) for other in found) else None for name, value in found[0].items()
    }


def _command(line: str) -> str:
    """Return the command of a shard without ``--shard``."""
    try:
        words = shlex.split(line)
    except ValueError:
        return ""
    at = words.index(OPTION) if OPTION in words else len(words)
    return shlex.join([*words[:at], *words[at + 2 :]])


def _end(part: Part) -> float:
    return parse_time(part.report["subject"]["window"]["end"]).timestamp()


def _waivers(parts: Sequence[Part]) -> Waivers:
    """Return the waivers that every shard was given, evaluated for the latest of their days."""
    uses = [part.report["waivers"] for part in parts if "waivers" in part.report]
    first = parts[0].report.get("waivers")
    rows = [*first["used"], *first["unused"], *first["undecided"], *first["expired"]] if first is not None else []
    names = WaiverRow.__annotations__
    try:
        entries = [{name: value for name, value in row.items() if name in names} for row in rows]
        entries.sort(key=lambda entry: int(str(entry["number"])))
        day = max((use["day"] for use in uses), default="0001-01-01")
        waivers = Waivers.from_dict({"entries": entries, "day": day, "file": ""})
    except ValueError:
        raise _refusal("its waivers end on a day that there is not", parts[0], "run that shard again") from None
    if digest_of([waiver.to_dict() for waiver in waivers.entries]) != parts[0].report["settings"].get("waivers"):
        raise _refusal("its waivers are not those that it was made with", parts[0], "run that shard again")
    return waivers
