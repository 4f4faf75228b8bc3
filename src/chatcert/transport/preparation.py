"""Preparation of a request: address, headers and body, with real credentials to send and masked ones to record."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

from chatcert.cases.case import COOKIES_OF_CONTROL, Encoded, JsonBody, RawBody, Request
from chatcert.cases.requests.encoding import encode
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract, Credential
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.security_schemes import places_of_schemes
from chatcert.requirements.check import CONFIGURED_FORMS, CredentialForm, configured_as, of_other_account
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.operation import Operation
from chatcert.transport.chats.created_chats import id_created_by
from chatcert.transport.credentials.credential_forms import Carried, Inexpressible, carry, carry_headers
from chatcert.transport.exchange import Exchange, Headers, Sent
from chatcert.transport.odd_paths import REWRITE_HEADERS, odd_path
from chatcert.transport.target import Target

NO_ID: Final = "the answer to the earlier request holds no id that could name one chat alone"
"""Why a chat is neither read nor deleted."""


class ControlUnusable(Exception):
    """The control's answer, from which a later request takes values, is missing or does not hold them."""


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request that is ready to be sent.

    Attributes:
        url, headers, body: as they are sent, with real credentials.
        sent: the same request as it is recorded, credentials masked.
        presented: altered credentials in the request, by security scheme; they are masked in its answer.
        request_id: its correlation id, which is not part of ``sent``; empty where it has none.
    """

    method: str
    url: str = field(repr=False)
    headers: Headers = field(repr=False)
    body: bytes | None
    sent: Sent
    presented: Mapping[str, str] = field(repr=False)
    request_id: str = ""


def prepare(request: Request, control: Exchange | None, contract: Contract, target: Target) -> PreparedRequest:
    """Prepare a request for a target.

    Args:
        control: the exchange whose answer the request takes values from, if it takes any.

    Raises:
        Inexpressible: a credential has no form that differs from the valid one as the case demands.
        ControlUnusable: the control's answer does not hold a value that the request needs.
    """
    if request.operation is not Operation.CREATE:
        request, target = _about_chat(request, control, contract, target)
    carried, presented = _credentials(request, contract, target)
    body, headers = _content(request, control, contract)
    cookies_set = _cookies_set(control) if ("Cookie", COOKIES_OF_CONTROL) in headers else ""
    headers = [pair for pair in headers if pair != ("Cookie", COOKIES_OF_CONTROL)]
    path = path_of(request, contract, target)
    if request.oddity is Oddity.REWRITTEN:
        headers += [(name, urlsplit(target.url).path + path) for name in REWRITE_HEADERS]
    fixed = _fixed_query(contract, target)
    base = target.url + odd_path(path, request.oddity, (target.path or contract.path).partition("?")[0])
    query = [pair for one in carried for pair in one.query]
    masked_query = [pair for one in carried if one.query for pair in one.masked]
    own = {name.lower() for name, _ in (*headers, *(pair for one in carried for pair in one.headers))}
    carried.append(carry_headers({name: text for name, text in target.headers.items() if name.lower() not in own}))
    real = [*headers, *(pair for one in carried for pair in one.headers)]
    masked = [*headers, *(pair for one in carried if one.headers for pair in one.masked)]
    if cookies := _cookie(pair for one in carried for pair in one.cookies):
        real.append(("Cookie", cookies))
        masked.append(("Cookie", _cookie(pair for one in carried if one.cookies for pair in one.masked)))
    if cookies_set and not cookies:
        real.append(("Cookie", cookies_set))
        masked.append(("Cookie", COOKIES_OF_CONTROL))
    query_text = _encoded_query(request.query)
    sent = Sent(
        method=request.method,
        url=_with_query(base, fixed, query_text, _masked_query(masked_query)),
        path=urlsplit(base).path,
        headers=tuple(masked),
        body=body,
    )
    url = _with_query(base, fixed, query_text, _encoded_query(query))
    return PreparedRequest(request.method, url, tuple(real), body, sent, presented)


def _about_chat(
    request: Request, control: Exchange | None, contract: Contract, target: Target
) -> tuple[Request, Target]:
    """Return the request with the id of the chat that its control has created, and the target with its path.

    Raises:
        ControlUnusable: the control has created no chat whose id may stand in a path.
    """
    operation = contract.read if request.operation is Operation.READ else contract.delete
    identity = id_created_by(contract, control) if control is not None else ""
    if operation is None or not identity:
        raise ControlUnusable(NO_ID)
    return replace(request, path_parameters={operation.parameter: identity}), replace(target, path=operation.path)


def path_of(request: Request, contract: Contract, target: Target) -> str:
    """Return the operation's path without its query, its parameters filled in and percent-encoded."""
    path = re.split("[?#]", target.path or contract.path)[0]
    for name, value in request.path_parameters.items():
        path = path.replace("{" + name + "}", value if isinstance(value, Encoded) else quote(value, safe=""))
    return path


def _fixed_query(contract: Contract, target: Target) -> str:
    """Return the query in the operation's path, without the parameters that requests give themselves.

    Some documents have paths such as ``/chats?kind={kind}``, although OpenAPI 3.1, section 4.8.8.1, allows no query.
    """
    query = (target.path or contract.path).partition("#")[0].partition("?")[2]
    given = {parameter.name for parameter in contract.parameters if parameter.location == "query"}
    return "&".join(pair for pair in query.split("&") if unquote_plus(pair.partition("=")[0]) not in given)


def _credentials(request: Request, contract: Contract, target: Target) -> tuple[list[Carried], dict[str, str]]:
    """Return each credential in the form that the request demands, and the altered values by security scheme."""
    carried: list[Carried] = []
    presented: dict[str, str] = {}
    usual = contract.chosen_alternative(target.configured).schemes
    for credential in contract.credentials:
        is_usual = credential.scheme in usual
        form = request.credentials.get(credential.scheme, CredentialForm.VALID if is_usual else CredentialForm.MISSING)
        if form is CredentialForm.MISSING and not is_usual:
            continue
        if credential.scheme in target.supplied:
            if form in (CredentialForm.VALID, CredentialForm.MISSING):
                continue
            raise Inexpressible(f"{credential.scheme} comes from a request hook, and cannot be altered")
        one = _carried(credential, form, contract, target)
        carried.append(one)
        if one.presented and form != CredentialForm.SWAPPED:
            presented[credential.scheme] = one.presented
    return carried, presented


def _carried(credential: Credential, form: CredentialForm, contract: Contract, target: Target) -> Carried:
    names = [c.scheme for c in contract.credentials]
    place = names.index(credential.scheme)
    others = (name for name in (*names[place + 1 :], *names[:place]) if name in target.credentials)
    other = next((target.credentials[name] for name in others), None)
    taken = places_of_schemes(contract.document) | {(p.location, p.name.lower()) for p in contract.parameters}
    taken |= {("header", name.lower()) for name in target.headers}
    taken -= {(credential.location, credential.name.lower())}
    if form in CONFIGURED_FORMS:
        name = configured_as(credential.scheme, form)
        other = target.credentials.get(name)
        if other is None:
            raise Inexpressible(f"no value for {variable_name(contract.vendor, name)} is configured")
    if form is CredentialForm.OTHER_ACCOUNT:
        other = target.credentials.get(of_other_account(credential.scheme))
    return carry(credential, target.credentials[credential.scheme], form, other, taken)


def _with_query(base: str, *queries: str) -> str:
    encoded = "&".join(query for query in queries if query)
    return f"{base}{'&' if '?' in base else '?'}{encoded}" if encoded else base


def _encoded_query(pairs: Iterable[tuple[str, str]]) -> str:
    return "&".join(
        value
        if not name and isinstance(value, Encoded)
        else f"{quote_plus(name)}={value if isinstance(value, Encoded) else quote_plus(value)}"
        for name, value in pairs
    )


def _masked_query(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the credentials of a query as they are recorded; only masks have unencoded guillemets."""
    return "&".join(
        f"{quote_plus(name)}={quote_plus(value).replace('%C2%AB', '«').replace('%C2%BB', '»')}" for name, value in pairs
    )


def _cookies_set(control: Exchange | None) -> str:
    """Return the cookies that the answer to the control has set; empty where it has set none."""
    lines = control.received.headers if control is not None and control.received is not None else ()
    values = [value.partition(";")[0].strip() for name, value in lines if name.lower() == "set-cookie"]
    return "; ".join(value for value in values if value.isascii() and value.isprintable())


def _cookie(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}={value}" for name, value in pairs)


def _content(
    request: Request, control: Exchange | None, contract: Contract
) -> tuple[bytes | None, list[tuple[str, str]]]:
    """Return the body and the headers of the request, without credentials."""
    headers = list(request.headers)
    if request.body is None:
        return None, headers
    if isinstance(request.body, RawBody):
        return request.body.data, headers
    value = _bound(request.body, control)
    if request.body.bindings and contract.body is not None:
        breach = next(validator_for(contract.body.schema).breaches(value), None)
        if breach is not None:
            path, keyword, _ = breach
            place = "/".join(path) or "the body"
            raise ControlUnusable(f"a value of the earlier answer breaks {keyword} of {place}")
    declared = next((v for n, v in headers if n.lower() == "content-type"), "application/json")
    body = contract.body
    form = encoding = None
    if body is not None and "form" in declared:
        schema = body.content.get(declared, body.schema)
        form, encoding = schema, body.encodings.get(declared, body.encoding)
    data, content_type = encode(value, declared, encoding, form, request.body.part_types)
    data += b" " * request.body.padding
    return data, [(n, content_type if n.lower() == "content-type" else v) for n, v in headers]


def _bound(body: JsonBody, control: Exchange | None) -> Any:
    """Return the value of the body, with the values that it takes from the answer to the control."""
    value = body.value
    for target, source in body.bindings.items():
        try:
            answer = json.loads(control.received.body) if control is not None and control.received else None
        except (ValueError, RecursionError):
            answer = None
        member = lookup(answer, tokens_of(source))
        if member is MISSING:
            raise ControlUnusable(f"the earlier answer has no value at {source}")
        value = replaced(value, tokens_of(target), member)
    return value
