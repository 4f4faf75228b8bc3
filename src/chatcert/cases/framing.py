"""Plan the cases of framing: requests that are framed in another way and mean the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from chatcert.cases.case import Case, Cause, Expectation, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.request_builder import RequestBuilder, accepted_types
from chatcert.openapi.contract import JSON_MEDIA_TYPE
from chatcert.requirements.check import CredentialForm, Framed, Refuses, RefusesPayload
from chatcert.requirements.framing import OF_BODIES, WEIGHTED_TO_ZERO
from chatcert.requirements.framing_forms import Content, Framing
from chatcert.requirements.refusal import MALFORMED
from chatcert.requirements.requirement import Kind, Level, Requirement

BUNDLES: Final = (
    (Framing.CHUNKED, Framing.ACCEPT_ABSENT, Framing.CODING_GZIP, Framing.CONNECTION_CLOSE),
    (Framing.EXPECT_CONTINUE, Framing.ACCEPT_ANY, Framing.CODING_IDENTITY),
    (Framing.ACCEPT_WEIGHTED, Framing.CODING_ABSENT, Framing.LANGUAGE),
    (Framing.ACCEPT_LIST, Framing.CODING_REFUSED),
)
"""Ways of framing that share a request. They are tried one by one only where it is refused."""
AS_WELL: Final = {Framing.CHUNKED: ", in chunks", Framing.LANGUAGE: ", in another language"}
"""The end of the edit of a case that is another one in a way of framing."""
LANGUAGES: Final = "tr, de;q=0.5"
"""What a reader takes whose language has other capital letters than English, and who reads one more language."""
_WORDS: Final = {
    Framing.CHUNKED: "in chunks",
    Framing.EXPECT_CONTINUE: "Expect: 100-continue",
    Framing.CONNECTION_CLOSE: "Connection: close",
    Framing.ACCEPT_ABSENT: "without Accept",
    Framing.CODING_ABSENT: "without Accept-Encoding",
}


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests that one requirement asks for."""
    check = requirement.check
    assert isinstance(check, Framed)
    match check.content:
        case Content.VALID:
            yield from _valid(context, requirement, check.framing)
        case Content.INVALID:
            yield from _invalid(context, requirement, check.framing)
        case Content.UNAUTHENTICATED:
            forms = dict.fromkeys((one.scheme for one in context.contract.credentials), CredentialForm.MISSING)
            headers = _headers(context.requests, (check.framing,))
            request = context.requests.request(headers=headers, credentials=forms)
            edit = f"no credentials{AS_WELL[check.framing]}"
            yield edited(requirement, request, Expectation.UNAUTHENTICATED, edit, context.requests.control())


def _valid(context: PlanningContext, requirement: Requirement, framing: Framing) -> Iterator[Case]:
    """Yield the request that a way of framing shares with others, and the one with it alone."""
    requests, control = context.requests, context.requests.control()
    has_body = requests.contract.body is not None
    sharing = next(bundle for bundle in BUNDLES if framing in bundle)
    bundle = tuple(one for one in sharing if has_body or one not in OF_BODIES)
    shared = None
    if len(bundle) > 1:
        owner = next(r for r in context.requirements if r.check == Framed(bundle[0]))
        shared = replace(_case(requests, owner, bundle, control), id=f"shared/framing/{bundle[0]}", shared=True)
        yield shared
    yield replace(_case(requests, requirement, (framing,), control), instead_of=shared)


def _case(requests: RequestBuilder, requirement: Requirement, framings: Iterable[Framing], control: Case) -> Case:
    headers = _headers(requests, framings)
    edit = "; ".join(_WORDS.get(framing) or f"{_name(framing)}: {headers[_name(framing)]}" for framing in framings)
    return edited(requirement, requests.request(headers=headers), Expectation.ACCEPTED, edit, control)


def _name(framing: Framing) -> str:
    if framing is Framing.LANGUAGE:
        return "Accept-Language"
    return "Accept-Encoding" if framing.startswith("accept-encoding") else "Accept"


def _headers(requests: RequestBuilder, framings: Iterable[Framing]) -> dict[str, str]:
    """Return the headers of some ways of framing; the value of one that is left out is empty."""
    types = (accepted_types(requests.contract.successes) or JSON_MEDIA_TYPE).split(", ")
    values: Mapping[Framing, tuple[str, str]] = {
        Framing.CHUNKED: ("Transfer-Encoding", "chunked"),
        Framing.EXPECT_CONTINUE: ("Expect", "100-continue"),
        Framing.CONNECTION_CLOSE: ("Connection", "close"),
        Framing.ACCEPT_ABSENT: ("Accept", ""),
        Framing.ACCEPT_ANY: ("Accept", "*/*"),
        Framing.ACCEPT_WEIGHTED: ("Accept", ", ".join([*(f"{name};q=0.9" for name in types), "*/*;q=0.1"])),
        Framing.ACCEPT_LIST: ("Accept", ", ".join([*types, "text/plain", "*/*"])),
        Framing.CODING_ABSENT: ("Accept-Encoding", ""),
        Framing.CODING_GZIP: ("Accept-Encoding", "gzip"),
        Framing.CODING_IDENTITY: ("Accept-Encoding", "identity"),
        Framing.LANGUAGE: ("Accept-Language", LANGUAGES),
        Framing.CODING_REFUSED: ("Accept-Encoding", ", ".join(["gzip", *(f"{name};q=0" for name in WEIGHTED_TO_ZERO)])),
    }
    return dict(values[framing] for framing in framings)


def _invalid(context: PlanningContext, requirement: Requirement, framing: Framing) -> Iterator[Case]:
    """Yield an invalid request of another requirement in this framing: the server is known to refuse the plain one."""
    plain = invalid_body(context)
    if plain is None:
        if all(context.plan(one).cause is not Cause.NOT_MADE for one in _refusals(context)):
            raise Unplannable("the document describes no body that every server refuses", Cause.NOTHING_TO_VARY)
        return
    added = tuple(_headers(context.requests, (framing,)).items())
    request = replace(plain.request, headers=(*plain.request.headers, *added))
    yield edited(requirement, request, Expectation.REFUSED, f"{plain.edit}{AS_WELL[framing]}", plain.control)


def invalid_body(context: PlanningContext) -> Case | None:
    """Return the first case of an invalid body that every server refuses; ``None`` where there is none.

    One that is an edit of the smallest valid request is preferred: that request is served if any is.
    """
    smallest, first = context.requests.control().id, None
    for requirement in _refusals(context):
        for case in context.plan(requirement).cases[:1]:
            if case.control is None or case.control.id == smallest:
                return case
            first = first or case
    return first


def _refusals(context: PlanningContext) -> list[Requirement]:
    """Return the requirements that an invalid body is refused, those that every server checks first.

    Where the document describes no invalid value, malformed JSON is one; a body that is absent or empty has no chunks.
    """
    found = [
        one
        for one in context.requirements
        if one.kind is Kind.REFUSAL
        and one.level is Level.MUST
        and (
            (isinstance(one.check, Refuses) and one.check.place == "body")
            or (isinstance(one.check, RefusesPayload) and one.check.form in MALFORMED)
        )
    ]
    return sorted(found, key=_order)


def _order(requirement: Requirement) -> int:
    check, keywords = requirement.check, ("required", "type", "enum")
    if not isinstance(check, Refuses):
        return len(keywords) + 1
    return keywords.index(check.keyword) if check.keyword in keywords else len(keywords)
