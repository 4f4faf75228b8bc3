"""Lifecycle: a chat that was created is there for its owner alone, until it is deleted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chatcert.judge.answers.json_text import NotJson, read_json
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, describe_answer, describe_trouble, doubtful, kept, vacuous
from chatcert.judge.values import format_brief, is_equal
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.openapi.values.request_markers import free_texts, markers_in
from chatcert.requirements.operation import KeepsChat, Operation, Stage
from chatcert.requirements.requirement import Requirement
from chatcert.transport.chats.created_chats import CONFIGURED, id_created_by, id_path_of
from chatcert.transport.chats.ownership import LEFT, PRODUCTION, why_left
from chatcert.transport.exchange import ErrorKind, Exchange
from chatcert.transport.preparation import NO_ID

_NUMBERS = re.compile(r"[0-9]+")
_GONE = "gone: 404 or 410, or what says that it is deleted"


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``lifecycle``."""
    check = requirement.check
    assert isinstance(check, KeepsChat)
    about = [e for e in evidence.of(requirement.id) if e.operation is not Operation.CREATE]
    match check.stage:
        case Stage.CREATED:
            return _once_right([_created(evidence, exchange) for exchange in about])
        case Stage.DELETED:
            created = [e for e in evidence.of(requirement.id) if e.operation is Operation.CREATE]
            if created and not about and not any(exchange.succeeded for exchange in created):
                return iter([doubtful(created[-1], "no chat was created that could be deleted")])
            return _deleted(evidence, about)
        case _:
            return (_stranger(evidence, exchange) for exchange in about)


def is_why_left(evidence: Evidence, requirement: Requirement, reason: str) -> bool:
    """Return whether the exchanges bear out why the chat that tests deletion was left alone.

    How many answers had an id may have been more by the end of the run. What is configured is not in a report.
    """
    check, about = requirement.check, evidence.of(requirement.id)
    is_deletion = isinstance(check, KeepsChat) and check.stage is Stage.DELETED
    if not is_deletion or any(exchange.operation is Operation.DELETE for exchange in about):
        return False
    read = next((exchange for exchange in about if exchange.operation is Operation.READ), None)
    if read is None:
        has_id = any(id_created_by(evidence.contract, exchange) for exchange in about)
        return reason == PRODUCTION or (not has_id and reason == NO_ID)
    why = why_left(evidence.contract, read, {one.number: one for one in evidence.exchanges})
    return _NUMBERS.sub("", reason) == _NUMBERS.sub("", why or f"{LEFT}{CONFIGURED}")


def _once_right(rulings: list[Ruling]) -> Iterator[Ruling]:
    """Yield rulings on reads of one chat: what is right later may not have been known everywhere at once."""
    is_right = any(not ruling.is_breach and not ruling.vacuous for ruling in rulings)
    for ruling in rulings:
        yield vacuous(ruling.exchange) if is_right and ruling.is_breach else ruling


def _origin(evidence: Evidence, exchange: Exchange) -> Exchange | Ruling:
    """Return the exchange that created the chat, or the ruling where nothing can be concluded."""
    created = evidence.numbered(exchange.control)
    if created is None or not created.succeeded:
        return doubtful(exchange, "no chat was created that could be read")
    if exchange.unsettled:
        return doubtful(exchange, describe_trouble(exchange))
    is_unsent = exchange.error is not None and exchange.error.kind is ErrorKind.UNSENDABLE
    return vacuous(exchange) if is_unsent else created


def _created(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on what is read of a chat: it is there, and what was said is as it was said."""
    created = _origin(evidence, exchange)
    if isinstance(created, Ruling):
        return created
    if not exchange.succeeded:
        right = f"the chat that exchange {created.number} has created"
        return broken(exchange, right, describe_answer(exchange), earlier=(created,))
    chat = _chat_in(evidence, exchange, id_created_by(evidence.contract, created))
    if chat is MISSING:
        return vacuous(exchange)
    sent, answer = evidence.sent_json(created), _json_of(created)
    for path in free_texts(evidence.contract):
        said, found = lookup(sent, path), lookup(chat, path)
        markers = _markers(said)
        if isinstance(found, str) and markers and not markers & _markers(found):
            return _changed(exchange, created, path, said, found)
    for name, value in sent.items() if isinstance(sent, dict) else ():
        echoed, found = lookup(answer, (name,)), lookup(chat, (name,))
        if echoed is not MISSING and found is not MISSING and is_equal(echoed, value) and not is_equal(found, value):
            return _changed(exchange, created, (name,), value, found)
    return kept(exchange)


def _changed(exchange: Exchange, created: Exchange, path: tuple[str, ...], sent: Any, found: Any) -> Ruling:
    place = "/".join(path)
    expected, actual = (f"{format_brief(value)} at {place}" for value in (sent, found))
    return broken(exchange, f"{expected}, as exchange {created.number} said it", actual, earlier=(created,))


def _stranger(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on an answer to somebody who may not read a chat: it shows nothing of it."""
    created = _origin(evidence, exchange)
    if isinstance(created, Ruling):
        return created
    if not exchange.succeeded:
        return kept(exchange) if exchange.status is not None and _is_readable(evidence) else vacuous(exchange)
    markers = _markers((created.sent.body or b"").decode("utf-8", "replace"))
    shown = (exchange.received.body if exchange.received is not None else b"").decode("utf-8", "replace")
    identity = id_created_by(evidence.contract, created)
    if markers & _markers(shown) or _chat_in(evidence, exchange, identity) is not MISSING:
        actual = f"{describe_answer(exchange)} with the chat of exchange {created.number}"
        return broken(exchange, "a refusal: 401, 403 or 404", actual, earlier=(created,))
    return kept(exchange)


def _is_readable(evidence: Evidence) -> bool:
    """Return whether anybody could read a chat: several processes of a run create chats of their own."""
    return any(exchange.operation is Operation.READ and exchange.succeeded for exchange in evidence.exchanges)


def _deleted(evidence: Evidence, about: list[Exchange]) -> Iterator[Ruling]:
    """Rule on the deletion of a chat, and on what is read of it afterwards."""
    deletion = next((e for e in about if e.operation is Operation.DELETE), None)
    before = next((e for e in about if e.operation is Operation.READ), None)
    if deletion is None or before is None or deletion.number < before.number:
        return
    created = _origin(evidence, deletion)
    if isinstance(created, Ruling):
        yield created
    elif not deletion.succeeded:
        yield broken(deletion, "a success", describe_answer(deletion), earlier=(created,))
    else:
        after = [e for e in about if e.operation is Operation.READ and e.number > deletion.number]
        yield from _once_right([_gone(evidence, exchange, before) for exchange in after])


def _gone(evidence: Evidence, exchange: Exchange, before: Exchange) -> Ruling:
    """Rule on what is read of a chat after it was deleted: another answer than before says that it is gone."""
    created = _origin(evidence, exchange)
    if isinstance(created, Ruling):
        return created
    if not exchange.succeeded:
        return kept(exchange) if exchange.status is not None else doubtful(exchange, describe_answer(exchange))
    was, found = _json_of(before), _json_of(exchange)
    if was is MISSING or not is_equal(was, found):
        return vacuous(exchange)
    return broken(exchange, _GONE, f"{describe_answer(exchange)} with the chat as it was", earlier=(before,))


def _chat_in(evidence: Evidence, exchange: Exchange, identity: str) -> Any:
    """Return the object that has the id of a chat: what was read, or a member of it; ``MISSING`` if there is none."""
    found, path = _json_of(exchange), id_path_of(evidence.contract)
    within = list(found.values()) if isinstance(found, dict) else []
    objects = [one for one in (found, *within) if isinstance(one, dict)]
    places = (path, path[-1:])
    return next((one for one in objects if identity and identity in [lookup(one, place) for place in places]), MISSING)


def _json_of(exchange: Exchange) -> Any:
    try:
        return read_json(exchange.received.body) if exchange.received is not None else MISSING
    except NotJson:
        return MISSING


def _markers(value: Any) -> set[str]:
    return markers_in(value) if isinstance(value, str) else set()
