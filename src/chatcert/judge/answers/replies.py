"""Replies: what an assistant says is not what the user has said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.judge.answers.chosen_answers import values_of
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.judge.values import format_brief, is_empty
from chatcert.openapi.schemas.pointer import MISSING, lookup, tokens_of
from chatcert.requirements.check import Answers
from chatcert.transport.exchange import Exchange

MIN_INPUTS = 3
"""Different inputs that have to come back before a reply counts as an echo: an assistant may repeat one."""


def is_reply(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule that a value is a reply: one of its messages is of the speaker, and its text is not always the input.

    Where no message says whose it is, each may be the speaker's. That inputs come back is a breach only where all of
    them do, and at least ``MIN_INPUTS`` different ones.
    """
    role, speaker = str(check.detail.get("role", "")), str(check.detail.get("speaker", "assistant"))
    echoed = _all_echoed(evidence, check)
    for exchange, value in values_of(evidence, check):
        messages = [one for one in (value if isinstance(value, list) else [value]) if one is not MISSING]
        named = [one[role] for one in messages if isinstance(one, dict) and role in one]
        if not messages or is_empty(value) or value is None:
            yield vacuous(exchange)
        elif named and speaker not in named:
            yield broken(exchange, f"a message whose {role} is {speaker}", f"{role} {format_brief(named[0])}")
        elif exchange.number in echoed:
            yield broken(exchange, "a reply", f"the text of the request, {format_brief(echoed[exchange.number])}")
        else:
            yield kept(exchange)


def _all_echoed(evidence: Evidence, check: Answers) -> dict[int, str]:
    """Return the inputs that came back, by the number of their exchange; none if one input did not come back."""
    pointer, role = str(check.detail.get("input", "")), str(check.detail.get("role", ""))
    speaker = str(check.detail.get("speaker", "assistant"))
    found: dict[int, str] = {}
    for exchange, value in values_of(evidence, check) if pointer else ():
        text = _input_of(evidence, exchange, pointer)
        if not text:
            continue
        messages = value if isinstance(value, list) else [value]
        spoken = [one for one in messages if not isinstance(one, dict) or one.get(role, speaker) == speaker]
        if all(text != said.strip() for said in _texts(spoken)):
            return {}
        found[exchange.number] = text
    return found if len(set(found.values())) >= MIN_INPUTS else {}


def _input_of(evidence: Evidence, exchange: Exchange, pointer: str) -> str:
    value = lookup(evidence.sent_json(exchange), tokens_of(pointer))
    return value.strip() if isinstance(value, str) else ""


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
