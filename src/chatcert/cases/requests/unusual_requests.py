"""Requests that are unusual in one way or in several, and valid but for their credentials."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatcert.cases.case import Cause, JsonBody, RawBody, Request, Unplannable
from chatcert.cases.requests.encoding import json_bytes
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.oddities import PATH_ODDITIES, Oddity

LARGE = 300_000
"""Bytes of a large body: more than servers read at once, less than they refuse."""

_OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_SOURCES = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "X-Client-IP": "127.0.0.1",
    "True-Client-IP": "127.0.0.1",
    "X-Originating-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1;host=localhost",
    "X-Forwarded-Host": "localhost",
    "X-Forwarded-User": "admin",
    "X-Remote-User": "admin",
    "Remote-User": "admin",
    "X-Auth-Request-User": "admin",
    "X-Authenticated-User": "admin",
    "X-User-Id": "1",
}
"""What a gateway says of where a request comes from, and of who sends it."""
_PUBLIC = {CredentialForm.MISSING: "/health", CredentialForm.WRONG: "/"}
_UNGUARDED = {CredentialForm.MISSING: "OPTIONS", CredentialForm.WRONG: "GET"}
_METHODS = {"X-Original-URL": _PUBLIC, "X-Rewrite-URL": _PUBLIC, **dict.fromkeys(_OVERRIDES, _UNGUARDED)}
"""Paths and methods for which servers often ask for no credentials."""
COMBINED = "all headers of gateways"
"""What is unusual about the requests that have several unusual things."""
FORMS = (CredentialForm.MISSING, CredentialForm.WRONG)

Labelled = tuple[str, Request, bool]
"""What is unusual, the request, and whether it has only one of the unusual things that another has together."""


def unusual_requests(requests: RequestBuilder, oddity: Oddity, form: CredentialForm) -> Iterator[Labelled]:
    """Yield the requests with one oddity, credentials of one form, and all else valid.

    Raises:
        Unplannable: the operation allows no such request.
    """
    credentials = dict.fromkeys(requests.carried.schemes, form)
    plain = requests.request(credentials=credentials)
    match oddity:
        case Oddity.PROXY_HEADERS:
            yield from _with_headers(requests, plain, form)
        case Oddity.METHOD_OVERRIDE:
            yield _overridden(requests, plain)
        case Oddity.LARGE_BODY:
            yield _large(requests, plain)
        case Oddity.NO_BODY:
            _check_body(requests)
            request = requests.request(None, headers={"Content-Type": MISSING}, credentials=credentials)
            yield "no body", request, False
        case Oddity.CONTENT_TYPE:
            yield _other_type(requests, credentials, "text/plain" if form is CredentialForm.MISSING else None)
        case _:
            assert oddity in PATH_ODDITIES
            label = "the path is in headers of gateways" if oddity is Oddity.REWRITTEN else f"path with {oddity}"
            yield label, replace(plain, oddity=oddity), False


def _with_headers(requests: RequestBuilder, plain: Request, form: CredentialForm) -> Iterator[Labelled]:
    documented = {p.name.lower() for p in requests.contract.parameters if p.location == "header"}
    documented |= {c.name.lower() for c in requests.contract.credentials if c.location == "header"}
    headers = _SOURCES | {name: values[form] for name, values in _METHODS.items()}
    usable = [(name, value) for name, value in headers.items() if name.lower() not in documented]
    yield COMBINED, replace(plain, headers=(*plain.headers, *usable)), False
    for name, value in usable:
        yield f"{name}: {value}", replace(plain, headers=(*plain.headers, (name, value))), True


def _overridden(requests: RequestBuilder, plain: Request) -> Labelled:
    """Return a GET that says that it stands for the documented method."""
    method = requests.contract.method
    if method == "GET":
        raise Unplannable("GET is the documented method", Cause.NOTHING_TO_VARY)
    names = {name for name, _ in plain.query}
    query = plain.query if "_method" in names else (*plain.query, ("_method", method))
    headers = (*plain.headers, *((name, method) for name in _OVERRIDES))
    return f"GET that stands for {method}", replace(plain, method="GET", headers=headers, query=query), False


def _large(requests: RequestBuilder, plain: Request) -> Labelled:
    _check_body(requests, "json")
    assert isinstance(plain.body, JsonBody)
    body = replace(plain.body, value=requests.bodies.full_body(), padding=LARGE)
    headers = tuple((n, f"{v}; charset=utf-8" if n.lower() == "content-type" else v) for n, v in plain.headers)
    label = f"every field, {LARGE} bytes of blanks after the body, and a charset parameter"
    return label, replace(plain, headers=headers, body=body), False


def _other_type(requests: RequestBuilder, credentials: dict[str, CredentialForm], media_type: str | None) -> Labelled:
    _check_body(requests, "json")
    body = RawBody(json_bytes(requests.bodies.body()))
    headers = {"Content-Type": MISSING if media_type is None else media_type}
    request = requests.request(body, headers=headers, credentials=credentials)
    return f"Content-Type: {media_type}" if media_type else "no Content-Type", request, False


def _check_body(requests: RequestBuilder, kind: str = "") -> None:
    if requests.contract.body is None:
        raise Unplannable("the operation takes no body", Cause.NOTHING_TO_VARY)
    if kind not in requests.media_type.replace("*/*", "json"):
        raise Unplannable(f"the body is not of a {kind} type", Cause.NOTHING_TO_VARY)
