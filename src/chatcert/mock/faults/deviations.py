"""Departures: where and how a faulty mock leaves the contract, as functions that its stages consult."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from chatcert.mock.answer_context import Moment
from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.world import World
from chatcert.openapi.contract import Parameter, Schema

SchemaEdit = Callable[[Schema], Schema]
ParameterEdit = Callable[[Parameter], Parameter]
CallTest = Callable[[Call, Any, World], bool]
Reader = Callable[[Call, Any], Any]
ValueEdit = Callable[[Moment, Any], Any]
ReplyEdit = Callable[[Moment, Reply, World], Reply]
Admission = Callable[[Mapping[str, str]], bool]


@dataclass(frozen=True, slots=True)
class Departures:
    """What a faulty mock does differently, one tuple a stage; all empty for the faithful one.

    Attributes:
        methods: further methods that create a chat.
        admissions: told in which form each credential came (``valid`` or a kind of mistake), whether to let it in.
        readers: given a call and a valid body, the value that an unreadable body is taken for, or ``MISSING``.
        crashes: whether a call ends in a server error; asked before the body is read and again with it.
        schemas: edits of the schemas that bodies are checked against.
        parameters: edits of what parameters are checked against.
        refusals: whether a valid request is refused all the same.
        strangers: whether an unknown resource is served.
        misnamed: whether an unknown resource is refused like an invalid request.
        statuses: other statuses for kinds of refusals.
        values: edits of an answer's body before it is written.
        replies: edits of whole answers.
        needs_names: whether header names are needed as they were sent.
    """

    methods: tuple[str, ...] = ()
    admissions: tuple[Admission, ...] = ()
    readers: tuple[Reader, ...] = ()
    crashes: tuple[CallTest, ...] = ()
    schemas: tuple[SchemaEdit, ...] = ()
    parameters: tuple[ParameterEdit, ...] = ()
    refusals: tuple[CallTest, ...] = ()
    strangers: tuple[CallTest, ...] = ()
    misnamed: tuple[CallTest, ...] = ()
    statuses: tuple[tuple[Reason, int], ...] = ()
    values: tuple[ValueEdit, ...] = ()
    replies: tuple[ReplyEdit, ...] = ()
    needs_names: tuple[bool, ...] = ()

    def __or__(self, other: Departures) -> Departures:
        """Both together."""
        return Departures(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})


@dataclass(frozen=True, slots=True)
class Fault:
    """A defect that the mock can be told to have.

    Attributes:
        id: readable and stable: ``<vendor>/fault/<path of what it breaks>[/<variant>]``.
        breaks: ids of the requirements that a server with this fault violates: first the one that it is made for,
            then those that break with it, as far as the catalogue alone tells.
        description: what the server does, in one sentence.
        family: what kind of defect it is.
        departures: how the mock does it.
    """

    id: str
    breaks: tuple[str, ...]
    description: str
    family: str
    departures: Departures = field(repr=False, compare=False)


def together(faults: Sequence[Fault]) -> Departures:
    """The departures of several faults at once."""
    merged = Departures()
    for fault in faults:
        merged |= fault.departures
    return merged
