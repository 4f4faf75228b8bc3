"""Rules on the documented headers of answers, and what is read from the texts of headers (style ``simple``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chatcert.cases.requests.text_forms import read_text, types_of
from chatcert.judge.answers.chosen_answers import documented_answer, exchanges_of, values_at
from chatcert.judge.answers.json_text import NotJson, read_json
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.judge.values import format_brief
from chatcert.openapi.contract import AnswerHeader
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.check import Answers, Rule
from chatcert.transport.exchange import Exchange

_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{1,300})?", re.ASCII)


def lines_of(exchange: Exchange, name: str) -> list[str]:
    """Return the values of a header, one for each time that it was sent; names are compared in any case."""
    headers = exchange.received.headers if exchange.received is not None else ()
    wanted = name.lower()
    return [value.strip() for key, value in headers if key.lower() == wanted]


def judge_header(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Yield the rulings on a rule that is on one documented header of the answers of one documented status."""
    header = documented_answer(evidence, check.status).header(check.header)
    assert header is not None, "a rule on a header is derived from its description"
    for exchange in answers_with_headers(evidence, check.status):
        lines = lines_of(exchange, header.name)
        if check.rule is Rule.REQUIRED and not check.path:
            missing = broken(exchange, f"the header {header.name}", "it is missing")
            yield kept(exchange) if lines else missing
        elif not lines:
            yield vacuous(exchange)
        elif check.rule is Rule.JSON:
            yield _json(exchange, header, lines)
        else:
            yield _keyword(exchange, header, check, lines)


def answers_with_headers(evidence: Evidence, status: str) -> Iterator[Exchange]:
    """Yield the exchanges to which the rules on the headers of one documented status apply: it is their own status."""
    for exchange in exchanges_of(evidence, status):
        answer = evidence.contract.answer_for(exchange.status or 0)
        if exchange.received is not None and answer is not None and answer.status == status:
            yield exchange


def _json(exchange: Exchange, header: AnswerHeader, lines: list[str]) -> Ruling:
    try:
        read_json(", ".join(lines).encode())
    except NotJson as error:
        return broken(exchange, f"a JSON text in {header.name}", str(error))
    return kept(exchange)


def _keyword(exchange: Exchange, header: AnswerHeader, check: Answers, lines: list[str]) -> Ruling:
    """Rule on one keyword; of several readings of a header that was sent several times, a valid one counts."""
    found = False
    place = check.path[:-1] if check.rule is Rule.REQUIRED else check.path
    message = ""
    for value in _readings(header, lines):
        messages = [
            text
            for path, keyword, text in validator_for(header.schema).breaches(value)
            if keyword == check.rule and _matches(path, check.path)
        ]
        has_value = bool(list(values_at(value, place)))
        if has_value and not messages:
            return kept(exchange)
        found = found or has_value
        message = message or next(iter(messages), "")
    if not message:
        return kept(exchange) if found else vacuous(exchange)
    shown = format_brief(", ".join(lines))
    expected = f"{'/'.join(check.path)} present" if check.rule is Rule.REQUIRED else f"{check.rule} {check.detail}"
    return broken(exchange, f"{expected} in the header {header.name}", f"{shown}: {message}")


def _matches(path: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Return whether a place in a value is one that the catalogue writes with ``*``."""
    return len(path) == len(pattern) and all(part in (token, ANY) for token, part in zip(path, pattern, strict=True))


def _readings(header: AnswerHeader, lines: list[str]) -> Iterator[Any]:
    """Yield the values that a header may mean: its lines together, and of a text, each line by itself.

    Nothing is yielded for a text of another media type than JSON, or one that is not JSON: its own rule judges it.
    """
    whole = ", ".join(lines)
    if header.media_type:
        if "json" in header.media_type:
            try:
                yield read_json(whole.encode())
            except NotJson:
                return
        return
    flat = flattened(header.schema, header.schema)
    kinds = types_of(flat)
    if "array" in kinds:
        items = flattened(flat.get("items", True), header.schema)
        separator = header.separator.strip() or None
        yield [_typed(part.strip(), items) for part in whole.split(separator)] if whole else []
    elif "object" in kinds:
        yield _members(header, flat, whole)
    else:
        yield _typed(whole, flat)
        if len(lines) > 1 and "string" in kinds:  # such as Set-Cookie, or one line of a gateway
            yield from (_typed(line, flat) for line in lines)


def _members(header: AnswerHeader, flat: dict[str, Any], text: str) -> dict[str, Any]:
    parts = [part.strip() for part in text.split(",")] if text else []
    if header.explode:
        pairs = [(name.strip(), value.strip()) for name, _, value in (part.partition("=") for part in parts)]
    else:
        pairs = list(zip(parts[::2], parts[1::2], strict=False))
    properties, rest = flat.get("properties") or {}, flat.get("additionalProperties", True)
    return {name: _typed(value, flattened(properties.get(name, rest), header.schema)) for name, value in pairs}


def _typed(text: str, flat: dict[str, Any]) -> Any:
    """Return a text as a value of its schema; numbers with a sign or leading zeros are numbers too."""
    kinds = types_of(flat)
    if not text and "null" in kinds:
        return None
    value = read_text(text, flat)
    is_number = "string" not in kinds and bool({"integer", "number"} & {*kinds})
    if isinstance(value, str) and is_number and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return value
