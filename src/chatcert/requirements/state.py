"""State: a valid request is served, whatever came before it."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import flattened
from chatcert.requirements.check import AnswerGroup, Answers, Rule, ServesAfter, Trigger
from chatcert.requirements.draft import Draft
from chatcert.requirements.framing import needs_credentials
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement
from chatcert.requirements.resource import resources_of

_SOURCE = "RFC 9110 section 3.3"
_WITH_RULES = ("type", "properties", "required", "items")
"""Keywords of a body that an invalid one can break for certain."""
_TEXTS = {
    Trigger.REFUSED_LOGIN: "A valid request is served right after a refused login",
    Trigger.REFUSAL: "A valid request is served right after a refused one on the same connection",
    Trigger.INVALID_BODY: "A valid request is served right after one with a field that is wrong on the same connection",
    Trigger.UNKNOWN_NAME: "A valid request is served right after one that names nothing on the same connection",
    Trigger.OVERSIZED_BODY: "A valid request is served right after a body that is too large",
    Trigger.ABORTED_UPLOAD: "A valid request is served right after an upload that was broken off",
}


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``state``: a request means the same, whatever came before it."""
    yield draft.make(
        f"state/{Rule.EVERY_TIME}",
        Kind.STATE,
        Answers(AnswerGroup.ANY, Rule.EVERY_TIME),
        "A request is answered the same way every time, however many came before it",
        level=Level.MUST,
        provenance=Provenance.HTTP,
        pointer=draft.contract.operation_pointer,
        source=_SOURCE,
        rank=Rank.LOCKING,
        run_wide=True,
    )
    for trigger, text in _TEXTS.items():
        if not _applies(draft, trigger):
            continue
        yield draft.make(
            f"state/after-{trigger}",
            Kind.STATE,
            ServesAfter(trigger),
            text,
            level=Level.MUST,
            provenance=Provenance.HTTP,
            pointer=draft.contract.operation_pointer,
            source=_SOURCE,
            rank=Rank.LOCKING,
            cost=Cost(2, from_standard=True),
            intrusive=True,
        )


def _applies(draft: Draft, trigger: Trigger) -> bool:
    """Return whether requests of an operation can do what may leave a trace."""
    body = draft.contract.body
    match trigger:
        case Trigger.REFUSED_LOGIN:
            return needs_credentials(draft)
        case Trigger.REFUSAL:
            return body is not None and "json" in body.media_type
        case Trigger.INVALID_BODY:
            return body is not None and not flattened(body.schema, body.schema).keys().isdisjoint(_WITH_RULES)
        case Trigger.UNKNOWN_NAME:
            return any(extension.get("unknown") != "either" for *_, extension, _ in resources_of(draft))
        case _:
            return body is not None
