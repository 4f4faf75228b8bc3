"""Evidence: the exchanges of one run, with views of them and what is read from them once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.judge.absurd_sizes import is_nested_absurdly
from chatcert.judge.answers.event_streams import EventStream, read_stream
from chatcert.judge.answers.json_text import NotJson, read_json
from chatcert.judge.certainty import said_for_certain
from chatcert.judge.claims import Repeated
from chatcert.judge.sent_forms import form_value, is_form
from chatcert.openapi.contract import Answer, Contract
from chatcert.openapi.schemas.branch_choice import BranchReader
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.path_tokens import ANY, matches_key, of_pattern
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.streams import Stream
from chatcert.requirements.operation import Operation
from chatcert.requirements.requirement import Requirement, is_own
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.repetition import spoiled
from chatcert.transport.resilience.circumstances import set_aside, unlike_others
from chatcert.transport.resilience.transient import is_transient

Breach = tuple[tuple[str, ...], str, str]
"""Where an answer does not match its schema: the path as the catalogue writes it, the keyword, and a message."""


def as_catalogued(path: tuple[str, ...], fields: Mapping[tuple[str, ...], Field]) -> tuple[str, ...]:
    """Return a path with ``*`` for each item and additional key, and a pattern after it, as the catalogue writes it."""
    pattern: tuple[str, ...] = ()
    for token in path:
        around = fields.get(pattern)
        named = (*pattern, token) in fields or (around is not None and token in (around.schema.get("properties") or {}))
        pattern = (*pattern, token if named else _open_token(around, token))
    return pattern


def _open_token(around: Field | None, name: str) -> str:
    """Return the first pattern of names that a key matches, after ``*``; ``*`` for other keys and for items."""
    patterns = around.schema.get("patternProperties") or {} if around is not None else {}
    return next((token for token in map(of_pattern, patterns) if matches_key(token, name)), ANY)


def as_members(exchange: Exchange) -> Iterator[Exchange]:
    """Yield a served request that several cases share, as the exchange of each of them.

    One that was not served says nothing of any of them: its parts were sent for that.
    """
    for case, requirement, expectation in exchange.members if exchange.succeeded and not exchange.unsettled else ():
        yield replace(exchange, case=case, requirement=requirement, expectation=expectation, members=())


@dataclass(frozen=True)
class Evidence:
    """All exchanges of one vendor's run, with the contract and the requirements that they are judged by.

    Attributes:
        provisional: whether all exchanges count, because the run goes on and a later control may prove them.
    """

    contract: Contract
    requirements: Mapping[str, Requirement]
    exchanges: Sequence[Exchange]
    provisional: bool = False
    _parsed: dict[int, Any] = field(default_factory=dict, repr=False)
    _breaches: dict[int, tuple[Breach, ...]] = field(default_factory=dict, repr=False)
    _fields: dict[str, dict[tuple[str, ...], Field]] = field(default_factory=dict, repr=False)
    _branches: dict[str, BranchReader] = field(default_factory=dict, repr=False)
    _certain: dict[int, bool] = field(default_factory=dict, repr=False)
    _streams: dict[int, EventStream] = field(default_factory=dict, repr=False)
    _members: dict[int, tuple[Exchange, ...]] = field(default_factory=dict, repr=False)
    _forms: dict[int, dict[str, Any]] = field(default_factory=dict, repr=False)

    @cached_property
    def readings(self) -> dict[str, tuple[tuple[Exchange, Any], ...]]:
        """The exchanges with JSON bodies by documented status, as far as they were looked for."""
        return {}

    @cached_property
    def by_status(self) -> dict[str, tuple[Exchange, ...]]:
        """The exchanges that the rules on a status are on, by documented status, as far as they were looked for."""
        return {}

    @cached_property
    def aside(self) -> Mapping[int, str]:
        """Why exchanges do not count, by their numbers: no valid request was served after them."""
        return {} if self.provisional else set_aside(self.exchanges, self.contract)

    @cached_property
    def on_creation(self) -> Evidence:
        """The evidence without the exchanges on chats that exist already; what is memoised is shared."""
        if all(exchange.operation is Operation.CREATE for exchange in self.exchanges):
            return self
        return replace(self, exchanges=tuple(e for e in self.exchanges if e.operation is Operation.CREATE))

    @cached_property
    def without_own_rules(self) -> Evidence:
        """The evidence without the exchanges of users' own rules, on which no other verdict rests."""
        if not any(is_own(exchange.requirement) for exchange in self.exchanges):
            return self
        return replace(self, exchanges=tuple(e for e in self.exchanges if not is_own(e.requirement)))

    @cached_property
    def proven(self) -> Evidence:
        """The evidence without the exchanges that do not count; what is memoised is shared."""
        if not self.aside:
            return self
        counting = tuple(exchange for exchange in self.exchanges if exchange.number not in self.aside)
        return replace(self, exchanges=counting, provisional=True)

    @cached_property
    def with_open_cases(self) -> Evidence:
        """The evidence with what does not count, but for the cases that were sent again and count then.

        Successes that do not count and are unlike those that do are left out: they are not the server's own.
        """
        settled = {exchange.case for exchange in self.proven.final}
        strange = unlike_others(self.exchanges, self.contract)
        counting = tuple(
            e
            for e in self.exchanges
            if e.number not in self.aside or (e.case not in settled and e.number not in strange)
        )
        return replace(self, exchanges=counting, provisional=True)

    @cached_property
    def final(self) -> tuple[Exchange, ...]:
        """The last attempts of all cases, without probes, in the order of sending."""
        return tuple(e for e in self.exchanges if e.final and e.role != Role.PROBE and e.number not in self.spoiled)

    @cached_property
    def spoiled(self) -> Mapping[int, str]:
        """Why nothing can be concluded from exchanges that repeat a value that must be new, by their numbers."""
        return spoiled(self.contract, self.exchanges)

    @cached_property
    def sporadic(self) -> tuple[Exchange, ...]:
        """Wrong answers that did not come again when the same request was sent again; transient failures excepted."""
        finals = {e.case: e for e in self.final}
        return tuple(
            e
            for e in self.exchanges
            if not e.final
            and e.role != Role.PROBE
            and e.error is None
            and e.number not in self.spoiled
            and not is_transient(e.answer)
            and e.case in finals
            and (finals[e.case].status, finals[e.case].refused) != (e.status, e.refused)
        )

    def last_of(self, exchange: Exchange) -> Exchange:
        """Return the last attempt of the case of an exchange."""
        return next((e for e in self.final if e.case == exchange.case), exchange)

    def repeated(self, exchange: Exchange) -> Repeated:
        """Return how often the request of an exchange was sent, and how often it had the same status."""
        same = [e for e in self.exchanges if e.case == exchange.case and e.role == exchange.role]
        return Repeated(
            exchange.number, sum((e.status, e.refused) == (exchange.status, exchange.refused) for e in same), len(same)
        )

    @cached_property
    def _by_requirement(self) -> Mapping[str, tuple[Exchange, ...]]:
        grouped: dict[str, list[Exchange]] = {}
        answered = {exchange.case for exchange in self.final}
        doubtful = (e for e in self.exchanges if e.final and e.number in self.spoiled and e.case not in answered)
        for exchange in (*self.final, *doubtful):
            grouped.setdefault(exchange.requirement, []).append(exchange)
            for member in self._members_of(exchange):
                grouped.setdefault(member.requirement, []).append(member)
        return {name: tuple(exchanges) for name, exchanges in grouped.items()}

    def _members_of(self, exchange: Exchange) -> tuple[Exchange, ...]:
        if exchange.members and exchange.number not in self._members:
            self._members[exchange.number] = tuple(as_members(exchange))
        return self._members.get(exchange.number, ())

    def of(self, requirement: str) -> tuple[Exchange, ...]:
        """Return the last attempts of the cases of one requirement."""
        return self._by_requirement.get(requirement, ())

    def attempts(self, requirement: str) -> tuple[Exchange, ...]:
        """Return all attempts of the cases of one requirement, final or not."""
        return tuple(e for e in self.exchanges if e.requirement == requirement and e.role == Role.CASE)

    @cached_property
    def successes(self) -> tuple[Exchange, ...]:
        """Answers of class 2xx to requests that may be served: the rules on successes apply to them.

        What is nested absurdly deep, and may come back, is left out.
        """
        served = (Expectation.ACCEPTED, Expectation.LIMIT, Expectation.UNKNOWN, Expectation.ANY)
        return tuple(e for e in self.final if e.succeeded and e.expectation in served and not is_nested_absurdly(e))

    @cached_property
    def valid_successes(self) -> tuple[Exchange, ...]:
        """Answers of class 2xx to valid requests."""
        return tuple(e for e in self.successes if e.expectation != Expectation.ANY)

    def errors(self, status: str) -> tuple[Exchange, ...]:
        """Return the errors under one documented status to requests that the vendor's own code has to refuse."""
        answered_by_vendor = (
            Expectation.REFUSED,
            Expectation.UNAUTHENTICATED,
            Expectation.UNKNOWN,
            Expectation.IN_USE,
            Expectation.LIMIT,
            Expectation.ACCEPTED,
            Expectation.REQUESTED_ERROR,
        )
        return tuple(
            e
            for e in self.final
            if e.status is not None
            and e.status >= 400
            and e.expectation in answered_by_vendor
            and (answer := self.contract.answer_for(e.status)) is not None
            and answer.status == status
        )

    def numbered(self, number: int | None) -> Exchange | None:
        """Return the exchange of that number, if any."""
        return next((e for e in self.exchanges if e.number == number), None)

    def json_of(self, exchange: Exchange) -> Any:
        """Return the JSON value of an answer.

        Raises:
            NotJson: the body is not a JSON text.
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

    def branches(self, answer: Answer) -> BranchReader:
        """Return what finds the parts of answers of a status that are meant to be alternatives of its schema."""
        if answer.status not in self._branches:
            schema = answer.schema or {}
            self._branches[answer.status] = BranchReader(schema, schema)
        return self._branches[answer.status]

    def breaches(self, exchange: Exchange, answer: Answer) -> tuple[Breach, ...]:
        """Return where the body of an answer does not match its schema."""
        if exchange.number not in self._breaches:
            schema = answer.schema or {}
            if answer.status not in self._fields:
                self._fields[answer.status] = {f.path: f for f in walk(schema, answer.schema_pointer)}
            fields = self._fields[answer.status]
            self._breaches[exchange.number] = tuple(
                (as_catalogued(path, fields), keyword, message)
                for path, keyword, message in validator_for(schema).breaches(self.json_of(exchange))
            )
        return self._breaches[exchange.number]

    def stream_of(self, exchange: Exchange, stream: Stream) -> EventStream:
        """Return the events of an answer that is a documented stream."""
        if exchange.number not in self._streams:
            body = exchange.received.body if exchange.received is not None else b""
            cut = exchange.received is not None and exchange.received.truncated
            self._streams[exchange.number] = read_stream(body, stream.form, cut=cut, terminator=stream.terminator)
        return self._streams[exchange.number]

    def is_certain(self, exchange: Exchange) -> bool:
        """Return whether a request is JSON that every server reads alike, and valid, or has no body."""
        if exchange.number not in self._certain:
            body = self.contract.body
            certain = said_for_certain(exchange)
            if certain and exchange.sent.body:
                certain = body is not None and validator_for(body.schema).is_valid(self.sent_json(exchange))
            self._certain[exchange.number] = certain
        return self._certain[exchange.number]

    def sent_json(self, exchange: Exchange) -> Any:
        """Return the JSON value of a request, or the one that its form stands for; ``None`` where it has none."""
        body = self.contract.body
        if body is not None and is_form(exchange):
            if exchange.number not in self._forms:
                self._forms[exchange.number] = form_value(exchange, body)
            return self._forms[exchange.number]
        try:
            return read_json(exchange.sent.body or b"null")
        except NotJson:
            return None
