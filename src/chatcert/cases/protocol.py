"""Plan the cases of protocol: what HTTP and JSON say of media types, header names, spellings and methods."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, RawBody, Request, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.documented_errors import refused_requests
from chatcert.cases.requests.encoding import form_text, json_bytes, with_escaped_keys
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import (
    Accepts,
    AnswerGroup,
    Answers,
    CredentialForm,
    Method,
    PayloadForm,
    RefusesPayload,
    Rule,
    Variation,
)
from chatcert.requirements.requirement import Requirement

_MEDIA_TYPES = {
    PayloadForm.TEXT_PLAIN: "text/plain",
    PayloadForm.XML: "application/xml",
    PayloadForm.FORM: "application/x-www-form-urlencoded",
}


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests that one requirement of the protocol asks for."""
    requests = context.requests
    match requirement.check:
        case Accepts() as check:
            yield from _equivalent(requests, requirement, check)
        case RefusesPayload(form=form):
            yield from _unsupported_media_type(requests, requirement, form)
        case Method(method=method):
            yield from _other_method(requests, requirement, method)
        case Answers(rule=Rule.ALLOW):  # PUT is one of the methods that a server may answer with 405 and Allow
            yield from _other_method(requests, requirement, "PUT")
        case Answers(rule=Rule.CHALLENGE):
            yield from refused_requests(context, AnswerGroup.UNAUTHENTICATED)
        case _:  # a rule that is judged over every answer of the run
            yield requests.control()


def _equivalent(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    """Yield valid requests that are written in another way and mean the same."""
    match check.variation:
        case Variation.SCHEME_CASE:
            yield from _scheme_case(requests, requirement, check.path[0])
        case Variation.HEADER_NAME_CASE:
            yield from _header_name_case(requests, requirement)
        case Variation.CONTENT_TYPE_CHARSET:
            media_type = requests.media_type
            values = (f"{media_type}; charset=utf-8", f'{media_type};charset="UTF-8"')
            yield from _content_types(requests, requirement, values)
        case Variation.CONTENT_TYPE_CASE:
            yield from _content_types(requests, requirement, (requests.media_type.upper(), requests.media_type.title()))
        case _:
            yield from _other_spelling(requests, requirement, check.variation)


def _scheme_case(requests: RequestBuilder, requirement: Requirement, scheme: str) -> Iterator[Case]:
    for case, form in (("lower", CredentialForm.SCHEME_LOWER), ("upper", CredentialForm.SCHEME_UPPER)):
        forms = requests.forms_with(scheme)
        control = requests.credentials_control(scheme) if forms else requests.control()
        request = requests.request(credentials=forms | {scheme: form})
        yield edited(requirement, request, Expectation.ACCEPTED, f"scheme in {case} case", control)


def _header_name_case(requests: RequestBuilder, requirement: Requirement) -> Iterator[Case]:
    contract = requests.contract
    if not requests.request().headers and not contract.credentials:
        raise Unplannable("the request carries no header of its own", Cause.NOTHING_TO_VARY)
    spellings = (
        ("lower", "content-type", CredentialForm.NAME_LOWER),
        ("upper", "CONTENT-TYPE", CredentialForm.NAME_UPPER),
    )
    for case, name, form in spellings:
        headers = {"Content-Type": MISSING, name: requests.media_type} if requests.media_type else {}
        carried = [c for c in contract.credentials if c.scheme in requests.carried.schemes]
        credentials = {c.scheme: form for c in carried if c.location == "header"}
        request = requests.request(headers=headers, credentials=credentials)
        yield edited(requirement, request, Expectation.ACCEPTED, f"header names in {case} case", requests.control())


def _content_types(requests: RequestBuilder, requirement: Requirement, values: tuple[str, ...]) -> Iterator[Case]:
    for value in values:
        request = requests.request(headers={"Content-Type": value})
        yield edited(requirement, request, Expectation.ACCEPTED, f"Content-Type: {value}", requests.control())


def _other_spelling(requests: RequestBuilder, requirement: Requirement, variation: Variation) -> Iterator[Case]:
    """Yield a body whose JSON text is spelled in another way; of escapes, in its keys and in a text."""
    body = requests.bodies.full_body() if requests.contract.body is not None else None
    match variation:
        case Variation.JSON_ESCAPES:
            data = _escaped(body)
        case Variation.JSON_WHITESPACE:
            data = b" \r\n\t" + json.dumps(body, indent=4, ensure_ascii=False).encode() + b"\n \n"
        case _:
            data = json_bytes(dict(reversed(list(body.items()))) if isinstance(body, dict) else body)
    if json.loads(data) != body:
        raise Unplannable("the body has no other spelling of this kind", Cause.NOTHING_TO_VARY)
    request = requests.request(RawBody(data), headers={"Content-Type": requests.media_type})
    edit = variation.replace("-", " ")
    yield edited(requirement, request, Expectation.ACCEPTED, edit, requests.full_control())


def _escaped(body: Any) -> bytes:
    """Return a JSON text with escapes in its keys and in its first text."""
    text = json_bytes(_first_text(body))
    escaped = re.sub(rb"[A-Za-z]", lambda letter: b"\\u00%02x" % ord(letter[0]), text)
    whole = with_escaped_keys(body) if isinstance(body, dict) else json_bytes(body)
    return whole.replace(b":" + text, b":" + escaped, 1)


class SharedTexts:
    """Makes requests whose JSON text is spelled in several other ways at once."""

    def __init__(self, requests: RequestBuilder) -> None:
        self._requests = requests
        self._variations: dict[str, Variation] = {}

    def take(self, requirement: Requirement, case: Case) -> bool:
        """Remember how a case spells the JSON text of the body; return whether that is all it does."""
        check = requirement.check
        if not isinstance(check, Accepts) or check.variation not in _SPELLINGS or case.request.credentials:
            return False
        self._variations[case.id] = check.variation
        return True

    def merged(self, cases: Sequence[Case]) -> Request | None:
        """Return the request with the spellings of all cases."""
        body = self._requests.bodies.full_body()
        variations = {self._variations[case.id] for case in cases}
        value = dict(reversed(body.items())) if Variation.KEY_ORDER in variations and isinstance(body, dict) else body
        data = _escaped(value) if Variation.JSON_ESCAPES in variations else json_bytes(value)
        if Variation.JSON_WHITESPACE in variations:
            data = b" \r\n\t" + _TOKEN.sub(_apart, data) + b"\n \n"
        return replace(cases[0].request, body=RawBody(data)) if json.loads(data) == body else None


_SPELLINGS = (Variation.JSON_ESCAPES, Variation.JSON_WHITESPACE, Variation.KEY_ORDER)
_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[{}\[\],:]', re.DOTALL)


def _apart(token: re.Match[bytes]) -> bytes:
    """Return a token of a JSON text, with blanks after it unless it is a string."""
    return token[0] if token[0].startswith(b'"') else token[0] + (b"  " if token[0] == b":" else b"\n\t")


def _first_text(value: Any) -> str:
    """Return the first text with an ASCII letter in a JSON value; empty where there is none."""
    if isinstance(value, str):
        return value if any(c.isalpha() and c.isascii() for c in value) else ""
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            if text := _first_text(member):
                return text
    return ""


def _unsupported_media_type(requests: RequestBuilder, requirement: Requirement, form: PayloadForm) -> Iterator[Case]:
    body, control = requests.bodies.body(), requests.control()
    if body == {} and form == PayloadForm.FORM:
        body, control = requests.bodies.full_body(), requests.full_control()
    media_type = _MEDIA_TYPES[form]
    labelled: Mapping[str, bytes]
    if form == PayloadForm.FORM:
        pairs = "&".join(f"{k}={form_text(v)}" for k, v in body.items()) if isinstance(body, dict) else "a=b"
        labelled = {"JSON that says it is a form": json_bytes(body), "a form": pairs.encode()}
    else:
        labelled = {f"Content-Type: {media_type}": json_bytes(body)}
    for label, data in labelled.items():
        request = requests.request(RawBody(data), headers={"Content-Type": media_type})
        yield edited(requirement, request, Expectation.UNSUPPORTED, label, control)


def _without_credentials(requests: RequestBuilder) -> Request:
    """Return a DELETE that no server may obey: where chats are created, it may mean every chat of the user.

    Raises:
        Unplannable: no credentials are needed there.
    """
    if not requests.carried.schemes or requests.contract.serves_anonymous:
        raise Unplannable("DELETE might delete every chat, since no credentials are needed there", Cause.NOT_PERMITTED)
    missing = dict.fromkeys(requests.carried.schemes, CredentialForm.MISSING)
    return replace(requests.request(credentials=missing), method="DELETE")


def _other_method(requests: RequestBuilder, requirement: Requirement, method: str) -> Iterator[Case]:
    contract, control = requests.contract, requests.control()
    if method == contract.method:
        raise Unplannable(f"{method} is the documented method", Cause.NOTHING_TO_VARY)
    words = f"{method} instead of {contract.method}"
    request = replace(requests.request(), method=method)
    if method == "DELETE":
        request, words = _without_credentials(requests), f"{words}, without credentials"
    if method == "TRACE":  # RFC 9110 section 9.3.8: neither content nor credentials
        without = dict.fromkeys(requests.carried.schemes, CredentialForm.MISSING)
        bare = requests.request(None, headers={"Content-Type": MISSING}, credentials=without)
        request, words = replace(bare, method=method), f"{words}, without credentials and body"
    yield edited(requirement, request, Expectation.METHOD, words, control)
    if method == "GET" and contract.body is not None:
        without_body = replace(requests.request(None, headers={"Content-Type": MISSING}), method="GET")
        yield edited(requirement, without_body, Expectation.METHOD, "GET without a body", control)
