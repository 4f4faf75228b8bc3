"""A case: one request that puts a requirement to the test, free of secrets and of any network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from hashlib import sha256
from typing import Any

from chatcert.requirements.check import CredentialForm
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.operation import Operation


class Expectation(StrEnum):
    """The right answer to a case."""

    ACCEPTED = "accepted"
    """Valid: the documented success."""
    LIMIT = "limit"
    """Within the limits, though what it names may not exist: a success or a not-found, no bad request."""
    REFUSED = "refused"
    """Invalid: the documented bad request."""
    UNAUTHENTICATED = "unauthenticated"
    """Bad credentials: the documented 401 or 403."""
    UNSERVED = "unserved"
    """Bad credentials in an unusual request: anything but the documented success."""
    UNKNOWN = "unknown"
    """Names something that does not exist: the documented not-found or another refusal."""
    UNSUPPORTED = "unsupported"
    """Wrong media type: 415 or another refusal."""
    METHOD = "method"
    """Another method: no chat is created."""
    IN_USE = "in-use"
    """Repeats a value that must be new: the documented conflict or another refusal."""
    REQUESTED_ERROR = "requested-error"
    """Valid, and asks the bundled mock for a documented error status."""
    ANY = "any"
    """Anything but a crash, a hang or a dropped connection."""


_INTACT = frozenset(
    [
        *(CredentialForm.VALID, CredentialForm.NAME_LOWER, CredentialForm.NAME_UPPER),
        *(CredentialForm.SCHEME_LOWER, CredentialForm.SCHEME_UPPER),
    ]
)
GENERATED = "generated body"
"""What the edit of a request says whose valid body was generated."""
AT_ONCE = " at once: "
"""What the edit of a request says that has several variations, before it lists them."""
COOKIES_OF_CONTROL = "«cookies of the earlier answer»"
"""The value of a header ``Cookie`` that stands for the cookies that the answer to the control has set, if any."""
BAD_CREDENTIALS = (Expectation.UNAUTHENTICATED, Expectation.UNSERVED)
"""Expectations of logins that have to be refused."""


@dataclass(frozen=True, slots=True)
class JsonBody:
    """A body that is sent as JSON, or as a form where the media type is one.

    Attributes:
        value: the JSON value.
        bindings: JSON Pointer in the body to JSON Pointer in the control's answer, filled in when the request is sent.
        padding: blanks that follow the JSON text, which do not change what it means.
        part_types: the media types of parts of a multipart form that are not sent in their usual one.
    """

    value: Any
    bindings: Mapping[str, str] = field(default_factory=dict)
    padding: int = 0
    part_types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RawBody:
    """A body that is sent as it is."""

    data: bytes


class Encoded(str):
    """A text of a path or a query that is percent-encoded already."""

    __slots__ = ()


@dataclass(frozen=True)
class Request:
    """A request without credentials and address.

    Attributes:
        path_parameters: values for the braces of the operation's path.
        query: name and value pairs.
        headers: name and value pairs, the media type among them, without credentials.
        credentials: per security scheme the form in which its credential is sent; ``valid`` where not named.
        repeats: places whose value is that of the control, though it must be new; at all other such places a new value
            replaces the one that stands here when the request is sent.
        oddity: what is unusual about the path, if anything is.
        operation: what it asks for. A request that reads or deletes a chat names the one that its control has created,
            whose id stands in the path.
        turn: a number by which requests differ that are otherwise equal, so that each carries a marker of its own.
    """

    method: str
    path_parameters: Mapping[str, str]
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: JsonBody | RawBody | None = None
    credentials: Mapping[str, CredentialForm] = field(default_factory=dict)
    repeats: tuple[tuple[str, tuple[str, ...]], ...] = ()
    oddity: Oddity | None = None
    turn: int = 0
    operation: Operation = Operation.CREATE

    @cached_property
    def key(self) -> str:
        """Digest of the request, in 16 hexadecimal digits; equal requests have equal digests."""
        content: Any = None
        if isinstance(self.body, JsonBody):
            content = ["json", self.body.value, sorted(self.body.bindings.items())]
            content += [self.body.padding] if self.body.padding else []
            content += [sorted(self.body.part_types.items())] if self.body.part_types else []
        elif isinstance(self.body, RawBody):
            content = ["raw", sha256(self.body.data).hexdigest()]
        credentials = sorted(self.credentials.items())
        parts = [self.method, sorted(self.path_parameters.items()), self.query, self.headers, content, credentials]
        parts += [self.repeats] if self.repeats else []
        parts += [self.oddity] if self.oddity else []
        parts += [self.turn] if self.turn else []
        parts += [self.operation] if self.operation is not Operation.CREATE else []
        return sha256(json.dumps(parts).encode()).hexdigest()[:16]


Member = tuple[str, str, Expectation]
"""A case that shares a request with others: its id, that of its requirement, and its right answer."""


@dataclass(frozen=True, slots=True)
class Case:
    """One request with its right answer.

    Attributes:
        id: stable within a plan.
        requirement: id of the requirement that it belongs to.
        edit: the one thing that differs from the control, in words.
        control: the valid request that it is one edit away from; ``None`` where there is none.
        group: cases of one group are sent at the same time, or one after another.
        in_turn: whether the cases of its group are sent one after another, on a connection of their own, and with no
            request between them.
        shared: whether one exchange may serve every requirement that asks for this very request.
        instead_of: the shared case that makes this one unnecessary where it is served at once; of a variation that
            shares a request with others, that request.
        members: the cases that share this request: where it is served, all of them are.
        wait: seconds that must have passed since the run's first success; the case is not sent where its
            requirement has been seen to hold by then.
        narrows: id of a case of the same requirement that combines several unusual things, of which this case has one:
            it is sent only where its requirement has been seen to break by then, to find which of them is the cause.
    """

    id: str
    requirement: str
    request: Request
    expectation: Expectation
    edit: str
    control: Case | None = None
    group: str = ""
    in_turn: bool = False
    shared: bool = False
    wait: float = 0.0
    narrows: str = ""
    instead_of: Case | None = None
    members: tuple[Member, ...] = ()

    @property
    def is_conditional(self) -> bool:
        """Return whether it is sent only where another case was not answered as it should be."""
        return bool(self.narrows) or self.instead_of is not None

    @property
    def is_part(self) -> bool:
        """Return whether it is sent only where a larger request that it is a part of is not served."""
        return self.instead_of is not None and bool(self.instead_of.members)

    @property
    def has_bad_credentials(self) -> bool:
        """Return whether it is a login that has to be refused, or may be.

        A wrong credential beside the right one may be, and so may a method that is sent without credentials.
        """
        is_unserved = self.expectation is Expectation.METHOD and not self.has_intact_credentials
        duplicated = CredentialForm.DUPLICATED in self.request.credentials.values()
        return self.expectation in BAD_CREDENTIALS or duplicated or is_unserved

    @property
    def has_intact_credentials(self) -> bool:
        """Return whether every credential is sent as it is, in whatever spelling of header and scheme."""
        return all(form in _INTACT for form in self.request.credentials.values())

    @property
    def valid_control(self) -> Case | None:
        """Return the valid request that it differs from, be it through an invalid one that is its control."""
        control = self.control
        while control is not None and control.expectation is Expectation.REFUSED:
            control = control.control
        return control

    @property
    def is_valid(self) -> bool:
        """Return whether this is a valid request with intact credentials, so that serving it proves that they hold."""
        return self.expectation is Expectation.ACCEPTED and self.has_intact_credentials

    @property
    def may_prove(self) -> bool:
        """Return whether serving it proves that credentials and target are in order, though it may be refused."""
        named = self.expectation in (Expectation.LIMIT, Expectation.UNKNOWN) and bool(self.members)
        return self.is_valid or (named and self.has_intact_credentials)


class Cause(StrEnum):
    """Why no request is sent for a requirement."""

    CANNOT_EXIST = "cannot-exist"
    """A proof says that no request can be what the requirement asks for."""
    CANNOT_BE_WRITTEN = "cannot-be-written"
    """The media type or the place of a parameter cannot carry it."""
    NOTHING_TO_VARY = "nothing-to-vary"
    """What the requirement varies is not in the request."""
    NOT_CHECKABLE = "not-checkable"
    """Nobody can tell a right value from a wrong one."""
    NOT_CONFIGURED = "not-configured"
    """It needs the name of an existing thing, or a credential, that the target does not have."""
    NOT_SUPPORTED = "not-supported"
    """A part of the document that is named in the report as not tested."""
    TOO_LARGE = "too-large"
    """It would be larger than anything that is sent."""
    JUDGED_ON_OTHERS = "judged-on-others"
    """It is judged on the answers to the requests of other requirements."""
    NOT_PERMITTED = "not-permitted"
    """The run sends safe requests only."""
    LEFT_OUT = "left-out"
    """The document is so large that the profile has no request left for it."""
    NOT_IN_PROFILE = "not-in-profile"
    """The profile of the run leaves it out."""
    NOT_MADE = "not-made"
    """It may well exist, and no such request was found: nothing can be concluded."""


class Unplannable(Exception):
    """No case can be planned. The text says why.

    Args:
        cause: by default, that no request was found, which is no proof that there is none.
    """

    def __init__(self, text: str, cause: Cause = Cause.NOT_MADE) -> None:
        super().__init__(text)
        self.cause = cause
