"""A bare httpx loop that sends the very requests of one of our runs, taken from its evidence."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from chatcert.exceptions import SuiteError
from chatcert.openapi.contract import Contract
from chatcert.report.evidence_file import read_evidence
from chatcert.transport.exchange import Exchange
from chatcert.transport.target import from_environment
from speed.bench import PROGRAMS, PYTHON, Bench
from speed.process import finish
from speed.subject import Subject

ALIKE = 0.95
"""Which part of the answers has to carry the status that our run has got: else something else was measured."""


@dataclass(frozen=True, slots=True)
class Looped:
    """One loop.

    Attributes:
        seconds: wall-clock time of the whole process.
        sending: seconds of that between the first request and the last answer.
        alike: how many answers have the same status as in our run.
    """

    seconds: float
    sending: float
    requests: int
    alike: int


@dataclass(frozen=True, slots=True)
class Script:
    """What the loop sends, written down, and the statuses that our run has got."""

    file: Path
    statuses: tuple[int, ...]


def script_of(bench: Bench, subject: Subject, evidence: Path) -> Script:
    """The requests in a file of evidence that were answered, with real credentials in place of their masks.

    Raises:
        SuiteError: it holds none.
    """
    exchanges, problems = read_evidence(evidence.read_bytes())
    answered = [one for one in exchanges if one.status is not None]
    if problems or not answered:
        raise SuiteError(f"the evidence cannot be used: {problems or 'no request was answered'}", where=evidence.name)
    values = _values(subject.contract, subject.environment)
    rows = [_row(exchange, values) for exchange in answered]
    file = bench.new_folder("loop") / "requests.json"
    file.write_text(json.dumps(rows), encoding="ascii")
    return Script(file, tuple(one.status or 0 for one in answered))


def loop(script: Script) -> Looped:
    """Send it.

    Raises:
        SuiteError: too many answers are not those that our run has got.
    """
    done = finish([PYTHON, PROGRAMS / "loop.py", script.file])
    reported = json.loads(done.out)
    alike = sum(one == other for one, other in zip(script.statuses, reported["statuses"], strict=True))
    if alike < ALIKE * len(script.statuses):
        raise SuiteError(f"{alike} of {len(script.statuses)} answers are those of our run", where="the bare loop")
    return Looped(done.seconds, reported["seconds"], len(script.statuses), alike)


def _values(contract: Contract, environment: Mapping[str, str]) -> dict[str, str]:
    """Each mask of a credential and what may stand for it: the forms need not be ours, only as right or wrong."""
    secrets, _ = from_environment(contract, environment)
    found: dict[str, str] = {}
    for scheme, secret in secrets.items():
        value = secret.reveal()
        found |= {
            scheme: value,
            f"{scheme} empty": "",
            f"{scheme} extended": f"{value}x",
            f"{scheme} case": value.swapcase(),
            f"{scheme} truncated": value[:-1],
        }
    return found


def _row(exchange: Exchange, values: Mapping[str, str]) -> tuple[object, ...]:
    sent = exchange.sent

    def real(text: str) -> str:
        return re.sub("«([^»]*)»", lambda mask: values.get(mask[1], "wrong-credential-of-some-length"), text)

    body = base64.b64encode(sent.body).decode("ascii") if sent.body is not None else None
    return sent.method, real(sent.url), _pairs((name, real(value).strip()) for name, value in sent.headers), body


def _pairs(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in ("content-length", "host")]
