"""wrk: the load, the same on every server."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import Any

from chatcert.exceptions import SuiteError
from speed.bench import PROGRAMS
from speed.process import finish
from speed.subject import Posted

CONNECTIONS = 16
THREADS = 1
"""One: a machine of two cores keeps the other for the server."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did under it.

    Attributes:
        rate: answers a second.
        p99: milliseconds within which 99 of 100 answers came.
    """

    rate: float
    p99: float


def wrk() -> str:
    """Where wrk is.

    Raises:
        SuiteError: it is nowhere.
    """
    found = shutil.which("wrk")
    if found is None:
        raise SuiteError("not installed", where="wrk", hint="Debian has it: apt-get install wrk")
    return found


def load(url: str, posted: Posted, seconds: int) -> Load:
    """Post one request over and over.

    Args:
        url: what comes before the documented path.
        seconds: whole ones; wrk knows no others.

    Raises:
        SuiteError: an answer was a refusal, or did not come: the load measured something else.
    """
    env = {
        "POST_METHOD": posted.method,
        "POST_BODY": posted.body,
        "POST_HEADERS": "\n".join(f"{name}: {value}" for name, value in posted.headers.items()),
    }
    command = [
        wrk(),
        f"-t{THREADS}",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-s",
        str(PROGRAMS / "post.lua"),
        url + posted.path,
    ]
    done = finish(command, env=env, timeout=seconds + 60)
    reported: dict[str, Any] = json.loads(done.out.strip().splitlines()[-1])
    if reported["refused"] or reported["missing"] or not reported["requests"]:
        raise SuiteError(
            f"{reported['refused']} of {reported['requests']} answers are refusals, {reported['missing']} are missing",
            where="wrk",
        )
    return Load(reported["requests"] / reported["microseconds"] * 1e6, reported["p99"] / 1000)
