"""Errors that end a run early: what a run depends on has ended, and valid requests are no longer served."""

from __future__ import annotations

from datetime import timedelta

from chatcert.exceptions import ChatcertError, ConfigurationError, IdentityError, ReachabilityError
from chatcert.openapi.contract import Contract
from chatcert.text import count, format_time
from chatcert.transport.budget import Stopped
from chatcert.transport.exchange import ErrorKind, Exchange, Received
from chatcert.transport.resilience.circumstances import CONFLICT, CUT_OFF, is_foreign, media_type
from chatcert.transport.resilience.retry import asked_pause, retry_after
from chatcert.transport.target import Target

PATIENCE = 4
"""How many times the usual limit a control may take before a target counts as silent rather than slow."""
LONGEST_PAUSE = timedelta(minutes=10).total_seconds()
"""The longest Retry-After that asks for a pause; a longer one says that a quota is used up."""
LATER = "try again later"
"""What to do where an answer asks for a pause."""

LOCKED_OUT = (401, 403, 423, 429)
"""Statuses with which a server refuses valid requests of an account or an address that it has locked out."""


class CircumstancesEnded(Stopped):
    """Valid requests are no longer served, for a reason that is not a breach of the contract.

    Attributes:
        error: what ended, and when.
    """

    def __init__(self, error: ChatcertError) -> None:
        self.error = error
        super().__init__(error.what)


def stop_error(
    control: Exchange,
    served: Exchange,
    contract: Contract,
    target: Target,
    silent: Exchange | None = None,
    *,
    numbered: bool = True,
    refused_logins: int = 0,
    still_served: Exchange | None = None,
) -> ChatcertError:
    """Return the error that a run ends with.

    Args:
        control: the valid request that was sent again and was not served.
        served: the last valid request that was served.
        silent: the exchange since which there was no answer at all, if it is so.
        numbered: whether the numbers of exchanges are those of the report.
        refused_logins: how many logins were refused, if they may be the cause.
        still_served: a valid request that was served after that, since it names fewer existing things.

    Returns:
        IdentityError or ConfigurationError: a key, a quota or a certificate ended.
        ReachabilityError: something else answers, or nothing, or too late.
    """
    kind, what, hint = _ended(control, contract, target)
    received = control.received
    if refused_logins and received is not None and received.status in LOCKED_OUT and not is_foreign(received, contract):
        logins = count(refused_logins, "refused login")
        kind = IdentityError
        what = f"a valid request was answered with status {received.status}, perhaps locked out after {logins}"
        hint = f"unlock the account, and allow fewer with --max-refused-logins. If it is not locked: {hint}"
    ended = control
    is_cut_off = control.error is not None and control.error.kind in CUT_OFF
    if is_cut_off and silent is not None and silent.error is not None:
        ended = silent
        request = f"exchange {silent.number}" if numbered else "this request"
        of = f"{silent.requirement}: {silent.edit or 'a valid request'}"
        what = f"the server stopped answering right after {request} was sent ({of}): {silent.error.message.rstrip('.')}"
        hint = f"did that request end the server? Its log may say. Else: {hint}"
    if still_served is not None:
        what += f", but one that names fewer existing things was served after it (exchange {still_served.number})"
        hint = f"do all the things that you configured still exist? Else: {hint}"
    since = f"at {format_time(ended.started)}" + (
        f" (exchange {ended.number})" if numbered and ended is control else ""
    )
    return kind(
        f"{_until(served, numbered=numbered)}, but {since} {what}; answers after that do not count",
        where=f"{contract.vendor} at {target.url}",
        hint=hint,
    )


def _until(served: Exchange, *, numbered: bool) -> str:
    """Return until when valid requests were served, or had another answer than the one that ends the run."""
    was = "served" if served.succeeded or served.status == CONFLICT else f"answered with status {served.status}"
    return f"valid requests were {was} until {format_time(served.started)}" + _numbered(served, numbered=numbered)


def _numbered(exchange: Exchange, *, numbered: bool) -> str:
    return f" (exchange {exchange.number})" if numbered else ""


def _ended(control: Exchange, contract: Contract, target: Target) -> tuple[type[ChatcertError], str, str]:
    """Return the class of the error, what happened, and what to do next."""
    if control.received is not None:
        if control.refused or control.succeeded:
            return _refused_with_success(control.received, contract)
        return _answered(control.received, contract, target)
    error = control.error
    message = error.message if error is not None else ""
    match error.kind if error is not None else None:
        case ErrorKind.TIMEOUT:
            return _slow(control, target)
        case ErrorKind.TLS if "expired" in message:
            return ConfigurationError, f"the certificate of the server had expired: {message}", "renew the certificate"
        case ErrorKind.TLS:
            return ConfigurationError, f"the TLS handshake failed: {message}", "check the certificate of the server"
        case _:
            return ReachabilityError, f"the target no longer answered: {message}", "is it running and well?"


def _answered(received: Received, contract: Contract, target: Target) -> tuple[type[ChatcertError], str, str]:
    status, page = received.status, media_type(received)
    if 300 <= status < 400:
        what = f"a valid request was redirected with status {status}"
        return ReachabilityError, what, "is there a login page or a maintenance page in front of the API?"
    if status == 407 and target.proxy is not None:
        return ConfigurationError, "the proxy refused its user or password", "check `proxy`"
    if status == 429:
        return too_many(received)
    if is_foreign(received, contract):
        what = f"a valid request was answered with status {status} and a page of the type {page}"
        return ReachabilityError, what, "does a firewall, a gateway or a maintenance page stand in front of the API?"
    what = f"a valid request was answered with status {status}"
    if status in (401, 403, 407):
        names = " and ".join(credential.scheme for credential in contract.credentials) or "the credentials"
        return IdentityError, what, f"has the value of {names} expired, or was it revoked?"
    if status == 402:
        return ConfigurationError, what, "is the quota of the account used up?"
    if status >= 500:
        pause = asked_pause(received)
        return ReachabilityError, f"{what}{pause}", LATER if pause else "is it running and well?"
    return ReachabilityError, what, "does the address lead elsewhere, or has the server lost its state?"


def _refused_with_success(received: Received, contract: Contract) -> tuple[type[ChatcertError], str, str]:
    """Return the error for valid requests that are refused with the status of a success."""
    status, page = received.status, media_type(received)
    if is_foreign(received, contract):
        what = f"a valid request was answered with status {status} and a page of the type {page}"
        return ReachabilityError, what, "does a firewall, a gateway or a maintenance page stand in front of the API?"
    what = f"a valid request was answered with status {status} and a body that is no success"
    names = " and ".join(credential.scheme for credential in contract.credentials) or "the credentials"
    return IdentityError, what, f"has the value of {names} expired, is a quota used up?"


def too_many(received: Received) -> tuple[type[ChatcertError], str, str]:
    """Return the class of the error for status 429 to valid requests, what happened, and what to do next."""
    pause = retry_after(received.header("Retry-After"))
    if pause is None:
        what = "a valid request was answered with status 429 each time that it was sent"
        return ConfigurationError, what, "is a quota used up? A lower --rate may help"
    what = f"a valid request was answered with status 429{asked_pause(received)}"
    kind = ReachabilityError if pause <= LONGEST_PAUSE else ConfigurationError
    return kind, what, f"{LATER}, or with a lower --rate"


def _slow(control: Exchange, target: Target) -> tuple[type[ChatcertError], str, str]:
    what = f"there was no answer in {control.seconds:.0f} s to a valid request"
    return ReachabilityError, what, f"a slow server needs a --timeout longer than {target.limits.timeout:g} s"


def slow_error(
    control: Exchange, contract: Contract, target: Target, served: Exchange | None = None, *, numbered: bool = True
) -> ChatcertError:
    """Return the error for a target that answers valid requests, but later than the time limit.

    Args:
        control: the valid request that was sent again, with a longer limit.
        served: the last valid request that was served, if there is one.
        numbered: whether the numbers of exchanges are those of the report.
    """
    limit = target.limits.timeout
    answered = control.received is not None
    what = f"took {control.seconds:.1f} s" if answered else f"had no answer in {limit * PATIENCE:g} s"
    needed = f"give --timeout {2 * control.seconds:.0f}" if answered else "is it well? Else give a longer --timeout"
    who = "a valid request"
    if served is not None:
        at = f"at {format_time(control.started)}{_numbered(control, numbered=numbered)}"
        who = f"{_until(served, numbered=numbered)}, but {at} one"
    return ReachabilityError(
        f"{who} {what}, more than the time limit of {limit:g} s; this is no breach of the contract",
        where=f"{contract.vendor} at {target.url}",
        hint=needed,
    )
