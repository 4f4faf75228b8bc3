"""Robustness: no request makes the server fail."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.path_tokens import ANY, marked
from chatcert.requirements.answer_rules import after_answers
from chatcert.requirements.check import AnswerGroup, Answers, Rule, Withstands
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Cost, Kind, Level, Requirement

_SOURCE = "RFC 9110 section 15.6"
_FIELD_COST, _PAYLOAD_COST, _NESTING_COST, _OTHER_COST = Cost(hostile=23), Cost(12), Cost(2), Cost(8)
NESTING = (20, 100, 1000)
"""Levels of nesting that are sent. RFC 8259 section 9 permits a parser to set a limit: any refusal is right."""


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``robustness``."""
    contract = draft.contract
    for parameter in contract.parameters:
        yield _withstands(
            draft, parameter.location, (parameter.name,), f"Hostile values of {parameter.name}", parameter.pointer
        )
    if contract.body is not None:
        for field in walk(contract.body.schema, contract.body.schema_pointer):
            if len(field.path) == 1 and field.path != (ANY,):
                yield _withstands(
                    draft, "body", field.path, f"Hostile values of {field.name}", field.pointer, _FIELD_COST
                )
        yield _withstands(draft, "payload", (), "Hostile payloads", contract.body.pointer, _PAYLOAD_COST)
        if "json" in contract.body.media_type:
            for levels in NESTING:
                subject = f"{levels:,} levels of nesting"
                yield _withstands(draft, "nesting", (str(levels),), subject, contract.body.pointer, _NESTING_COST)
    yield _withstands(draft, "headers", (), "Unusual headers", "")
    yield draft.make(
        "response/any/no-server-error",
        Kind.ROBUSTNESS,
        Answers(AnswerGroup.ANY, Rule.NO_SERVER_ERROR),
        "Nothing that a client sends leads to a 5xx answer",
        level=Level.MUST,
        provenance=Provenance.HTTP,
        source=_SOURCE,
        run_wide=True,
        position=(after_answers(contract, 1), 0),
    )


def _withstands(
    draft: Draft, place: str, path: tuple[str, ...], subject: str, pointer: str, cost: Cost = _OTHER_COST
) -> Requirement:
    return draft.make(
        "/".join(("robustness", place, *(map(marked, path) if place == "body" else path))),
        Kind.ROBUSTNESS,
        Withstands(place, path),
        f"{subject} do no harm",
        level=Level.MUST,
        provenance=Provenance.HTTP,
        pointer=pointer,
        source=_SOURCE,
        cost=cost,
        intrusive=True,
    )
