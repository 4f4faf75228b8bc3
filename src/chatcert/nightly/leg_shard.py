"""One shard of one leg: certified in a process of its own, whose end is written down whichever it is."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from chatcert.exceptions import ConfigurationError, SuiteError
from chatcert.nightly.folders import Folders
from chatcert.nightly.legs import Leg
from chatcert.nightly.status import Status
from chatcert.run.options import TARGETS_FILE
from chatcert.text import format_time

OPTIONS_VARIABLE: Final = "CHATCERT_NIGHTLY_OPTIONS"
"""More options of ``chatcert certify``, such as ``--waivers waivers.toml --rate 2``."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a shard is asked to do.

    Attributes:
        number, of: which of how many, the first is 1.
        seed: of all shards of a night the same.
    """

    leg: Leg
    number: int
    of: int
    profile: str
    seed: int
    targets_file: Path | None = None


def run_shard(asked: Asked, folders: Folders, environment: Mapping[str, str]) -> int:
    """Certify one shard; returns the exit status.

    Raises:
        ConfigurationError: the variable with more options cannot be read.
        SuiteError: the process cannot be started, or the disk does not take its end.
    """
    folder = folders.shard(asked.leg.name, asked.number)
    try:
        more = shlex.split(environment.get(OPTIONS_VARIABLE, ""))
    except ValueError as error:
        raise ConfigurationError(str(error), where=OPTIONS_VARIABLE, hint="write options as in a shell") from None
    if folder.exists():
        shutil.rmtree(folder)  # what a former night left must not stand for this one
    code = run_chatcert(
        [
            "certify",
            *asked.leg.selection(asked.targets_file or TARGETS_FILE),
            *more,
            "--profile",
            asked.profile,
            "--seed",
            str(asked.seed),
            "--shard",
            f"{asked.number}/{asked.of}",
            "--report-dir",
            str(folder),
        ]
    )
    Status(asked.leg.name, asked.leg.vendor, (code,), format_time(time.time())).write(folder)
    return code


def run_chatcert(arguments: Sequence[str]) -> int:
    """Run one of our own commands, and show what it prints; a process that a signal ended has our own error's status.

    Raises:
        SuiteError: it cannot be started.
    """
    sys.stdout.write(f"$ {shlex.join(['chatcert', *arguments])}\n")
    sys.stdout.flush()
    try:
        done = subprocess.run([sys.executable, "-m", "chatcert", *arguments], env=dict(os.environ), check=False)
    except OSError as error:
        raise SuiteError(error.strerror or str(error), where=sys.executable) from None
    return done.returncode if done.returncode >= 0 else SuiteError.exit_code
