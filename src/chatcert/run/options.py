"""The options of a run: one table from which both front ends are generated, and the object that they fill.

Each field of ``RunOptions`` that is declared with ``_option`` is an option of ``chatcert certify``, of pytest, or of
both: its metadata hold the flags and the help, the parsers of both front ends are generated from them, and the parsed
values are read back into ``RunOptions`` by the same names.

Nothing else of the package is imported here but the errors, so that ``chatcert --help`` stays fast.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from chatcert.exceptions import UsageError

PREFIX: Final = "--chatcert-"
"""Beginning of the names under pytest that no other plugin has."""
DEFAULT_REPORT_DIR: Final = Path("reports")
TARGETS_FILE: Final = Path("targets.toml")
MAX_NUMBER: Final = 1e9


DOCUMENT: Final = ("spec", "name", "operation", "overlay", "rules")
"""Options that name a document which is not that of a bundled vendor, or add to one."""


class Frontend(StrEnum):
    """The program that a run is started with."""

    CERTIFY = "certify"
    PYTEST = "pytest"


BOTH: Final = frozenset(Frontend)
CERTIFY_ONLY: Final = frozenset({Frontend.CERTIFY})


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table of options.

    Attributes:
        name: the field of ``RunOptions`` that it fills.
        help: one sentence for ``--help``.
        flag: how it is written on the command line of ``chatcert``; without hyphens, it is a positional argument.
        pytest_flag: how it is written under pytest, where it is written otherwise there.
        type: converts the text that was given; texts are taken as they are where it is ``None``.
        many: whether it may be repeated, so that the values make a tuple.
        switch: whether it takes no value.
        choices: the values that it may have, where they are few.
        frontends: those that have it.
        check: raises ``UsageError`` for a value that it may not have; called with the flag and the value.
    """

    name: str
    help: str | None
    flag: str
    pytest_flag: str
    default: Any = None
    metavar: str | None = None
    type: Callable[[str], Any] | None = None
    many: bool = False
    switch: bool = False
    choices: tuple[str, ...] = ()
    frontends: frozenset[Frontend] = BOTH
    check: Callable[[str, Any], None] | None = None

    @property
    def is_positional(self) -> bool:
        """Return whether the command line of ``chatcert`` takes it without a flag."""
        return not self.flag.startswith("-")

    def dest(self, frontend: Frontend) -> str:
        """Return the attribute of this option in the namespace that the parser of a front end returns."""
        flag = self.prefixed_flag if frontend is Frontend.PYTEST else self.flag
        return flag.lstrip("-").replace("-", "_")

    @property
    def prefixed_flag(self) -> str:
        """Return the name under pytest that no other plugin has."""
        return f"{PREFIX}{self.pytest_flag.removeprefix(PREFIX).lstrip('-')}"

    @property
    def pytest_flags(self) -> list[str]:
        """Return all names under pytest, first the one that the pages use."""
        flags = [self.pytest_flag, self.prefixed_flag] + ([] if self.is_positional else [self.flag])
        return list(dict.fromkeys(flags))

    def keywords(self, frontend: Frontend) -> dict[str, Any]:
        """Return the keyword arguments of ``add_argument`` and of pytest's ``addoption``.

        Under pytest, paths stay texts, because pytest-xdist sends all options to its workers as plain data.
        """
        keywords: dict[str, Any] = {"help": self.help}
        if self.switch:
            return keywords | {"action": "store_true"}
        if self.metavar is not None:
            keywords["metavar"] = self.metavar
        if self.choices:
            keywords["choices"] = self.choices
        if self.type is not None and (frontend is Frontend.CERTIFY or self.type is not Path):
            keywords["type"] = self.type
        if self.is_positional and frontend is Frontend.CERTIFY:
            return keywords | {"nargs": "*"}
        if self.many:
            return keywords | {"action": "append", "default": []}
        return keywords | {"default": str(self.default) if isinstance(self.default, Path) else self.default}

    def value_in(self, parsed: Any, frontend: Frontend) -> Any:
        """Return the value of this option in the namespace that the parser of a front end returned."""
        value = getattr(parsed, self.dest(frontend))
        if self.many:
            return tuple(value)
        if self.type is Path:
            return Path(value) if value else None
        return value


def _positive(flag: str, value: float) -> None:
    if not 0 < value < MAX_NUMBER:
        raise UsageError(f"must be greater than 0, not {value}", where=flag, hint="give a positive number")


def _rooted(flag: str, value: str) -> None:
    if value and not value.startswith("/"):
        raise UsageError(f"{value!r} does not begin with a slash", where=flag, hint="give a path")


def _option(text: str | None, *, default: Any = None, flag: str = "", pytest_flag: str = "", **row: Any) -> Any:
    """Declare a field of ``RunOptions`` as an option; its flag is the field's name unless another is given."""
    row |= {"help": text, "default": default, "flag": flag, "pytest_flag": pytest_flag}
    return field(default=() if row.get("many") else default, metadata={"option": row})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a run, as the command line or pytest gives them.

    Attributes:
        vendors: names of vendors; all vendors if it is empty and no ``spec`` is given.
        url: base address of a live server; the bundled mock is used where it is ``None``.
        targets: names of targets in the targets file, each of another vendor.
        jobs: requests in flight; by default one for a live server, which may serve one connection at a time.
        max_time, timeout: seconds.
        allow_production: whether requests may go to a host that the document names as a server, or to a target that is
            marked as production.
        with_robustness: whether hostile and malformed requests are sent there too.
        shard: ``I/N`` where only the I-th of N parts of every vendor's requirements is tested.
        day: the day for which waivers are evaluated; today, UTC, where it is ``None``. It is not an option.
        spec_address: where ``spec`` was downloaded from; empty for a file. It is not an option.
    """

    vendors: tuple[str, ...] = _option(
        "bundled vendors (default: all)", flag="vendors", pytest_flag="--vendor", metavar="VENDOR", many=True
    )
    spec: Path | None = _option(
        "an OpenAPI document with no folder in specs/; certify takes its address as well",
        metavar="FILE",
        type=Path,
    )
    wait: float | None = _option(
        "wait at most S seconds for the address of --spec",
        metavar="S",
        type=float,
        frontends=CERTIFY_ONLY,
        check=_positive,
    )
    name: str | None = _option("the vendor's name for --spec (default: from its title)", metavar="NAME")
    operation: str | None = _option('which operation of --spec: "POST /path" or its operationId', metavar="OP")
    overlay: Path | None = _option(
        "an overlay that adds to the document, after the vendor's own: what your deployment has beyond its page",
        metavar="FILE",
        type=Path,
    )
    rules: Path | None = _option(
        "your own rules, a Python file as docs/own-rules.md shows, besides those of installed packages and of "
        "specs/<vendor>/rules.py",
        metavar="FILE",
        type=Path,
    )
    url: str | None = _option("base address of a live server (default: the bundled mock)")
    targets: tuple[str, ...] = _option(
        "a target of the targets file (repeatable)", flag="--target", metavar="NAME", many=True
    )
    targets_file: Path = _option("default: targets.toml", default=TARGETS_FILE, metavar="FILE", type=Path)
    path: str = _option(
        "serve the operation at this path instead of the documented one",
        default="",
        frontends=CERTIFY_ONLY,
        check=_rooted,
    )
    profile: str = _option("quick, standard (default) or thorough", default="standard")
    constancy: str | None = _option(
        "valid requests enough to meet a server's wrong answers, by how rare they are: 1in20@99%%", metavar="1inN@P%"
    )
    report_dir: Path = _option("default: reports", default=DEFAULT_REPORT_DIR, metavar="DIR", type=Path)
    jobs: int | None = _option(
        "requests in flight (default: 1; mock: 4)", metavar="N", type=int, frontends=CERTIFY_ONLY, check=_positive
    )
    timeout: float | None = _option(
        "seconds for one request (default: 15)",
        pytest_flag="--chatcert-timeout",
        metavar="S",
        type=float,
        check=_positive,
    )
    rate: float | None = _option("at most N requests a second", metavar="N", type=float, check=_positive)
    max_requests: int | None = _option("at most N requests a vendor", metavar="N", type=int, check=_positive)
    max_chats: int | None = _option(
        "create at most N chats a vendor; a run that needs more stops, and there is no verdict (exit 75)",
        metavar="N",
        type=int,
        check=_positive,
    )
    max_refused_logins: int | None = _option(
        "at most N requests with bad credentials, for servers that lock accounts out; what is left of them is not run, "
        "and there is no verdict (exit 75)",
        metavar="N",
        type=int,
        check=_positive,
    )
    max_time: float | None = _option(
        "send nothing to a vendor after S seconds", metavar="S", type=float, check=_positive
    )
    seed: int | None = _option(
        "the same seed gives the same requests", pytest_flag="--chatcert-seed", metavar="N", type=int
    )
    allow_production: bool = _option(
        "send to a host that the document names as a server, or to a target marked as production",
        default=False,
        switch=True,
    )
    with_robustness: bool = _option(
        "send hostile and malformed requests there too: without them their requirements are not run, and there is "
        "no verdict (exit 75)",
        default=False,
        switch=True,
    )
    clean_up: bool = _option(
        "delete the chats that the run has created, each only where it is known to be the run's own; needs "
        "x-chatcert-delete in the overlay",
        default=False,
        switch=True,
    )
    clean_up_production: bool = _option("let --clean-up delete on a production server too", default=False, switch=True)
    headers: tuple[str, ...] = _option(
        "send this header with every request (repeatable); ${VARIABLE} reads the environment, and what looks like a "
        "credential is masked",
        flag="--header",
        pytest_flag="--chatcert-header",
        metavar="'NAME: VALUE'",
        many=True,
    )
    correlation: str | None = _option(
        "headers that carry an id of each request, with commas between, or none (default: X-Request-ID,traceparent)",
        pytest_flag="--chatcert-correlation",
        metavar="NAMES",
    )
    request_hook: str | None = _option(
        "a function that adds headers to each request, such as a signature",
        pytest_flag="--chatcert-request-hook",
        metavar="MODULE:FUNCTION",
    )
    resume: bool = _option(
        "go on with the run in --report-dir that did not come to its end",
        default=False,
        switch=True,
        frontends=CERTIFY_ONLY,
    )
    shard: str | None = _option(
        "test the I-th of N parts of every vendor's requirements, for chatcert merge: give all the same options, "
        "the seed is 0 by default; --rate and --max-… count for each alone, and so does the exit status",
        metavar="I/N",
    )
    only: tuple[str, ...] = _option(
        "test only the requirements whose ids match, such as 'auth/*' or request/body (repeatable): a partial "
        "run, which is never a certificate; exit status 0 if what was selected holds",
        metavar="ID-PATTERN",
        many=True,
        frontends=CERTIFY_ONLY,
    )
    plan: bool = _option(
        "print what would be sent, and send nothing", default=False, switch=True, frontends=CERTIFY_ONLY
    )
    fail_on: str = _option("default: fail", default="fail", choices=("fail", "warn"), frontends=CERTIFY_ONLY)
    waivers: Path | None = _option(
        "breaches that somebody has agreed to live with, as docs/waivers.md shows: they are reported as waived",
        metavar="FILE",
        type=Path,
    )
    history: Path | None = _option(
        "append a line on each vendor's run, for trends", metavar="FILE", type=Path, frontends=CERTIFY_ONLY
    )
    sign: Path | None = _option(
        "sign every report with this private key (see chatcert keygen)", metavar="KEY", type=Path
    )
    day: date | None = None
    spec_address: str = ""

    @classmethod
    def from_parsed(cls, parsed: Any, frontend: Frontend) -> RunOptions:
        """Return the options that the parser of a front end has read."""
        return cls(**{option.name: option.value_in(parsed, frontend) for option in options_of(frontend)})

    @property
    def fail_on_warn(self) -> bool:
        """Return whether a broken ``should`` gives the exit status of a breach."""
        return self.fail_on == "warn"

    @property
    def today(self) -> date:
        """Return the day of the run, UTC: the default seed and the waivers are evaluated for it, all day long."""
        return self.day or datetime.now(UTC).date()

    @property
    def seed_or_default(self) -> int:
        """Return the seed that was given, or the default one.

        The default is the day as a number: all runs of a day send the same requests, those of the next day others. That
        of a shard is 0, because shards of one run may begin on different days and must have the same seed.
        """
        if self.seed is not None:
            return self.seed
        return 0 if self.shard is not None else int(f"{self.today:%Y%m%d}")

    def check(self) -> None:
        """Check every value that can be checked without the others.

        Raises:
            UsageError: a number is not above zero, or a path does not begin with a slash.
        """
        for option in OPTIONS:
            value = getattr(self, option.name)
            if option.check is not None and value is not None:
                option.check(option.flag, value)


def _rows() -> Iterator[Option]:
    for column in fields(RunOptions):
        if "option" in column.metadata:
            row: dict[str, Any] = dict(column.metadata["option"])
            row["flag"] = row["flag"] or f"--{column.name.replace('_', '-')}"
            row["pytest_flag"] = row["pytest_flag"] or row["flag"]
            yield Option(name=column.name, **row)


OPTIONS: Final = tuple(_rows())
"""The table, in the order of ``--help``."""


def options_of(frontend: Frontend) -> list[Option]:
    """Return the options of a front end."""
    return [option for option in OPTIONS if frontend in option.frontends]


def values_of(parsed: Any, names: Collection[str]) -> dict[str, Any]:
    """Return the values of some options of ``chatcert certify`` in a namespace, by the fields of ``RunOptions``."""
    chosen = (option for option in options_of(Frontend.CERTIFY) if option.name in names)
    return {option.name: option.value_in(parsed, Frontend.CERTIFY) for option in chosen}


def add_options(parser: argparse.ArgumentParser, only: Collection[str] = ()) -> None:
    """Add options of ``chatcert certify`` to a parser.

    Args:
        only: names of the options to add; all of them where it is empty.
    """
    for option in options_of(Frontend.CERTIFY):
        if not only or option.name in only:
            parser.add_argument(option.flag, **option.keywords(Frontend.CERTIFY))
