"""What the judge looks at: the exchanges of one run, read once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.openapi.contract import Answer, Contract
from chatcert.openapi.fields import ANY, Field, walk
from chatcert.openapi.validator import validator_for
from chatcert.requirements.requirement import Requirement
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.transient import is_transient

MAX_DEPTH = 350
"""Levels of nesting that a JSON text may have (RFC 8259 section 9 lets a reader set a limit): more than we send."""


class NotJson(ValueError):
    """A body that is no single well-formed JSON text; its text says why."""


def _no_constant(name: str) -> Any:
    raise NotJson(f"{name} is no JSON value")


def read_json(body: bytes) -> Any:
    """One JSON text in UTF-8 without byte order mark (RFC 8259 sections 2 and 8.1).

    Raises:
        NotJson: it is none.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        raise NotJson("a byte order mark stands before the JSON text")
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is no UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}") from None
    except (RecursionError, ValueError) as error:
        raise NotJson(str(error)[:100] or "nested too deeply") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise NotJson(f"nested more than {MAX_DEPTH} levels deep")
    return value


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether a value nests beyond a number of levels; it is walked level by level, never into the depth."""
    level = [value]
    for _ in range(levels):
        held = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
        ]
        if not held:
            return False
        level = held
    return any(isinstance(each, dict | list) for each in level)


def repeated_name(body: bytes) -> str | None:
    """A member name that some object of a JSON text holds twice (RFC 8259 section 4 says that it should not)."""
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> None:
        if len(pairs) > len(dict(pairs)):
            repeated.extend(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)

    json.loads(body.decode("utf-8"), object_pairs_hook=members)
    return repeated[0] if repeated else None


def _normalised(path: tuple[str, ...], fields: Mapping[tuple[str, ...], Field]) -> tuple[str, ...]:
    """A concrete path with ``*`` for items and additional keys, as the catalogue writes it."""
    result: tuple[str, ...] = ()
    for token in path:
        result = (*result, token) if (*result, token) in fields else (*result, ANY)
    return result


@dataclass(frozen=True)
class Evidence:
    """All exchanges of one vendor's run, with what they are judged against."""

    contract: Contract
    requirements: Mapping[str, Requirement]
    exchanges: Sequence[Exchange]
    _parsed: dict[int, Any] = field(default_factory=dict, repr=False)
    _breaches: dict[int, tuple[tuple[tuple[str, ...], str, str], ...]] = field(default_factory=dict, repr=False)
    _fields: dict[str, dict[tuple[str, ...], Field]] = field(default_factory=dict, repr=False)

    @cached_property
    def final(self) -> tuple[Exchange, ...]:
        """The attempts that count, probes left out, in the order in which they were sent."""
        return tuple(e for e in self.exchanges if e.final and e.role != Role.PROBE)

    @cached_property
    def sporadic(self) -> tuple[Exchange, ...]:
        """Wrong answers that did not come again when the same request was repeated."""
        finals = {e.case: e for e in self.final}
        return tuple(
            e
            for e in self.exchanges
            if not e.final
            and e.role != Role.PROBE
            and e.error is None
            and not is_transient(e.answer)
            and e.case in finals
            and finals[e.case].status != e.status
        )

    @cached_property
    def _by_requirement(self) -> Mapping[str, tuple[Exchange, ...]]:
        grouped: dict[str, list[Exchange]] = {}
        for exchange in self.final:
            grouped.setdefault(exchange.requirement, []).append(exchange)
        return {name: tuple(found) for name, found in grouped.items()}

    def of(self, requirement: str) -> tuple[Exchange, ...]:
        """The attempts that count of one requirement's own cases."""
        return self._by_requirement.get(requirement, ())

    @cached_property
    def successes(self) -> tuple[Exchange, ...]:
        """Answers of class 2xx to requests that may be served: what they hold is held to the contract."""
        served = (Expectation.ACCEPTED, Expectation.LIMIT, Expectation.UNKNOWN, Expectation.ANY)
        return tuple(e for e in self.final if e.succeeded and e.expectation in served)

    @cached_property
    def valid_successes(self) -> tuple[Exchange, ...]:
        """Answers of class 2xx to valid requests."""
        return tuple(e for e in self.successes if e.expectation != Expectation.ANY)

    def errors(self, status: str) -> tuple[Exchange, ...]:
        """Refusals under one documented status, of requests that the vendor's own code had to refuse."""
        owned = (
            Expectation.REFUSED,
            Expectation.UNAUTHENTICATED,
            Expectation.UNKNOWN,
            Expectation.LIMIT,
            Expectation.ACCEPTED,
            Expectation.REQUESTED_ERROR,
        )
        return tuple(
            e
            for e in self.final
            if e.status is not None
            and e.status >= 400
            and e.expectation in owned
            and (answer := self.contract.answer_for(e.status)) is not None
            and answer.status == status
        )

    def numbered(self, number: int | None) -> Exchange | None:
        """The exchange of that number."""
        return next((e for e in self.exchanges if e.number == number), None)

    def json_of(self, exchange: Exchange) -> Any:
        """The answer's JSON value.

        Raises:
            NotJson: the body is none.
        """
        if exchange.number not in self._parsed:
            try:
                self._parsed[exchange.number] = read_json(exchange.received.body if exchange.received else b"")
            except NotJson as error:
                self._parsed[exchange.number] = error
        value = self._parsed[exchange.number]
        if isinstance(value, NotJson):
            raise value
        return value

    def breaches(self, exchange: Exchange, answer: Answer) -> tuple[tuple[tuple[str, ...], str, str], ...]:
        """Where an answer departs from its schema: (path as the catalogue writes it, keyword, message)."""
        if exchange.number not in self._breaches:
            schema = answer.schema or {}
            if answer.status not in self._fields:
                self._fields[answer.status] = {f.path: f for f in walk(schema, answer.schema_pointer)}
            fields = self._fields[answer.status]
            self._breaches[exchange.number] = tuple(
                (_normalised(path, fields), keyword, message)
                for path, keyword, message in validator_for(schema).breaches(self.json_of(exchange))
            )
        return self._breaches[exchange.number]

    def sent_json(self, exchange: Exchange) -> Any:
        """The request's JSON value, ``None`` where it has none."""
        try:
            return read_json(exchange.sent.body or b"null")
        except NotJson:
            return None
