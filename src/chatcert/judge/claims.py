"""Claims: what a verdict says of the exchanges, typed, so that its sentences are rendered from what can be checked.

Each claim renders itself by ``str`` and is evaluated over the exchanges alone, without the judge that made it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Protocol

from chatcert.cases.case import Expectation
from chatcert.openapi.contract import OF_SUCCESS
from chatcert.openapi.schemas.formats import matches_format
from chatcert.openapi.schemas.path_tokens import ANY, is_open, matches_key
from chatcert.transport.exchange import Exchange, Role


class Claim(Protocol):
    """A statement about the exchanges of a run."""

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether the statement is true of all exchanges of a run."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """The exchange of a number was answered with a status."""

    number: int
    status: int

    def __str__(self) -> str:
        """Render the status."""
        return f"status {self.status}"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether that exchange has that status."""
        return any(e.number == self.number and e.status == self.status for e in exchanges)


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The exchange of a number was not answered."""

    number: int
    message: str = ""

    def __str__(self) -> str:
        """Render the transport error."""
        return f"no answer: {self.message}" if self.message else "no answer"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether that exchange has no answer, for that reason."""
        found = [e for e in exchanges if e.number == self.number and e.received is None]
        return any(self.message in ("", e.error.message if e.error is not None else "") for e in found)


def came(exchange: Exchange) -> Answered | Unanswered:
    """Return the claim on what came back."""
    if exchange.received is not None:
        return Answered(exchange.number, exchange.received.status)
    return Unanswered(exchange.number, exchange.error.message if exchange.error is not None else "")


@dataclass(frozen=True, slots=True)
class Seen:
    """All exchanges of these numbers had the same result, and ``of`` exchanges could have had it."""

    numbers: tuple[int, ...]
    of: int

    def __str__(self) -> str:
        """Render how often it was seen."""
        return f"{len(self.numbers)} of {self.of}"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether these exchanges exist, are no more than ``of``, and have the same status or kind of error."""
        found = [e for e in exchanges if e.number in self.numbers]
        results = {e.status if e.received is not None else e.error and e.error.kind for e in found}
        return len(found) == len(set(self.numbers)) == len(self.numbers) <= self.of and len(results) == 1


@dataclass(frozen=True, slots=True)
class Repeated:
    """A request was sent several times, and some of these times it had the result of one exchange."""

    number: int
    times: int
    of: int

    def __str__(self) -> str:
        """Render how often it was seen."""
        return f"{self.times} of {self.of}"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether the case of that exchange was sent so often, with so many results that are the same."""
        shown = next((e for e in exchanges if e.number == self.number), None)
        if shown is None:
            return False
        same = [e for e in exchanges if e.case == shown.case and e.role == shown.role]
        return (sum((e.status, e.refused) == (shown.status, shown.refused) for e in same), len(same)) == (
            self.times,
            self.of,
        )


@dataclass(frozen=True, slots=True)
class PermittedRefusal:
    """A valid request was refused with a status that HTTP permits for its framing."""

    number: int
    status: int
    source: str

    def __str__(self) -> str:
        """Render the sentence."""
        return f"it is refused with status {self.status}, as {self.source} permits"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether that exchange has that status."""
        return any(e.number == self.number and e.status == self.status for e in exchanges)


@dataclass(frozen=True, slots=True)
class NoSuccess:
    """No valid request was accepted."""

    def __str__(self) -> str:
        """Render the sentence."""
        return "no valid request was accepted"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether no valid request, the last attempt of each, got a success."""
        valid = (e for e in exchanges if e.final and e.role != Role.PROBE and e.expectation == Expectation.ACCEPTED)
        return not any(e.succeeded for e in valid)


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """No answer of a status came at all; ``status`` is written as in the document, empty for any status."""

    status: str = ""

    def __str__(self) -> str:
        """Render the sentence."""
        return f"no answer of status {self.status} came" if self.status else "no answer came"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether no exchange has such an answer, repeated ones and probes included."""
        return not any(True for _ in with_status(exchanges, self.status))


@dataclass(frozen=True, slots=True)
class AnsweredElsewhere:
    """Answers of a status came, but only to requests that a rule is not on."""

    status: str
    number: int

    def __str__(self) -> str:
        """Render the sentence."""
        times = "once" if self.number == 1 else f"{self.number:,} times"
        return f"status {self.status} came {times}, but to no request that this rule is on"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether exactly so many answers of the status came."""
        return self.number == sum(1 for _ in with_status(exchanges, self.status))


@dataclass(frozen=True, slots=True)
class FieldAbsent:
    """No answer of a status held a field, refusals with the status of a success left out."""

    status: str
    path: tuple[str, ...]
    promised: bool = True
    but_refusals: bool = False

    def __str__(self) -> str:
        """Render the sentence."""
        success = "answer but refusals" if self.but_refusals else "answer"
        which = success if self.status.startswith(OF_SUCCESS) else f"answer of status {self.status}"
        unpromised = "" if self.promised else ", which the page does not promise"
        return f"no {which} held {'/'.join(self.path)}{unpromised}"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether no JSON body of such an answer has a value at the path, in the last attempts of all cases."""
        finals = [e for e in exchanges if e.final and e.role != Role.PROBE and e.expectation not in _NOT_VENDORS]
        for exchange in with_status([e for e in finals if not e.refused], self.status):
            with suppress(ValueError, RecursionError):
                body = json.loads(exchange.received.body) if exchange.received is not None else None
                if any(True for _ in _values(body, self.path)):
                    return False
        return True


@dataclass(frozen=True, slots=True)
class HeaderAbsent:
    """No answer of a status had a header."""

    status: str
    name: str

    def __str__(self) -> str:
        """Render the sentence."""
        which = "answer" if self.status.startswith(OF_SUCCESS) else f"answer of status {self.status}"
        return f"no {which} had the header {self.name}"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether no such answer has the header, in the last attempts of all cases."""
        return not any(
            key.lower() == self.name.lower()
            for exchange in with_status(exchanges, self.status)
            if exchange.final and exchange.role != Role.PROBE and exchange.expectation not in _NOT_VENDORS
            for key, _ in (exchange.received.headers if exchange.received is not None else ())
        )


@dataclass(frozen=True, slots=True)
class NoMediaType:
    """No answer of a status had a media type, or one of a range."""

    status: str
    media_type: str

    def __str__(self) -> str:
        """Render the sentence."""
        return f"no answer of status {self.status} was of type {self.media_type}"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether no such answer, in the last attempts of all cases, has that media type."""
        wanted = self.media_type.partition(";")[0].strip().lower()
        finals = (e for e in with_status(exchanges, self.status) if e.final and e.role != Role.PROBE and not e.refused)
        sent = (e.received.header("Content-Type") or "" for e in finals if e.received is not None)
        return not any(fnmatchcase(value.partition(";")[0].strip().lower(), wanted) for value in sent)


@dataclass(frozen=True, slots=True)
class NotRead:
    """Answers of a media type came, and no rule reads them."""

    status: str
    media_type: str

    def __str__(self) -> str:
        """Render the sentence."""
        return f"bodies of type {self.media_type} are not read here: they were not judged"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether such an answer came."""
        return not NoMediaType(self.status, self.media_type).holds(exchanges)


@dataclass(frozen=True, slots=True)
class FieldUnbreakable:
    """Answers held a field, but no value of it could break a rule."""

    path: tuple[str, ...]

    def __str__(self) -> str:
        """Render the sentence."""
        return (
            f"no answer held a value of {'/'.join(self.path)} that could break this"
            if self.path
            else "no answer could break this"
        )

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether there were answers."""
        return any(e.received is not None for e in exchanges)


@dataclass(frozen=True, slots=True)
class BranchUnseen:
    """Answers of a status came, but nothing in them was meant to be one of several alternatives."""

    status: str
    name: str

    def __str__(self) -> str:
        """Render the sentence."""
        return f"never seen: nothing in the answers of status {self.status} was what {self.name} describes"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether there were answers of that status."""
        return any(True for _ in with_status(exchanges, self.status))


@dataclass(frozen=True, slots=True)
class FormatUnchecked:
    """Answers came, but nobody can tell a text with a format from one without it."""

    name: str

    def __str__(self) -> str:
        """Render the sentence."""
        return f"the format {self.name} is none that can be checked"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether no text breaks the format, and there were answers."""
        return matches_format(self.name, "\u2603 no format") and any(e.received is not None for e in exchanges)


@dataclass(frozen=True, slots=True)
class NoRefusal:
    """No request of one expectation was refused, be it with a status of class 4xx or as the document says it else."""

    expectation: Expectation

    def __str__(self) -> str:
        """Render the sentence."""
        which = "with bad credentials" if self.expectation == Expectation.UNAUTHENTICATED else "that is invalid"
        return f"no request {which} was refused"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether no such request was refused, in the last attempts of all cases."""
        sent = (e for e in exchanges if e.final and e.role != Role.PROBE and e.expectation == self.expectation)
        return not any(e.refused or (e.status is not None and 400 <= e.status < 500) for e in sent)


@dataclass(frozen=True, slots=True)
class RefusedElsewhere:
    """Requests of one expectation were refused, but a rule is on none of these refusals."""

    expectation: Expectation

    def __str__(self) -> str:
        """Render the sentence."""
        return "refusals came, but none that this rule is on"

    def holds(self, exchanges: Sequence[Exchange]) -> bool:
        """Return whether such a request was refused."""
        return not NoRefusal(self.expectation).holds(exchanges)


_NOT_VENDORS = (Expectation.METHOD, Expectation.UNSUPPORTED, Expectation.ANY, Expectation.UNSERVED)
"""Requests whose errors need not come from the vendor's own code; rules on the bodies of errors are on none of them."""


def with_status(exchanges: Sequence[Exchange], status: str) -> Iterator[Exchange]:
    """Yield the answered exchanges of a status as the document writes it: ``404``, ``4XX``; any, where it is empty."""
    for exchange in exchanges:
        if exchange.status is None:
            continue
        if (
            not status
            or str(exchange.status) == status
            or (status[1:].upper() == "XX" and status[0] == str(exchange.status)[0])
        ):
            yield exchange


def _values(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == ANY:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for member in members:
            yield from _values(member, path[1:])
    elif is_open(path[0]):
        for name in value if isinstance(value, dict) else ():
            if matches_key(path[0], name):
                yield from _values(value[name], path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _values(value[path[0]], path[1:])
    elif isinstance(value, list) and path[0].isdecimal() and int(path[0]) < len(value):
        yield from _values(value[int(path[0])], path[1:])
