"""What the HTTP client logs of requests and answers, credentials masked.

Its debug lines hold addresses and headers as they are; a test run that shows or stores log lines would write them.
"""

from __future__ import annotations

import logging
from weakref import WeakSet

from chatcert.transport.masking import Masker

TALKATIVE = ("httpx", "httpcore", "h11", "h2", "hpack", "urllib3", "asyncio", "http")
"""Packages under the client whose log lines are masked, as far as they log at all."""

_maskers: WeakSet[Masker] = WeakSet()


def masked_by_all(text: str) -> str:
    """``text`` without the credentials of any run that goes on in this process."""
    for masker in tuple(_maskers):
        text, _ = masker.masked(text)
    return text


class _Masking(logging.Filter):
    """Lets every line pass, without the credentials in it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask one line, its arguments included."""
        said = record.getMessage()
        shown = masked_by_all(said)
        if shown != said:
            record.msg, record.args = shown, ()
        return True


_filter = _Masking()


def watch(masker: Masker) -> None:
    """Mask the credentials of a masker in whatever the client's packages log, for as long as the masker is in use."""
    _maskers.add(masker)
    for name in (*TALKATIVE, *logging.root.manager.loggerDict):
        if name.partition(".")[0] in TALKATIVE:
            logging.getLogger(name).addFilter(_filter)
