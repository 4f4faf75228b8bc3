"""Framing: a request means the same however it is framed, and whatever form of answer it asks for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import Framed
from chatcert.requirements.draft import Draft
from chatcert.requirements.framing_forms import Content, Framing
from chatcert.requirements.requirement import Cost, Kind, Level, Rank, Requirement

_FRAMINGS = {
    Framing.CHUNKED: ("chunked", "A body that is sent in chunks is read like any other", "RFC 9112 section 7.1"),
    Framing.EXPECT_CONTINUE: (
        "expect-continue",
        "A request that expects 100-continue is answered like any other",
        "RFC 9110 section 10.1.1",
    ),
    Framing.CONNECTION_CLOSE: (
        "connection-close",
        "A request after which the connection is closed is answered like any other",
        "RFC 9112 section 9.6",
    ),
    Framing.ACCEPT_ABSENT: ("accept/absent", "A request without Accept takes any answer", "RFC 9110 section 12.5.1"),
    Framing.ACCEPT_ANY: ("accept/any", "Accept: */* takes any answer", "RFC 9110 section 12.5.1"),
    Framing.ACCEPT_WEIGHTED: (
        "accept/weighted",
        "Media types in Accept may have weights",
        "RFC 9110 sections 12.4.2 and 12.5.1",
    ),
    Framing.ACCEPT_LIST: ("accept/list", "Accept may list several media types", "RFC 9110 section 12.5.1"),
    Framing.CODING_ABSENT: (
        "accept-encoding/absent",
        "A request without Accept-Encoding is answered like any other",
        "RFC 9110 section 12.5.3",
    ),
    Framing.CODING_GZIP: (
        "accept-encoding/gzip",
        "Accept-Encoding: gzip takes an answer that is packed with gzip, or not packed",
        "RFC 9110 section 12.5.3",
    ),
    Framing.CODING_IDENTITY: (
        "accept-encoding/identity",
        "Accept-Encoding: identity takes an answer that is not packed",
        "RFC 9110 section 12.5.3",
    ),
    Framing.CODING_REFUSED: (
        "accept-encoding/refused",
        "Accept-Encoding refuses a coding whose weight is 0",
        "RFC 9110 section 12.5.3",
    ),
    Framing.LANGUAGE: (
        "accept-language",
        "Accept-Language takes an answer in any language",
        "RFC 9110 section 12.5.4",
    ),
}
"""Of each way of framing: the path of its requirement, the clause and its source."""

_REFUSALS = {
    Framing.CHUNKED: 411,
    Framing.EXPECT_CONTINUE: 417,
    Framing.ACCEPT_WEIGHTED: 406,
    Framing.ACCEPT_LIST: 406,
    Framing.LANGUAGE: 406,
}
"""The status with which a server may refuse one way of framing."""
_REFUSALS_OF_ALL = frozenset({426, 505})
"""Statuses that refuse a whole way of speaking HTTP."""

_REFUSED_ALIKE = {
    Framing.CHUNKED: "sent in chunks",
    Framing.LANGUAGE: "sent by a reader of another language",
}
"""Ways of framing in which wrong requests are sent as well, in words."""

OF_BODIES = (Framing.CHUNKED, Framing.EXPECT_CONTINUE)
"""Ways of framing a body, which a request without one does not have."""
WEIGHTED_TO_ZERO = ("br",)
"""Codings that a request refuses with a weight of 0, beside one that it takes."""


def framings_of(headers: Iterable[tuple[str, str]]) -> frozenset[Framing]:
    """Return the ways of framing that the headers of a request show; one that is left out has an empty value."""
    found: set[Framing] = set()
    for name, value in headers:
        match name.lower(), value:
            case "transfer-encoding", "chunked":
                found.add(Framing.CHUNKED)
            case "expect", "100-continue":
                found.add(Framing.EXPECT_CONTINUE)
            case "connection", "close":
                found.add(Framing.CONNECTION_CLOSE)
            case "accept", "":
                found.add(Framing.ACCEPT_ABSENT)
            case "accept", "*/*":
                found.add(Framing.ACCEPT_ANY)
            case "accept", _ if ";q=" in value:
                found.add(Framing.ACCEPT_WEIGHTED)
            case "accept", _ if "*/*" in value:
                found.add(Framing.ACCEPT_LIST)
            case "accept-encoding", "":
                found.add(Framing.CODING_ABSENT)
            case "accept-encoding", "gzip":
                found.add(Framing.CODING_GZIP)
            case "accept-encoding", "identity":
                found.add(Framing.CODING_IDENTITY)
            case "accept-encoding", _ if ";q=0" in value:
                found.add(Framing.CODING_REFUSED)
            case "accept-language", _:
                found.add(Framing.LANGUAGE)
    return frozenset(found)


def refusals_of(headers: Iterable[tuple[str, str]]) -> frozenset[int]:
    """Return the statuses with which HTTP permits to refuse a request for the way in which it is framed."""
    framings = framings_of(headers)
    own = frozenset(_REFUSALS[framing] for framing in framings if framing in _REFUSALS)
    return own | _REFUSALS_OF_ALL if framings else own


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``framing``."""
    has_body = draft.contract.body is not None
    for framing, (path, text, source) in _FRAMINGS.items():
        if has_body or framing not in OF_BODIES:
            yield _framed(draft, path, Framed(framing), text, source)
    if not has_body:
        return
    for framing, words in _REFUSED_ALIKE.items():
        path, _, source = _FRAMINGS[framing]
        text = f"An invalid body is refused when it is {words}, too"
        yield _framed(draft, f"{path}/invalid", Framed(framing, Content.INVALID), text, source)
        if needs_credentials(draft):
            text = f"A body that is {words} needs credentials like any other"
            check = Framed(framing, Content.UNAUTHENTICATED)
            yield _framed(draft, f"{path}/unauthenticated", check, text, source)


def needs_credentials(draft: Draft) -> bool:
    """Return whether no request is valid without credentials."""
    return bool(draft.contract.credentials) and not draft.contract.serves_anonymous


def _framed(draft: Draft, path: str, check: Framed, text: str, source: str) -> Requirement:
    shared, is_login = check.content is Content.VALID, check.content is Content.UNAUTHENTICATED
    return draft.make(
        f"framing/{path}",
        Kind.FRAMING,
        check,
        text,
        level=Level.MUST,
        provenance=Provenance.HTTP,
        pointer=draft.contract.operation_pointer,
        source=source,
        rank=Rank.LOCKING if is_login else None,
        cost=Cost(0 if shared else 1, from_standard=True),
        intrusive=True,
        run_wide=shared,
    )
