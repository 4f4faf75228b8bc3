"""State: a valid request is served, whatever came before it."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import ServesAfter, Trigger
from chatcert.requirements.draft import Draft
from chatcert.requirements.framing import needs_credentials
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

_SOURCE = "RFC 9110 section 3.3"
_TEXTS = {
    Trigger.REFUSED_LOGIN: "A valid request is served right after a refused login",
    Trigger.REFUSAL: "A valid request is served right after a refused one on the same connection",
    Trigger.OVERSIZED_BODY: "A valid request is served right after a body that is too large",
    Trigger.ABORTED_UPLOAD: "A valid request is served right after an upload that was broken off",
}


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``state``: a request means the same, whatever came before it."""
    body = draft.contract.body
    for trigger, text in _TEXTS.items():
        applies = needs_credentials(draft) if trigger is Trigger.REFUSED_LOGIN else body is not None
        if not applies or (trigger is Trigger.REFUSAL and body is not None and "json" not in body.media_type):
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
