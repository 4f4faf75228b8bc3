"""A service with manners, and possibly with faults too."""

from __future__ import annotations

import time
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Headers, Reason, Refused, Reply
from chatcert.mock.composition import Composer
from chatcert.mock.deviation.deviations import Deviations
from chatcert.mock.deviation.faulty_service import FaultyService
from chatcert.mock.kept_chats import KeptChats
from chatcert.mock.known_resources import values_at
from chatcert.mock.manners.variations import Variations
from chatcert.mock.stream_writer import StreamComposer
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import MISSING


class ManneredService(FaultyService):
    """Answers calls as the contract says, with variations.

    Args:
        deviations: what it does wrong; usually none.
        variations: what it does in its own way.
    """

    def __init__(self, contract: Contract, backend: Backend, deviations: Deviations, variations: Variations) -> None:
        super().__init__(contract, backend, deviations)
        self.chats = KeptChats(contract, (*deviations.chats, *variations.chats))
        self.statuses |= dict(variations.statuses)
        self._variations = variations
        self._validates_first = any(variations.validates_first)
        self._issuing = [
            place.path
            for answer in contract.successes[:1]
            if answer.links
            for place in walk(answer.schema or {}, "")
            if "x-chatcert-unique" in place.schema
        ]

    @property
    def page(self) -> Reply | None:
        """The page of an application, if the manner has one for all other paths."""
        return next(iter(self._variations.pages), None)

    def rerouted(self, path: str, headers: Headers) -> str | None:
        """Return the path that a deviation or a variation takes another one for."""
        found = (reroute(path, headers) for reroute in self._variations.reroutings)
        return super().rerouted(path, headers) or next((other for other in found if other is not None), None)

    def answer(self, call: Call) -> Reply:
        """Return the reply to one call, or the answer that defers it."""
        for pause in self._variations.pauses:
            paused = pause()
            if paused is not None:
                return self._defer(call, *paused)
        return super().answer(call)

    def _defer(self, call: Call, status: int, headers: Headers) -> Reply:
        composer, described = self.error(status)
        context = AnswerContext(call, MISSING, status, time.time(), "try again soon")
        return self.render(context, described + headers, self.compose_body(context, composer))

    def authenticate(self, call: Call) -> None:
        """Refuse bad credentials, unless they are checked later."""
        if not self._validates_first:
            super().authenticate(call)

    def check(self, call: Call, body: Any) -> None:
        """Refuse what is invalid; with validation first, a client without credentials does not learn what exists."""
        if not self._validates_first:
            super().check(call, body)
            return
        try:
            super().check(call, body)
        except Refused as refusal:
            if refusal.reason is Reason.UNKNOWN:
                super().authenticate(call)
            raise
        super().authenticate(call)

    def compose_body(self, context: AnswerContext, composer: Composer | StreamComposer) -> Any:
        """Return the body of an answer with the edits of the variations; ids that it issues are remembered."""
        value = super().compose_body(context, composer)
        for edit in self._variations.values:
            value = edit(context, value)
        if not context.message:
            for path in self._issuing:
                for issued in values_at(value, path):
                    self.backend.issued.remember(issued)
        return value
