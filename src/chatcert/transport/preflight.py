"""Preflight: errors of configuration, reachability and identity, in this order, from the first valid request."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, TypeGuard
from urllib.parse import urlsplit

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody
from chatcert.exceptions import ChatcertError, ConfigurationError, IdentityError, ReachabilityError
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import needed_by_body, resource_names
from chatcert.requirements.check import CredentialForm
from chatcert.text import one_line, shorten
from chatcert.transport.called_address import called, doubled_path_hint
from chatcert.transport.client import PROXY_ERROR_PREFIX
from chatcert.transport.credentials.credential_sources import GRANTS
from chatcert.transport.credentials.live_credentials import live_of
from chatcert.transport.exchange import ErrorKind, Exchange, Received
from chatcert.transport.resilience.circumstances import is_foreign, media_type
from chatcert.transport.resilience.retry import asked_pause
from chatcert.transport.resilience.stop_errors import LATER, slow_error, too_many
from chatcert.transport.target import Target

_BEARER: Final = re.compile(r"Bearer\s", re.IGNORECASE)
_VARYING: Final = re.compile(rb"[0-9a-fA-F][0-9a-fA-F-]{7,}|\d+")
"""Parts of a body that differ from answer to answer: times, and ids of requests."""
NOT_FOUND = 404
PAYMENT_REQUIRED = 402
MAX_SAID: Final = 80
"""Characters of an answer that a message shows."""
_CERTIFICATES = {
    "self-signed": "give the certificate that signed it as ca_bundle in targets.toml",
    "self signed": "give the certificate that signed it as ca_bundle in targets.toml",
    "unable to get": "give the certificate that signed it as ca_bundle in targets.toml",
    "expired": "the server needs a new certificate",
    "not yet valid": "the server needs a certificate that holds today, or this machine the right time",
    "mismatch": "give the name that the certificate is for",
    "not valid for": "give the name that the certificate is for",
}
"""Hints, by a part of the reason why a certificate is not trusted."""


def preflight_error(
    exchange: Exchange, contract: Contract, target: Target, patient: Exchange | None = None
) -> ChatcertError | None:
    """Return why nothing can be certified, from the exchange of the smallest valid request, or ``None``.

    Args:
        patient: the same request, sent with a longer time limit; ``None`` where the usual one sufficed.

    Returns:
        ConfigurationError: a resource does not exist, one that the body needs is not configured, the server requires
            TLS, or the proxy refuses its credentials.
        ReachabilityError: the name does not resolve, nothing listens or answers in time, the certificate is not
            trusted, or the answer is a redirect that the document describes as its only success.
        IdentityError: the configured credentials are refused.
    """
    where = f"{contract.vendor} at {target.url}"
    if patient is not None and patient.received is not None:
        return slow_error(patient, contract, target)
    if exchange.error is not None:
        unreached = _unreached(exchange, exchange.error.kind, exchange.error.message, target, where)
        return slow_error(patient, contract, target) if unreached is None and _is_late(patient) else unreached
    if exchange.status == 407 and target.proxy is not None:
        return ConfigurationError("the proxy refuses its user or password", where=where, hint="check `proxy`")
    if exchange.received is not None and exchange.status == 429:
        error, what, hint = too_many(exchange.received)
        return error(what, where=where, hint=hint)
    if exchange.unsettled:
        pause = asked_pause(exchange.received)
        return ReachabilityError(
            f"status {exchange.status}{pause}, to every attempt of a valid request",
            where=where,
            hint=LATER if pause else "is it running and well, and is the address right?",
        )
    if _only_secure(exchange, target):
        return ConfigurationError("the server sends everything on to https", where=where, hint="give its https address")
    if exchange.received is not None and exchange.status in (401, 403) and is_foreign(exchange.received, contract):
        return ReachabilityError(
            f"a valid request is answered with status {exchange.status} and a page of the type "
            f"{media_type(exchange.received)}",
            where=where,
            hint="does a firewall or a gateway stand in front of the API?",
        )
    if exchange.status == PAYMENT_REQUIRED:
        return ConfigurationError(
            f"a valid request is refused with status {exchange.status}",
            where=where,
            hint="is the quota of the account used up?",
        )
    if exchange.status in (401, 403):
        return IdentityError(
            f"a valid request is refused with status {exchange.status}",
            where=where,
            hint=_refused_hint(contract, target),
        )
    needed = [name for name, required in resource_names(contract).items() if required and name in target.resources]
    return unknown_resource(exchange, contract, target, needed) or _unset_resource(exchange, contract, target)


def _is_late(patient: Exchange | None) -> TypeGuard[Exchange]:
    """Return whether a valid request had no answer, not even with a longer time limit."""
    return patient is not None and patient.error is not None and patient.error.kind is ErrorKind.TIMEOUT


def _unset_resource(exchange: Exchange, contract: Contract, target: Target) -> ConfigurationError | None:
    """Return an error if a valid request is refused that names something which has to exist, and no value is known."""
    is_refused = exchange.refused or (exchange.status is not None and 400 <= exchange.status < 500)
    unset = [name for name in needed_by_body(contract) if name not in target.resources]
    if target.mode == "mock" or not is_refused or not unset:
        return None
    names = " and ".join(unset)
    variables = " and ".join(variable_name(contract.vendor, name) for name in unset)
    return ConfigurationError(
        f"a valid request is answered with status {exchange.status}, and no value of {names} is configured, which "
        f"has to exist{_said(exchange.received)}",
        where=f"{contract.vendor} at {target.url}",
        hint=f"set {variables} to what exists there",
    )


def wrong_requests(case: Case, contract: Contract, target: Target) -> tuple[Case, ...]:
    """Return a valid request with wrong credentials and one with a malformed body, to compare their answers.

    There is none where a malformed body may not be sent, or there are no credentials.
    """
    body, names = case.request.body, list(target.credentials)
    if target.safe_only or not names or not isinstance(body, JsonBody) or contract.body is None:
        return ()
    wrong = replace(case.request, credentials=dict.fromkeys(names, CredentialForm.WRONG))
    malformed = replace(case.request, body=RawBody(b"{"))
    return (
        replace(case, request=wrong, expectation=Expectation.UNAUTHENTICATED, edit="wrong credentials"),
        replace(case, request=malformed, expectation=Expectation.REFUSED, edit="a malformed body"),
    )


def same_to_all(
    exchange: Exchange, others: Sequence[Exchange], contract: Contract, target: Target
) -> ChatcertError | None:
    """Return an error if a valid request got the very answer that wrong ones get: nothing looked at what it says.

    Args:
        others: the answers to the requests of ``wrong_requests``.

    Returns:
        ReachabilityError: the answer is a not-found, or a page of something else than the API.
        IdentityError: it is another refusal, as of an account that may not use the API.
    """
    received = exchange.received
    if received is None or not others or any(_gist(other.received) != _gist(received) for other in others):
        return None
    where = f"{contract.vendor} at {target.url}"
    what = (
        f"a valid request is answered with status {received.status}, as one with wrong credentials or a malformed body"
    )
    if received.status == NOT_FOUND or is_foreign(received, contract):
        hint = "does the address lead to the API, and is the path right (--path)?"
        hint = doubled_path_hint(target.url, exchange.sent.url) or hint
        return ReachabilityError(f"{what}; it was {called(exchange)}{_said(received)}", where=where, hint=hint)
    return IdentityError(what, where=where, hint=f"{_refused_hint(contract, target)}, and the address")


def may_be_same_to_all(exchange: Exchange, contract: Contract) -> bool:
    """Return whether the answer to a valid request may come from something that looks at no request at all."""
    received = exchange.received
    if received is None:
        return False
    return 400 <= received.status < 500 or (exchange.succeeded and is_foreign(received, contract))


def _gist(received: Received | None) -> tuple[int, str, bytes] | None:
    """Return an answer without what differs from time to time."""
    if received is None:
        return None
    return received.status, media_type(received), _VARYING.sub(b"#", received.body)


def _refused_hint(contract: Contract, target: Target) -> str:
    """Return what to check where credentials were refused."""
    carried = contract.chosen_alternative(target.configured)
    left = [c.scheme for c in contract.credentials if c.scheme not in target.configured]
    used = " and ".join(_origin_of(name, contract, target) for name in carried.schemes) or "no credential"
    names = ", ".join(variable_name(contract.vendor, name) for name in target.resources)
    others = [one for one in contract.usable_alternatives(target.configured) if one != carried]
    tried = " or ".join(" and ".join(_origin_of(n, contract, target) for n in one.schemes) for one in others)
    used += f", or of {tried}, which is refused as well" if tried else ""
    hint = f"check the value of {used}" + (f" and of the configured resources ({names})" if names else "")
    if carried.is_contradicted or not carried.schemes:
        wanted = " and ".join(variable_name(contract.vendor, name) for name in left)
        return f"{hint}, or set {wanted} too" if wanted else hint
    return hint


def _origin_of(scheme: str, contract: Contract, target: Target) -> str:
    """Return where the user has configured a credential, in words."""
    live = live_of(target.credentials)
    source = live.sources.get(scheme) if live is not None else None
    if source is not None:
        more = ", its scope and its audience," if source.kind in GRANTS else ","
        return f"{scheme}, which {source.address} gave{more}"
    pasted = ""
    if scheme in target.credentials and _BEARER.match(target.credentials[scheme].reveal()):
        pasted = ", which is sent with the word Bearer at its beginning,"
    if target.mode in ("mock", "url"):
        return f"{variable_name(contract.vendor, scheme)}{pasted}"
    named = " and ".join(target.variables.get(scheme, ()))
    place = f"{scheme} in [targets.{target.mode}.credentials]"
    return f"{named} ({place}){pasted}" if named else f"{place}{pasted}"


def unknown_resource(
    exchange: Exchange, contract: Contract, target: Target, names: list[str]
) -> ConfigurationError | None:
    """Return an error if a valid request was answered with 404, so that a resource seems not to exist.

    Args:
        names: the configured resources in the request.

    Source: RFC 9110 section 15.5.5.
    """
    if not names or exchange.status != NOT_FOUND:
        return None
    variables = " and ".join(variable_name(contract.vendor, name) for name in names)
    return ConfigurationError(
        f"a valid request, {called(exchange)}, is answered with {NOT_FOUND}: there is no such path, or no such thing"
        f"{_said(exchange.received)}",
        where=f"{contract.vendor} at {target.url}",
        hint=doubled_path_hint(target.url, exchange.sent.url) or f"check the address, and the value of {variables}",
    )


def _said(received: Received | None) -> str:
    """Return how the body of an answer begins, as it is recorded: without credentials. Empty where there is none."""
    text = one_line(received.body.decode("utf-8", "replace").strip()) if received is not None else ""
    return f"; the answer begins {shorten(text, MAX_SAID)}" if text else ""


def _only_secure(exchange: Exchange, target: Target) -> bool:
    """Return whether the server redirects to the same host with TLS."""
    location = exchange.received.header("Location") if exchange.received is not None else None
    if exchange.status not in (301, 302, 303, 307, 308) or location is None:
        return False
    try:
        ours, theirs = urlsplit(target.url), urlsplit(location)
        return (ours.scheme.lower(), theirs.scheme.lower()) == ("http", "https") and ours.hostname == theirs.hostname
    except ValueError:
        return False


def _unreached(exchange: Exchange, kind: ErrorKind, message: str, target: Target, where: str) -> ChatcertError | None:
    parts = urlsplit(target.url)
    place = "the proxy" if target.proxy is not None else parts.netloc
    if message.startswith(PROXY_ERROR_PREFIX):
        if "407" in message:
            return ConfigurationError("the proxy refuses its user or password", where=where, hint="check `proxy`")
        return ReachabilityError(message, where=where, hint="may the proxy connect there, and is the address right?")
    match kind:
        case ErrorKind.TLS:
            return _untrusted(message, where)
        case ErrorKind.UNSENDABLE:
            return ConfigurationError(f"nothing can be sent there: {message}", where=where, hint="check the address")
        case ErrorKind.DNS:
            name = "the proxy" if target.proxy is not None else parts.hostname
            return ReachabilityError(
                f"the name of {name} does not resolve",
                where=where,
                hint="check its spelling, and the network or VPN that knows it",
            )
        case ErrorKind.REFUSED if exchange.unsettled:
            return ReachabilityError(
                f"no connection to {place}: {message}", where=where, hint="is it running, and are host and port right?"
            )
        case ErrorKind.TIMEOUT if exchange.unsettled:
            return ReachabilityError(
                f"no answer within {target.limits.timeout:g} s to a valid request",
                where=where,
                hint="is it running and well? A slow server needs a longer --timeout",
            )
    if exchange.unsettled:
        return ReachabilityError(
            f"no answer: {message}, to every attempt of a valid request",
            where=where,
            hint="is it running and well, and is the address right?",
        )
    return None


def _untrusted(message: str, where: str) -> ReachabilityError:
    text = message.lower()
    if "certificate verify failed" in text:
        reason = message.partition("certificate verify failed")[2].partition(" (_ssl")[0].lstrip(": ").rstrip(".")
        hint = next((what for words, what in _CERTIFICATES.items() if words in text), "check the server's certificate")
        return ReachabilityError(f"the TLS certificate is not trusted: {reason}", where=where, hint=hint)
    if "certificate required" in text or "alert" in text:
        return ReachabilityError(
            f"the server ends the TLS handshake: {message}",
            where=where,
            hint="does it want a client_certificate? See targets.example.toml",
        )
    return ReachabilityError(f"no TLS is spoken there: {message}", where=where, hint="is it an http:// address?")
