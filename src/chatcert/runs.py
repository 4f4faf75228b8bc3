"""What a run is asked to do, and the contracts and targets that follow from it."""

from __future__ import annotations

import os
import random
import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from chatcert.cases.profile import DEFAULT_PROFILE, Profile, profile_named
from chatcert.contract.catalogue import Catalogue, derive
from chatcert.contract.model import Contract
from chatcert.exceptions import ConfigurationError, SuiteError, UsageError
from chatcert.target.settings import Target, check_url, from_environment
from chatcert.vendors import bundled_vendors, check_vendor, open_spec, open_vendor

DEFAULT_REPORT_DIR = Path("reports")
DEFAULT_TIMEOUT = 15.0
MOCK_JOBS = 4
MAX_NUMBER = 1e9


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of a run, as the command line and pytest give them.

    Attributes:
        vendors: bundled vendors; all of them where empty and no ``spec`` is given.
        url: base address of a live server; the bundled mock is used where it is ``None``.
        spec: an OpenAPI document with no folder in specs/.
        jobs: requests in flight; one for a live server, which may serve one connection at a time, unless it is told.
        rate: requests a second.
        timeout: seconds for one request.
        path: replaces the operation's path.
        allow_production: whether requests may go to a host that the document names as a server.
    """

    vendors: tuple[str, ...] = ()
    url: str | None = None
    profile: str = DEFAULT_PROFILE
    report_dir: Path = DEFAULT_REPORT_DIR
    jobs: int | None = None
    rate: float | None = None
    max_requests: int | None = None
    timeout: float = DEFAULT_TIMEOUT
    seed: int | None = None
    path: str = ""
    spec: Path | None = None
    name: str | None = None
    operation: str | None = None
    allow_production: bool = False


@dataclass(frozen=True, slots=True)
class Setting:
    """A run before its targets are known: everything that can be checked without sending anything."""

    options: RunOptions
    profile: Profile
    seed: int
    catalogues: Mapping[str, Catalogue]

    @property
    def jobs(self) -> int:
        """Requests in flight."""
        return self.options.jobs or (MOCK_JOBS if self.mode == "mock" else 1)

    @property
    def mode(self) -> str:
        """``mock`` or ``url``."""
        return "mock" if self.options.url is None else "url"

    def command(self, vendor: str) -> str:
        """A command line that repeats the run of one vendor."""
        options = self.options
        words = ["chatcert", "certify"]
        words += ["--spec", str(options.spec)] if options.spec else [vendor]
        words += ["--name", options.name] if options.name else []
        words += ["--operation", options.operation] if options.operation else []
        words += ["--url", options.url] if options.url else []
        words += ["--path", options.path] if options.path else []
        words += ["--profile", self.profile.name, "--seed", str(self.seed)]
        return shlex.join(words)


def prepare(options: RunOptions) -> Setting:
    """Check options and derive every catalogue.

    Raises:
        UsageError: a vendor, profile, address, document or folder that cannot be used.
    """
    profile = profile_named(options.profile)
    if options.url is not None:
        check_url(options.url)
    if options.path and not options.path.startswith("/"):
        raise UsageError(f"{options.path!r} does not begin with a slash", where="--path", hint="give a path")
    for name, value in (("--jobs", options.jobs), ("--timeout", options.timeout), ("--rate", options.rate),
                        ("--max-requests", options.max_requests)):  # fmt: skip
        if value is not None and not 0 < value < MAX_NUMBER:
            raise UsageError(f"{value} is no number above zero", where=name, hint="give a positive number")
    contracts = _contracts(options)
    if options.url is not None and len(contracts) > 1:
        names = ", ".join(contracts)
        raise UsageError(f"--url goes with one vendor, not with {names}", hint="name the vendor that answers there")
    if options.url is not None and not options.allow_production:
        _check_host(options.url, next(iter(contracts.values())))
    check_writable(options.report_dir)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(2**31)
    return Setting(options, profile, seed, {name: derive(contract) for name, contract in contracts.items()})


def _check_host(url: str, contract: Contract) -> None:
    """Refuse the hosts that the document names: they serve paying customers.

    Raises:
        ConfigurationError: the address is one of them.
    """
    host = urlsplit(url).hostname
    loopback = host is not None and (host == "localhost" or host.startswith("127."))
    if host is not None and not loopback and host in {urlsplit(server).hostname for server in contract.servers}:
        raise ConfigurationError(
            f"{host} is a production server of {contract.vendor}", where="--url", hint="give --allow-production"
        )


def _contracts(options: RunOptions) -> dict[str, Contract]:
    if options.spec is not None:
        if options.vendors:
            raise UsageError("a vendor and --spec do not go together", hint="name the vendor with --name")
        contract = open_spec(options.spec, name=options.name, operation=options.operation)
        return {contract.vendor: contract}
    if options.name or options.operation:
        raise UsageError("--name and --operation go with --spec only", hint="leave them out")
    names = options.vendors or bundled_vendors()
    return {name: open_vendor(check_vendor(name)) for name in dict.fromkeys(names)}


def check_writable(folder: Path) -> None:
    """Make the report folder, or say that it cannot be.

    Raises:
        UsageError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".chatcert-{os.getpid()}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        reason = error.strerror or "cannot be written to"
        raise UsageError(reason, where=f"--report-dir {folder}", hint="give a folder that you may write to") from None


@contextmanager
def targets_of(setting: Setting, environment: Mapping[str, str]) -> Iterator[dict[str, Target]]:
    """The target of every vendor: the bundled mock, started for as long as the block lasts, or a live address.

    Raises:
        ConfigurationError: a credential or resource of a live target is missing.
        SuiteError: the mock does not start.
    """
    options = setting.options
    if options.url is not None:
        yield {name: live_target(catalogue.contract, options, environment)
               for name, catalogue in setting.catalogues.items()}  # fmt: skip
        return
    from chatcert.mock.process import running_mock

    vendors: Sequence[str] = () if options.spec else tuple(setting.catalogues)
    with running_mock(vendors, options.spec, options.operation, options.name) as mock:
        yield {name: mock_target(catalogue.contract, options, mock.url, mock.environment)
               for name, catalogue in setting.catalogues.items()}  # fmt: skip


def live_target(contract: Contract, options: RunOptions, environment: Mapping[str, str]) -> Target:
    """A target at ``options.url`` with what the environment holds for it."""
    if options.url is None:
        raise SuiteError("a live target without an address")
    credentials, resources = from_environment(contract, environment)
    return Target(
        url=check_url(options.url), credentials=credentials, resources=resources, timeout=options.timeout,
        rate=options.rate, max_requests=options.max_requests, path=options.path, mode="url",
    )  # fmt: skip


def mock_target(contract: Contract, options: RunOptions, url: str, environment: Mapping[str, str]) -> Target:
    """The target of one vendor at a running mock."""
    credentials, resources = from_environment(contract, environment)
    return Target(
        url=f"{url}/{contract.vendor}", credentials=credentials, resources=resources, timeout=options.timeout,
        rate=options.rate, max_requests=options.max_requests, path=options.path, mode="mock",
    )  # fmt: skip
