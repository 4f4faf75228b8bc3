"""Calls of a mocked operation and replies to them, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import parse_qsl

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Call:
    """One HTTP request to a mocked operation.

    Attributes:
        path: the whole path as it was sent, percent-encoding and the vendor's prefix included.
        arguments: decoded path parameters.
        headers: names in lower case, values as they were sent.
        body: the bytes of the body, cut where it was too large.
        oversized: whether the body was larger than the mock reads.
    """

    method: str
    path: str
    arguments: Mapping[str, str]
    query: bytes
    headers: Headers
    body: bytes = b""
    oversized: bool = False

    def header(self, name: str) -> str | None:
        """Return the first header of that name, or ``None``."""
        wanted = name.lower().encode("latin-1", "replace")
        for key, value in self.headers:
            if key == wanted:
                return value.decode("latin-1")
        return None

    def header_values(self, name: str) -> list[str]:
        """Return all headers of that name."""
        wanted = name.lower().encode("latin-1", "replace")
        return [value.decode("latin-1") for key, value in self.headers if key == wanted]

    def query_values(self, name: str) -> list[str]:
        """Return all values of one query parameter."""
        if not self.query:
            return []
        pairs = parse_qsl(self.query.decode("latin-1"), keep_blank_values=True)
        return [value for key, value in pairs if key == name]

    def cookie_values(self, name: str) -> list[str]:
        """Return all values of one cookie."""
        found = []
        for line in self.header_values("cookie"):
            for part in line.split(";"):
                key, _, value = part.strip().partition("=")
                if key == name:
                    found.append(value)
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer.

    Attributes:
        headers: all headers but ``Content-Length``.
        announced: the length to announce where it is not the true one; the connection is then closed too early.
    """

    status: int
    body: bytes
    headers: Headers = field(default_factory=list)
    announced: int | None = None


class Reason(StrEnum):
    """Why a request is refused; the contract has a status for each reason."""

    METHOD = "method"
    CREDENTIALS = "credentials"
    MEDIA_TYPE = "media type"
    SIZE = "size"
    INVALID = "invalid"
    UNKNOWN = "unknown resource"
    IN_USE = "value in use"
    CRASH = "crash"
    REQUESTED = "requested status"


class Refused(Exception):
    """The request is refused.

    Args:
        message: what is wrong, in one sentence for the caller.
        headers: further headers that this refusal needs.
        status: the status to refuse with; by default the one that the contract has for the reason.
        field: the field that is wrong, if it is one.
    """

    def __init__(
        self,
        reason: Reason,
        message: str,
        headers: Headers | None = None,
        *,
        status: int | None = None,
        field: str = "",
    ) -> None:
        self.status = status
        self.field = field
        self.reason = reason
        self.message = message
        self.headers: Headers = headers or []
        super().__init__(message)
