"""Protocol: requests and answers mean what the RFCs of HTTP and JSON say."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.openapi.contract import Body
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.answer_rules import after_answers
from chatcert.requirements.authentication import id_of
from chatcert.requirements.check import (
    Accepts,
    AnswerGroup,
    Answers,
    Method,
    PayloadForm,
    RefusesPayload,
    Rule,
    Variation,
)
from chatcert.requirements.draft import Draft
from chatcert.requirements.requirement import Cost, Kind, Level, Requirement

METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE")
_SOURCES = {"TRACE": "RFC 9110 section 9.3.8: it shows to a page what only the client knows"}
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_SPELLINGS = {
    Variation.CONTENT_TYPE_CHARSET: (
        "A charset parameter on the media type changes nothing",
        "RFC 9110 section 8.3.1",
    ),
    Variation.CONTENT_TYPE_CASE: ("The media type is compared without regard to case", "RFC 9110 section 8.3.1"),
    Variation.HEADER_NAME_CASE: ("Header names are compared without regard to case", "RFC 9110 section 5.1"),
    Variation.JSON_ESCAPES: (
        "JSON escapes mean the same as the characters that they stand for",
        "RFC 8259 section 7",
    ),
    Variation.JSON_WHITESPACE: ("White space between JSON tokens changes nothing", "RFC 8259 section 2"),
    Variation.KEY_ORDER: ("The order of object members changes nothing", "RFC 8259 section 4"),
}
"""Valid requests in another spelling: the clause and its source."""

_MEDIA_TYPES = {
    PayloadForm.TEXT_PLAIN: ("text/plain", "A body that says it is text/plain is refused"),
    PayloadForm.FORM: ("application/x-www-form-urlencoded", "A form-encoded body is refused"),
    PayloadForm.XML: ("application/xml", "A body that says it is application/xml is refused"),
}


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``protocol``."""
    yield from _spellings(draft)
    if draft.contract.body is not None:
        yield from _media_types(draft, draft.contract.body)
    yield from _methods(draft)
    yield from _headers(draft)
    yield draft.make(
        "response/any/no-redirect",
        Kind.PROTOCOL,
        Answers(AnswerGroup.ANY, Rule.NO_REDIRECT),
        "No answer sends the client elsewhere",
        provenance=Provenance.INFERRED,
        run_wide=True,
        position=(after_answers(draft.contract, 1), 2),
    )


def _spellings(draft: Draft) -> Iterator[Requirement]:
    media_type = draft.contract.body.media_type if draft.contract.body else ""
    for variation, (text, source) in _SPELLINGS.items():
        if variation is Variation.HEADER_NAME_CASE or "json" in media_type:
            yield draft.make(
                f"accepts/wire/{variation}",
                Kind.PROTOCOL,
                Accepts(variation),
                text,
                provenance=Provenance.HTTP,
                level=Level.MUST,
                source=source,
                position=(3,),
            )
    for credential in draft.contract.credentials:
        if credential.kind != "apiKey":
            yield draft.make(
                f"accepts/wire/{id_of(draft.contract, credential)}-scheme-case",
                Kind.PROTOCOL,
                Accepts(Variation.SCHEME_CASE, (credential.scheme,)),
                "The authentication scheme's name is compared without regard to case",
                provenance=Provenance.HTTP,
                level=Level.MUST,
                pointer=credential.pointer,
                source="RFC 9110 section 11.1",
                position=(3,),
            )


def _media_types(draft: Draft, body: Body) -> Iterator[Requirement]:
    if "json" not in body.media_type:
        return
    for form, (media_type, text) in _MEDIA_TYPES.items():
        if not any(_covers(offered, media_type) for offered in body.content):
            yield draft.make(
                f"request/content-type/{form}",
                Kind.PROTOCOL,
                RefusesPayload(form),
                text,
                provenance=Provenance.HTTP,
                pointer=body.pointer,
                source="RFC 9110 section 15.5.16",
                intrusive=True,
                position=(2,),
            )


def _covers(offered: str, media_type: str) -> bool:
    """Return whether a media type or range that the document takes covers a media type or a suffix of it."""
    base = offered.partition(";")[0].strip().lower()
    kind, _, rest = base.partition("/")
    return (
        base in (media_type, "*/*")
        or (rest == "*" and media_type.startswith(f"{kind}/"))
        or (media_type == "application/xml" and (rest.endswith("+xml") or base == "text/xml"))
    )


def _headers(draft: Draft) -> Iterator[Requirement]:
    """Derive what HTTP says of the headers of answers, documented or not."""
    if draft.contract.credentials:
        yield draft.make(
            "protocol/www-authenticate",
            Kind.PROTOCOL,
            Answers("401", Rule.CHALLENGE),
            "An answer of status 401 says in WWW-Authenticate how to authenticate",
            provenance=Provenance.HTTP,
            source="RFC 9110 section 11.6.1",
            cost=Cost(1),
            run_wide=True,
        )
    for rule, text, source in (
        (
            Rule.HEADER_FORM,
            "Content-Type, ETag, Last-Modified, Location and Retry-After have the form that HTTP gives them",
            "RFC 9110 sections 5.6.7, 8.3, 8.8.3, 10.2.2 and 10.2.3",
        ),
        (Rule.SINGLE_HEADERS, "No answer has a header twice that may occur once", "RFC 9110 section 5.3"),
    ):
        yield draft.make(
            f"response/any/{rule}",
            Kind.PROTOCOL,
            Answers(AnswerGroup.ANY, rule),
            text,
            provenance=Provenance.HTTP,
            source=source,
            run_wide=True,
            position=(after_answers(draft.contract, 1), 3),
        )


def _methods(draft: Draft) -> Iterator[Requirement]:
    for method in METHODS:
        if method == draft.contract.method:
            continue
        safe = method in SAFE_METHODS
        yield draft.make(
            f"protocol/method/{method}",
            Kind.PROTOCOL,
            Method(method),
            f"{method} creates no chat" if safe else f"{method} is refused and creates no chat",
            level=Level.MUST if safe else Level.SHOULD,
            provenance=Provenance.HTTP,
            pointer=draft.contract.operation_pointer,
            source=_SOURCES.get(method, "RFC 9110 section 9.2.1" if safe else "RFC 9110 section 15.5.6"),
            cost=Cost(1, from_standard=method == "TRACE"),
            intrusive=True,
        )
    yield draft.make(
        "protocol/allow",
        Kind.PROTOCOL,
        Answers("405", Rule.ALLOW),
        "An answer of status 405 names the methods that are allowed",
        provenance=Provenance.HTTP,
        source="RFC 9110 section 15.5.6",
        cost=Cost(1),
        intrusive=True,
        run_wide=True,
    )
