"""Faults that leave an operation unguarded where something else about a request is unusual."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import unquote

from chatcert.mock.call import Call, Headers
from chatcert.mock.deviation.deviations import Rerouting
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Guards
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.requirement import Kind, Requirement

_MANY_BYTES = 100_000
_LOOPBACK = "127.0.0.1"
_TEXT_PLAIN = "request/content-type/text-plain"

_SPELLINGS: dict[Oddity, Callable[[str], str]] = {
    Oddity.TRAILING_SLASH: lambda path: path.removesuffix("/"),
    Oddity.DOUBLED_SLASH: lambda path: re.sub("/{2,}", "/", path),
    Oddity.UPPER_CASE: lambda path: re.sub("[^/]+$", lambda last: _in_lower_case(last[0]), path),
    Oddity.PERCENT_ENCODED: unquote,
    Oddity.PATH_PARAMETER: lambda path: re.sub(";[^/]*", "", path),
    Oddity.SUFFIX: lambda path: re.sub(r"\.[a-z]{1,5}$", "", path),
    Oddity.DOT_SEGMENT: lambda path: path.replace("/./", "/"),
}
"""How servers read a path of each spelling, after they have compared it with the paths that need credentials."""


def _in_lower_case(segment: str) -> str:
    return segment.lower() if segment.isupper() else segment


def unguarded(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults that break each requirement that an unusual request needs credentials too."""
    for requirement, check in draft.family(Kind.AUTHENTICATION, Guards):
        match check.oddity:
            case Oddity.REWRITTEN:
                yield _rewritten(draft, requirement)
            case Oddity.PROXY_HEADERS:
                yield from _trusting(draft, requirement)
            case Oddity.METHOD_OVERRIDE:
                yield from _overridden(draft, requirement)
            case Oddity.LARGE_BODY | Oddity.NO_BODY | Oddity.CONTENT_TYPE:
                yield from _of_bodies(draft, requirement, check.oddity)
            case _:
                yield _respelled(draft, requirement, check.oddity)


def _respelled(draft: FaultDraft, requirement: Requirement, oddity: Oddity) -> Fault:
    """Let in whoever spells the path otherwise than the list of paths that need credentials."""
    usual = _SPELLINGS[oddity]
    text = f"credentials are asked for at the exact path only, and a path with {oddity} is served"
    return draft.make(
        requirement,
        "exact-path",
        text,
        openings=(lambda call: usual(call.path) != call.path,),
        reroutings=(lambda path, headers: usual(path) if usual(path) != path else None,),
    )


def _rewritten(draft: FaultDraft, requirement: Requirement) -> Fault:
    text = "the path in X-Original-URL is served, though credentials are asked for by the path itself"
    return draft.make(
        requirement,
        "routed",
        text,
        openings=(lambda call: call.header("x-original-url") is not None and call.path.endswith("/"),),
        reroutings=(_original(b"x-original-url"),),
    )


def _original(name: bytes) -> Rerouting:
    def reroute(path: str, headers: Headers) -> str | None:
        return next((value.decode("latin-1") for key, value in headers if key == name), None)

    return reroute


def _trusting(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    """Yield faults that take the word of a header, which only a gateway should set."""
    variants: dict[str, tuple[str, Callable[[Call], bool]]] = {
        "loopback": (
            "no credentials are needed from the loopback address, which X-Forwarded-For names",
            lambda call: (call.header("x-forwarded-for") or "").split(",")[0].strip() == _LOOPBACK,
        ),
        "user": (
            "whoever is named in X-Forwarded-User needs no credentials",
            lambda call: bool(call.header("x-forwarded-user")),
        ),
        "public-path": (
            "no credentials are needed for /health, which X-Original-URL names",
            lambda call: call.header("x-original-url") == "/health",
        ),
        "preflight": (
            "OPTIONS needs no credentials, and X-HTTP-Method-Override names it",
            lambda call: call.header("x-http-method-override") == "OPTIONS",
        ),
    }
    for variant, (text, opens) in variants.items():
        yield draft.make(requirement, variant, text, openings=(opens,))


def _overridden(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    """Yield faults that ask a GET for no credentials, and serve the method that it stands for."""
    method = draft.contract.method

    def by_header(call: Call) -> bool:
        return call.method == "GET" and call.header("x-http-method-override") == method

    def by_query(call: Call) -> bool:
        return call.method == "GET" and method in call.query_values("_method")

    for variant, opens in (("header", by_header), ("query", by_query)):
        text = f"a GET that stands for another method by its {variant} is served without credentials"
        yield draft.make(requirement, variant, text, openings=(opens,))


def _of_bodies(draft: FaultDraft, requirement: Requirement, oddity: Oddity) -> Iterator[Fault]:
    """Yield faults that check the credentials of some bodies only."""
    body = draft.contract.body
    if body is None or "json" not in body.media_type.replace("*/*", "json"):
        return
    if oddity is Oddity.LARGE_BODY:
        text = "a body of more than 100 kB is served without credentials"
        yield draft.make(requirement, "size", text, openings=(lambda call: len(call.body) > _MANY_BYTES,))
        text = "a media type with a charset parameter is served without credentials"
        yield draft.make(requirement, "charset", text, openings=(lambda call: "charset" in _media_type(call),))
    elif oddity is Oddity.NO_BODY:
        text = "a request without a body is served without credentials, with default values"
        absent = ("request/body/absent", "request/body/empty")
        yield draft.make(
            requirement, "", text, *absent, openings=(lambda call: not call.body,), readers=(_default_of_nothing,)
        )
    else:
        text = "JSON that says it is text is served without credentials"
        yield draft.make(
            requirement,
            "",
            text,
            _TEXT_PLAIN,
            openings=(lambda call: "text/plain" in _media_type(call),),
            readers=(_text,),
        )


def _media_type(call: Call) -> str:
    return (call.header("content-type") or "").lower()


def _default_of_nothing(call: Call, valid: Any) -> Any:
    return MISSING if call.body else valid


def _text(call: Call, valid: Any) -> Any:
    if "text/plain" not in _media_type(call):
        return MISSING
    try:
        return json.loads(call.body)
    except ValueError:
        return MISSING
