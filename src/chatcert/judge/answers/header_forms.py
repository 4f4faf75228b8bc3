"""What HTTP says of the headers of any answer: their form, and which of them may occur once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from chatcert.judge.answers.header_values import lines_of
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, kept
from chatcert.judge.values import format_brief
from chatcert.transport.exchange import Exchange, Role

SINGLE = (
    "Content-Type",
    "Content-Length",
    "Content-Location",
    "Date",
    "ETag",
    "Last-Modified",
    "Location",
    "Retry-After",
    "Age",
    "Expires",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Credentials",
)
"""Headers whose value is not a list, so that they may occur once (RFC 9110 section 5.3).

Of two ``Access-Control-Allow-Origin``, which a gateway likes to add to that of the server, a browser takes neither.
"""

_DAY = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_MONTH = r"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_CLOCK = r"[0-2]\d:[0-5]\d:[0-6]\d"
_DATE = (
    rf"{_DAY}, \d\d {_MONTH} \d{{4}} {_CLOCK} GMT"
    rf"|(Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d\d-{_MONTH}-\d\d {_CLOCK} GMT"
    rf"|{_DAY} {_MONTH} [ \d]\d {_CLOCK} \d{{4}}"
)
"""The three forms of a date (RFC 9110 section 5.6.7)."""
_NAME = r"[\w!#$%&'*+.^`|~-]+"

_FORMS = {
    "Content-Type": (re.compile(rf"{_NAME}/{_NAME}\s*(;.*)?", re.ASCII | re.DOTALL), "a type and a subtype"),
    "Location": (re.compile(r"([!#$&-;=?-\[\]_a-z~]|%[0-9A-Fa-f]{2})*", re.ASCII), "a URI reference"),
    "Retry-After": (re.compile(rf"\d+|{_DATE}", re.ASCII), "seconds, or a date as HTTP writes it"),
    "ETag": (re.compile(r'(W/)?"[!#-~\x80-\xff]*"'), "a text in double quotes"),
    "Last-Modified": (re.compile(_DATE, re.ASCII), "a date as HTTP writes it"),
}


def _answered(evidence: Evidence) -> Iterator[Exchange]:
    """Yield every answer, those before a retry too: they have Retry-After. How many probes there are is chance."""
    return (e for e in evidence.exchanges if e.received is not None and e.role != Role.PROBE)


def judge_forms(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on every answer: those headers that it has are written as HTTP defines them."""
    for exchange in _answered(evidence):
        yield _form_of(exchange)


def _form_of(exchange: Exchange) -> Ruling:
    for name, (form, right) in _FORMS.items():
        for line in lines_of(exchange, name):
            if not form.fullmatch(line) or (name == "Location" and not _has_authority(line)):
                return broken(exchange, f"{name}: {right}", f"{name}: {format_brief(line)}")
    return kept(exchange)


def _has_authority(reference: str) -> bool:
    """Return whether the host and the port of a URI reference, if any, can be read."""
    try:
        _ = urlsplit(reference).port
    except ValueError:
        return False
    return True


def judge_repetition(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on every answer: no header that may occur only once is repeated."""
    for exchange in _answered(evidence):
        repeated = next((name for name in SINGLE if len(lines_of(exchange, name)) > 1), None)
        if repeated is None:
            yield kept(exchange)
        else:
            values = ", ".join(lines_of(exchange, repeated))
            yield broken(exchange, f"{repeated} once", f"{repeated} more than once: {format_brief(values)}")
