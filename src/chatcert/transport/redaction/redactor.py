"""Redaction of answers before they are recorded: mask credentials, and limit what is kept."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from chatcert.names import variable_name
from chatcert.openapi.contract import Contract
from chatcert.text import shorten
from chatcert.transport.credentials.live_credentials import live_of
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.exchange import Received, TransportError
from chatcert.transport.redaction.client_logs import watch
from chatcert.transport.redaction.masking import Masker
from chatcert.transport.target import Target, other_secrets

MAX_MESSAGE = 400
"""Characters that are kept of a transport error's message."""
MAX_KEPT = 48 * 1024 * 1024
"""Bytes; once the bodies of a run, escaped as JSON, exceed this, every further body is cut to ``MAX_CUT``."""
MAX_CUT = 16 * 1024
"""Bytes that are kept of a body that is cut."""

Redacted = tuple[Received | None, TransportError | None, tuple[str, ...]]


class Redactor:
    """Masks the credentials of one run in its answers, and in log lines while it lasts.

    Args:
        secrets: credentials by name.
        public: texts that may be shown (``public_texts``).
        others: other secret values, which are masked as well; an answer that contains one leaks nothing.
        fetched: names of the credentials whose values are learnt later.
    """

    def __init__(
        self,
        secrets: Mapping[str, Secret],
        public: Iterable[str] = (),
        others: Mapping[str, Secret] | None = None,
        fetched: Iterable[str] = (),
    ) -> None:
        self._masker = Masker({**secrets, **(others or {})}, public)
        self._names = frozenset((*secrets, *fetched))
        self._kept = 0
        self._lock = threading.Lock()
        watch(self._masker)

    def learn(self, name: str, secret: Secret) -> None:
        """Mask one more value from now on, such as a credential that was renewed."""
        self._masker.learn(name, secret)

    def redacted(self, answer: Received | TransportError, presented: Mapping[str, str], said: bytes = b"") -> Redacted:
        """Redact an answer or a transport error, and return the names of the credentials that it leaks as well.

        Args:
            presented: altered values that the request carried, by name.
            said: the body of the request: what a credential has in common with it is no secret, and may come back.
        """
        if isinstance(answer, TransportError):
            text, _ = self._masker.masked(answer.message, presented)
            short = shorten(text, MAX_MESSAGE)
            return None, TransportError(answer.kind, short), ()
        leaks: list[str] = []

        def masked(text: str) -> str:
            shown, found = self._masker.masked(text, presented)
            leaks.extend(name for name in found if name in self._names)
            return shown

        headers = tuple((masked(name), masked(value)) for name, value in answer.headers)
        body, cut = self._bounded(answer)
        decoded = body.decode("utf-8", "surrogateescape")
        text, found = self._masker.masked(decoded, presented)
        if text != decoded and said:
            text, found = self._masker.masked(decoded, presented, said.decode("utf-8", "replace"))
        leaks.extend(name for name in found if name in self._names)
        shown = text.encode("utf-8", "surrogateescape") if text != decoded else body
        received = Received(answer.status, headers, shown, answer.http_version, cut)
        return received, None, tuple(dict.fromkeys(leaks))

    def _bounded(self, answer: Received) -> tuple[bytes, bool]:
        """Return as much of the body as may be kept, and whether it is cut."""
        size = len(answer.body) if len(answer.body) <= MAX_CUT else _escaped_size(answer.body)
        with self._lock:
            full = self._kept + size > MAX_KEPT
            if len(answer.body) <= MAX_CUT or not (answer.truncated or full):
                self._kept += size
                return answer.body, answer.truncated
        return answer.body[:MAX_CUT], True


def _escaped_size(body: bytes) -> int:
    """Return how many bytes a body has as a JSON string in ASCII."""
    return len(json.dumps(body.decode("utf-8", "replace"))) - len('""')


def redactor_of(contract: Contract, target: Target) -> Redactor:
    """Return what masks the credentials of a target; those that are fetched are learnt later."""
    live = live_of(target.credentials)
    public, others = public_texts(contract, target), other_secrets(target)
    if live is None:
        return Redactor(target.credentials, public, others)
    return Redactor(live.fixed, public, others, live.sources)


def public_texts(contract: Contract, target: Target) -> tuple[str, ...]:
    """Return texts that are not part of a credential: names in the document, and what reports show openly."""
    names = [parameter.name for parameter in contract.parameters]
    schemas = [contract.body.schema] if contract.body is not None else []
    for answer in contract.answers:
        names += answer.content
        schemas += answer.content.values()
    for schema in schemas:
        names += _words(schema)
    names += (str(value) for value in target.resources.values())
    for credential in contract.credentials:
        names += (credential.name, credential.scheme, variable_name(contract.vendor, credential.scheme))
    return (*dict.fromkeys(names), contract.vendor, target.url + (target.path or contract.path))


def _words(schema: Any) -> Iterator[str]:
    """Yield names of members and fixed values in a schema; not its examples, which may be keys."""
    if isinstance(schema, Mapping):
        for keyword, inner in schema.items():
            if keyword in ("properties", "$defs", "patternProperties") and isinstance(inner, Mapping):
                yield from map(str, inner)
                for each in inner.values():
                    yield from _words(each)
            elif keyword in ("enum", "const"):
                yield from (str(value) for value in (inner if isinstance(inner, list) else [inner]))
            elif keyword not in ("example", "examples", "default", "description"):
                yield from _words(inner)
    elif isinstance(schema, list):
        for each in schema:
            yield from _words(each)
