"""Which answers of a run count: those between two valid requests that were served with the same credentials.

The rule can be derived from recorded exchanges alone, so that the judge and ``chatcert verify`` apply the same one.
Exchanges of one chain (one process, in one part of a run) have numbers in the order in which they ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatcert.openapi.contract import Contract
from chatcert.openapi.distinct import DistinctPlace
from chatcert.openapi.existing_names import field_names_something, parameter_names_something
from chatcert.openapi.fields import leads_to_one, walk
from chatcert.openapi.memoise import memoise_by_identity
from chatcert.openapi.pointer import MISSING
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Role
from chatcert.transport.fresh_requests import value_sent
from chatcert.transport.transient import is_transient

Thing = tuple[tuple[str, tuple[str, ...]], str]
"""The place of a value that names something which has to exist, and the value."""
UNAUTHORIZED = 401
DENIED = (UNAUTHORIZED, 402, 403, 407)
"""Statuses with which a key is refused, or an account, or the user of a proxy."""
CUT_OFF = (ErrorKind.REFUSED, ErrorKind.RESET)
"""Transport errors of a server that is not there any more; one that is slow has others."""
CONFLICT = 409
"""Status of a repeated valid request that collides with what the first one created: the credentials are in force."""


def media_type(received: Received) -> str:
    """Return the media type of an answer in lower case, without parameters; empty where it has none."""
    return (received.header("Content-Type") or "").partition(";")[0].strip().lower()


def is_foreign(received: Received, contract: Contract) -> bool:
    """Return whether an answer has a media type that the document does not have, such as the HTML page of a gateway.

    JSON of any kind counts as the API's own, and so does an answer without a media type.
    """
    sent = media_type(received)
    if not sent or sent.endswith(("/json", "+json")):
        return False
    documented = {name.partition(";")[0].strip().lower() for answer in contract.answers for name in answer.content}
    return not any(name in (sent, "*/*") or name == f"{sent.partition('/')[0]}/*" for name in documented)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the first success of a run is like.

    A vendor whose successes are wrong from the beginning is judged like any other, so later ones are compared with it.

    Attributes:
        media_type: its media type.
        members: the names in its JSON object; empty if it is none.
    """

    media_type: str
    members: frozenset[str]

    @classmethod
    def of(cls, received: Received) -> Usual:
        """Return what an answer is like."""
        return cls(media_type(received), _members(received))

    def resembles(self, received: Received, contract: Contract) -> bool:
        """Return whether another success is of this kind, or of one that is documented.

        An object whose members are neither, such as a message that a token has expired, is not.
        """
        members = _members(received)
        return not self.members or not members or bool(members & (self.members | _documented(contract)))


@memoise_by_identity(16)
def _documented(contract: Contract) -> frozenset[str]:
    """Return the names in the JSON objects of all documented successes."""
    schemas = [answer.schema for answer in contract.successes if answer.schema]
    return frozenset(field.path[0] for schema in schemas for field in walk(schema, "") if len(field.path) == 1)


def _members(received: Received) -> frozenset[str]:
    """Return the names in the JSON object of an answer; none if it is no object."""
    try:
        value = json.loads(received.body)
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(value) if isinstance(value, dict) else frozenset()


def is_served(exchange: Exchange, contract: Contract, usual: Usual | None) -> bool:
    """Return whether a valid request was served, which proves that its credentials and the target are in order.

    Args:
        usual: what the first success of the run is like, if there is one.
    """
    received = exchange.received
    if exchange.since is None or received is None:
        return False
    if exchange.role == Role.PROBE and received.status == CONFLICT:
        return not is_foreign(received, contract)
    if not exchange.succeeded:
        return False
    if usual is None:
        return True
    is_known = media_type(received) == usual.media_type or not is_foreign(received, contract)
    return is_known and usual.resembles(received, contract)


def things_named(exchange: Exchange, contract: Contract) -> frozenset[Thing]:
    """Return the values of a request that name something which has to exist, each with its place."""
    found = ((place.key, value_sent(contract, exchange.sent, place)) for place in _places_of_things(contract))
    return frozenset((key, str(value)) for key, value in found if value is not MISSING)


@memoise_by_identity(16)
def _places_of_things(contract: Contract) -> tuple[DistinctPlace, ...]:
    """Return the places of a request whose values name something which has to exist."""
    places = []
    for one in contract.parameters:
        if parameter_names_something(contract, one):
            place = DistinctPlace(one.location, (one.name,), one.schema, one.schema, one.pointer, refused=False)
            places.append(place)
    body = contract.body
    for field in walk(body.schema, body.schema_pointer) if body is not None else ():
        if field.path and leads_to_one(field.path) and body is not None and field_names_something(contract, field):
            place = DistinctPlace("body", field.path, field.schema, body.schema, field.pointer, refused=False)
            places.append(place)
    return tuple(places)


def set_aside(exchanges: Sequence[Exchange], contract: Contract) -> Mapping[int, str]:
    """Return the exchanges that do not count, by number, each with the reason.

    An exchange counts where a valid request was served that was sent after the exchange had ended, and no control
    was refused before that. A control that is refused casts doubt on all answers since it was served, or another valid
    request that names all the existing things that it names. Where no valid
    request was ever served, all count until valid requests are denied that got other answers before: the preflight has
    ruled out wrong credentials. Evidence of versions that recorded no chains counts.
    """
    chains: dict[str, list[Exchange]] = {}
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        chains.setdefault(exchange.chain, []).append(exchange)
    found = {number: why for chain in chains.values() for number, why in _unproven(chain, contract)}
    any_served = any(exchange.since is not None and exchange.succeeded for exchange in exchanges)
    if any_served:
        return found
    return {number: why for chain in chains.values() for number, why in _denied(chain)}


def _denied(chain: Sequence[Exchange]) -> Iterator[tuple[int, str]]:
    """Yield what came after the last valid request that was answered, but not served, before valid ones were denied."""
    valid = [one for one in chain if one.since is not None and is_answered(one)]
    last = next((one.number for one in reversed(valid) if one.status not in DENIED), 0)
    denied = next((one for one in valid if one.number > last), None)
    if last and denied is not None:
        why = f"what came after exchange {last} does not count: a valid request was then denied"
        yield from ((one.number, f"{why} with status {denied.status}") for one in chain if one.number > last)


def is_answered(exchange: Exchange) -> bool:
    """Return whether an answer came that is no transient failure."""
    return exchange.received is not None and not is_transient(exchange.received)


def _unproven(chain: Sequence[Exchange], contract: Contract) -> Iterator[tuple[int, str]]:
    usual: Usual | None = None
    served: dict[str, Exchange] = {}
    last = 0
    refused: Exchange | None = None
    waiting: list[Exchange] = []
    answered: list[Exchange] = []
    for exchange in chain:
        if is_served(exchange, contract, usual):
            if usual is None and exchange.received is not None:
                usual = Usual.of(exchange.received)
            since = exchange.since or 0
            if refused is not None and refused.number <= since:
                yield from ((one.number, _reason(last, refused)) for one in waiting if one.number <= since)
                refused = None
            waiting = [one for one in waiting if one.number > since]
            served[exchange.case] = exchange
            last = exchange.number
            answered.append(exchange)
            continue
        waiting.append(exchange)
        answered.append(exchange)
        if refused is None and exchange.case in served and is_refused_control(exchange):
            refused, start = exchange, _last_like(exchange, served, contract)
            yield from ((one.number, _reason(start, refused)) for one in answered if one.number > start)
    silent = first_unanswered(chain)
    yield from ((one.number, _reason(last, refused, silent)) for one in waiting)


def _last_like(control: Exchange, served: Mapping[str, Exchange], contract: Contract) -> int:
    """Return the number of the last request that was served and names the existing things that a control names.

    Where the credentials themselves are refused, it does not matter what a request names (RFC 9110 section 15.5.2).
    """
    if control.status == UNAUTHORIZED:
        return max(one.number for one in served.values())
    needed = things_named(control, contract)
    latest = sorted(served.values(), key=lambda one: -one.number)
    return next(one.number for one in latest if one.case == control.case or things_named(one, contract) >= needed)


def is_refused_control(exchange: Exchange) -> bool:
    """Return whether a control was answered in a way that casts doubt on the circumstances.

    A server error is the server's own, and transient failures are retried. A success that is unlike the others proves
    nothing, but says nothing against the answers before it.
    """
    return (
        exchange.role == Role.PROBE
        and exchange.since is not None
        and exchange.status is not None
        and not exchange.succeeded
        and exchange.status < 500
        and not exchange.repeated
        and not is_transient(exchange.answer)
    )


def first_unanswered(chain: Sequence[Exchange]) -> Exchange | None:
    """Return the exchange since which there was no answer at all; ``None`` if the last one was not cut off."""
    if not chain or chain[-1].error is None or chain[-1].error.kind not in CUT_OFF:
        return None
    found = None
    for exchange in reversed(chain):
        if exchange.received is not None:
            break
        found = exchange
    return found


def _reason(last: int, refused: Exchange | None, silent: Exchange | None = None) -> str:
    start = f"what came after exchange {last} does not count" if last else "nothing counts"
    if refused is not None:
        return f"{start}: the valid request that was sent again was answered with status {refused.status}"
    if silent is not None:
        return f"{start}: the server stopped answering right after exchange {silent.number} was sent"
    return f"{start}: no valid request was served after it"
