"""A service with manners, and with faults where it has those too."""

from __future__ import annotations

import time
from typing import Any

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import MISSING, Call, Headers, Reason, Refused, Reply
from chatcert.mock.composition import Composer
from chatcert.mock.faults.deviations import Departures
from chatcert.mock.faults.faulty_service import DepartingService
from chatcert.mock.known_resources import values_at
from chatcert.mock.manners.habits import Habits
from chatcert.mock.world import World
from chatcert.openapi.contract import Contract
from chatcert.openapi.fields import walk


class PeculiarService(DepartingService):
    """Answers calls as the contract says, in its own way.

    Args:
        departures: what it does wrong; usually nothing.
        habits: what it does in its own way.
    """

    def __init__(self, contract: Contract, world: World, departures: Departures, habits: Habits) -> None:
        super().__init__(contract, world, departures)
        self.statuses |= dict(habits.statuses)
        self._habits = habits
        self._validates_first = any(habits.validates_first)
        self._issuing = [
            place.path
            for answer in contract.successes[:1]
            if answer.links
            for place in walk(answer.schema or {}, "")
            if "x-chatcert-unique" in place.schema
        ]

    def answer(self, call: Call) -> Reply:
        """The reply to one call, unless it is put off."""
        for pause in self._habits.pauses:
            paused = pause()
            if paused is not None:
                return self._put_off(call, *paused)
        return super().answer(call)

    def _put_off(self, call: Call, status: int, headers: Headers) -> Reply:
        composer, described = self.error(status)
        moment = Moment(call, MISSING, status, time.time(), "try again soon")
        return self.render(moment, described + headers, self.said(moment, composer))

    def admit(self, call: Call) -> None:
        """Refuse bad credentials, unless their turn comes later."""
        if not self._validates_first:
            super().admit(call)

    def check(self, call: Call, body: Any) -> None:
        """Refuse what is invalid; with validation first, strangers learn what is invalid but not what exists."""
        if not self._validates_first:
            super().check(call, body)
            return
        try:
            super().check(call, body)
        except Refused as refusal:
            if refusal.reason is Reason.UNKNOWN:
                super().admit(call)
            raise
        super().admit(call)

    def said(self, moment: Moment, composer: Composer) -> Any:
        """The body of an answer, in other words; identifiers that it hands out are remembered."""
        value = super().said(moment, composer)
        for edit in self._habits.values:
            value = edit(moment, value)
        if not moment.message:
            for path in self._issuing:
                for issued in values_at(value, path):
                    self.world.issued.remember(issued)
        return value
