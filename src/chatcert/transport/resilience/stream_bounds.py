"""Tell a stream that goes on from one that hangs, where the time limit of an exchange cuts it."""

from __future__ import annotations

import re

from chatcert.openapi.streams import StreamForm, stream_form

_DATA = re.compile(rb"(?:^|[\r\n])(?:\xef\xbb\xbf)?data[:\r\n]")


def holds_event(media_type: str, body: bytes) -> bool:
    """Return whether what was read of a stream holds an event, or the beginning of one.

    Comments and empty lines, with which a server keeps a connection alive, are none.
    """
    if stream_form(media_type) is StreamForm.EVENTS:
        return _DATA.search(body) is not None
    return bool(body.strip(b" \t\r\n\x1e"))
