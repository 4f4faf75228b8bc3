"""Isolation: an answer holds nothing of other requests."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.openapi.values.request_markers import free_texts
from chatcert.requirements.answer_rules import after_answers
from chatcert.requirements.check import AnswerGroup, Answers, Rule
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Kind, Level, Requirement
from chatcert.requirements.resource import resources_of

_SOURCE = "OWASP API3:2023 Broken Object Property Level Authorization"


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``isolation``.

    A request is known by the marker in a free text, or by an unknown name that no other request has.
    """
    has_text = bool(free_texts(draft.contract))
    has_name = any(place == "body" for place, *_ in resources_of(draft))
    for rule, text, level in (
        (
            Rule.NO_OTHER_REQUEST,
            "No error or header shows what another request held, and no answer what one with other credentials held",
            Level.MUST,
        ),
        (
            Rule.NO_OTHER_CHAT,
            "A success shows nothing of another chat, unless its request refers to that",
            Level.SHOULD,
        ),
    ):
        if not has_text and (rule is Rule.NO_OTHER_CHAT or not has_name):
            continue
        yield draft.make(
            f"response/any/{rule}",
            Kind.ISOLATION,
            Answers(AnswerGroup.ANY, rule),
            text,
            provenance=Provenance.SECURITY,
            level=level,
            source=_SOURCE,
            run_wide=True,
            position=(after_answers(draft.contract, 1), 2),
        )
