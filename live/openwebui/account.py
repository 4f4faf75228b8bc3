"""What a certification needs to exist on a new Open WebUI: an account, its API key, a folder."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx

from chatcert.exceptions import SuiteError


@dataclass(frozen=True, slots=True)
class Account:
    """What was made; all of it is gone when the server's folder is.

    Attributes:
        version: of the server.
        key: the API key.
        folder: id of a folder that the key may write to.
    """

    version: str
    key: str = field(repr=False)
    folder: str


def create_account(url: str) -> Account:
    """Sign up the first user, who becomes the administrator, and make a key and a folder.

    Raises:
        SuiteError: the server refuses, or answers with something else.
    """
    with httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        version = _value(client.get("/api/version"), "version")
        person = {"name": "chatcert", "email": "chatcert@localhost.example", "password": secrets.token_urlsafe(24)}
        token = _value(client.post("/api/v1/auths/signup", json=person), "token")
        headers = {"Authorization": f"Bearer {token}"}
        key = _value(client.post("/api/v1/auths/api_key", headers=headers), "api_key")
        folder = _value(client.post("/api/v1/folders/", headers=headers, json={"name": "chatcert"}), "id")
    return Account(version, key, folder)


def _value(answer: httpx.Response, name: str) -> str:
    """One text of a successful JSON answer; an error quotes none of the answer, which may hold a credential."""
    where = f"{answer.request.method} {answer.request.url.path}"
    if not answer.is_success:
        raise SuiteError(f"status {answer.status_code}", where=where, hint="has this version another API?")
    try:
        content: Any = answer.json()
    except ValueError:
        content = None
    value = content.get(name) if isinstance(content, dict) else None
    if not isinstance(value, str) or not value:
        raise SuiteError(f"the answer holds no {name}", where=where, hint="has this version another API?")
    return value
