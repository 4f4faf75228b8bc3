"""Rules on the alternatives of answers: each alternative as a whole, and what is inside it."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Answer
from chatcert.openapi.schemas.branch_choice import known_names
from chatcert.openapi.schemas.branched_fields import branched_fields
from chatcert.openapi.schemas.discriminators import DISCRIMINATOR
from chatcert.openapi.schemas.fields import Field, shown_path
from chatcert.requirements.answer_rules import keyword_rules
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.draft import Draft, format_value
from chatcert.requirements.requirement import Kind, Requirement

MAX_FIELDS = 200
"""Fields inside the alternatives of one answer that are judged on their own."""


def branch_rules(draft: Draft, number: int, answer: Answer, kind: Kind) -> Iterator[Requirement]:
    """Derive that what is meant to be an alternative is one, and what holds inside it.

    Args:
        number: the position of the answer.
    """
    if not answer.is_json or answer.schema is None:
        return
    fields = branched_fields(answer.schema, answer.schema_pointer)
    yield from _discriminators(draft, number, answer, kind, fields)
    inside = [field for field in fields if _is_chosen(field)]
    for index, field in enumerate(inside[:MAX_FIELDS]):
        for suffix, rule, detail, text in _rules(field):
            yield draft.make(
                f"{branch_path(answer.status, field)}/{suffix}",
                kind,
                Answers(answer.status, rule, field.path, detail, choices=field.choices),
                f"In answers of status {answer.status}, {text}",
                pointer=field.pointer if rule is Rule.BRANCH else f"{field.pointer}/{rule}",
                run_wide=True,
                position=(number, 2, index),
            )


def _discriminators(
    draft: Draft, number: int, answer: Answer, kind: Kind, fields: list[Field]
) -> Iterator[Requirement]:
    """Derive that a discriminator names one of the alternatives that it tells apart."""
    for index, field in enumerate(fields[:MAX_FIELDS]):
        rule = field.schema.get(DISCRIMINATOR)
        if rule is None or field.outer.get(DISCRIMINATOR) == rule or (field.choices and not _is_chosen(field)):
            continue
        known = known_names(field.schema, answer.schema or {})
        if known is None:
            continue
        tag, names = known
        path = (*field.path, tag)
        shown = "/".join(shown_path(path, field.choices))
        yield draft.make(
            f"response/{answer.status}/{shown}/{Rule.DISCRIMINATOR}",
            kind,
            Answers(answer.status, Rule.DISCRIMINATOR, path, sorted(names), choices=field.choices),
            f"In answers of status {answer.status}, {shown} names one of the documented alternatives",
            pointer=f"{field.pointer}/discriminator",
            source="OpenAPI Specification, Discriminator Object",
            run_wide=True,
            position=(number, 2, index),
        )


def branch_path(status: str, field: Field) -> str:
    """Return the path of a requirement on a field inside alternatives, without the rule."""
    return "/".join(("response", status, *shown_path(field.path, field.choices)))


def _is_chosen(field: Field) -> bool:
    """Return whether a field is inside alternatives that an answer shows, each with a name."""
    return bool(field.choices) and all(choice.name and choice.keyword in ("oneOf", "anyOf") for choice in field.choices)


def _rules(field: Field) -> Iterator[tuple[str, Rule, object, str]]:
    """Yield the rules on a field as (end of the id, rule, its detail, text)."""
    name = field.name
    if field.choices[-1].path == field.path:
        yield "branch", Rule.BRANCH, None, f"what is meant to be {name} keeps to it"
        return
    for keyword, value in keyword_rules(field.schema):
        if field.outer.get(keyword) != value:
            yield keyword, keyword, value, f"{name} keeps to its {keyword}: {format_value(value)}"
    if field.required and not field.outer:
        yield "required", Rule.REQUIRED, None, f"{name} is there"
