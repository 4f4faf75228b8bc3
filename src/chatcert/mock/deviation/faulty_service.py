"""A service that deviates from its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend, resource_places
from chatcert.mock.call import Call, Headers, Reason, Refused, Reply
from chatcert.mock.composition import Composer
from chatcert.mock.deviation.deviations import Deviations
from chatcert.mock.deviation.wrong_credentials import forms_of
from chatcert.mock.examples import instance
from chatcert.mock.kept_chats import KeptChats
from chatcert.mock.known_resources import values_at
from chatcert.mock.parameters import Argument
from chatcert.mock.service import Service
from chatcert.mock.stream_writer import StreamComposer
from chatcert.mock.validators import Validator
from chatcert.openapi.contract import Contract, Schema
from chatcert.openapi.distinct import DistinctPlace
from chatcert.openapi.schemas import pointer
from chatcert.openapi.schemas.path_tokens import leads_to_one
from chatcert.openapi.schemas.pointer import MISSING


class FaultyService(Service):
    """Answers calls as the contract says, but for its deviations.

    Args:
        deviations: what it does differently.
    """

    def __init__(self, contract: Contract, backend: Backend, deviations: Deviations) -> None:
        self._deviations = deviations
        super().__init__(contract, backend)
        self.chats = KeptChats(contract, deviations.chats)
        self.statuses |= dict(deviations.statuses)
        self._forms = forms_of(contract, backend.secrets)
        self._valid = valid_body(contract, backend)
        self._strict = Validator(contract.body.schema) if contract.body is not None else Validator({})
        self._strict_arguments: Mapping[str, Argument] = {a.parameter.name: a for a in self.arguments}
        parameters = list(contract.parameters)
        for edit in deviations.parameters:
            parameters = [edit(parameter) for parameter in parameters]
        self.arguments = tuple(Argument(parameter) for parameter in parameters)

    def request_schema(self, schema: Schema) -> Schema:
        """Return the schema with the edits of the deviations."""
        for edit in self._deviations.schemas:
            schema = edit(schema)
        return schema

    def answer(self, call: Call) -> Reply:
        """Return the reply to one call, which a deviation may have changed."""
        for edit in self._deviations.calls:
            call = edit(call, self.backend)
        return super().answer(call)

    def check_method(self, call: Call) -> None:
        """Allow further methods; crash on what can be seen before the body is read."""
        self._crash_if_due(call, MISSING)
        if call.method not in self._deviations.methods and not self._is_open(call):
            super().check_method(call)

    def authenticate(self, call: Call) -> None:
        """Let in wrong credentials that a deviation lets in."""
        try:
            super().authenticate(call)
        except Refused:
            if self._is_open(call):
                return
            forms = self._forms(call) if self._deviations.admissions else {}
            if not any(admits(forms) for admits in self._deviations.admissions):
                raise

    def _is_open(self, call: Call) -> bool:
        return any(opens(call) for opens in self._deviations.openings)

    def rerouted(self, path: str, headers: Headers) -> str | None:
        """Return the path that a deviation takes another one for."""
        found = (reroute(path, headers) for reroute in self._deviations.reroutings)
        return next((other for other in found if other is not None), None)

    def read(self, call: Call) -> Any:
        """Parse the body, also where only a deviation can read it; crash on the bodies that a deviation crashes on."""
        if not call.body and call.method in self._deviations.methods:
            return self._valid
        try:
            body = super().read(call)
        except Refused:
            for read in self._deviations.readers:
                body = read(call, self._valid)
                if body is not MISSING:
                    return body
            raise
        self._crash_if_due(call, body)
        return body

    def _crash_if_due(self, call: Call, body: Any) -> None:
        if any(applies(call, body, self.backend) for applies in self._deviations.crashes):
            raise Refused(Reason.CRASH, "the server could not handle the request")

    def check_body(self, call: Call, body: Any) -> None:
        """Validate the body, unless a deviation leaves it unchecked."""
        if not any(applies(call, body, self.backend) for applies in self._deviations.unchecked):
            super().check_body(call, body)

    def validator(self, call: Call) -> Validator:
        """Return the validator of the preferred media type where the body came in one that only a deviation reads."""
        try:
            return super().validator(call)
        except Refused:
            return self.validators[self.preferred]

    def check_resources(self, call: Call, body: Any, parameters: dict[str, Any]) -> None:
        """Refuse unknown resources; a deviation may refuse valid requests, or serve unknown resources."""
        if any(applies(call, body, self.backend) for applies in self._deviations.refusals):
            raise Refused(Reason.INVALID, "the request is not valid")
        given = body
        if body is not MISSING and not self._strict.accepts(body):
            body = MISSING
        strict = self._strict_arguments
        parameters = {name: value for name, value in parameters.items() if not strict[name].problem(value)}
        try:
            super().check_resources(call, body, parameters)
        except Refused as refusal:
            if any(applies(call, given, self.backend) for applies in self._deviations.unknown_as_invalid):
                raise Refused(Reason.INVALID, refusal.message) from None
            if not any(applies(call, given, self.backend) for applies in self._deviations.unknown_served):
                raise

    def is_in_use(self, place: DistinctPlace, value: Any) -> bool:
        """Return whether a value is refused as one that is in use; a deviation may serve it."""
        return place.key not in self._deviations.repeated_served and super().is_in_use(place, value)

    def status_in_use(self, place: DistinctPlace) -> int:
        """Return the status with which a value in use is refused, or that of a deviation."""
        return dict(self._deviations.statuses).get(Reason.IN_USE) or super().status_in_use(place)

    def compose_body(self, context: AnswerContext, composer: Composer | StreamComposer) -> Any:
        """Return the body of an answer, with the edits of the deviations."""
        value = super().compose_body(context, composer)
        for edit in self._deviations.values:
            value = edit(context, value)
        return value

    def render(self, context: AnswerContext, headers: Headers, value: Any) -> Reply:
        """Return the reply, with the edits of the deviations."""
        reply = super().render(context, headers, value)
        for edit in self._deviations.replies:
            reply = edit(context, reply, self.backend)
        return reply


def valid_body(contract: Contract, backend: Backend) -> Any:
    """Return a small body that the contract allows and whose resources exist."""
    if contract.body is None:
        return MISSING
    body = instance(contract.body.schema, contract.body.schema)
    for place in resource_places(contract):
        if place.place == "body" and leads_to_one(place.path) and any(True for _ in values_at(body, place.path)):
            body = pointer.replaced(body, place.path, backend.resources[place.key])
    return {} if body is MISSING else body
