"""Legs of a night: one for each target, or for each bundled vendor against its mock, split into shards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.names import did_you_mean
from chatcert.run.options import TARGETS_FILE
from chatcert.transport.targets_file import read_targets
from chatcert.vendors import known_vendors

MOCK = "mock="
"""Prefix of the names of legs against the mock; names of targets cannot contain an equals sign."""

MAX_JOBS = 256
"""Most jobs that GitHub Actions makes from one matrix."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One vendor's service in one region, for one night.

    Attributes:
        name: the target's name, or ``mock=VENDOR``; it names folders and artefacts.
        region: where the target runs, as its entry names it.
    """

    name: str
    vendor: str
    region: str = ""

    @property
    def is_mock(self) -> bool:
        """Return whether it runs against the bundled mock."""
        return self.name.startswith(MOCK)

    def selection(self, targets_file: Path) -> list[str]:
        """Return the arguments of ``chatcert certify`` that select this leg."""
        return [self.vendor] if self.is_mock else ["--target", self.name, "--targets-file", str(targets_file)]

    def to_dict(self) -> dict[str, Any]:
        """Return the values of a job in the matrix; its secrets come from the environment with the target's name."""
        return {
            "leg": self.name,
            "vendor": self.vendor,
            "region": self.region,
            "environment": "" if self.is_mock else self.name,
        }


def legs_of(targets_file: Path | None, vendors: Sequence[str] = ()) -> tuple[Leg, ...]:
    """Return the legs of a night, sorted by name.

    Args:
        targets_file: the file of named targets. ``None`` stands for targets.toml, or for the bundled mock if that does
            not exist. A file that is named must exist, so that a misspelt name never leads to a run against the mock.
        vendors: vendors to certify; all of them if it is empty.

    Raises:
        UsageError: a vendor that has no folder.
        ConfigurationError: the file cannot be used, or has no target of one of the vendors.
    """
    known = known_vendors()
    for vendor in vendors:
        if vendor not in known:
            raise UsageError(f"unknown vendor {vendor!r}", where="--vendors", hint=did_you_mean(vendor, known))
    if targets_file is None and not TARGETS_FILE.exists():
        return tuple(Leg(f"{MOCK}{vendor}", vendor) for vendor in known if vendor in vendors or not vendors)
    path = targets_file or TARGETS_FILE
    legs = []
    for name, entry in sorted(read_targets(path).items()):
        if entry.vendor not in known:
            raise ConfigurationError(
                f"unknown vendor {entry.vendor!r}",
                where=f"{path}, [targets.{name}]",
                hint=did_you_mean(entry.vendor, known),
            )
        if entry.vendor in vendors or not vendors:
            legs.append(Leg(name, entry.vendor, entry.region))
    if missing := sorted(set(vendors) - {leg.vendor for leg in legs}):
        raise ConfigurationError(f"no target of {', '.join(missing)}", where=str(path), hint="add one, or leave it out")
    if not legs:
        raise ConfigurationError("no target", where=str(path), hint="add one; see targets.example.toml")
    return tuple(legs)


def leg_named(name: str, targets_file: Path | None) -> Leg:
    """Return the leg of that name.

    Raises:
        ChatcertError: there is none, or the file cannot be used.
    """
    legs = {leg.name: leg for leg in legs_of(targets_file)}
    if name not in legs:
        raise UsageError(f"no leg {name!r} in this night", where="--leg", hint=did_you_mean(name, list(legs)))
    return legs[name]


def matrix(legs: Sequence[Leg], shards: int) -> dict[str, str]:
    """Return the outputs from which GitHub Actions makes its jobs: JSON, in ASCII, each on one line.

    Returns:
        ``shards``, a job for each shard of each leg, and ``legs``, a job for each leg.

    Raises:
        UsageError: fewer shards than one, or more jobs than one matrix may have.
    """
    if shards < 1:
        raise UsageError(f"invalid number of shards: {shards}", where="--shards", hint="give 1 or more")
    if len(legs) * shards > MAX_JOBS:
        raise UsageError(
            f"{len(legs)} targets in {shards} shards are more than {MAX_JOBS} jobs",
            where="--shards",
            hint="give fewer shards",
        )
    jobs = [leg.to_dict() | {"shard": number, "of": shards} for leg in legs for number in range(1, shards + 1)]
    merges = [leg.to_dict() | {"of": shards} for leg in legs]
    return {name: json.dumps({"include": rows}) for name, rows in (("shards", jobs), ("legs", merges))}
