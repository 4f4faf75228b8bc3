"""Which answers of a run count: those between two valid requests that were served with the same credentials.

The rule can be derived from recorded exchanges alone, so that the judge and ``chatcert verify`` apply the same one.
Exchanges of one chain (one process, in one part of a run) have numbers in the order in which they ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatcert.openapi.contract import Contract
from chatcert.openapi.distinct import DistinctPlace
from chatcert.openapi.existing_names import field_names_something, parameter_names_something
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import leads_to_one
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Role
from chatcert.transport.fresh_requests import value_sent
from chatcert.transport.resilience.transient import is_transient

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

    def is_met_by(self, received: Received, contract: Contract) -> bool:
        """Return whether another success has a known media type and is of this kind, or of one that is documented."""
        is_known = media_type(received) == self.media_type or not is_foreign(received, contract)
        return is_known and self.resembles(received, contract)


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
    return usual is None or usual.is_met_by(received, contract)


def unlike_others(exchanges: Iterable[Exchange], contract: Contract) -> frozenset[int]:
    """Return the numbers of the successes that are unlike the first one of a valid request, such as a page for all."""
    usual: Usual | None = None
    found = []
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        if exchange.received is None or not exchange.succeeded:
            continue
        if usual is None and is_served(exchange, contract, None):
            usual = Usual.of(exchange.received)
        if usual is not None and not usual.is_met_by(exchange.received, contract):
            found.append(exchange.number)
    return frozenset(found)


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
    was refused before that. A control that is refused casts doubt on all answers since a valid request was sent that
    was served and names all the existing things that the control names. Where a control that names fewer is refused as
    well, they are those since one was sent that names these. What was under way until a control was served again is in
    doubt as well. Where no valid request was ever served, all count until valid requests are denied that got other
    answers before: the preflight has ruled out wrong credentials. Evidence of versions that recorded no chains counts.
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
    """Yield what came after the last valid request that was answered, but not served, before valid ones were denied.

    What ended while that one was under way came after it as well.
    """
    valid = [one for one in chain if one.since is not None and is_answered(one)]
    others = {one.number: one for one in valid if one.status not in DENIED}
    last = max(others, default=0)
    denied = next((one for one in valid if one.number > last), None)
    if last and denied is not None:
        start = max(one.since or 0 for one in others.values())
        why = f"what came after exchange {last} does not count: a valid request was then denied"
        later = (one.number for one in chain if one.number > start and one.number not in others)
        yield from ((number, f"{why} with status {denied.status}") for number in later)


def is_answered(exchange: Exchange) -> bool:
    """Return whether an answer came that is no transient failure."""
    return exchange.received is not None and not is_transient(exchange.received)


@dataclass
class _Doubt:
    """What a refused control casts doubt on.

    Attributes:
        control: the one that was refused first.
        before: the answers before it, and itself.
        served: the valid requests that were served before it, by case, each the one that was sent last.
        needed: the existing things that are named by all controls that were refused since.
    """

    control: Exchange
    before: Sequence[Exchange]
    served: Mapping[str, Exchange]
    needed: frozenset[Thing]

    def add(self, control: Exchange, contract: Contract) -> None:
        """Take notice of another control that was refused: if it names fewer things, the others are not the cause."""
        self.needed &= _things_at_stake(control, contract)

    def reasons(self, contract: Contract) -> Iterator[tuple[int, str]]:
        """Yield the answers since the last valid request was sent that was served and names what is needed."""
        like = [
            one
            for one in self.served.values()
            if one.case == self.control.case or things_named(one, contract) >= self.needed
        ]
        last = max(like, key=lambda one: one.since or 0)
        start, known = last.since or 0, {one.number for one in like}
        later = (one for one in self.before if one.number > start and one.number not in known)
        yield from ((one.number, _reason(one, last, self.control)) for one in later)


def _things_at_stake(control: Exchange, contract: Contract) -> frozenset[Thing]:
    """Return the existing things that may be why a control is refused.

    Where the credentials themselves are, it does not matter what a request names (RFC 9110 section 15.5.2).
    """
    return frozenset() if control.status == UNAUTHORIZED else things_named(control, contract)


def _unproven(chain: Sequence[Exchange], contract: Contract) -> Iterator[tuple[int, str]]:
    usual: Usual | None = None
    served: dict[str, Exchange] = {}
    last: Exchange | None = None
    doubt: _Doubt | None = None
    recovered: list[tuple[Exchange, Exchange]] = []
    proofs: set[int] = set()
    waiting: list[Exchange] = []
    answered: list[Exchange] = []
    for exchange in chain:
        answered.append(exchange)
        if is_served(exchange, contract, usual):
            if usual is None and exchange.received is not None:
                usual = Usual.of(exchange.received)
            since = exchange.since or 0
            proofs.add(exchange.number)
            if doubt is not None and doubt.control.number <= since:
                yield from doubt.reasons(contract)
                yield from ((one.number, _reason(one, last, doubt.control)) for one in waiting if one.number <= since)
                recovered.append((doubt.control, exchange))
                doubt = None
            waiting = [one for one in waiting if one.number > since]
            if exchange.case not in served or since >= (served[exchange.case].since or 0):
                served[exchange.case] = exchange
            last = exchange
            continue
        waiting.append(exchange)
        if exchange.case in served and is_refused_control(exchange):
            if doubt is None:
                doubt = _Doubt(exchange, tuple(answered), dict(served), _things_at_stake(exchange, contract))
            else:
                doubt.add(exchange, contract)
    if doubt is not None:
        yield from doubt.reasons(contract)
    for refused, again in recovered:
        until = again.started + again.seconds
        why = f"what was under way before exchange {again.number} was served does not count: {_refusal(refused)}"
        later = (one for one in chain if one.number > (again.since or 0) and one.number not in proofs)
        yield from ((one.number, why) for one in later if one.started < until)
    silent = first_unanswered(chain)
    refused_last = doubt.control if doubt is not None else None
    yield from ((one.number, _reason(one, last, refused_last, silent)) for one in waiting)


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


def _reason(one: Exchange, last: Exchange | None, refused: Exchange | None, silent: Exchange | None = None) -> str:
    """Return why an exchange does not count.

    Args:
        last: the valid request that was served before what does not count; ``None`` if there is none to name.
    """
    if last is None:
        start = "nothing counts"
    elif one.number < last.number:
        start = f"what was answered after exchange {last.number} was sent does not count"
    else:
        start = f"what came after exchange {last.number} does not count"
    if refused is not None:
        return f"{start}: {_refusal(refused)}"
    if silent is not None:
        return f"{start}: the server stopped answering right after exchange {silent.number} was sent"
    return f"{start}: no valid request was served after it"


def _refusal(control: Exchange) -> str:
    return f"the valid request that was sent again was answered with status {control.status}"
