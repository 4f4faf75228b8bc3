"""Rules that successes and errors share: media type, JSON, schema and promised fields; and their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.openapi.contract import Answer, Contract, Schema
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.pointer import escape, join
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.draft import Draft, provenance_of, source_of
from chatcert.requirements.requirement import Kind, Level, Requirement

FIELD_KEYWORDS = (
    Rule.TYPE,
    Rule.ENUM,
    Rule.CONST,
    Rule.FORMAT,
    Rule.PATTERN,
    Rule.MIN_LENGTH,
    Rule.MAX_LENGTH,
    Rule.MINIMUM,
    Rule.MAXIMUM,
    Rule.EXCLUSIVE_MINIMUM,
    Rule.EXCLUSIVE_MAXIMUM,
    Rule.MULTIPLE_OF,
    Rule.MIN_ITEMS,
    Rule.MAX_ITEMS,
    Rule.UNIQUE_ITEMS,
    Rule.MIN_PROPERTIES,
    Rule.MAX_PROPERTIES,
    Rule.ADDITIONAL_PROPERTIES,
    Rule.ONE_OF,
    Rule.ANY_OF,
)
"""The keywords of a field of an answer that have a requirement each."""


def keyword_rules(schema: Schema, *, closed: bool = False) -> Iterator[tuple[Rule, Any]]:
    """Yield the keywords of a field of an answer that have a requirement each, with their values.

    Args:
        closed: whether ``additionalProperties: false`` is one of them; by default, the rule on the whole answer is it.
    """
    for keyword in FIELD_KEYWORDS:
        value = schema.get(keyword)
        is_flag = isinstance(value, bool) and keyword is not Rule.CONST
        is_set = (keyword is Rule.UNIQUE_ITEMS and value) or (closed and keyword is Rule.ADDITIONAL_PROPERTIES)
        if keyword in schema and not isinstance(value, dict) and (is_set or not is_flag):
            yield keyword, value


def numbered_answers(contract: Contract) -> Iterator[tuple[int, Answer]]:
    """Yield the documented answers, successes first, each with its position in the part ``response``."""
    yield from enumerate([*contract.successes, *contract.errors])


def after_answers(contract: Contract, number: int = 0) -> int:
    """Return the position of rules that come after those on documented answers."""
    return len(contract.successes) + len(contract.errors) + number


def numbered_fields(answer: Answer) -> Iterator[tuple[int, Field]]:
    """Yield the fields of an answer that has a JSON schema, each with its position in the answer."""
    if answer.is_json and answer.schema is not None:
        yield from enumerate(walk(answer.schema, answer.schema_pointer))


def field_path(answer: Answer, field: Field) -> str:
    """Return the path of a requirement on a field, without the rule."""
    return "/".join(part for part in ("response", answer.status, field.name) if part)


def subject_of(field: Field) -> str:
    """Return what a sentence on a field is about."""
    return field.name or "the answer"


def content_rules(draft: Draft, number: int, answer: Answer, kind: Kind) -> Iterator[Requirement]:
    """Derive the rules on the body of an answer as a whole.

    Args:
        number: the position of the answer.
    """
    base = f"response/{answer.status}"
    if not answer.content:
        return
    yield draft.make(
        f"{base}/content-type",
        kind,
        Answers(answer.status, Rule.CONTENT_TYPE),
        f"An answer of status {answer.status} is {', '.join(answer.content)}",
        pointer=answer.pointer,
        run_wide=True,
        position=(number, 0),
    )
    for name in answer.other_types:
        yield draft.make(
            f"{base}/media-type/{escape(name)}",
            kind,
            Answers(answer.status, Rule.MEDIA_TYPE, detail=name),
            f"An answer of status {answer.status} and type {name} matches its schema",
            pointer=join(answer.pointer, "content", name),
            run_wide=True,
            position=(number, 0),
        )
    if not answer.is_json:
        return
    yield draft.make(
        f"{base}/json",
        kind,
        Answers(answer.status, Rule.JSON),
        f"An answer of status {answer.status} is one well-formed JSON text",
        level=Level.MUST,
        provenance=Provenance.HTTP,
        pointer=answer.pointer,
        source="RFC 8259 section 2",
        run_wide=True,
        position=(number, 0),
    )
    if answer.schema is not None:
        yield draft.make(
            f"{base}/schema",
            kind,
            Answers(answer.status, Rule.SCHEMA),
            f"An answer of status {answer.status} matches its schema",
            pointer=answer.schema_pointer,
            run_wide=True,
            position=(number, 0),
        )


def promised(draft: Draft, number: int, answer: Answer, place: tuple[int, Field], kind: Kind) -> Iterator[Requirement]:
    """Derive that a promised field is in every answer, with a value.

    Args:
        number: the position of the answer.
        place: the field with its position in the answer.
    """
    index, field = place
    extension = field.schema.get("x-chatcert-promised")
    if extension:
        yield draft.make(
            f"{field_path(answer, field)}/promised",
            kind,
            Answers(answer.status, Rule.PROMISED, field.path, dict(extension)),
            f"{subject_of(field)} is in every answer of status {answer.status}, with a value",
            provenance=provenance_of(extension),
            pointer=field.pointer,
            source=source_of(extension),
            run_wide=True,
            position=(number, 1, index),
        )
