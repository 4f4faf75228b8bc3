"""The address of a run that is over: where its report says that it was, and what a user says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.openapi.contract import Contract
from chatcert.run.options import RunOptions
from chatcert.run.request_additions import additions_of
from chatcert.transport.destination import Destination, check_destination
from chatcert.transport.limits import Limits
from chatcert.transport.target import check_url


@dataclass(frozen=True, slots=True)
class Where:
    """Where the user says that the run was.

    Attributes:
        url: the address; ``None`` for the one of the run.
        target: the name of a target; ``None`` for none.
        options: the targets file, and what is added to each request.
        allow_production: whether requests may go to a production server.
    """

    url: str | None
    target: str | None
    options: RunOptions
    allow_production: bool = False


def destination_of(
    contract: Contract, url: str, mode: str, where: Where, environment: Mapping[str, str], *, path: str = ""
) -> Destination:
    """Return the destination that a user names, or else the one of the run.

    Args:
        url, mode: where the run was, as its report says it.
        path: replaces the path of the operation.

    Raises:
        ConfigurationError: the run was against the bundled mock, there is no such target, or nothing may be sent there.
        UsageError: an address and a target are both given.
    """
    if where.url is not None and where.target is not None:
        raise UsageError("--url and --target do not go together", where="--target")
    if mode == "mock" and where.url is None and where.target is None:
        raise ConfigurationError(
            "the run was against the bundled mock, which has ended with it", hint="give the address of a server: --url"
        )
    name = where.target or (mode if where.url is None and mode != "url" else "")
    if name:
        from chatcert.transport.targets_file import entry_named, read_targets

        file = where.options.targets_file
        entry = entry_named(name, read_targets(file), file)
        limits = Limits(timeout=entry.timeout or Limits().timeout, rate=entry.rate)
        destination = Destination(url=entry.url, name=name, entry=entry, file=file, limits=limits, path=path)
    else:
        destination = Destination(url=check_url(where.url or url), path=path)
    added = additions_of(where.options, destination.entry, contract, environment)
    destination = replace(destination, **added)
    check_destination(destination, contract, allow_production=where.allow_production)
    return destination
