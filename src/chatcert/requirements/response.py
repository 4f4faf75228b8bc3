"""Response: a success is answered as documented."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import OF_SUCCESS, REDIRECTS, Answer
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.dialect import WITHHELD
from chatcert.openapi.schemas.fields import Field
from chatcert.openapi.schemas.path_tokens import shown_token
from chatcert.openapi.schemas.pointer import join
from chatcert.requirements.answer_rules import (
    content_rules,
    field_path,
    keyword_rules,
    numbered_fields,
    promised,
    subject_of,
)
from chatcert.requirements.branch_rules import branch_rules
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.draft import Draft, format_value, provenance_of
from chatcert.requirements.header_rules import header_rules
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``response``."""
    yield from _first_success(draft)
    for number, answer in enumerate(draft.contract.successes):
        yield from content_rules(draft, number, answer, Kind.RESPONSE)
        for index, field in numbered_fields(answer):
            yield from _keywords(draft, number, answer, (index, field))
            yield from promised(draft, number, answer, (index, field), Kind.RESPONSE)
            yield from _required(draft, number, answer, (index, field))
            yield from _withheld(draft, number, answer, (index, field))
        yield from branch_rules(draft, number, answer, Kind.RESPONSE)
        yield from header_rules(draft, number, answer, Kind.RESPONSE)


def _first_success(draft: Draft) -> Iterator[Requirement]:
    if not draft.contract.successes:
        return
    answer = draft.contract.successes[0]
    statuses = ", ".join(success.status for success in draft.contract.successes)
    yield draft.make(
        f"response/{answer.status}/status",
        Kind.RESPONSE,
        Answers(answer.status, Rule.STATUS),
        f"A created chat is answered with {statuses}",
        pointer=answer.pointer,
        rank=Rank.MANY_REQUESTS if answer.status.startswith(OF_SUCCESS) else None,
        cost=Cost(valid_bodies=answer.status.startswith(OF_SUCCESS)),
        run_wide=True,
        position=(0, 0),
    )
    if answer.status in REDIRECTS:
        yield draft.make(
            f"response/{answer.status}/location",
            Kind.RESPONSE,
            Answers(answer.status, Rule.LOCATION),
            f"An answer of status {answer.status} says in Location where the chat is",
            provenance=Provenance.HTTP,
            source="RFC 9110 section 15.4",
            run_wide=True,
            position=(0, 0),
        )
    yield draft.make(
        f"response/{answer.status}/framing",
        Kind.RESPONSE,
        Answers(answer.status, Rule.FRAMING),
        "The answer arrives whole, as long as it says it is",
        provenance=Provenance.HTTP,
        level=Level.MUST,
        source="RFC 9112 section 6.3",
        run_wide=True,
        position=(0, 0),
    )


def _keywords(draft: Draft, number: int, answer: Answer, place: tuple[int, Field]) -> Iterator[Requirement]:
    index, field = place
    if field.optional_branch or not field.path:
        return
    for keyword, value in keyword_rules(field.schema):
        yield draft.make(
            f"{field_path(answer, field)}/{keyword}",
            Kind.RESPONSE,
            Answers(answer.status, keyword, field.path, value),
            f"In answers of status {answer.status}, {field.name} keeps to its {keyword}: {format_value(value)}",
            pointer=f"{field.pointer}/{keyword}",
            run_wide=True,
            position=(number, 1, index),
        )


def _required(draft: Draft, number: int, answer: Answer, place: tuple[int, Field]) -> Iterator[Requirement]:
    """Derive that a required field is in every answer, unless the promise of a value says so and is as binding."""
    index, field = place
    promise = field.schema.get("x-chatcert-promised")
    is_promised = isinstance(promise, dict) and provenance_of(promise) is not Provenance.INFERRED
    if field.required and field.path and not field.optional_branch and not is_promised:
        parent = field.pointer.rpartition("/properties/")[0]
        yield draft.make(
            f"{field_path(answer, field)}/required",
            Kind.RESPONSE,
            Answers(answer.status, Rule.REQUIRED, field.path),
            f"{subject_of(field)} is in every answer of status {answer.status}",
            pointer=f"{parent}/required",
            run_wide=True,
            position=(number, 1, index),
        )


def _withheld(draft: Draft, number: int, answer: Answer, place: tuple[int, Field]) -> Iterator[Requirement]:
    """Derive that an answer does not hold the ``writeOnly`` members of an object."""
    index, field = place
    if field.optional_branch:
        return
    for name, schema in (field.schema.get("properties") or {}).items():
        if schema == WITHHELD:
            path = (*field.path, name)
            shown = "/".join((*filter(None, [field_path(answer, field)]), shown_token(name)))
            yield draft.make(
                f"{shown}/writeOnly",
                Kind.RESPONSE,
                Answers(answer.status, Rule.WRITE_ONLY, path),
                f"No answer of status {answer.status} holds {'/'.join(path)}, which is for requests only",
                pointer=join(field.pointer, "properties", name, "writeOnly"),
                run_wide=True,
                position=(number, 1, index),
            )
