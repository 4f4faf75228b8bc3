"""Rules on the documented headers of one answer, which successes and errors share."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Answer, AnswerHeader
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.formats import CHECKED
from chatcert.openapi.schemas.pointer import escape, join
from chatcert.requirements.answer_rules import keyword_rules
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.draft import Draft, format_value
from chatcert.requirements.requirement import Kind, Requirement

_HTTP_DATES = ("date", "expires", "last-modified", "retry-after", "sunset")
"""Headers to which HTTP gives another form of time than the formats of JSON Schema: no format is asked of them."""


def header_rules(draft: Draft, number: int, answer: Answer, kind: Kind) -> Iterator[Requirement]:
    """Derive that the headers of an answer are there where they are required, and keep to their schemas.

    Args:
        number: the position of the answer.
    """
    around = _segment(answer)
    for index, header in enumerate(answer.headers):
        base = f"response/{answer.status}/{around}/{escape(header.name)}"
        place = (number, 3, index)
        if header.required:
            yield draft.make(
                f"{base}/required",
                kind,
                Answers(answer.status, Rule.REQUIRED, header=header.name),
                f"Every answer of status {answer.status} has the header {header.name}",
                pointer=join(header.pointer, "required"),
                run_wide=True,
                position=place,
            )
        if "json" in header.media_type:
            yield draft.make(
                f"{base}/json",
                kind,
                Answers(answer.status, Rule.JSON, header=header.name),
                f"In answers of status {answer.status}, the header {header.name} is one JSON text",
                pointer=header.pointer,
                run_wide=True,
                position=place,
            )
        for field in walk(header.schema, header.schema_pointer):
            if not field.optional_branch:
                if field.required and field.path:
                    yield draft.make(
                        f"{base}/{field.name}/required",
                        kind,
                        Answers(answer.status, Rule.REQUIRED, field.path, header=header.name),
                        f"In answers of status {answer.status}, the header {header.name} has {field.name}",
                        pointer=f"{field.pointer.rpartition('/properties/')[0]}/required",
                        run_wide=True,
                        position=place,
                    )
                yield from _keywords(draft, answer, header, field, (base, kind, place))


def _keywords(
    draft: Draft, answer: Answer, header: AnswerHeader, field: Field, shared: tuple[str, Kind, tuple[int, ...]]
) -> Iterator[Requirement]:
    base, kind, place = shared
    for keyword, value in keyword_rules(field.schema, closed=True):
        if value is True and keyword is Rule.ADDITIONAL_PROPERTIES:
            continue
        if not _can_break(header, field, keyword):
            continue
        subject = "/".join(filter(None, [header.name, field.name]))
        yield draft.make(
            "/".join(filter(None, [base, field.name, keyword])),
            kind,
            Answers(answer.status, keyword, field.path, value, header.name),
            f"In answers of status {answer.status}, the header {subject} keeps to its {keyword}: {format_value(value)}",
            pointer=join(field.pointer, keyword),
            run_wide=True,
            position=place,
        )


def _can_break(header: AnswerHeader, field: Field, keyword: Rule) -> bool:
    """Return whether a text can break a keyword: any text is a string, and a list or an object where one is due."""
    if keyword is Rule.FORMAT:
        return field.schema[keyword] in CHECKED and header.name.lower() not in _HTTP_DATES
    if keyword is not Rule.TYPE or header.media_type:
        return True
    declared = field.schema[keyword]
    kinds = {declared} if isinstance(declared, str) else set(declared)
    return not kinds & {"string", "array", "object"}


def _segment(answer: Answer) -> str:
    """Return what stands before names of headers in ids: ``header``, unless the body has a member of that name."""
    fields = walk(answer.schema, "") if answer.schema is not None else ()
    return "http-header" if any(field.path[:1] == ("header",) for field in fields) else "header"
