"""The controller of a pytest run, as a worker on another machine has it: what both say to each other.

A worker on this machine shares folders, clock and environment with the controller. One that is reached over ssh shares
none of these. It tells the controller every line of its ledger at once, asks it before every request where the run has
limits, and asks what the others have sent. All of this goes over a channel within pytest-xdist's own connection: that
needs no port and no shared disk, and is as secret as the connection. ``remote_worker`` is the other end.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from chatcert.exceptions import ChatcertError, ConfigurationError, SuiteError
from chatcert.ledger import Lines
from chatcert.target.budget import BudgetSpent, Stopped, TimeSpent

CLOCKS_APART = 1.0
"""Seconds by which two clocks of a run may differ: servers that count whole seconds are judged by them."""

STOPS: Mapping[str, type[Stopped]] = {kind.__name__: kind for kind in (BudgetSpent, TimeSpent)}
"""Why nothing more may be sent, by the word that tells it."""


class Channel(Protocol):
    """What is used of a channel of execnet."""

    def send(self, item: object) -> None:
        """Send a value of plain types; ``OSError`` where nobody is there any more."""

    def receive(self) -> Any:
        """Wait for a value; ``EOFError`` where nobody is there any more."""

    def close(self) -> None:
        """Say no more."""


class Controller:
    """The controller; several threads may talk to it.

    Raises:
        SuiteError: the connection to it is lost.
    """

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._lock = threading.Lock()

    def tell(self, *message: object) -> None:
        """Say something that needs no answer."""
        with self._lock:
            try:
                self._channel.send(message)
            except OSError:
                raise _lost() from None

    def ask(self, *message: object) -> Any:
        """Say something, and wait for the answer."""
        with self._lock:
            try:
                self._channel.send(message)
                return self._channel.receive()
            except (OSError, EOFError):
                raise _lost() from None

    def variables(self) -> dict[str, str]:
        """Those variables that the targets of this run read, as far as the controller has them."""
        found: dict[str, str] = self.ask("variables")
        return found

    def lines_of_others(self, vendor: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """The lines about one vendor that other processes of the run have written since the last call."""
        for process, line in self.ask("others", vendor):
            yield process, json.loads(line)

    def ready(self) -> None:
        """Say that this worker can begin.

        Raises:
            ConfigurationError: its clock is not the controller's.
        """
        before = time.time()
        there = self.ask("time")
        apart = max(0.0, there - time.time(), before - there)  # at the least, however long the answer took
        if apart > CLOCKS_APART:
            raise ConfigurationError(f"its clock is {apart:.1f} s off the controller's", hint="set both by NTP")
        self.tell("ready")

    def refuse(self, error: ChatcertError) -> None:
        """Say why this worker cannot begin."""
        self.tell("refused", error.line(), error.exit_code)

    def close(self) -> None:
        """Say no more."""
        self._channel.close()


class RemoteLedger(Lines):
    """A vendor's ledger, which the controller writes."""

    def __init__(self, controller: Controller, vendor: str) -> None:
        self._controller = controller
        self._vendor = vendor

    def write(self, kind: str, **content: Any) -> None:
        """Append one line."""
        self._controller.tell("write", self._vendor, kind, json.dumps(content))

    def close(self) -> None:
        """Do nothing: it is the controller's file."""


class RemoteBudget:
    """A vendor's budget, which the controller keeps for all processes of the run together."""

    def __init__(self, controller: Controller, vendor: str) -> None:
        self._controller = controller
        self._vendor = vendor
        self._end = math.inf

    @property
    def left(self) -> float:
        """Seconds that were left when the last request was counted, less those that have passed."""
        return max(0.0, self._end - time.monotonic())

    def take(self) -> float:
        """Count a request that is about to be sent, and wait for its turn; returns the seconds that it may take.

        Raises:
            Stopped: none is left, or it is too late.
            SuiteError: the count cannot be written, or the controller is gone.
        """
        word, said = self._controller.ask("take", self._vendor)
        if word == "broken":
            raise SuiteError(said)
        if word in STOPS:
            raise STOPS[word](said)
        self._end = time.monotonic() + said if said is not None else math.inf
        return self.left

    def close(self) -> None:
        """Do nothing: it is the controller's."""


def _lost() -> SuiteError:
    return SuiteError("the connection to the controller is lost", hint="run it again")
