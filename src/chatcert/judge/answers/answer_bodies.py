"""Rules on the bodies of answers, which successes and errors share: media type, JSON, schema and promised fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.judge.answers.answer_branches import blamed_elsewhere, judge_branch, judge_discriminator, judges_branches
from chatcert.judge.answers.chosen_answers import (
    documented_answer,
    documented_type,
    exchanges_of,
    has_other_media_type,
    is_negotiated,
    is_same_media_type,
    readable,
    values_at,
)
from chatcert.judge.answers.json_text import NotJson, repeated_name
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, doubtful, kept, vacuous
from chatcert.judge.values import is_empty
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.formats import CHECKED
from chatcert.openapi.schemas.path_tokens import shown_token
from chatcert.openapi.schemas.pointer import MISSING, join, lookup
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.streams import is_json_type
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Level
from chatcert.text import format_json

_ON_NULL_TOO = (Rule.TYPE, Rule.ENUM, Rule.CONST, Rule.ONE_OF, Rule.ANY_OF)
"""Keywords that a null value can break; it neither keeps nor breaks the others."""


def judge_body(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Yield the rulings on a rule that is on the bodies of one documented status."""
    if check.rule is Rule.DISCRIMINATOR:
        return judge_discriminator(evidence, check)
    if check.choices:
        return judge_branch(evidence, check)
    match check.rule:
        case Rule.CONTENT_TYPE:
            return _content_type(evidence, check)
        case Rule.JSON:
            return _json(evidence, check)
        case Rule.SCHEMA:
            return _schema(evidence, check)
        case Rule.MEDIA_TYPE:
            return _other_type(evidence, check)
        case Rule.PROMISED:
            return _promised(evidence, check)
        case _:
            return _keyword(evidence, check)


def _content_type(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    answer = documented_answer(evidence, check.status)
    for exchange in exchanges_of(evidence, check.status):
        sent = exchange.received.header("Content-Type") if exchange.received else None
        is_empty_body = exchange.received is not None and not exchange.received.body
        if is_empty_body or is_negotiated(exchange, answer):
            yield vacuous(exchange)
        elif sent is not None and any(is_same_media_type(sent, name) for name in answer.content):
            yield kept(exchange)
        else:
            actual = f"Content-Type: {sent}" if sent is not None else "no Content-Type"
            yield broken(exchange, ", ".join(answer.content), actual)


def _json(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    answer = documented_answer(evidence, check.status)
    for exchange in exchanges_of(evidence, check.status):
        if has_other_media_type(exchange, answer) or is_negotiated(exchange, answer):
            yield vacuous(exchange)
            continue
        if exchange.received is not None and exchange.received.truncated:
            yield doubtful(exchange, "the answer is larger than what is read of it")
            continue
        try:
            evidence.json_of(exchange)
        except NotJson as error:
            empty = exchange.received is not None and not exchange.received.body
            yield broken(exchange, "a JSON text", "an empty body" if empty else str(error))
            continue
        name = repeated_name(exchange.received.body) if exchange.received else None
        if name is None:
            yield kept(exchange)
        else:
            yield broken(exchange, "each name once in an object", f"{name!r} stands there twice", Level.SHOULD)


def _other_type(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule on the answers of one media type beside that of the other rules, as far as it can be read."""
    answer, name = documented_answer(evidence, check.status), str(check.detail)
    validator = validator_for(answer.content[name])
    for exchange in exchanges_of(evidence, check.status):
        sent = exchange.received.header("Content-Type") if exchange.received is not None else None
        if exchange.received is None or sent is None or documented_type(answer, sent) != name:
            continue
        if not is_read(sent, answer.content[name]):
            yield vacuous(exchange)
            continue
        try:
            is_json = is_json_type(sent)
            value = evidence.json_of(exchange) if is_json else exchange.received.body.decode("utf-8", "replace")
        except NotJson as error:
            yield broken(exchange, "a JSON text", str(error))
            continue
        path, keyword, message = next(validator.breaches(value), ((), "", ""))
        if keyword:
            yield broken(exchange, f"{keyword} kept at {join('', *path) or 'the top'}", message)
        else:
            yield kept(exchange)


def is_read(media_type: str, schema: Schema) -> bool:
    """Return whether an answer of a media type can be read and can break its schema: JSON, and texts with limits."""
    flat = flattened(schema, schema)
    is_limited = any(word in flat for word in ("pattern", "enum", "const", "minLength", "maxLength"))
    is_text = media_type.strip().lower().startswith("text/") and flat.get("type") == "string"
    return is_json_type(media_type) or (is_text and is_limited)


def _schema(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule on every keyword of the schema that has no requirement of its own."""
    answer = documented_answer(evidence, check.status)
    if answer.schema is None:
        return
    has_branches = judges_branches(evidence, check)
    for exchange, value in readable(evidence, check.status):
        breaches = [
            (path, keyword, message)
            for path, keyword, message in evidence.breaches(exchange, answer)
            if not _has_requirement(evidence, check.status, path, keyword)
            and not (has_branches and blamed_elsewhere(answer, value, path, keyword))
        ]
        if breaches:
            path, keyword, message = breaches[0]
            yield broken(exchange, f"{keyword} kept at {join('', *path) or 'the top'}", message)
        else:
            yield kept(exchange)


def _has_requirement(evidence: Evidence, status: str, path: tuple[str, ...], keyword: str) -> bool:
    """Return whether a requirement of its own is on a keyword at a path."""
    prefix = "/".join([evidence.contract.vendor, "response", status, *map(shown_token, path)])
    if f"{prefix}/{keyword}" in evidence.requirements:
        return True
    return keyword == Rule.REQUIRED and f"{prefix}/{Rule.PROMISED}" in evidence.requirements


def _promised(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    expected = f"{'/'.join(check.path)} with a value"
    may_be_empty = (check.detail or {}).get("empty") == "allowed"
    for exchange, answer in readable(evidence, check.status):
        value = lookup(answer, check.path) if isinstance(answer, dict) else MISSING
        if value is MISSING:
            yield broken(exchange, expected, "it is missing")
        elif is_empty(value) and not may_be_empty:
            yield broken(exchange, expected, f"it is {format_json(value)}")
        else:
            yield kept(exchange)


def _keyword(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule on one keyword of the schema at one path, wherever an answer has a value there."""
    answer = documented_answer(evidence, check.status)
    if answer.schema is None:
        return
    expected = "not there" if check.rule is Rule.WRITE_ONLY else "present"
    if check.detail is not None:
        expected = f"{check.rule} {check.detail}"
    has_branches = check.rule in (Rule.ONE_OF, Rule.ANY_OF) and judges_branches(evidence, check)
    for exchange, value in readable(evidence, check.status):
        messages = (
            message
            for path, keyword, message in evidence.breaches(exchange, answer)
            if keyword == check.rule
            and path == check.path
            and not (has_branches and blamed_elsewhere(answer, value, path, keyword))
        )
        message = next(messages, None)
        if message is not None:
            yield broken(exchange, expected, message)
        else:
            is_checked = check.rule is not Rule.FORMAT or check.detail in CHECKED
            yield kept(exchange) if is_checked and _can_break(value, check) else vacuous(exchange)


def _can_break(answer: Any, check: Answers) -> bool:
    """Return whether an answer has a value that can break a keyword: for a rule on presence, the object around it."""
    if check.rule in (Rule.REQUIRED, Rule.WRITE_ONLY):
        return any(isinstance(value, dict) for value in values_at(answer, check.path[:-1]))
    return any(value is not None or check.rule in _ON_NULL_TOO for value in values_at(answer, check.path))
