"""A real authorisation server on loopback, by Authlib and Flask: three grants, introspection, short-lived tokens.

``checked`` puts the check of its tokens, by introspection (RFC 7662), in front of an ASGI application.
"""

import asyncio
import json
import logging
import secrets
import threading
import time
from base64 import b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin, grants
from authlib.oauth2.rfc7662 import IntrospectionEndpoint
from flask import Flask
from werkzeug.serving import make_server

CLIENT, SECRET = "chatcert-nightly", "s3cret-of-the-client-9fQ2"
USER, PASSWORD = "quality", "passw0rd-of-the-user-7LmT"
GRANTS = ("client_credentials", "password", "refresh_token")


@dataclass
class _Client(ClientMixin):
    client_id: str
    secret: str

    def get_client_id(self) -> Any:
        return self.client_id

    def get_allowed_scope(self, scope: Any) -> Any:
        return scope or "chats"

    def check_client_secret(self, client_secret: Any) -> Any:
        return secrets.compare_digest(client_secret, self.secret)

    def check_endpoint_auth_method(self, method: Any, endpoint: Any) -> Any:
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: Any) -> Any:
        return grant_type in GRANTS


@dataclass
class _Token(TokenMixin):
    value: str
    refresh: str
    scope: str
    seconds: float
    audience: str = ""
    revoked: bool = False
    used: int = 0
    begun: float = 0.0

    def check_client(self, client: Any) -> Any:
        return True

    def get_scope(self) -> Any:
        return self.scope

    def get_expires_in(self) -> Any:
        return self.seconds

    def is_expired(self) -> Any:
        return time.monotonic() > self.begun + self.seconds

    def is_revoked(self) -> Any:
        return self.revoked

    def get_user(self) -> Any:
        return None

    def get_client(self) -> Any:
        return None


class Issuer:
    """The server.

    Args:
        seconds: how long its tokens are valid.
        announced: whether it says so.
        uses: after how many checks a token is no longer valid, whatever its time.
    """

    def __init__(self, seconds: Any, announced: Any = True, uses: Any = None) -> None:
        self.tokens = []
        self.requests = []
        self.seconds = seconds
        self.outage = 0
        self.is_stillborn = False
        self.secret = SECRET
        self._announced = announced
        self._uses = uses
        self._app = Flask("issuer")
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._app.config["OAUTH2_REFRESH_TOKEN_GENERATOR"] = lambda *_, **__: secrets.token_urlsafe(33)
        self._app.config["OAUTH2_TOKEN_EXPIRES_IN"] = dict.fromkeys(GRANTS, seconds)
        self._oauth = AuthorizationServer(self._app, self._client, self._save)
        self._grants()
        self._app.post("/token")(self._issue)
        self._app.post("/introspect")(lambda: self._oauth.create_endpoint_response("introspection"))
        self._server = make_server("127.0.0.1", 0, self._app, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Any:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()

    @property
    def values(self) -> Any:
        """Everything that must never be written: every token, the client's secret, the user's password."""
        issued = [value for token in self.tokens for value in (token.value, token.refresh) if value]
        return [*issued, SECRET, PASSWORD]

    def revoke(self) -> Any:
        """End all tokens before their time."""
        for token in self.tokens:
            token.revoked = True

    def is_active(self, value: Any, audience: Any) -> Any:
        """Ask the introspection endpoint about a token."""
        pair = b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        data = urlencode({"token": value}).encode()
        request = Request(f"{self.url}/introspect", data, {"Authorization": f"Basic {pair}"})
        with urlopen(request, timeout=10) as answer:
            found = json.load(answer)
        return found["active"] and found["aud"] == audience

    def _issue(self) -> Any:
        from flask import request

        self.requests.append(dict(request.form))
        if self.outage:
            self.outage -= 1
            return {"error": "temporarily_unavailable"}, 503
        answer = self._oauth.create_token_response()
        if not self._announced and answer.status_code == 200:
            content = {key: value for key, value in answer.json.items() if key != "expires_in"}
            answer.set_data(json.dumps(content))
        return answer

    def _client(self, client_id: Any) -> Any:
        return _Client(CLIENT, self.secret) if client_id == CLIENT else None

    def _save(self, token: Any, request: Any) -> Any:
        audience = request.payload.data.get("audience", "")
        row = _Token(
            token["access_token"], token.get("refresh_token", ""), token.get("scope", ""), self.seconds, audience
        )
        row.revoked, row.begun = self.is_stillborn, time.monotonic()
        self.tokens.append(row)

    def _grants(self) -> Any:
        issuer = self
        methods = ["client_secret_basic", "client_secret_post"]

        class ClientCredentials(grants.ClientCredentialsGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = methods

        class Password(grants.ResourceOwnerPasswordCredentialsGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = methods

            def authenticate_user(self, username: Any, password: Any) -> Any:
                return {"id": 1} if (username, password) == (USER, PASSWORD) else None

        class Refresh(grants.RefreshTokenGrant):
            TOKEN_ENDPOINT_AUTH_METHODS = methods
            INCLUDE_NEW_REFRESH_TOKEN = True

            def authenticate_refresh_token(self, refresh_token: Any) -> Any:
                found = (one for one in issuer.tokens if refresh_token and one.refresh == refresh_token)
                return next((one for one in found if not one.revoked), None)

            def authenticate_user(self, refresh_token: Any) -> Any:
                return {"id": 1}

            def revoke_old_credential(self, refresh_token: Any) -> Any:
                refresh_token.refresh, refresh_token.spent = "", refresh_token.refresh

        class Introspection(IntrospectionEndpoint):
            CLIENT_AUTH_METHODS = methods

            def check_permission(self, token: Any, client: Any, request: Any) -> Any:
                return True

            def query_token(self, token_string: Any, token_type_hint: Any) -> Any:
                return next((one for one in issuer.tokens if one.value == token_string), None)

            def introspect_token(self, token: Any) -> Any:
                token.used += 1
                token.revoked = issuer._uses is not None and token.used >= issuer._uses
                return {"active": True, "scope": token.scope, "aud": token.audience}

        for grant in (ClientCredentials, Password, Refresh):
            self._oauth.register_grant(grant)
        self._oauth.register_endpoint(Introspection)


class Checked:
    """An ASGI application in front of another one, which knows one fixed credential for each header.

    Args:
        app: the application.
        issuer: what says whether a token is valid.
        known: by header in lower case, the credential that the application accepts there, and the audience of tokens
            that are accepted in its place.
    """

    def __init__(self, app: Any, issuer: Any, known: Any) -> None:
        self._app = app
        self._issuer = issuer
        self._known = known
        self.seen = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        headers = []
        for name, value in scope.get("headers", ()):
            known = self._known.get(name.decode("latin-1"))
            headers.append((name, await self._exchanged(value, *known) if known is not None else value))
        self.seen.append(headers)
        await self._app({**scope, "headers": headers}, receive, send)

    async def _exchanged(self, value: Any, secret: Any, audience: Any) -> Any:
        scheme, blank, token = value.rpartition(b" ")
        text = token.decode("latin-1")
        if text == secret:  # who guesses it is no friend
            return b"none"
        if text and await asyncio.to_thread(self._issuer.is_active, text, audience):
            return scheme + blank + secret.encode()
        return value
