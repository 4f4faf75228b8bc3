"""Learn from refusals which values must be new, though the document does not say so.

A request is refused; the same request with new values is served; that one sent again is refused like the first.
So the server refuses values that are in use. From then on every request gets new ones; the requirements stay the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from chatcert.cases.case import Case, Expectation, JsonBody, Request
from chatcert.openapi.contract import Contract
from chatcert.openapi.distinct import CONFLICT, DistinctPlace, distinct_places, is_scalar, place_named
from chatcert.openapi.schemas.fields import flattened, walk
from chatcert.openapi.schemas.pointer import MISSING, concrete_paths, lookup
from chatcert.transport.exchange import Answer, Exchange, Received, Role
from chatcert.transport.fresh_requests import FreshRequests, Key, value_sent, values_sent

MAX_PLACES = 12
"""Places of one request that are looked into."""
MAX_FAILURES = 4
"""Requests with new values of a whole run that may be refused as well."""

MAX_SHORT = 3
"""Characters of a text that may have been used before by chance."""

_LIKELY = ("id", "key", "alias", "handle", "slug", "name", "ref", "reference", "token", "number", "code")
ONLY_ONCE = "a blank one can be new only once"
_BAD_REQUESTS = (400, 422)
_REPEATS = "it repeats a value"
_VALID = (Expectation.ACCEPTED, Expectation.LIMIT)

Probe = Callable[[tuple[DistinctPlace, ...]], tuple[Exchange, Callable[[], Exchange]]]
"""Sends the request with new values at some places; returns the exchange, and what sends the very same again."""


class Repetitions:
    """What the run of one vendor learns about values that must be new.

    Args:
        fresh: gives requests their new values, and records which places need them.
    """

    def __init__(self, contract: Contract, fresh: FreshRequests) -> None:
        self._contract = contract
        self._fresh = fresh
        self._statuses = (CONFLICT, *_BAD_REQUESTS, *contract.bad_request_statuses)
        self._lock = threading.Lock()
        self._learnt: dict[Key, int] = {}
        self._failures = MAX_FAILURES
        self._candidates = tuple(_candidates(contract))
        self._finished: list[tuple[Case, Exchange | None, Exchange]] = []
        self._marked: list[Exchange] = []
        self._reported = 0

    def note(self, exchange: Exchange) -> None:
        """Remember an exchange from which was learnt."""
        if exchange.repeated:
            with self._lock:
                self._marked.append(exchange)

    def spoiled_by_now(
        self, case: Case, control: Exchange | None, exchange: Exchange
    ) -> list[tuple[Case, Exchange | None]]:
        """Remember the final exchange of a case; return the cases to send again after something was learnt.

        Each case is returned once.
        """
        with self._lock:
            self._finished.append((case, control, exchange))
            if len(self._marked) == self._reported:
                return []
            self._reported = len(self._marked)
            exchanges = [*self._marked, *(finished for _, _, finished in self._finished)]
            numbers = spoiled(self._contract, exchanges)
            again = [row for row in self._finished if numbers.get(row[2].number, "").startswith(_REPEATS)]
            self._finished = [row for row in self._finished if row not in again]
        return [(one, before) for one, before, _ in again]

    def may_be_repeated(self, case: Case, answer: Answer) -> bool:
        """Return whether a request was refused as one is that repeats a value.

        So is a valid one with the status of a conflict or of a bad request, and an invalid one, which a server that
        does not notice takes for valid, with that of a conflict.
        """
        if not isinstance(answer, Received) or not isinstance(case.request.body, JsonBody | None):
            return False
        statuses = {Expectation.ACCEPTED: self._statuses, Expectation.REFUSED: (CONFLICT,)}
        return answer.status in statuses.get(case.expectation, ())

    def causes(self, case: Case, answer: Answer, known: Iterable[Key], probe: Probe) -> tuple[str, ...]:
        """Return the names of the places whose repeated values are why a valid request was refused; empty if none are.

        Args:
            known: the places that had new values in this request.
        """
        if not isinstance(answer, Received) or not self.may_be_repeated(case, answer):
            return ()
        had_new = {*known}
        with self._lock:
            learnt = [key for key, status in self._learnt.items() if status == answer.status and key not in had_new]
            present = [place for place in self._fresh.places.values() if place.key in learnt]
            places = [place for place in present if _holds(case.request, place)]
            if not places:
                places = self._found(case, answer.status, had_new, probe)
            for place in places:
                self._learnt[place.key] = answer.status
                self._fresh.learn(place)
        return tuple(place.name for place in places)

    def _found(self, case: Case, status: int, known: set[Key], probe: Probe) -> list[DistinctPlace]:
        held = [one for one in self._candidates if one.key not in known and _holds(case.request, one)][:MAX_PLACES]
        if not held or self._failures <= 0:
            return []
        served, again = probe(tuple(held))
        if not served.succeeded or _status(again(), self._contract) != status:
            self._failures -= 1
            return []
        for place in held if len(held) > 1 else ():
            if probe((place,))[0].succeeded:
                return [place]
        # Only together: those without whose new value the request is refused.
        needed = [one for one in held if not probe(tuple(other for other in held if other is not one))[0].succeeded]
        return needed or held


def _candidates(contract: Contract) -> Iterator[DistinctPlace]:
    """Yield the places of a request that may name something, the likeliest first."""
    found = []
    body = contract.body
    for field in walk(body.schema, body.schema_pointer) if body is not None else ():
        is_text = body is not None and is_scalar(field.schema, body.schema)
        fixed = any(word in field.schema for word in ("enum", "const", "x-chatcert-resource"))
        if field.path and is_text and not fixed and body is not None:
            found.append(DistinctPlace("body", field.path, field.schema, body.schema, field.pointer, refused=False))
    for parameter in contract.parameters:
        schema = flattened(parameter.schema, parameter.schema)
        fixed = any(word in schema for word in ("enum", "const"))
        if parameter.resource is None and not fixed and is_scalar(schema, parameter.schema):
            key = (parameter.location, (parameter.name,))
            found.append(DistinctPlace(*key, schema, parameter.schema, parameter.pointer, refused=False))
    yield from sorted(found, key=lambda place: (not place.path[-1].lower().endswith(_LIKELY), len(place.path)))


def _holds(request: Request, place: DistinctPlace) -> bool:
    """Return whether a request has a text or a whole number at a place."""
    name = place.path[0]
    match place.place:
        case "path":
            return name in request.path_parameters
        case "query":
            return name in dict(request.query)
        case "header":
            return name in dict(request.headers)
    body = request.body.value if isinstance(request.body, JsonBody) else MISSING
    return any(_is_named_by(lookup(body, path)) for path in concrete_paths(body, place.path))


def _is_named_by(value: Any) -> bool:
    """Return whether a value can name something: it is a text or a whole number."""
    return isinstance(value, str | int) and not isinstance(value, bool)


def _status(exchange: Exchange, contract: Contract) -> int | None:
    """Return the status of an answer; that of a bad request for a refusal with the status of a success."""
    return contract.bad_request_statuses[0] if exchange.refused else exchange.status


def probed_places(contract: Contract) -> tuple[DistinctPlace, ...]:
    """Return the places that get a new value where a refused request is sent again, to learn whether that is why."""
    return tuple(_candidates(contract))


def learnt_places(contract: Contract, exchanges: Iterable[Exchange]) -> Mapping[str, tuple[DistinctPlace, int]]:
    """Return the places that a run has learnt, by name, each with the status that refuses a value in use."""
    found: dict[str, tuple[DistinctPlace, int]] = {}
    for exchange in exchanges:
        for name in exchange.repeated:
            place = place_named(contract, name)
            status = _status(exchange, contract)
            if place is not None and status is not None:
                found.setdefault(name, (place, status))
    return found


def _only_once(path: tuple[str, ...]) -> str:
    return f"a value of {path[-1]} must be new, and {ONLY_ONCE}"


def concerns(reason: str, path: tuple[str, ...]) -> bool:
    """Return whether a reason of ``spoiled`` is that the value at a path is blank."""
    return reason == _only_once(path)


def spoiled(contract: Contract, exchanges: Sequence[Exchange]) -> Mapping[int, str]:
    """Return why nothing can be concluded from exchanges that repeat a value that must be new, by their numbers.

    They are the requests from before this was learnt, refused with the status that refuses a value in use; valid
    requests with an empty or a blank value, which cannot be new; and refused ones with a value of very few characters.
    """
    learnt = learnt_places(contract, exchanges)
    reasons: dict[int, str] = {}
    for place in distinct_places(contract):
        statuses = (place.status or CONFLICT, *contract.bad_request_statuses)
        for one in exchanges:
            value = (
                value_sent(contract, one.sent, place)
                if one.expectation in _VALID and _status(one, contract) in statuses
                else ""
            )
            if isinstance(value, str) and 0 < len(value) <= MAX_SHORT:
                reasons[one.number] = f"the value of {place.path[-1]} is so short that it may have been in use before"
    for place, status in learnt.values():
        sent = [(one, values_sent(contract, one.sent, place)) for one in exchanges]
        held = [(one, value) for one, values in sent for value in values if _is_named_by(value)]
        in_use = {value for one, value in held if one.succeeded or place.name in one.repeated}
        for one, value in held:
            if one.expectation in (Expectation.ANY, Expectation.IN_USE) or one.role == Role.PROBE:
                continue
            if one.expectation in _VALID and isinstance(value, str) and not value.strip():
                reasons[one.number] = _only_once(place.path)
            elif _status(one, contract) == status and value in in_use:
                reasons[one.number] = f"{_REPEATS} of {place.path[-1]}, which must be new"
    return reasons
