"""Sources of credentials that are fetched and renewed: an authorisation server, a command, a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from chatcert.transport.credentials.secret_values import Secret


class SourceKind(StrEnum):
    """What a credential is fetched from; the value is what reports call it."""

    CLIENT_CREDENTIALS = "client_credentials"
    PASSWORD = "password"  # noqa: S105  the name of a grant
    REFRESH_TOKEN = "refresh_token"  # noqa: S105  the name of a grant
    COMMAND = "command"
    FILE = "file"


GRANTS = (SourceKind.CLIENT_CREDENTIALS, SourceKind.PASSWORD, SourceKind.REFRESH_TOKEN)
"""Grants of OAuth 2.0 (RFC 6749 sections 4.3, 4.4 and 6)."""


class ClientAuthentication(StrEnum):
    """Where a client sends its id and secret (RFC 6749 section 2.3.1)."""

    BASIC = "basic"
    BODY = "body"


@dataclass(frozen=True, slots=True)
class OAuthSource:
    """An authorisation server that issues access tokens.

    Attributes:
        where: the key or variable that error messages name.
        client_secret: ``None`` for a public client, which sends its id alone.
        scope, audience: what the token is asked for; empty for the server's default.
        username, password: of the resource owner, for the grant ``password``.
        refresh_token: the first one, for the grant ``refresh_token``; the server may replace it.
    """

    where: str
    grant: SourceKind
    token_url: str
    client_id: str
    client_secret: Secret | None = None
    client_authentication: ClientAuthentication = ClientAuthentication.BASIC
    scope: str = ""
    audience: str = ""
    username: str = ""
    password: Secret | None = None
    refresh_token: Secret | None = None

    @property
    def kind(self) -> SourceKind:
        """Return what reports call it."""
        return self.grant

    @property
    def address(self) -> str:
        """Return the address of the token endpoint, without its query."""
        return self.token_url.partition("?")[0]

    @property
    def secrets(self) -> Mapping[str, Secret]:
        """Return what must not be written, by name."""
        given = {name: getattr(self, name) for name in ("client_secret", "password", "refresh_token")}
        return {name: secret for name, secret in given.items() if secret is not None}


@dataclass(frozen=True, slots=True)
class CommandSource:
    """A program that prints a credential.

    Attributes:
        command: the program and its arguments; no shell reads them.
        folder: where a relative path of the program begins.
        lifetime: seconds after which it is run again; ``None`` where the credential says, or nobody knows.
    """

    where: str
    command: tuple[str, ...]
    folder: Path = Path()
    lifetime: float | None = None

    @property
    def kind(self) -> SourceKind:
        """Return what reports call it."""
        return SourceKind.COMMAND

    @property
    def address(self) -> str:
        """Return the name of the program; its arguments may be secret."""
        return Path(self.command[0]).name

    @property
    def secrets(self) -> Mapping[str, Secret]:
        """Return what must not be written, by name."""
        return {}


@dataclass(frozen=True, slots=True)
class FileSource:
    """A file that holds a credential, and that another program replaces."""

    where: str
    path: Path

    @property
    def kind(self) -> SourceKind:
        """Return what reports call it."""
        return SourceKind.FILE

    @property
    def address(self) -> str:
        """Return the name of the file, without its folder."""
        return self.path.name

    @property
    def secrets(self) -> Mapping[str, Secret]:
        """Return what must not be written, by name."""
        return {}


CredentialSource = OAuthSource | CommandSource | FileSource


def origin_of(source: CredentialSource) -> dict[str, str]:
    """Return what a report says of a source: its kind, and its address or name."""
    return {"kind": str(source.kind), "address": source.address}


def digest_of_source(source: CredentialSource) -> str:
    """Return a digest of everything that a source is asked with; equal sources give equal credentials."""
    values: dict[str, Any] = {one.name: getattr(source, one.name) for one in fields(source) if one.name != "where"}
    plain = {name: value.reveal() if isinstance(value, Secret) else value for name, value in values.items()}
    text = json.dumps([str(source.kind), plain], sort_keys=True, default=str)
    return hashlib.sha256(b"chatcert credential source" + text.encode()).hexdigest()
