"""Framing: what is derived of requests that are framed in another way."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.framing import framings_of
from chatcert.requirements.framing_forms import Framing
from chatcert.requirements.requirement import Kind, Level, Rank, Requirement

Derived = Callable[..., dict[str, Requirement]]
OPERATION = "/paths/~1teams~1{team}~1chats/post"
WITHOUT_BODY = {
    "accept/absent",
    "accept/any",
    "accept/list",
    "accept/weighted",
    "accept-encoding/absent",
    "accept-encoding/gzip",
    "accept-encoding/identity",
    "accept-encoding/refused",
    "accept-language",
    "connection-close",
}
WRONG = {f"{way}/{what}" for way in ("chunked", "accept-language") for what in ("invalid", "unauthenticated")}


def framing(found: dict[str, Requirement]) -> dict[str, Requirement]:
    """The requirements of the family, by path below its part."""
    return {path.removeprefix("framing/"): r for path, r in found.items() if r.kind is Kind.FRAMING}


def test_each_way_of_framing(derived: Derived) -> None:
    """Each is intrusive, beyond the profile quick, and binding; those that share requests cost none of their own."""
    found = framing(derived())

    assert WITHOUT_BODY | WRONG | {"chunked", "expect-continue"} == set(found)
    every = {(r.intrusive, r.cost.from_standard, r.level, r.provenance) for r in found.values()}
    assert {(True, True, Level.MUST, Provenance.HTTP)} == every
    late = {path for path, r in found.items() if r.rank is not Rank.HOSTILE}
    assert ({one for one in WRONG if one.endswith("unauthenticated")}, Rank.LOCKING) == (
        late,
        found["chunked/unauthenticated"].rank,
    )
    assert WRONG == {path for path, r in found.items() if r.cost.requests}


def test_without_a_body_there_are_no_chunks(derived: Derived) -> None:
    """A request without a body cannot be sent in chunks, and has nothing to continue with."""
    assert WITHOUT_BODY == set(framing(derived({f"{OPERATION}/requestBody": None})))


def test_nobody_is_asked_for_credentials_that_are_not_needed(derived: Derived) -> None:
    """Where a request needs no credentials, none can be missing."""
    assert not any(path.endswith("unauthenticated") for path in framing(derived({"/security": [{}]})))


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (("Transfer-Encoding", "chunked"), Framing.CHUNKED),
        (("accept", ""), Framing.ACCEPT_ABSENT),
        (("Accept", "*/*"), Framing.ACCEPT_ANY),
        (("Accept", "application/json;q=0.9, */*;q=0.1"), Framing.ACCEPT_WEIGHTED),
        (("Accept", "application/json, text/plain, */*"), Framing.ACCEPT_LIST),
        (("Accept-Encoding", "br;q=0"), Framing.CODING_REFUSED),
        (("Accept-Language", "tr, de;q=0.5"), Framing.LANGUAGE),
        (("Accept", "application/json"), None),
        (("Connection", "keep-alive"), None),
    ],
)
def test_headers_show_the_framing(header: tuple[str, str], expected: Framing | None) -> None:
    """What a request was sent with says how it was framed."""
    assert {expected} - {None} == framings_of([header, ("Content-Type", "application/json")])
