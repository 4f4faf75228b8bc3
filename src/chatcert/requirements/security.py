"""Security: an answer gives nothing away."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.answer_rules import after_answers
from chatcert.requirements.check import AnswerGroup, Answers, Rule
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Kind, Level, Requirement

_SOURCE = "OWASP API8:2023 Security Misconfiguration"


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``security``."""
    position = (after_answers(draft.contract, 1), 1)
    yield draft.make(
        "response/any/no-stack-trace",
        Kind.SECURITY,
        Answers(AnswerGroup.ANY, Rule.NO_STACK_TRACE),
        "No answer shows a stack trace",
        provenance=Provenance.SECURITY,
        source=_SOURCE,
        run_wide=True,
        position=position,
    )
    yield draft.make(
        "response/any/no-internal-detail",
        Kind.SECURITY,
        Answers(AnswerGroup.ANY, Rule.NO_INTERNAL_DETAIL),
        "No answer shows a database's message, a file's path or other internals of the server",
        provenance=Provenance.SECURITY,
        source=_SOURCE,
        run_wide=True,
        position=position,
    )
    if draft.contract.credentials:
        yield draft.make(
            "response/any/no-credential",
            Kind.SECURITY,
            Answers(AnswerGroup.ANY, Rule.NO_CREDENTIAL),
            "No answer repeats a credential",
            level=Level.MUST,
            provenance=Provenance.SECURITY,
            source=_SOURCE,
            run_wide=True,
            position=position,
        )
