"""A service that departs from its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import MISSING, Call, Headers, Reason, Refused, Reply
from chatcert.mock.composition import Composer
from chatcert.mock.examples import instance
from chatcert.mock.faults.authentication import forms_of
from chatcert.mock.faults.deviations import Departures
from chatcert.mock.known_resources import values_at
from chatcert.mock.parameters import Argument
from chatcert.mock.service import Service
from chatcert.mock.validators import Validator
from chatcert.mock.world import World, resource_places
from chatcert.openapi import pointer
from chatcert.openapi.contract import Contract, Schema
from chatcert.openapi.fields import ANY


class DepartingService(Service):
    """Answers calls as the contract says, but for its departures.

    Args:
        departures: what it does differently.
    """

    def __init__(self, contract: Contract, world: World, departures: Departures) -> None:
        self._departures = departures
        super().__init__(contract, world)
        self.statuses |= dict(departures.statuses)
        self._forms = forms_of(contract, world.secrets)
        self._valid = valid_body(contract, world)
        self._strict = Validator(contract.body.schema) if contract.body is not None else Validator({})
        self._strict_arguments: Mapping[str, Argument] = {a.parameter.name: a for a in self.arguments}
        parameters = list(contract.parameters)
        for edit in departures.parameters:
            parameters = [edit(parameter) for parameter in parameters]
        self.arguments = tuple(Argument(parameter) for parameter in parameters)

    def request_schema(self, schema: Schema) -> Schema:
        """The schema with its departures."""
        for edit in self._departures.schemas:
            schema = edit(schema)
        return schema

    def route(self, call: Call) -> None:
        """Let the further methods through; fall over what no server should fall over before it is even read."""
        self._survive(call, MISSING)
        if call.method not in self._departures.methods:
            super().route(call)

    def admit(self, call: Call) -> None:
        """Let in what a departure lets in."""
        try:
            super().admit(call)
        except Refused:
            forms = self._forms(call) if self._departures.admissions else {}
            if not any(admits(forms) for admits in self._departures.admissions):
                raise

    def read(self, call: Call) -> Any:
        """Read what a departure reads, and fall over what one falls over."""
        if not call.body and call.method in self._departures.methods:
            return self._valid
        try:
            body = super().read(call)
        except Refused:
            for read in self._departures.readers:
                body = read(call, self._valid)
                if body is not MISSING:
                    return body
            raise
        self._survive(call, body)
        return body

    def _survive(self, call: Call, body: Any) -> None:
        if any(crashes(call, body, self.world) for crashes in self._departures.crashes):
            raise Refused(Reason.CRASH, "the server could not handle the request")

    def validator(self, call: Call) -> Validator:
        """The validator of the preferred media type, where the body came in one that only a departure reads."""
        try:
            return super().validator(call)
        except Refused:
            return self.validators[self.preferred]

    def recognise(self, call: Call, body: Any, parameters: dict[str, Any]) -> None:
        """Refuse some of what is valid; serve some strangers, and what only a departure lets get this far."""
        if any(refuses(call, body, self.world) for refuses in self._departures.refusals):
            raise Refused(Reason.INVALID, "the request is not valid")
        given = body
        if body is not MISSING and not self._strict.accepts(body):
            body = MISSING
        strict = self._strict_arguments
        parameters = {name: value for name, value in parameters.items() if not strict[name].objection(value)}
        try:
            super().recognise(call, body, parameters)
        except Refused as refusal:
            if any(misnames(call, given, self.world) for misnames in self._departures.misnamed):
                raise Refused(Reason.INVALID, refusal.message) from None
            if not any(serves(call, given, self.world) for serves in self._departures.strangers):
                raise

    def said(self, moment: Moment, composer: Composer) -> Any:
        """The body of an answer, changed where a departure changes it."""
        value = super().said(moment, composer)
        for edit in self._departures.values:
            value = edit(moment, value)
        return value

    def render(self, moment: Moment, headers: Headers, value: Any) -> Reply:
        """The reply, changed where a departure changes it."""
        reply = super().render(moment, headers, value)
        for edit in self._departures.replies:
            reply = edit(moment, reply, self.world)
        return reply


def valid_body(contract: Contract, world: World) -> Any:
    """A small body that the contract allows and whose resources exist."""
    if contract.body is None:
        return MISSING
    body = instance(contract.body.schema, contract.body.schema)
    for place in resource_places(contract):
        if place.place == "body" and ANY not in place.path and any(True for _ in values_at(body, place.path)):
            body = pointer.replaced(body, place.path, world.resources[place.key])
    return {} if body is MISSING else body
