"""Mask credentials in the log lines of the HTTP client.

Its debug lines contain addresses and headers unmasked, and a test runner may show or store them.
"""

from __future__ import annotations

import logging
from weakref import WeakSet

from chatcert.transport.redaction.masking import Masker

TALKATIVE = ("httpx", "httpcore", "h11", "h2", "hpack", "urllib3", "asyncio", "http")
"""The client's packages, whose log lines are masked."""

_maskers: WeakSet[Masker] = WeakSet()


def masked_by_all(text: str) -> str:
    """Mask the credentials of every run in this process."""
    for masker in tuple(_maskers):
        text, _ = masker.masked(text)
    return text


class _Masking(logging.Filter):
    """Masks credentials in log lines, and drops none of them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask one line, its arguments included."""
        message = record.getMessage()
        shown = masked_by_all(message)
        if shown != message:
            record.msg, record.args = shown, ()
        return True


_filter = _Masking()


def watch(masker: Masker) -> None:
    """Mask a masker's credentials in everything that the client's packages log, for as long as the masker exists."""
    _maskers.add(masker)
    for name in (*TALKATIVE, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in TALKATIVE:
            logging.getLogger(name).addFilter(_filter)
