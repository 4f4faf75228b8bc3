"""Deviations from the contract, as functions that the stages of a faulty service call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Headers, Reason, Reply
from chatcert.mock.kept_chats import Flaw
from chatcert.openapi.contract import Parameter, Schema
from chatcert.requirements.check import CredentialForm

SchemaEdit = Callable[[Schema], Schema]
ParameterEdit = Callable[[Parameter], Parameter]
CallTest = Callable[[Call, Any, Backend], bool]
"""Given a call, its parsed body (``MISSING`` where there is none) and the backend, whether a deviation applies."""
BodyReader = Callable[[Call, Any], Any]
CallEdit = Callable[[Call, Backend], Call]
ValueEdit = Callable[[AnswerContext, Any], Any]
ReplyEdit = Callable[[AnswerContext, Reply, Backend], Reply]
Admission = Callable[[Mapping[str, CredentialForm | None]], bool]
"""Given the form in which the credential of each security scheme came, whether the call is let in."""

Opening = Callable[[Call], bool]
"""Given a call, whether it is served without credentials, and with whatever method."""
Rerouting = Callable[[str, Headers], str | None]
"""Given a path and headers, the path under which the call is looked up instead; ``None`` for its own."""


@dataclass(frozen=True, slots=True)
class Deviations:
    """What a faulty mock does differently, one tuple for each stage; a faithful mock has none.

    Attributes:
        calls: edits of calls before anything else is done.
        methods: further methods that create a chat.
        admissions: further combinations of forms of credentials that are let in.
        openings: calls that are let in whatever their credentials.
        reroutings: paths at which nothing is served, and that are taken for others.
        readers: given a call and a valid body, the value that an unreadable body is taken for, or ``MISSING``.
        crashes: whether a call ends in a server error; called before the body is read and again with it.
        schemas: edits of the schemas that request bodies are checked against.
        parameters: edits of what request parameters are checked against.
        unchecked: whether the body of a call is not validated.
        refusals: whether a valid request is refused.
        unknown_served: whether an unknown resource is served.
        unknown_as_invalid: whether an unknown resource is refused like an invalid request.
        repeated_served: places at which a value that is in use is served.
        statuses: other statuses for reasons of refusal.
        values: edits of the body of an answer before it is serialised.
        replies: edits of whole answers.
        chats: what is wrong with how chats are kept.
        needs_header_names: whether the deviation needs header names in the case in which they were sent.
    """

    calls: tuple[CallEdit, ...] = ()
    methods: tuple[str, ...] = ()
    admissions: tuple[Admission, ...] = ()
    openings: tuple[Opening, ...] = ()
    reroutings: tuple[Rerouting, ...] = ()
    readers: tuple[BodyReader, ...] = ()
    crashes: tuple[CallTest, ...] = ()
    schemas: tuple[SchemaEdit, ...] = ()
    parameters: tuple[ParameterEdit, ...] = ()
    unchecked: tuple[CallTest, ...] = ()
    refusals: tuple[CallTest, ...] = ()
    unknown_served: tuple[CallTest, ...] = ()
    unknown_as_invalid: tuple[CallTest, ...] = ()
    repeated_served: tuple[tuple[str, tuple[str, ...]], ...] = ()
    statuses: tuple[tuple[Reason, int], ...] = ()
    values: tuple[ValueEdit, ...] = ()
    replies: tuple[ReplyEdit, ...] = ()
    chats: tuple[Flaw, ...] = ()
    needs_header_names: tuple[bool, ...] = ()

    def __or__(self, other: Deviations) -> Deviations:
        """Return the deviations of both."""
        return Deviations(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})
