"""Relation: the values of an answer agree with the request, with other answers and with the time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chatcert.openapi.contract import OF_SUCCESS, Answer
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import Field
from chatcert.requirements.answer_rules import field_path, numbered_answers, numbered_fields, subject_of
from chatcert.requirements.check import Accepts, Answers, Rule, Variation
from chatcert.requirements.draft import Draft, format_value, provenance_of, source_of
from chatcert.requirements.requirement import Cost, Kind, Rank, Requirement

RELATIONS = (Rule.UNIQUE, Rule.EQUALS, Rule.INITIAL, Rule.CLOCK, Rule.NOT_BEFORE, Rule.CONSTANT, Rule.REPLY)
"""Rules that an ``x-chatcert-*`` extension of the same name asks for."""

_COSTS = {Rule.UNIQUE: Cost(10), Rule.CLOCK_MOVES: Cost(1)}
_EXPRESSIONS: Final = {
    "$statusCode": "the status of the answer",
    "$method": "the method of the request",
    "$request.path": "the path of the request",
}


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``relation``."""
    yield from _links(draft)
    for number, answer in numbered_answers(draft.contract):
        for index, field in numbered_fields(answer):
            for relation in RELATIONS:
                extension = field.schema.get(f"x-chatcert-{relation}")
                if isinstance(extension, Mapping):
                    for rule in _rules(answer, relation):
                        yield _relation(draft, answer, field, rule, extension, position=(number, 1, index, 1))


def _links(draft: Draft) -> Iterator[Requirement]:
    """Yield a requirement for each link. OpenAPI does not say when a link can be followed (Link Object).

    It is a ``must`` only where an overlay cites the sentence of the page that promises so (``x-chatcert-promised``).
    """
    if draft.contract.body is None:
        return
    for answer in draft.contract.successes:
        for name, link in answer.links.items():
            request = link.get("requestBody") if isinstance(link, dict) else None
            for target, expression in request.items() if isinstance(request, dict) else ():
                promised = isinstance(link.get("x-chatcert-promised"), dict)
                yield draft.make(
                    f"accepts/link/{name}",
                    Kind.RELATION,
                    Accepts(Variation.LINK, (str(target),), str(expression)),
                    f"{target} takes the value that an earlier answer gives at {expression}",
                    provenance=Provenance.STATED if promised else Provenance.INFERRED,
                    pointer=answer.pointer,
                    source=str(link.get("description", "")),
                    position=(1,),
                )


def _rules(answer: Answer, relation: Rule) -> tuple[Rule, ...]:
    """Return the rules that one extension leads to."""
    moves = relation is Rule.CLOCK and answer.status.startswith(OF_SUCCESS)
    return (relation, Rule.CLOCK_MOVES) if moves else (relation,)


def _relation(
    draft: Draft,
    answer: Answer,
    field: Field,
    rule: Rule,
    extension: Mapping[str, Any],
    *,
    position: tuple[int, ...],
) -> Requirement:
    success = answer.status.startswith(OF_SUCCESS)
    return draft.make(
        f"{field_path(answer, field)}/{rule}",
        Kind.RELATION,
        Answers(answer.status, rule, field.path, dict(extension)),
        _sentence(subject_of(field), rule, extension),
        provenance=provenance_of(extension, Provenance.INFERRED if rule is Rule.REPLY else Provenance.STATED),
        pointer=field.pointer,
        source=source_of(extension),
        rank=Rank.MANY_REQUESTS if rule is Rule.UNIQUE and success else None,
        cost=_COSTS.get(rule) if success else None,
        run_wide=True,
        position=position,
    )


def _in_words(expression: str) -> str:
    """Return what an OpenAPI runtime expression names, as a part of a sentence."""
    if expression in _EXPRESSIONS:
        return _EXPRESSIONS[expression]
    if expression.startswith("$request.body#/"):
        return f"what {expression.partition('#/')[2]} was in the request"
    if expression.startswith("$request.header."):
        return f"what the header {expression.rpartition('.')[2]} was in the request"
    return f"what {expression} was"


def _sentence(subject: str, rule: Rule, extension: Mapping[str, Any]) -> str:
    match rule:
        case Rule.UNIQUE:
            return f"{subject} differs for every chat"
        case Rule.EQUALS:
            return f"{subject} is {_in_words(str(extension.get('expression')))}"
        case Rule.INITIAL:
            return f"{subject} is {format_value(extension.get('value'))} in a new chat"
        case Rule.CLOCK:
            return f"{subject} is the time of the answer, in {extension.get('unit')}"
        case Rule.CLOCK_MOVES:
            return f"{subject} moves on with time"
        case Rule.NOT_BEFORE:
            return f"{subject} is not earlier than {extension.get('field')}"
        case Rule.REPLY:
            return f"{subject} is a reply to the user, and not what the user said"
        case _:
            return f"{subject} stays the same for the same {extension.get('per', 'credentials')}"
