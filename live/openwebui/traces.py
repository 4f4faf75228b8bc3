"""What a certification leaves on the server: the chats in its database, and those that the user had made before."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
from account import Account

OWN = ("Holiday plans", "Recipe for bread", "New AI Conversation")
"""Titles of the user's own chats; the last one is that of the vendor's example, which runs send too."""
FIRST, LAST = 10, 210
"""Requests after which a run is killed, at the earliest and at the latest."""
LONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Traces:
    """The chats of a server.

    Attributes:
        own: ids of the chats that the user had made.
        database: the file in which the server keeps its chats.
    """

    own: frozenset[str]
    database: Path

    @property
    def left(self) -> int:
        """How many chats there are that the user had not made."""
        return len(self._ids() - self.own)

    @property
    def lost(self) -> int:
        """How many of the user's own chats are gone."""
        return len(self.own - self._ids())

    def _ids(self) -> frozenset[str]:
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as database:
            return frozenset(name for (name,) in database.execute("SELECT id FROM chat"))

    def line(self) -> str:
        """What is left, in words."""
        return f"{self.left} chats left; {len(self.own) - self.lost} of {len(self.own)} chats of the user are there"


def make_own_chats(url: str, account: Account, database: Path) -> Traces:
    """Make chats as the user would, before anything is certified."""
    made = []
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        for title in OWN:
            message = {"id": "msg-1", "role": "user", "content": "Hello!", "timestamp": 1709164800}
            chat = {"title": title, "history": {"messages": {"msg-1": message}, "currentId": "msg-1"}}
            answer = client.post(
                "/api/v1/chats/new", json={"chat": chat}, headers={"Authorization": f"Bearer {account.key}"}
            )
            answer.raise_for_status()
            made.append(answer.json()["id"])
    return Traces(frozenset(made), database)


def kill_at(command: Sequence[str], variables: Mapping[str, str], share: float, folder: Path) -> None:
    """Start a certification, and kill it somewhere in its course.

    Args:
        share: where, from 0 to 1.
        folder: the report folder of the run.
    """
    wanted = int(FIRST + (LAST - FIRST) * share)
    process = subprocess.Popen(
        command, env={**os.environ, **variables}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    ends = time.monotonic() + LONGEST
    try:
        while process.poll() is None and time.monotonic() < ends and _sent(folder) < wanted:
            time.sleep(0.01)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        process.wait()


def _sent(folder: Path) -> int:
    return sum(map(_sent_by, folder.glob("*/.run/*/*.jsonl")))


def _sent_by(path: Path) -> int:
    """Count the requests in one file of a ledger, which is empty once the run has replaced that of an earlier one."""
    try:
        return path.read_bytes().count(b'"kind": "sending"')
    except FileNotFoundError:
        return 0


def clean_up(folder: Path, variables: Mapping[str, str]) -> str:
    """Return what ``chatcert clean-up`` prints."""
    command = [sys.executable, "-m", "chatcert", "clean-up", str(folder)]
    done = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr
