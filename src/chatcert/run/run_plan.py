"""A checked run: from options to catalogues, destinations, limits and targets, before anything is sent."""

from __future__ import annotations

import errno
import os
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatcert.cases.constancy import OPTION as CONSTANCY
from chatcert.cases.constancy import Constancy
from chatcert.cases.profile import Profile, profile_named
from chatcert.exceptions import ConfigurationError, NothingSelectedError, SuiteError, UsageError
from chatcert.files import portable
from chatcert.judge.waiver import Waivers
from chatcert.mock.process import MockProcess, begun_mock
from chatcert.names import MOCK_STATUS_HEADER, did_you_mean
from chatcert.openapi.contract import Contract
from chatcert.own_rules.rule_loading import OPTION as RULES
from chatcert.own_rules.rule_loading import rules_of
from chatcert.report.history import RunRecord, check_history, read_history
from chatcert.requirements.catalogue import Catalogue, derive, with_rules
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.run.clean_up_check import check_clean_up, check_deletable
from chatcert.run.options import TARGETS_FILE, RunOptions
from chatcert.run.partial_run import OPTION as ONLY
from chatcert.run.partial_run import check_selection, is_selected
from chatcert.run.request_additions import additions_of, repeated
from chatcert.run.shards import OPTION as SHARD
from chatcert.run.shards import Shards, split
from chatcert.transport.destination import Destination, check_destination, own_headers, resolve
from chatcert.transport.limits import DEFAULT_TIMEOUT, Limits
from chatcert.transport.target import Target, check_url, from_environment
from chatcert.vendors import check_vendor, known_vendors, open_spec, open_vendor

if TYPE_CHECKING:
    from chatcert.report.seal.keys import SigningKey
    from chatcert.transport.targets_file import Entry

MOCK_JOBS = 4


@dataclass(frozen=True, slots=True)
class RunPlan:
    """A run whose options have been checked, before its credentials are known and anything is sent.

    Attributes:
        destinations: where the requests of each vendor go; empty where the bundled mock is used.
        history: the earlier runs in ``options.history``, by vendor.
        waivers: the waivers in ``options.waivers``, of all vendors, and the day of this run.
        signer: the key in the file ``options.sign``.
        shards: the shard that this run tests; ``None`` where the run is not split.
        idle: vendors of which the shard holds no requirement; no other attribute mentions them.
    """

    options: RunOptions
    profile: Profile
    seed: int
    catalogues: Mapping[str, Catalogue]
    destinations: Mapping[str, Destination] = field(default_factory=dict)
    history: Mapping[str, Sequence[RunRecord]] = field(default_factory=dict)
    waivers: Waivers = field(default_factory=Waivers)
    signer: SigningKey | None = None
    shards: Shards | None = None
    idle: tuple[str, ...] = ()

    def requirements(self, vendor: str) -> list[Requirement]:
        """Return the requirements of one vendor that this run tests, in the order of the catalogue."""
        return _part(self.catalogues[vendor], self.profile, self.shards, self.options.only)

    def limits(self, vendor: str) -> Limits:
        """Return what the run of one vendor may spend."""
        if vendor in self.destinations:
            return self.destinations[vendor].limits
        return _limits(self.options, jobs=MOCK_JOBS)

    def end(self, vendor: str) -> float | None:
        """Return the deadline of one vendor's run that begins now, on the clock of ``time.monotonic``."""
        seconds = self.limits(vendor).max_time
        return time.monotonic() + seconds if seconds is not None else None

    @property
    def mode(self) -> str:
        """Return ``mock`` or ``url``: the bundled mock, or live servers."""
        return "url" if self.destinations else "mock"

    def command(self, vendor: str, *, path: Callable[[Path], str] = portable) -> str:
        """Return a command line that repeats the run of one vendor.

        Args:
            path: gives the text of a path; a report holds no absolute one.
        """
        options = self.options
        words = ["chatcert", "certify"]
        words += ["--spec", options.spec_address or path(options.spec)] if options.spec else [vendor]
        words += ["--name", options.name] if options.name else []
        words += ["--operation", options.operation] if options.operation else []
        words += ["--overlay", path(options.overlay)] if options.overlay else []
        words += ["--url", options.url] if options.url else []
        if vendor in self.destinations and self.destinations[vendor].name:
            words += ["--target", self.destinations[vendor].name]
            words += ["--targets-file", path(options.targets_file)] if options.targets_file != TARGETS_FILE else []
        words += ["--path", options.path] if options.path else []
        words += repeated(options, vendor)
        words += [RULES, path(options.rules)] if options.rules else []
        words += ["--waivers", path(options.waivers)] if options.waivers else []
        words += ["--profile", options.profile, "--seed", str(self.seed)]
        words += [CONSTANCY, options.constancy] if options.constancy is not None else []
        words += [SHARD, str(self.shards)] if self.shards is not None else []
        words += [word for pattern in options.only for word in (ONLY, pattern)]
        return shlex.join(words)


def prepare(options: RunOptions, *, rules_are_proven: bool = False) -> RunPlan:
    """Check the options of a run, open the documents and derive the catalogues.

    Args:
        rules_are_proven: whether another process of the run has proven the own rules.

    Raises:
        UsageError: a vendor, profile, address, document or folder is invalid.
        ConfigurationError: a target, a waiver or an own rule is invalid, a target may not be used without another
            option, or a key cannot sign.
        InputFileError: a line of the history file is invalid.
        NothingSelectedError: the shard holds no requirement.
    """
    profile = profile_named(options.profile)
    if options.constancy is not None:
        profile = profile.with_constancy(Constancy.parse(options.constancy))
    shards = Shards.parse(options.shard) if options.shard is not None else None
    if options.url is not None:
        check_url(options.url)
    options.check()
    if options.only and options.sign is not None:
        raise UsageError(
            "--only and --sign do not go together", where=ONLY, hint="a partial run is no certificate: do not sign it"
        )
    named = _named(options)
    contracts = _contracts(options, tuple(named))
    destinations = {vendor: destination for vendor, destination in named.items() if vendor in contracts}
    if options.url is not None:
        destinations = dict.fromkeys(contracts, _destination(options, options.url))
    if options.url is not None and len(contracts) > 1:
        names = ", ".join(contracts)
        raise UsageError(f"--url goes with one vendor, not with {names}", hint="name the vendor that answers there")
    if named and set(destinations) != set(contracts):
        strangers, names = set(contracts) ^ set(named), " and ".join(options.targets)
        raise UsageError(
            f"{names} and {', '.join(sorted(strangers))} do not go together",
            where="--target",
            hint="a target names its vendor: leave the vendor out",
        )
    destinations = {
        vendor: replace(one, **additions_of(options, one.entry, contracts[vendor], os.environ))
        for vendor, one in destinations.items()
    }
    for vendor, destination in destinations.items():
        check_destination(destination, contracts[vendor], allow_production=options.allow_production)
        if options.clean_up:
            check_clean_up(destination, contracts[vendor], allow_production=options.clean_up_production)
    for contract in contracts.values() if options.clean_up else ():
        check_deletable(contract)
    if not options.plan:
        check_writable(options.report_dir)
    signer = _signer(options.sign) if options.sign is not None else None
    seed = options.seed_or_default
    catalogues = {name: catalogue_with_rules(contract, options) for name, contract in contracts.items()}
    for catalogue in catalogues.values() if not rules_are_proven else ():
        if any(requirement.kind is Kind.OWN for requirement in catalogue.requirements.values()):
            from chatcert.run.rule_proof import check_rules

            check_rules(catalogue)
    waivers = _waivers(options, catalogues)
    check_selection(options.only, [name for catalogue in catalogues.values() for name in catalogue.requirements])
    only = options.only
    idle = tuple(name for name, catalogue in catalogues.items() if not _part(catalogue, profile, shards, only))
    if len(idle) == len(catalogues) and shards is not None:
        raise NothingSelectedError(
            f"{' and '.join(idle)}: this shard holds no requirement",
            where=f"{SHARD} {shards}",
            hint="split into fewer shards",
        )
    catalogues = {name: catalogue for name, catalogue in catalogues.items() if name not in idle}
    history = _history(options.history, catalogues)
    return RunPlan(options, profile, seed, catalogues, destinations, history, waivers, signer, shards, idle)


def catalogue_with_rules(contract: Contract, options: RunOptions) -> Catalogue:
    """Return the catalogue of a contract with the user's own rules.

    Raises:
        ConfigurationError: the rules cannot be loaded.
    """
    return with_rules(derive(contract), rules_of(contract, options.rules, spec=options.spec))


def _part(catalogue: Catalogue, profile: Profile, shards: Shards | None, only: Sequence[str] = ()) -> list[Requirement]:
    requirements = list(catalogue.requirements.values())
    selected = [one for one in requirements if is_selected(one.id, only)]
    if shards is None:
        return selected
    numbers = split(requirements, profile, shards.of)
    return [one for one in selected if numbers[one.id] in shards.held]


def _waivers(options: RunOptions, catalogues: Mapping[str, Catalogue]) -> Waivers:
    day = options.today
    if options.waivers is None:
        return Waivers(day=day)
    from chatcert.run.waivers_file import check_waivers, read_waivers

    waivers = read_waivers(options.waivers, day)
    check_waivers(waivers, catalogues)
    return waivers


def _signer(path: Path) -> SigningKey:
    from chatcert.report.seal.keys import PASSPHRASE, read_signing_key

    return read_signing_key(path, os.environ.get(PASSPHRASE, ""))


def _history(path: Path | None, vendors: Iterable[str]) -> dict[str, Sequence[RunRecord]]:
    if path is None:
        return {}
    check_history(path)
    return {vendor: read_history(path, vendor) for vendor in vendors}


def _named(options: RunOptions) -> dict[str, Destination]:
    """Return the destinations of ``options.targets``, by vendor."""
    if options.targets and options.url is not None:
        raise UsageError(
            "--url and --target do not go together", where="--target", hint="a target has an address of its own"
        )
    found: dict[str, Destination] = {}
    if not options.targets:
        return found
    from chatcert.transport.targets_file import entry_named, read_targets

    entries = read_targets(options.targets_file)
    for name in dict.fromkeys(options.targets):
        entry = entry_named(name, entries, options.targets_file)
        if options.spec is None and entry.vendor not in known_vendors():
            raise ConfigurationError(
                f"unknown vendor {entry.vendor!r}",
                where=f"{options.targets_file}, [targets.{name}]",
                hint=did_you_mean(entry.vendor, known_vendors()),
            )
        if entry.vendor in found:
            raise UsageError(
                f"{found[entry.vendor].name} and {name} are both of {entry.vendor}",
                where="--target",
                hint="run one after the other, each with a --report-dir of its own",
            )
        found[entry.vendor] = _destination(options, entry.url, name, entry)
    return found


def _destination(options: RunOptions, url: str, name: str = "", entry: Entry | None = None) -> Destination:
    """Return the destination of one vendor's requests; options override the entry of a named target."""
    return Destination(
        url=url,
        name=name,
        entry=entry,
        file=options.targets_file,
        path=options.path or (entry.path if entry is not None else ""),
        limits=_limits(options, entry),
        with_robustness=options.with_robustness,
        with_deletion=options.clean_up_production,
    )


def _limits(options: RunOptions, entry: Entry | None = None, *, jobs: int = 1) -> Limits:
    """Return the limits of one vendor's run; options override the entry of a named target.

    Args:
        jobs: requests in flight if neither has a number of them.
    """

    def chosen(key: str) -> Any:
        return getattr(options, key) or getattr(entry, key, None)

    return Limits(
        jobs=chosen("jobs") or jobs,
        timeout=chosen("timeout") or DEFAULT_TIMEOUT,
        rate=chosen("rate"),
        max_requests=chosen("max_requests"),
        max_chats=chosen("max_chats"),
        max_refused_logins=chosen("max_refused_logins"),
        max_time=chosen("max_time"),
    )


def _contracts(options: RunOptions, of_targets: tuple[str, ...]) -> dict[str, Contract]:
    if options.spec is not None:
        if options.vendors:
            raise UsageError("a vendor and --spec do not go together", hint="name the vendor with --name")
        contract = open_spec(options.spec, name=options.name, operation=options.operation, overlay=options.overlay)
        return {contract.vendor: contract}
    if options.name or options.operation:
        raise UsageError("--name and --operation go with --spec only", hint="leave them out")
    names = options.vendors or of_targets or known_vendors()
    if options.overlay is not None and len(set(names)) != 1:
        raise UsageError("--overlay goes with one vendor", hint="name the vendor that it is for")
    return {name: open_vendor(check_vendor(name), overlay=options.overlay) for name in dict.fromkeys(names)}


def check_writable(folder: Path) -> None:
    """Create the report folder and check that it can be written.

    Raises:
        UsageError: the folder cannot be created or written.
        SuiteError: the disk is full, read-only or broken.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".chatcert-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        reason = error.strerror or "cannot be written to"
        if error.errno in (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO, errno.EFBIG):
            raise SuiteError(
                reason, where=f"--report-dir {folder}", hint="make room, or give a folder on another disk"
            ) from None
        raise UsageError(reason, where=f"--report-dir {folder}", hint="give a folder that you may write to") from None


@contextmanager
def targets_of(
    plan: RunPlan, environment: Mapping[str, str], begun: MockProcess | None = None
) -> Iterator[dict[str, Target]]:
    """Yield the target of every vendor: the bundled mock, which runs until the block ends, or a live address.

    Args:
        begun: a running mock of the same vendors, if there is one.

    Raises:
        ConfigurationError: a credential or resource of a live target is missing.
        SuiteError: the mock does not start.
    """
    options = plan.options
    if plan.destinations:
        yield {name: live_target(plan, name, environment) for name in plan.catalogues}
        return
    vendors: Sequence[str] = () if options.spec else tuple(plan.catalogues)
    given = vendors, options.spec, options.operation, options.name
    with (
        nullcontext(begun)
        if begun is not None
        else begun_mock(*given, seed=plan.seed, overlay=options.overlay, own_rules=True, rules=options.rules) as loading
    ):
        mock = loading.ready()
        yield {
            name: mock_target(catalogue.contract, options, mock.url, mock.environment)
            for name, catalogue in plan.catalogues.items()
        }


def live_target(plan: RunPlan, vendor: str, environment: Mapping[str, str]) -> Target:
    """Return the live target of one vendor, with its credentials from the environment.

    Raises:
        ConfigurationError: a credential is missing, or cannot be masked in a report.
    """
    return resolve(plan.destinations[vendor], plan.catalogues[vendor].contract, environment)


def mock_target(contract: Contract, options: RunOptions, url: str, environment: Mapping[str, str]) -> Target:
    """Return the target of one vendor at a running mock."""
    credentials, resources = from_environment(contract, environment)
    added = additions_of(options, None, contract, {})
    added["headers"] = own_headers(added["headers"], os.environ)
    return Target(
        url=f"{url}/{contract.vendor}",
        credentials=credentials,
        resources=resources,
        limits=_limits(options, jobs=MOCK_JOBS),
        path=options.path,
        mode="mock",
        status_header=MOCK_STATUS_HEADER,
        **added,
    )
