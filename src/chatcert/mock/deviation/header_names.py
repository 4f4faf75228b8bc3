"""Header names as they were sent: ASGI has them in lower case, but one fault depends on their case."""

from __future__ import annotations

from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatcert.mock.call import Call

NAMES_HEADER = "x-chatcert-names-as-sent"


def names_sent(call: Call) -> list[str]:
    """Return the names of the request's headers as they were sent; none where the server does not record them."""
    return (call.header(NAMES_HEADER) or "").split()


class _Connection(h11.Connection):
    """Adds a header that lists the names of the others."""

    def next_event(self) -> Any:
        """Return the next event; a request has its header names recorded."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = b" ".join(name for name, _ in event.headers.raw_items())
            headers = [*event.headers.raw_items(), (NAMES_HEADER.encode(), names)]
            return h11.Request(
                method=event.method, target=event.target, headers=headers, http_version=event.http_version
            )
        return event


class NamesKeptProtocol(H11Protocol):
    """uvicorn's HTTP protocol, with header names recorded."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Connection(h11.SERVER, max_incomplete_event_size=1024 * 1024)
