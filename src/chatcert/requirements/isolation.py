"""Isolation: an answer holds nothing of other requests."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.openapi.request_markers import free_texts
from chatcert.requirements.answer_rules import after_answers
from chatcert.requirements.check import AnswerGroup, Answers, Rule
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Kind, Level, Requirement

_SOURCE = "OWASP API3:2023 Broken Object Property Level Authorization"


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``isolation``, where a request has a free text that can carry a marker."""
    if not free_texts(draft.contract):
        return
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
