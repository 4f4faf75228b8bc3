"""The context in which an answer is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chatcert.mock.call import Call


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """The request, the status and the time that an answer is made from.

    Attributes:
        body: the parsed body of the request, ``MISSING`` if it had none or could not be read.
        status: the HTTP status of the answer.
        now: seconds since the epoch.
        message: why the request was refused; empty for a success.
        field: the field that is wrong, if the request was refused for one.
        stream: the media type of the stream that answers; empty for a single body.
    """

    call: Call
    body: Any
    status: int
    now: float
    message: str = ""
    stream: str = ""
    field: str = ""
