"""Variations within the contract, as functions that the stages of a mannered service call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields

from chatcert.mock.call import Call, Headers, Reason, Reply
from chatcert.mock.deviation.deviations import Rerouting, ValueEdit
from chatcert.mock.kept_chats import Habit

AnswerEdit = Callable[[Call, Reply], Reply]
"""Given a call without its body and the reply to it, returns another reply that means the same."""

Pause = Callable[[], tuple[int, Headers] | None]
"""Returns the status and further headers of an answer that defers the call; ``None`` where it is served."""


@dataclass(frozen=True, slots=True)
class Variations:
    """What a mannered mock does in its own way, one tuple for each stage; the plain mock has none.

    Attributes:
        statuses: other right statuses for reasons of refusal.
        validates_first: whether credentials are checked after the rest of the request.
        pauses: called before each call, whether to defer it.
        values: edits of an answer's body before it is serialised.
        answers: edits of whole answers, in this order.
        delays: seconds to wait before each answer.
        drops: called before each call, whether to reset its connection.
        pieces: the number of chunks of a body that is sent without its length.
        spellings: changes of header names.
        pages: what answers at paths at which nothing is served.
        reroutings: paths at which nothing is served, and that are taken for others.
        chats: how chats are read and deleted.
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
    pages: tuple[Reply, ...] = ()
    reroutings: tuple[Rerouting, ...] = ()
    chats: tuple[Habit, ...] = ()

    def __or__(self, other: Variations) -> Variations:
        """Return the variations of both."""
        return Variations(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Manner:
    """A peculiarity that the mock can have without breaking its contract.

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
    """Return the variations of several manners."""
    merged = Variations()
    for manner in manners:
        merged |= manner.variations
    return merged
