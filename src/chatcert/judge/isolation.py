"""Isolation: an answer holds nothing of other requests, which the markers in their texts show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.judge.accounts import account_of
from chatcert.judge.answers.chosen_answers import values_at
from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.evidence import Evidence
from chatcert.judge.request_marks import RequestMarks, answer_text, request_marks, sent_text
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.names import snake
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.requirements.check import Answers, KnowsResource, Rule
from chatcert.requirements.requirement import Requirement
from chatcert.transport.exchange import Exchange, Role

_SHORTEST_MARK = 12
"""Length from which an unknown name of one request does not occur in another one by chance."""
_SHORTEST_NAME = 4
"""Characters from which a text can be the name of one chat."""
_ID_WORDS = frozenset(["id", "uuid", "guid", "sid", "key", "token"])
_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]{1,253}")
"""An e-mail address, loosely (RFC 5322 section 3.4.1)."""


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``isolation``."""
    check = requirement.check
    assert isinstance(check, Answers)
    marks = _marks_of(evidence)
    has_markers = marks.were_sent
    about_requests = check.rule is Rule.NO_OTHER_REQUEST
    rule = _no_other_request if about_requests else _no_other_chat
    names = _names_of_other_account(evidence) if about_requests else {}
    for exchange in evidence.exchanges:
        if exchange.received is not None:
            ruling = _shows_other_account(exchange, names)
            yield from (
                (ruling,) if ruling is not None else rule(evidence, exchange, marks.foreign(exchange), has_markers)
            )


@memoise_by_identity(maxsize=2)
def _marks_of(evidence: Evidence) -> RequestMarks:
    return request_marks(evidence, _unknown_names_elsewhere(evidence))


def _unknown_names_elsewhere(evidence: Evidence) -> frozenset[str]:
    """Return the unknown names that requests held, except those that are a part of the known name."""
    found: set[str] = set()
    known_names: dict[tuple[str, ...], frozenset[str]] = {}
    for exchange in evidence.exchanges:
        requirement = evidence.requirements.get(exchange.requirement)
        check = requirement.check if requirement is not None else None
        if exchange.expectation != Expectation.UNKNOWN or not isinstance(check, KnowsResource):
            continue
        if check.place == "body":
            names = list(values_at(evidence.sent_json(exchange), check.path))
        else:
            control = evidence.numbered(exchange.control)
            known = control.sent.path if control is not None else exchange.sent.path
            names = [part for part in exchange.sent.path.split("/") if part not in known.split("/")]
        if (place := (check.place, *check.path)) not in known_names:
            known_names[place] = _known_names(evidence, check)
        found |= {
            name.lower()
            for name in names
            if isinstance(name, str) and len(name) >= _SHORTEST_MARK and not _is_part_of(name, known_names[place])
        }
    return frozenset(found)


def _known_names(evidence: Evidence, check: KnowsResource) -> frozenset[str]:
    """Return the names that valid requests which were served had at the place of a resource."""
    served = evidence.valid_successes
    if check.place == "body":
        values = [value for exchange in served for value in values_at(evidence.sent_json(exchange), check.path)]
        return frozenset(value for value in values if isinstance(value, str))
    return frozenset(part for exchange in served for part in exchange.sent.path.split("/"))


def _is_part_of(name: str, known: frozenset[str]) -> bool:
    """Return whether a name is a near miss of a known one, which is found wherever that one is shown."""
    return any(name != one and name.lower() in one.lower() for one in known)


def _names_of_other_account(evidence: Evidence) -> dict[str, Exchange]:
    """Return the ids and addresses that successes of the other account hold, and nothing else of the run.

    Returns:
        Each in small letters, with the exchange that holds it.
    """
    found = {
        text.lower(): exchange
        for exchange in evidence.exchanges
        if exchange.succeeded and account_of(exchange) == "other"
        for name, text in _leaves(_answer_of(evidence, exchange))
        if (len(text) >= _SHORTEST_MARK and snake(name).lower().split("_")[-1] in _ID_WORDS) or _ADDRESS.fullmatch(text)
    }
    for exchange in evidence.exchanges if found else ():
        known = sent_text(exchange)
        if exchange.succeeded and account_of(exchange) != "other":
            known += answer_text(exchange)
        found = {name: one for name, one in found.items() if name not in known}
    return found


def _shows_other_account(exchange: Exchange, names: Mapping[str, Exchange]) -> Ruling | None:
    """Rule that an error to one account shows no id or address of the other; ``None`` where it shows none.

    Whoever sends a credential of the other account may be told whose it is.
    """
    if not names or exchange.succeeded or account_of(exchange) in ("other", "mixed"):
        return None
    text = answer_text(exchange)
    shown = next((name for name in sorted(names) if name in text), None)
    if shown is None:
        return None
    actual = f"{shown}, which only answers to the other account hold"
    return broken(exchange, "nothing of another account", actual, earlier=(names[shown],))


def _no_other_request(
    evidence: Evidence, exchange: Exchange, foreign: Mapping[str, tuple[Exchange, ...]], has_markers: bool
) -> Iterator[Ruling]:
    """Rule that errors and headers show no other request, and no answer shows a request with other credentials."""
    in_headers = " ".join(value for _, value in _headers_of(exchange)).lower()
    for marker, senders in foreign.items():
        if marker in in_headers:
            where = "a header"
        elif _has_other_credentials(exchange, senders):
            where = "the body"
        elif exchange.succeeded or _refers_to(evidence, exchange, senders):
            continue
        else:
            where = "the body"
        yield broken(
            exchange,
            "nothing of another request",
            f"{where} holds {marker}, a part of the text of exchange {senders[0].number}",
            earlier=senders[:1],
        )
        return
    if exchange.role != Role.PROBE:
        yield kept(exchange) if has_markers else vacuous(exchange)


def _no_other_chat(
    evidence: Evidence, exchange: Exchange, foreign: Mapping[str, tuple[Exchange, ...]], has_markers: bool
) -> Iterator[Ruling]:
    """Rule that a success shows no other chat, unless its request refers to that one or it lists chats by their ids."""
    if not exchange.succeeded:
        return
    in_headers = " ".join(value for _, value in _headers_of(exchange)).lower()
    for marker, senders in foreign.items():
        is_judged_elsewhere = marker in in_headers or _has_other_credentials(exchange, senders)
        if (
            is_judged_elsewhere
            or _refers_to(evidence, exchange, senders)
            or _is_listed(evidence, exchange, senders, marker)
        ):
            continue
        yield broken(
            exchange,
            "nothing of another chat",
            f"the body holds {marker}, a part of the text of exchange {senders[0].number}",
            earlier=senders[:1],
        )
        return
    if exchange.role != Role.PROBE:
        yield kept(exchange) if has_markers else vacuous(exchange)


def _headers_of(exchange: Exchange) -> tuple[tuple[str, str], ...]:
    return exchange.received.headers if exchange.received is not None else ()


def _has_other_credentials(exchange: Exchange, others: Sequence[Exchange]) -> bool:
    """Return whether no other request with a marker had the credentials of this one."""
    return all(account_of(exchange) != account_of(other) for other in others)


def _refers_to(evidence: Evidence, exchange: Exchange, others: Sequence[Exchange]) -> bool:
    """Return whether a request holds an id that the answer to another one has given out."""
    ids = _ids_of(evidence, others)
    return any(text in ids for _, text in _leaves(evidence.sent_json(exchange)))


def _is_listed(evidence: Evidence, exchange: Exchange, others: Sequence[Exchange], marker: str) -> bool:
    """Return whether a marker stands only in entries of lists that name the other chat by its id."""
    ids = _ids_of(evidence, others)
    entries = [entry for entry in _entries(_answer_of(evidence, exchange)) if _holds(entry, marker)]
    return bool(entries) and all(
        any(text in ids for _, text in _leaves(entry)) or not ids.isdisjoint(_numbers(entry)) for entry in entries
    )


def _ids_of(evidence: Evidence, exchanges: Sequence[Exchange]) -> set[str]:
    """Return the ids that answers give out and their requests did not hold."""
    found: set[str] = set()
    for exchange in exchanges:
        named = _leaves(_answer_of(evidence, exchange))
        given = {text for name, text in named if snake(name).lower().split("_")[-1] in _ID_WORDS}
        found |= given - {text for _, text in _leaves(evidence.sent_json(exchange))}
        found |= _numbers(_answer_of(evidence, exchange)) - _numbers(evidence.sent_json(exchange))
    return found


def _numbers(value: Any) -> set[str]:
    """Return the numbers in the members of an object that are called ids, as texts."""
    members = value.items() if isinstance(value, dict) else ()
    return {
        str(inner) for name, inner in members if type(inner) is int and snake(name).lower().split("_")[-1] in _ID_WORDS
    }


def _entries(value: Any) -> Iterator[Any]:
    """Yield the objects in lists, at any depth."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in inner:
        if isinstance(value, list) and isinstance(member, dict):
            yield member
        else:
            yield from _entries(member)


def _holds(value: Any, marker: str) -> bool:
    return any(marker in text.lower() for _, text in _leaves(value))


def _answer_of(evidence: Evidence, exchange: Exchange) -> Any:
    try:
        return evidence.json_of(exchange)
    except NotJson:
        return None


def _leaves(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the longer texts in a JSON value, each with the name of its member."""
    stack = [("", value)]
    while stack:
        name, value = stack.pop()
        if isinstance(value, str):
            if len(value) >= _SHORTEST_NAME:
                yield name, value
        elif isinstance(value, dict):
            stack += value.items()
        elif isinstance(value, list):
            stack += [(name, inner) for inner in value]
