"""Exchanges with a plain mock, to find out which manners a client would notice."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Headers, Reply
from chatcert.mock.composition import Composer
from chatcert.mock.deviation.faulty_service import valid_body
from chatcert.mock.examples import instance
from chatcert.mock.json_writer import encoded
from chatcert.mock.service import Service
from chatcert.mock.stream_writer import StreamComposer
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.pointer import MISSING


@dataclass(frozen=True, slots=True)
class Sample:
    """One exchange with a plain mock.

    Attributes:
        context: what the answer was made from.
        value: the body of the answer before it was written.
    """

    call: Call
    context: AnswerContext
    value: Any
    reply: Reply


class _RecordingService(Service):
    """A plain service that records the answer to each call."""

    def __init__(self, contract: Contract, backend: Backend) -> None:
        super().__init__(contract, backend)
        self.answered: list[tuple[AnswerContext, Any]] = []

    def compose_body(self, context: AnswerContext, composer: Composer | StreamComposer) -> Any:
        value = super().compose_body(context, composer)
        self.answered.append((context, value))
        return value


def samples(contract: Contract) -> tuple[Sample, ...]:
    """Return the exchanges of a valid call, and of calls that are refused for one reason each."""
    backend = Backend.of(contract)
    service = _RecordingService(contract, backend)
    exchanges = []
    for call in _calls(contract, backend):
        reply = service.answer(call)
        context, value = service.answered[-1]
        exchanges.append(Sample(call, context, value, reply))
    return tuple(exchanges)


def _calls(contract: Contract, backend: Backend) -> Iterator[Call]:
    body = valid_body(contract, backend)
    content = b"" if body is MISSING else encoded(body)
    arguments, query, headers = _parameters(contract, backend)
    keys, secret_headers = _credentials(contract, backend)
    media_type = contract.body.media_type if contract.body is not None else ""
    described: Headers = [(b"content-type", media_type.encode("latin-1", "replace"))] if media_type else []
    accepting: Headers = [(b"accept-encoding", b"gzip"), *headers]
    rest = urlencode([*query, *keys]).encode()
    plain = Call(contract.method, contract.path, arguments, rest, [*accepting, *secret_headers, *described], content)
    yield plain
    for answer in contract.successes[:1]:
        for stream in answer.streams:
            accept = (b"accept", stream.media_type.encode("latin-1", "replace"))
            yield Call(plain.method, plain.path, arguments, rest, [accept, *plain.headers], content)
    yield Call(plain.method, plain.path, arguments, urlencode(query).encode(), [*accepting, *described], content)
    yield Call(plain.method, plain.path, arguments, rest, plain.headers, b"{")
    yield Call(
        plain.method, plain.path, arguments, rest, [*accepting, *secret_headers, (b"content-type", b"x/y")], b"{}"
    )
    framed: Headers = [(b"transfer-encoding", b"chunked"), (b"expect", b"100-continue"), (b"accept", b"*/*;q=0.1")]
    yield Call(plain.method, plain.path, arguments, rest, [*framed, *plain.headers], content)
    browsing: Headers = [(b"accept", b"text/html"), (b"cookie", b"a=" + b"a" * 5000), *described]
    yield Call(plain.method, plain.path, arguments, rest, [*browsing, *plain.headers], content)
    yield Call("OPTIONS", plain.path, arguments, rest, plain.headers)


def _parameters(contract: Contract, backend: Backend) -> tuple[dict[str, str], list[tuple[str, str]], Headers]:
    """A value for each parameter: those in the path, those in the query, those in headers."""
    arguments: dict[str, str] = {}
    query: list[tuple[str, str]] = []
    headers: Headers = []
    secret = {credential.name.lower() for credential in contract.credentials}
    for parameter in contract.parameters:
        known = backend.resources.get((parameter.location, (parameter.name,)), parameter.example)
        value = instance(parameter.schema, parameter.schema) if known is None else known
        text = "" if value is MISSING else str(value)
        if parameter.location == "path":
            arguments[parameter.name] = text
        elif parameter.location == "query" and not parameter.is_whole_query:
            query.append((parameter.name, text))
        elif parameter.location == "header" and parameter.name.lower() not in secret:
            headers.append((parameter.name.lower().encode(), text.encode("utf-8", "replace")))
    return arguments, query, headers


def _credentials(contract: Contract, backend: Backend) -> tuple[list[tuple[str, str]], Headers]:
    """The right credentials: those in the query, those in headers."""
    query: list[tuple[str, str]] = []
    headers: Headers = []
    carried = contract.chosen_alternative().schemes
    for credential in contract.credentials:
        if credential.scheme not in carried:
            continue
        secret = backend.secrets[credential.scheme]
        if credential.kind == "bearer":
            secret = f"Bearer {secret}"
        elif credential.kind == "basic":
            secret = f"Basic {base64.b64encode(secret.encode()).decode()}"
        if credential.location == "query":
            query.append((credential.name, secret))
        elif credential.location == "cookie":
            headers.append((b"cookie", f"{credential.name}={secret}".encode()))
        else:
            headers.append((credential.name.lower().encode("latin-1", "replace"), secret.encode()))
    return query, headers
