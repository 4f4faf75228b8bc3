"""The fourteen mishaps, each with the end that a run has to have."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from mishap.stage import Act, Answer, Arrived, Stage, message

JSON: Final = b"application/json"
HTML: Final = b"text/html; charset=utf-8"
CHALLENGE: Final = b"<!doctype html><title>Just a moment</title><p>Checking your browser before you go on.</p>"
MAINTENANCE: Final = b"<!doctype html><title>Maintenance</title><p>We will be back soon.</p>"
GATEWAY: Final = b"<html><head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>"
EXPIRED: Final = b'{"error": "token_expired"}'
TIMEOUT: Final = 6.0
"""Seconds; the time limit of the runs, so long that a machine which is busy with many trials keeps to it."""
_ESCAPED: Final = re.compile(rb"\\u00(2[dD]|3[0-9]|[46][1-9a-fA-F]|[57][0-9aA]|5[fF])")
BURST: Final = 9
"""Requests of a burst that are refused, after as many that are not."""


@dataclass(frozen=True)
class Mishap:
    """One mishap.

    Attributes:
        number: its number among the fourteen.
        status: the exit status that a run has to have; ``None`` where it has to be that of an undisturbed run.
        act: answers in place of the mock, from the moment on.
        closes: whether connections are closed right after an answer.
        jump: seconds by which the clock of the client jumps.
        tls: whether the certificate of the server expires.
        dead_address: whether the name of the server gets a first address at which nobody answers.
        moves: whether the server goes on at another address, to which its name leads from then on.
        minutes: about how many minutes a trial takes; those that take long begin first.
    """

    number: int
    name: str
    status: int | None
    act: Act
    closes: bool = False
    jump: float = 0.0
    tls: bool = False
    dead_address: bool = False
    moves: bool = False
    minutes: float = 0.1


async def _calm(stage: Stage, arrived: Arrived) -> Answer:
    return await stage.forward(arrived)


async def _without_credentials(stage: Stage, arrived: Arrived) -> Answer:
    """The server's own answer to a key that it does not know."""
    names = (b"authorization:", b"x-api-key:", b"x-token:", b"api-key:", b"apikey:")
    kept = [line for line in arrived.lines if not line.lower().startswith(names)]
    return await stage.forward(Arrived(arrived.number, [*kept, b"Authorization: Bearer expired"], arrived.body, 1))


def _fixed(answer: bytes) -> Act:
    async def act(stage: Stage, arrived: Arrived) -> Answer:
        return answer

    return act


async def _late(stage: Stage, arrived: Arrived) -> Answer:
    await asyncio.sleep(1.6 * TIMEOUT)
    return await stage.forward(arrived)


async def _bursts(stage: Stage, arrived: Arrived) -> Answer:
    if (arrived.number - stage.begins) // BURST % 2:
        return await stage.forward(arrived)
    return message(b"429 Too Many Requests", JSON, b'{"detail": "slow down"}')


def _plain(body: bytes) -> bytes:
    """Return a body in which no letter or digit is escaped, so that a name is found however it is written."""
    return _ESCAPED.sub(lambda found: bytes.fromhex(found[1].decode()), body)


def _forgetful(known: Mapping[str, str]) -> Act:
    """Answers as if the resources that the run was given no longer existed."""

    async def act(stage: Stage, arrived: Arrived) -> Answer:
        body, lines = _plain(arrived.body), arrived.lines
        for value in known.values():
            body = body.replace(value.encode(), value[::-1].encode())
            lines = [line.replace(value.encode(), value[::-1].encode()) for line in lines]
        return await stage.forward(Arrived(arrived.number, lines, body, arrived.turn))

    return act


def mishaps(resources: Mapping[str, str]) -> list[Mishap]:
    """Return all mishaps, for a server that has these resources."""
    too_many = message(b"429 Too Many Requests", JSON, b'{"detail": "quota exceeded"}')
    moved = message(b"302 Found", HTML, MAINTENANCE, b"Location: https://status.example/")
    return [
        Mishap(1, "key expires, 401", 78, _without_credentials),
        Mishap(2, "key revoked, 403", 78, _fixed(message(b"403 Forbidden", JSON, b'{"detail": "key revoked"}'))),
        Mishap(1, "key expires, 200 and an error", 78, _fixed(message(b"200 OK", JSON, EXPIRED))),
        Mishap(3, "quota, 402", 78, _fixed(message(b"402 Payment Required", JSON, b'{"detail": "quota"}'))),
        Mishap(3, "quota, 429 without end", 78, _fixed(too_many), minutes=1.0),
        Mishap(4, "certificate expires", 78, _calm, tls=True),
        Mishap(5, "wall, 403 and HTML", 75, _fixed(message(b"403 Forbidden", HTML, CHALLENGE))),
        Mishap(6, "maintenance, 200 and HTML", 75, _fixed(message(b"200 OK", HTML, MAINTENANCE))),
        Mishap(6, "maintenance, 302 and HTML", 75, _fixed(moved)),
        Mishap(7, "gateway page, 502", 75, _fixed(message(b"502 Bad Gateway", HTML, GATEWAY)), minutes=1.0),
        Mishap(7, "gateway page, 503", 75, _fixed(message(b"503 Service Unavailable", HTML, GATEWAY)), minutes=1.0),
        Mishap(8, "404 to everything", 75, _fixed(message(b"404 Not Found", JSON, b'{"detail": "Not Found"}'))),
        Mishap(9, "slower than the limit", 75, _late, minutes=0.6),
        Mishap(10, "state lost", 75, _forgetful(resources)),
        Mishap(11, "connections closed after an answer", None, _calm, closes=True),
        Mishap(12, "bursts of 429", None, _bursts, minutes=1.0),
        Mishap(13, "the client's clock jumps", None, _calm, jump=3600.0),
        Mishap(14, "first address dead", None, _calm, dead_address=True, minutes=0.3),
        Mishap(14, "moved to another host", None, _calm, moves=True),
    ]
