"""Access tokens of an authorisation server: OAuth 2.0 by oauthlib, sent by our own client (RFC 6749)."""

from __future__ import annotations

import base64
import json
import re
import time
from typing import Any
from urllib.parse import quote_plus

from chatcert.exceptions import ConfigurationError
from chatcert.transport.client import Client
from chatcert.transport.credentials.credential_expiry import Fetched, lifetime_of
from chatcert.transport.credentials.credential_sources import ClientAuthentication, OAuthSource, SourceKind
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.exchange import Received, TransportError
from chatcert.transport.resilience.transient import is_transient
from chatcert.transport.run_clock import Clock

DELAYS = (0.5, 2.0)
"""Seconds before further attempts, after a transient failure."""
LONGEST_LIFE = 1e9
"""Seconds from which on a life counts as one of which nobody knows the end."""
_OURS = ("expires_in", "error")
"""Members of an answer that are read here, since their values may be odd."""
_CODE = re.compile(r"[a-z][a-z_]{2,40}")
_BEARER = ("bearer", "")


def request_token(
    source: OAuthSource,
    client: Client,
    clock: Clock,
    refresh_token: Secret | None = None,
) -> Fetched:
    """Request an access token.

    Args:
        client: sends the request, to wherever it leads.
        refresh_token: a newer one than that of the source, for the grant ``refresh_token``.

    Raises:
        ConfigurationError: no token is issued; the line names the address and its status.
    """
    headers, body = _request(source, refresh_token)
    for delay in (*DELAYS, None):
        asked = time.monotonic()
        answer = client.send("POST", source.token_url, headers, body)
        if delay is None or not is_transient(answer):
            break
        time.sleep(delay)
    if isinstance(answer, TransportError):
        raise _no_token(source, f"gives no answer: {answer.message}", "does it run, and is the address right?")
    return _token_in(answer, source, clock, asked)


def _request(source: OAuthSource, refresh_token: Secret | None) -> tuple[list[tuple[str, str]], bytes]:
    """Return headers and body of a token request."""
    from oauthlib.oauth2 import BackendApplicationClient, LegacyApplicationClient

    secret = source.client_secret.reveal() if source.client_secret is not None else None
    is_basic = secret is not None and source.client_authentication is ClientAuthentication.BASIC
    more: dict[str, Any] = {"audience": source.audience} if source.audience else {}
    more |= {"client_secret": secret} if secret is not None and not is_basic else {}
    scope = source.scope or None
    match source.grant:
        case SourceKind.PASSWORD:
            password = source.password.reveal() if source.password is not None else ""
            body = LegacyApplicationClient(source.client_id).prepare_request_body(
                source.username, password, scope=scope, include_client_id=not is_basic, **more
            )
        case SourceKind.REFRESH_TOKEN:
            token = refresh_token or source.refresh_token
            more |= {} if is_basic else {"client_id": source.client_id}
            body = BackendApplicationClient(source.client_id).prepare_refresh_body(
                refresh_token=token.reveal() if token is not None else None, scope=scope, **more
            )
        case _:
            body = BackendApplicationClient(source.client_id).prepare_request_body(
                scope=scope, include_client_id=not is_basic, **more
            )
    headers = [("Content-Type", "application/x-www-form-urlencoded")]
    if is_basic:
        pair = f"{quote_plus(source.client_id)}:{quote_plus(secret or '')}"
        headers.append(("Authorization", f"Basic {base64.b64encode(pair.encode()).decode()}"))
    return headers, str(body).encode()


def _token_in(answer: Received, source: OAuthSource, clock: Clock, asked: float) -> Fetched:
    """Return the token of an answer.

    Args:
        asked: when it was requested, on the clock of ``time.monotonic``: its life begins no earlier.
    """
    from oauthlib.oauth2 import BackendApplicationClient, OAuth2Error

    given = _object_in(answer)
    code = given.get("error")
    if not 200 <= answer.status < 300 or code:
        code = code.lower() if isinstance(code, str) else code
        shown = f" ({code})" if isinstance(code, str) and _CODE.fullmatch(code) else ""
        raise _no_token(source, f"answers with status {answer.status}{shown}", _hint(answer.status, code))
    known = {name: value for name, value in given.items() if name not in _OURS}
    try:
        text = json.dumps(known) if given else answer.body.decode()
        token = BackendApplicationClient(source.client_id).parse_request_body_response(text)
        value, kind = token["access_token"], str(token.get("token_type") or "").strip()
        lifetime = _seconds(given.get("expires_in", token.get("expires_in")))
    except (OAuth2Error, Warning, ValueError, TypeError, KeyError, AttributeError):
        value, kind, lifetime = None, "", None
    if not isinstance(value, str) or not value:
        raise _no_token(source, f"answers with status {answer.status}, but without a token", "is it a token endpoint?")
    if kind.lower() not in _BEARER:
        raise _no_token(source, f"issues a token of the type {kind[:20]!r}", "only bearer tokens can be used")
    again = given.get("refresh_token")
    return Fetched(
        Secret(value),
        asked,
        lifetime if lifetime is not None else lifetime_of(value, clock, issued_now=True),
        Secret(again) if isinstance(again, str) and again else None,
    )


def _seconds(value: object) -> float | None:
    """Return a number of seconds, which some servers write as a text; ``None`` for what is none above zero."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if 0 < seconds < LONGEST_LIFE else None


def _object_in(answer: Received) -> dict[str, Any]:
    """Return the JSON object of an answer; an empty one if it is none."""
    try:
        value = json.loads(answer.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _hint(status: int, code: object) -> str:
    match code:
        case "invalid_client" | "unauthorized_client":
            return "check client_id, client_secret and client_authentication"
        case "invalid_grant":
            return "check the user and the password, or the refresh token: it may be used up"
        case "invalid_request":
            return "check the grant and what it needs: user and password, refresh token, scope, audience"
        case "invalid_scope" | "invalid_target":
            return "check scope and audience"
        case "unsupported_grant_type":
            return "the server allows another grant"
    if status in (401, 403):
        return "check client_id and client_secret"
    return "is it running and well, and is the address right?"


def _no_token(source: OAuthSource, what: str, hint: str) -> ConfigurationError:
    return ConfigurationError(f"no token: {source.address} {what}", where=source.where, hint=hint)
