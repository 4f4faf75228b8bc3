"""One mocked operation: method, credentials, body and parameters of a call are checked in this order, then answered."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from chatcert.mock.access import AccessControl
from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Headers, Reason, Refused, Reply
from chatcert.mock.composition import Composer, Maker
from chatcert.mock.json_writer import encoded
from chatcert.mock.kept_chats import KeptChats
from chatcert.mock.known_resources import KnownResources, values_at
from chatcert.mock.parameters import arguments_of
from chatcert.mock.payload import Malformed, read_form, read_json
from chatcert.mock.response_headers import documented_headers
from chatcert.mock.stream_writer import StreamComposer
from chatcert.mock.validators import Validator
from chatcert.names import MOCK_STATUS_HEADER
from chatcert.openapi.contract import JSON_MEDIA_TYPE, REDIRECTS, Answer, Contract, Schema
from chatcert.openapi.distinct import DistinctPlace, distinct_places
from chatcert.openapi.refusal_marks import part_of
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.requirements.check import of_other_account

_PLAIN_ERROR = {
    "type": "object",
    "required": ["detail"],
    "properties": {"detail": {"type": "string"}},
}


class Service:
    """Answers calls of one operation as its contract says.

    The stages are methods, so that a faulty service can override one of them. ``check_method``, ``authenticate``,
    ``read``, ``check``, ``check_resources`` and ``check_distinct`` refuse by raising ``Refused``; ``succeed`` and
    ``refuse`` answer.

    Args:
        contract: what the operation promises.
        backend: the credentials and resources that exist.
    """

    def __init__(self, contract: Contract, backend: Backend) -> None:
        self.contract = contract
        self.backend = backend
        self.statuses = statuses_of(contract)
        self.access = AccessControl(contract, backend.secrets)
        of_other = {c.scheme: backend.secrets.get(of_other_account(c.scheme), "") for c in contract.credentials}
        self._other_access = AccessControl(contract, of_other) if all(of_other.values()) else None
        self._allow: Headers = [(b"allow", contract.method.encode())]
        self.arguments = arguments_of(contract)
        self._distinct = tuple(place for place in distinct_places(contract) if place.refused)
        self.resources = KnownResources(contract, backend, backend.resources)
        self._other_resources = KnownResources(contract, backend, backend.others or backend.resources)
        self.chats = KeptChats(contract)
        content = contract.body.content if contract.body is not None else {}
        self.validators = {_base(name): Validator(self.request_schema(schema)) for name, schema in content.items()}
        self._schemas = {_base(name): schema for name, schema in content.items()}
        self.preferred = _base(contract.body.media_type) if contract.body is not None else ""
        self.success_status, self._success = self._success_answer()
        self._composer = self._composer_of_success()
        self._headers = self._headers_of(self._success)
        self._streams = {s.media_type: StreamComposer(self._success, s, backend) for s in self._success.streams}
        self._errors: dict[int, tuple[Composer | StreamComposer, Headers]] = {}

    def request_schema(self, schema: Schema) -> Schema:
        """Return the schema that request bodies are validated against."""
        return schema

    def answer(self, call: Call) -> Reply:
        """Return the reply to one call."""
        body = MISSING
        try:
            self.check_method(call)
            self.authenticate(call)
            body = self.read(call)
            self.check(call, body)
            self.give_requested_status(call)
        except Refused as refusal:
            return self.refuse(call, body, refusal)
        return self.succeed(call, body)

    def answer_about_chat(self, call: Call) -> Reply:
        """Return the reply to a call that reads or deletes a chat which was created."""
        found = (one for one in (self.contract.read, self.contract.delete) if one is not None)
        operation = next((one for one in found if one.method == call.method), None)
        if operation is None:
            return self.refuse(call, MISSING, Refused(Reason.METHOD, f"{call.method} is not offered here"))
        try:
            if operation is not self.contract.read or not self.chats.is_public:
                self.authenticate(call)
        except Refused as refusal:
            return self.refuse(call, MISSING, refusal)
        name, owner = call.arguments.get(operation.parameter, ""), self.is_of_other_account(call)
        act = self.chats.read if operation is self.contract.read else self.chats.delete
        return act(name, owner=owner)

    @property
    def page(self) -> Reply | None:
        """What answers at paths where nothing is served; ``None`` for a refusal."""
        return None

    def rerouted(self, path: str, headers: Headers) -> str | None:
        """Return the path for which another one, at which nothing is served, is taken; ``None`` for no path."""
        return None

    def check_method(self, call: Call) -> None:
        """Refuse any other method than the documented one."""
        if call.method != self.contract.method:
            message = f"{call.method} is not offered here, {self.contract.method} is"
            raise Refused(Reason.METHOD, message, self._allow)

    def authenticate(self, call: Call) -> None:
        """Refuse bad credentials."""
        problem = self.access.problem(call)
        if problem and not self.is_of_other_account(call):
            raise Refused(Reason.CREDENTIALS, problem, self.access.challenges)

    def is_of_other_account(self, call: Call) -> bool:
        """Return whether a call has the credentials of the other account, which has names of its own."""
        is_other = self._other_access is not None and not self._other_access.problem(call)
        return is_other and bool(self.access.problem(call))

    def read(self, call: Call) -> Any:
        """Parse the body, ``MISSING`` where there is none; refuse wrong media types and malformed bodies."""
        described = self.contract.body
        if call.oversized:
            raise Refused(Reason.SIZE, "the body is too large")
        if described is None:
            return MISSING
        if not call.body:
            if described.required:
                raise Refused(Reason.INVALID, "a body is needed")
            return MISSING
        content_type = call.header("content-type")
        media_type = self.preferred if content_type is None else self._offered(_base(content_type))
        return self.parse(call, media_type, content_type or "")

    def _offered(self, media_type: str) -> str:
        for offered in (media_type, media_type.partition("/")[0] + "/*", "*/*"):
            if offered in self.validators:
                return offered
        raise Refused(Reason.MEDIA_TYPE, f"the media type must be {' or '.join(self.validators)}")

    def parse(self, call: Call, media_type: str, content_type: str) -> Any:
        """Parse the bytes of a documented media type."""
        try:
            if "form" in media_type:
                encoding = self.contract.body.encodings.get(media_type) if self.contract.body is not None else None
                return read_form(call.body, content_type or media_type, self._schemas[media_type], encoding)
            if "json" in media_type or media_type == "*/*":
                return read_json(call.body)
            return call.body.decode("utf-8", "replace")
        except Malformed as error:
            raise Refused(Reason.INVALID, str(error)) from None

    def check(self, call: Call, body: Any) -> None:
        """Refuse what breaks a schema, then what names an unknown resource."""
        if body is not MISSING:
            self.check_body(call, body)
        parameters = self.check_parameters(call) if self.arguments else {}
        self.check_resources(call, body, parameters)
        self.check_distinct(call, body)

    def check_body(self, call: Call, body: Any) -> None:
        """Refuse a body that breaks its schema."""
        validator = self.validator(call)
        if not validator.accepts(body):
            raise Refused(Reason.INVALID, validator.problem(body), field=validator.wrong_field(body))

    def validator(self, call: Call) -> Validator:
        """Return the validator for the media type of a call."""
        if len(self.validators) == 1:
            return self.validators[self.preferred]
        content_type = call.header("content-type")
        return self.validators[self.preferred if content_type is None else self._offered(_base(content_type))]

    def check_parameters(self, call: Call) -> dict[str, Any]:
        """Return the values of all parameters; refuse one that is missing or breaks its schema."""
        values = {}
        for argument in self.arguments:
            value = argument.read(call)
            problem = argument.problem(value)
            if problem:
                raise Refused(Reason.INVALID, problem, field=argument.parameter.name)
            values[argument.parameter.name] = value
        return values

    def check_resources(self, call: Call, body: Any, parameters: dict[str, Any]) -> None:
        """Refuse what names an unknown resource."""
        known = self._other_resources if self.is_of_other_account(call) else self.resources
        name = known.unknown_name(body, parameters)
        if name:
            raise Refused(Reason.UNKNOWN, f"{name} names nothing that exists")

    def check_distinct(self, call: Call, body: Any) -> None:
        """Refuse a value that must be new and is in use."""
        for place, value in self._chosen(call, body):
            if self.is_in_use(place, value):
                raise Refused(Reason.IN_USE, f"{place.path[-1]} is in use", status=self.status_in_use(place))

    def is_in_use(self, place: DistinctPlace, value: Any) -> bool:
        """Return whether an earlier served request has the value at this place."""
        return self.backend.in_use.has(*place.key, value)

    def status_in_use(self, place: DistinctPlace) -> int:
        """Return the status with which a value in use is refused."""
        return place.status if place.status is not None else self.statuses[Reason.IN_USE]

    def _chosen(self, call: Call, body: Any) -> Iterator[tuple[DistinctPlace, Any]]:
        """Yield the values of a call that must be new, where the contract says that others are refused."""
        for place in self._distinct:
            if place.place == "body":
                values = values_at(body, place.path)
            else:
                argument = next(a for a in self.arguments if a.parameter.name == place.path[0])
                values = iter([argument.read(call)])
            yield from ((place, value) for value in values if value is not None and value is not MISSING)

    def give_requested_status(self, call: Call) -> None:
        """Refuse a valid call with the documented error status that its ``MOCK_STATUS_HEADER`` asks for."""
        requested = call.header(MOCK_STATUS_HEADER)
        if requested is None:
            return
        if not requested.isdecimal() or self.contract.answer_for(int(requested)) not in self.contract.errors:
            raise Refused(Reason.INVALID, f"{MOCK_STATUS_HEADER} names no documented error status")
        status = int(requested)
        headers = {401: self.access.challenges, 405: self._allow}.get(status)
        raise Refused(Reason.REQUESTED, f"status {status} was requested", headers, status=status)

    def succeed(self, call: Call, body: Any) -> Reply:
        """Return the documented success; the values that the client has chosen are in use from now on."""
        for place, value in self._chosen(call, body):
            self.backend.in_use.remember(*place.key, value)
        stream = self._stream_for(call, body) if self._streams else ""
        context = AnswerContext(call, body, self.success_status, time.time(), stream=stream)
        if stream:
            headers = [(b"content-type", stream.encode("latin-1", "replace")), *self._described]
            return self.render(context, headers, self.compose_body(context, self._streams[stream]))
        value = self.chats.named(self.compose_body(context, self._composer))
        self.chats.remember(body, value, owner=self.is_of_other_account(call))
        return self.render(context, self._headers, value)

    def _stream_for(self, call: Call, body: Any) -> str:
        """Return the media type of the stream that a call asks for, by its body or its Accept; empty for none."""
        offered = list(self._streams)
        named = [part.partition(";")[0].strip().lower() for part in (call.header("accept") or "").split(",")]
        asked = next((name for name in offered if _base(name) in named), "")
        if len(offered) == len(self._success.content):
            return asked or offered[0]
        switch = body.get("stream") if isinstance(body, dict) else None
        if switch is True:
            return asked or offered[0]
        return "" if switch is False or "application/json" in named else asked

    def refuse(self, call: Call, body: Any, refusal: Refused) -> Reply:
        """Return the documented error answer of a refusal."""
        status = self.statuses[refusal.reason] if refusal.status is None else refusal.status
        composer, headers = self.error(status)
        stream = composer.media_type if isinstance(composer, StreamComposer) else ""
        context = AnswerContext(call, body, status, time.time(), refusal.message, stream, refusal.field)
        own = {name for name, _ in refusal.headers}
        headers = [header for header in headers if header[0] not in own] + refusal.headers
        return self.render(context, headers, self.compose_body(context, composer))

    def compose_body(self, context: AnswerContext, composer: Composer | StreamComposer) -> Any:
        """Return the body of an answer, as a JSON value; of a stream, the list of its events."""
        return composer.compose(context)

    def error(self, status: int) -> tuple[Composer | StreamComposer, Headers]:
        """Return the composer and the headers of the answers of an error status; a bad request's if undocumented."""
        if status not in self._errors and status == self.success_status and self._success.refusal is not None:
            self._errors[status] = self._marked_composer(self._success.refusal, refused=True), self._headers
        if status not in self._errors:
            answer = self.contract.answer_for(status)
            usable = answer if answer is not None and answer in self.contract.errors else None
            usable = usable or self.contract.answer_for(self.statuses[Reason.INVALID])
            if usable is None or usable not in self.contract.errors:
                usable = Answer(str(status), {JSON_MEDIA_TYPE: _PLAIN_ERROR}, "", "", "")
            stream = usable.stream(next(iter(usable.content), ""))
            composer = StreamComposer(usable, stream, self.backend) if stream is not None else None
            self._errors[status] = composer or Composer(usable, self.backend, is_error=True), self._headers_of(usable)
        return self._errors[status]

    def render(self, context: AnswerContext, headers: Headers, value: Any) -> Reply:
        """Return the reply that carries ``value``."""
        status = context.status
        if not headers or headers[0][0] != b"content-type":
            return Reply(status, b"", headers)
        if context.stream:
            writer = self._errors[status][0] if context.message else self._streams[context.stream]
            return Reply(status, writer.write(value) if isinstance(writer, StreamComposer) else b"", headers)
        if isinstance(value, str) and b"json" not in headers[0][1]:
            return Reply(status, value.encode("utf-8", "replace"), headers)
        return Reply(status, encoded(value), headers)

    def _composer_of_success(self) -> Composer:
        if self._success.refusal is not None:
            return self._marked_composer(self._success.refusal, refused=False)
        return Composer(self._success, self.backend, is_error=False)

    def _marked_composer(self, refusal: Mapping[str, Any], *, refused: bool) -> Composer:
        """Return the composer of the successes, or of the refusals that have the status of a success."""
        content = dict.fromkeys(self._success.content, part_of(self._success, refused=refused))
        composer = Composer(replace(self._success, content=content), self.backend, is_error=refused)
        composer.compose = marked(composer.compose, refusal, refused=refused)
        return composer

    def _headers_of(self, answer: Answer) -> Headers:
        headers = [*_media_type(answer), *documented_headers(answer, self.contract.path)]
        if answer.status in REDIRECTS and all(name.lower() != b"location" for name, _ in headers):
            headers.append((b"location", f"{self.contract.path}/1".encode()))
        return headers

    @cached_property
    def _described(self) -> Headers:
        return documented_headers(self._success, self.contract.path)

    def _success_answer(self) -> tuple[int, Answer]:
        for answer in self.contract.successes:
            return (int(answer.status) if answer.status.isdigit() else int(answer.status[0] + "00")), answer
        empty: Mapping[str, Schema] = {}
        return 200, Answer("200", empty, "", "", "")


def statuses_of(contract: Contract) -> dict[Reason, int]:
    """Return the status of each reason of refusal: the documented one, or else the one that HTTP has for it.

    Where the document describes no error, but refusals with the status of a success, these are what it describes.
    """
    statuses = {
        Reason.METHOD: 405,
        Reason.CREDENTIALS: contract.refusal_statuses[0],
        Reason.MEDIA_TYPE: (contract.documented(415, 400) or (415,))[0],
        Reason.SIZE: 413,
        Reason.INVALID: contract.bad_request_statuses[0],
        Reason.UNKNOWN: (contract.documented(404) or contract.documented(403, 400, 422) or (404,))[0],
        Reason.IN_USE: (contract.documented(409) or contract.bad_request_statuses)[0],
        Reason.CRASH: 500,
    }
    success = next((a for a in contract.successes[:1] if a.refusal is not None and a.status.isdigit()), None)
    if success is not None and not contract.documents_errors:
        refused = (Reason.CREDENTIALS, Reason.INVALID, Reason.UNKNOWN, Reason.IN_USE)
        statuses |= dict.fromkeys(refused, int(success.status))
    return statuses


def _wrong(found: Any, message: str) -> Any:
    """Return a value of a member that marks refusals by whatever it holds: what it has, or one of the same type."""
    if found is MISSING or found:
        return message if found is MISSING else found
    same_type = {list: [message], int: 1, bool: True}
    return same_type.get(type(found), message)


def _right(found: Any) -> Any:
    """Return a value of such a member that marks no refusal; ``MISSING`` where it is better left out."""
    return type(found)() if isinstance(found, list | int) else MISSING


def marked(compose: Maker, refusal: Mapping[str, Any], *, refused: bool) -> Maker:
    """Return what makes a body that is a refusal by the document's rule, or one that is none."""
    path = tokens_of(str(refusal["pointer"]))

    def made(context: AnswerContext) -> Any:
        value = compose(context)
        if refused and "value" in refusal:
            return replaced(value, path, refusal["value"])
        if refused:
            return replaced(value, path, _wrong(lookup(value, path), context.message))
        if "value" not in refusal:
            found = lookup(value, path)
            return value if found is MISSING else replaced(value, path, _right(found))
        return replaced(value, path, not refusal["value"]) if isinstance(refusal["value"], bool) else value

    return made


def _base(media_type: str) -> str:
    return media_type.partition(";")[0].strip().lower()


def _media_type(answer: Answer) -> Headers:
    """Return the header that names the media type of an answer; none for an answer without a body."""
    name = next(iter(answer.content), "")
    if "*" in name:
        name = JSON_MEDIA_TYPE
    return [(b"content-type", name.encode("latin-1", "replace"))] if name else []
