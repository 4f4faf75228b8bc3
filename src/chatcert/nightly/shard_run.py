"""Run of one shard of one leg, in a process of its own; its exit status is recorded, however it ends."""

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
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.legs import Leg
from chatcert.run.options import TARGETS_FILE
from chatcert.text import format_time

OPTIONS_VARIABLE: Final = "CHATCERT_NIGHTLY_OPTIONS"
"""More options of ``chatcert certify``, such as ``--waivers waivers.toml --rate 2``."""


@dataclass(frozen=True, slots=True)
class ShardJob:
    """What one shard has to do.

    Attributes:
        number: the shard, from 1.
        of: how many shards there are.
        seed: the same for all shards of a night.
    """

    leg: Leg
    number: int
    of: int
    profile: str
    seed: int
    targets_file: Path | None = None


def run_shard(job: ShardJob, folders: Folders, environment: Mapping[str, str]) -> int:
    """Certify one shard, and return the exit status.

    Raises:
        ConfigurationError: the variable with more options cannot be parsed.
        SuiteError: the process cannot be started, or its status cannot be written.
    """
    folder = folders.shard(job.leg.name, job.number)
    try:
        more = shlex.split(environment.get(OPTIONS_VARIABLE, ""))
    except ValueError as error:
        raise ConfigurationError(str(error), where=OPTIONS_VARIABLE, hint="write options as in a shell") from None
    if folder.exists():
        shutil.rmtree(folder)  # results of an earlier night must not pass for results of this one
    code = run_chatcert(
        [
            "certify",
            *job.leg.selection(job.targets_file or TARGETS_FILE),
            *more,
            "--profile",
            job.profile,
            "--seed",
            str(job.seed),
            "--shard",
            f"{job.number}/{job.of}",
            "--report-dir",
            str(folder),
        ]
    )
    JobStatus(job.leg.name, job.leg.vendor, (code,), format_time(time.time())).write(folder)
    return code


def run_chatcert(arguments: Sequence[str]) -> int:
    """Run one of our own commands, and show its output; a process killed by a signal counts as our own error.

    Raises:
        SuiteError: it cannot be started.
    """
    sys.stdout.write(f"$ {shlex.join(['chatcert', *arguments])}\n")
    sys.stdout.flush()
    try:
        command = [sys.executable, "-m", "chatcert", *arguments]
        done = subprocess.run(command, env=dict(os.environ), check=False, stdout=_output())
    except OSError as error:
        raise SuiteError(error.strerror or str(error), where=sys.executable) from None
    return done.returncode if done.returncode >= 0 else SuiteError.exit_code


def _output() -> int | None:
    """Return where the output of a command goes: standard output, unless what we print ourselves goes elsewhere."""
    try:
        return sys.stdout.fileno()
    except (OSError, ValueError):
        return None
