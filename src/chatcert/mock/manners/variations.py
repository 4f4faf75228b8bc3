"""Variations: in what way of its own a peculiar mock keeps its contract, as functions that its stages consult."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

from chatcert.mock.call import Call, Headers, Reason, Reply
from chatcert.mock.deviation.deviations import ValueEdit

AnswerEdit = Callable[[Call, Reply], Reply]
"""Given a call (without its body) and the answer to it, another answer that says the same."""

Pause = Callable[[], tuple[int, Headers] | None]
"""The status and further headers of an answer that puts the client off; ``None`` where the call is to be served."""


@dataclass(frozen=True, slots=True)
class Variations:
    """What a peculiar mock does in its own way, one tuple a stage; all empty for the plain one.

    Attributes:
        statuses: other right statuses for kinds of refusals.
        validates_first: whether credentials are looked at after the rest of the request.
        pauses: asked before each call, whether to put it off.
        values: edits of an answer's body before it is written.
        answers: edits of whole answers, in this order.
        delays: seconds to wait before each answer.
        drops: asked before each call, whether to reset its connection.
        pieces: in how many chunks to send a body whose length is not announced.
        spellings: how to write the names of headers.
    """

    statuses: tuple[tuple[Reason, int], ...] = ()
    validates_first: tuple[bool, ...] = ()
    pauses: tuple[Pause, ...] = ()
    values: tuple[ValueEdit, ...] = ()
    answers: tuple[AnswerEdit, ...] = ()
    delays: tuple[float, ...] = ()
    drops: tuple[Callable[[], bool], ...] = ()
    pieces: tuple[int, ...] = ()
    spellings: tuple[Callable[[bytes], bytes], ...] = ()

    def __or__(self, other: Variations) -> Variations:
        """Both together."""
        return Variations(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Manner:
    """A peculiarity that the mock can be told to have without breaking its contract.

    Attributes:
        id: readable and stable: ``<vendor>/manner/<name>``.
        description: what the server does, in one sentence.
        variations: how the mock does it.
    """

    id: str
    description: str
    variations: Variations = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The last segment of the id, the same at every vendor."""
        return self.id.rpartition("/")[2]


def combined(manners: Sequence[Manner]) -> Variations:
    """The variations of several manners at once."""
    merged = Variations()
    for manner in manners:
        merged |= manner.variations
    return merged
