"""An exchange: a request that was sent and what came back, the transport error included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from chatcert.cases.case import BAD_CREDENTIALS, Expectation, Member
from chatcert.requirements.operation import Operation
from chatcert.transport.redaction.packed_body import packed, unpacked

Headers = tuple[tuple[str, str], ...]


class ErrorKind(StrEnum):
    """Kinds of transport errors, as the evidence names them."""

    REFUSED = "refused"
    """No connection was made."""
    DNS = "dns"
    """The host name does not resolve."""
    TLS = "tls"
    """The TLS handshake failed, or the certificate is not trusted."""
    TIMEOUT = "timeout"
    """The exchange was not over in time."""
    RESET = "reset"
    """The connection was closed before an answer came."""
    INCOMPLETE = "incomplete"
    """The answer breaks off."""
    PROTOCOL = "protocol"
    """The answer is not HTTP."""
    DECODING = "decoding"
    """The body is not encoded as its Content-Encoding says."""
    ABORTED = "aborted"
    """Our own client broke the upload off, as the case asked for."""
    UNSENDABLE = "unsendable"
    """Our own client refuses to send the request; the target never saw it."""


class Role(StrEnum):
    """Why a request was sent."""

    CASE = "case"
    """To put a requirement to the test."""
    CONTROL = "control"
    """As the valid request that other cases are compared with."""
    PROBE = "probe"
    """To see whether the target is healthy; never judged."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The request as it went out, credentials masked.

    Attributes:
        url: the whole address.
    """

    method: str
    url: str
    path: str
    headers: Headers
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Received:
    """The answer, credentials masked.

    Attributes:
        body: the decoded content, cut at the size limit.
        truncated: whether it was longer than the limit.
    """

    status: int
    headers: Headers
    body: bytes
    http_version: str = "HTTP/1.1"
    truncated: bool = False

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class TransportError:
    """No answer, or not a whole one.

    Attributes:
        message: the HTTP client's own text, credentials masked.
        on_reused: whether a connection that had carried an exchange before was closed before the first byte of this
            answer; not recorded.
    """

    kind: ErrorKind
    message: str
    on_reused: bool = field(default=False, compare=False)


Answer = Received | TransportError
"""What came back for one request."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer.

    Attributes:
        number: position in the run, from 1.
        case: id of the case; retries and probes share it.
        requirement: id of the requirement that asked for it.
        expectation: what the right answer is.
        attempt: 1 for the first try.
        final: whether this attempt is the one to judge (not retried).
        edit: what differs from the control, in words.
        control: number of the control's exchange, or ``None``.
        control_accepted: whether the control was accepted; ``None`` where there is none.
        started: seconds since the epoch, UTC, when it was sent.
        seconds: how long it took.
        overlapping: whether it was sent together with others.
        leaks: names of the credentials found in the answer.
        unsettled: the target was not well when this was tried for the last time: nothing can be concluded.
        suite: the version of chatcert that sent it; empty where that is unknown.
        refused: whether the answer has the status of a success and says, as documented, that it is a refusal.
        moved: whether the answer is a redirect that the document describes as the success.
        repeated: places whose values turned out to be in use, which is why this valid request was refused.
        since: of a valid request with intact credentials, the number of the last exchange that had ended when it was
            sent; ``None`` for all others.
        members: the cases that share this request.
        chain: the process and the part of the run that sent it; numbers follow one another within a chain.
        operation: what was asked for: a chat to be created, read or deleted.
        request_id: the id that its correlation headers carried, which ``sent`` does not hold; empty where it had none.
    """

    number: int
    case: str
    requirement: str
    expectation: Expectation
    role: Role
    sent: Sent
    started: float
    seconds: float
    received: Received | None = None
    error: TransportError | None = None
    attempt: int = 1
    final: bool = True
    edit: str = ""
    control: int | None = None
    control_accepted: bool | None = None
    overlapping: bool = False
    leaks: tuple[str, ...] = ()
    unsettled: bool = False
    suite: str = ""
    repeated: tuple[str, ...] = ()
    refused: bool = False
    moved: bool = False
    since: int | None = None
    chain: str = ""
    members: tuple[Member, ...] = ()
    operation: Operation = Operation.CREATE
    request_id: str = ""

    @property
    def has_bad_credentials(self) -> bool:
        """Whether it is a login that is or may be refused: DELETE, TRACE, or a wrong value beside the right one.

        DELETE and TRACE are sent without credentials.
        """
        is_bare = self.expectation == Expectation.METHOD and self.sent.method in ("DELETE", "TRACE")
        is_doubled = any(" wrong»" in value for _, value in self.sent.headers)
        return self.expectation in BAD_CREDENTIALS or is_bare or is_doubled

    @property
    def answer(self) -> Answer | None:
        """What came back: the response, or the transport error in its place."""
        return self.received if self.received is not None else self.error

    @property
    def status(self) -> int | None:
        """The HTTP status, or ``None`` where no answer came."""
        return self.received.status if self.received else None

    @property
    def succeeded(self) -> bool:
        """Whether an answer of class 2xx came that is not a refusal, or a redirect that is the documented success."""
        return self.moved or (self.received is not None and 200 <= self.received.status < 300 and not self.refused)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form; bodies that are not UTF-8 become base64, long repetitions stand once."""
        row: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        row["sent"] = {name: getattr(self.sent, name) for name in self.sent.__slots__}
        row["sent"]["body"] = packed(self.sent.body)
        row["sent"]["headers"] = [list(pair) for pair in self.sent.headers]
        row["expectation"] = str(self.expectation)
        row["role"] = str(self.role)
        row["leaks"] = list(self.leaks)
        row["repeated"] = list(self.repeated)
        row["operation"] = "" if self.operation is Operation.CREATE else str(self.operation)
        row["members"] = [[case, requirement, str(expectation)] for case, requirement, expectation in self.members]
        for name in ("repeated", "refused", "moved", "request_id", "operation", "members"):
            if not row[name]:
                del row[name]
        if self.received is not None:
            row["received"] = {name: getattr(self.received, name) for name in self.received.__slots__}
            row["received"]["body"] = packed(self.received.body)
            row["received"]["headers"] = [list(pair) for pair in self.received.headers]
        if self.error is not None:
            row["error"] = {"kind": str(self.error.kind), "message": self.error.message}
        return row

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> Exchange:
        """The inverse of ``to_dict``.

        Raises:
            KeyError, TypeError, ValueError: the row is not an exchange.
        """
        data = dict(row)
        sent = {name: data["sent"][name] for name in Sent.__slots__}  # 0.1.0 wrote a curl line as well
        sent["body"] = unpacked(sent["body"])
        sent["headers"] = tuple((str(k), str(v)) for k, v in sent["headers"])
        data["sent"] = Sent(**sent)
        if data.get("received") is not None:
            received = dict(data["received"])
            received["body"] = unpacked(received["body"]) or b""
            received["headers"] = tuple((str(k), str(v)) for k, v in received["headers"])
            data["received"] = Received(**received)
        if data.get("error") is not None:
            data["error"] = TransportError(ErrorKind(data["error"]["kind"]), data["error"]["message"])
        data["expectation"] = Expectation(data["expectation"])
        data["role"] = Role(data["role"])
        data["leaks"] = tuple(data["leaks"])
        data["repeated"] = tuple(data.get("repeated", ()))
        data["operation"] = Operation(data.get("operation", Operation.CREATE))
        data["members"] = tuple((str(case), str(of), Expectation(word)) for case, of, word in data.get("members", ()))
        return cls(**data)


def renumbered(exchange: Exchange, number_of: Callable[[int], int]) -> Exchange:
    """Return an exchange with other numbers, its own and those that it refers to.

    Args:
        number_of: gives the new number for an old one.
    """
    return replace(
        exchange,
        number=number_of(exchange.number),
        control=number_of(exchange.control) if exchange.control is not None else None,
        since=number_of(exchange.since) if exchange.since else exchange.since,
    )
