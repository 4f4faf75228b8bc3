"""Fetching of credentials from their sources."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from chatcert.exceptions import ConfigurationError
from chatcert.files import read_bounded
from chatcert.transport.client import Client
from chatcert.transport.credentials.credential_expiry import Fetched, lifetime_of
from chatcert.transport.credentials.credential_sources import CommandSource, CredentialSource, FileSource, OAuthSource
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.run_clock import Clock
from chatcert.transport.tls import tls_context

if TYPE_CHECKING:
    from chatcert.transport.target import Target

LONGEST = 64 * 1024
"""Bytes that a credential may have."""
COMMAND_TIMEOUT = 60.0
"""Seconds that a command may take."""


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches credentials in the circumstances of one target: its time limit, its proxy and its certificates.

    Attributes:
        client: makes a client for the address of an authorisation server.
    """

    client: Callable[[str], Client]
    clock: Clock = field(default_factory=Clock)

    @classmethod
    def of(cls, target: Target) -> Fetcher:
        """Return a fetcher in the circumstances of a target."""
        return cls(partial(_client, target))

    def fetch(self, source: CredentialSource, refresh_token: Secret | None = None) -> Fetched:
        """Fetch a credential.

        Args:
            refresh_token: the newest one that the source gave.

        Raises:
            ConfigurationError: the source does not give one.
        """
        match source:
            case OAuthSource():
                from chatcert.transport.credentials.token_endpoint import request_token

                client = self.client(source.token_url)
                try:
                    return request_token(source, client, self.clock, refresh_token)
                finally:
                    client.close()
            case CommandSource():
                asked = time.monotonic()
                value = _printed(source)
                lifetime = source.lifetime or lifetime_of(value, self.clock, issued_now=False)
                return Fetched(Secret(value), asked, lifetime)
            case FileSource():
                value = _line(_content(source), source.where, f"the file {source.address}")
                return Fetched(Secret(value), time.monotonic(), lifetime_of(value, self.clock, issued_now=False))


def _client(target: Target, address: str) -> Client:
    proxy = target.proxy
    addresses = (address, proxy.reveal() if proxy is not None else "")
    needs_tls = any(one.lower().startswith("https:") for one in addresses)
    context = tls_context(target.ca_bundle, target.client_certificate) if needs_tls else None
    return Client(timeout=target.limits.timeout, connections=1, context=context, proxy=proxy)


def _printed(source: CommandSource) -> str:
    """Run a command and return the credential that it prints. What it prints as errors is not shown."""
    program, *arguments = source.command
    if "/" in program:
        program = str((source.folder / program).absolute())  # not "token.sh", which would be looked for in the PATH
    try:
        done = subprocess.run(
            [program, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        raise _no_credential(source, f"takes more than {COMMAND_TIMEOUT:g} s") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "cannot be started"
        raise _no_credential(source, f"cannot be started: {reason}") from None
    if done.returncode:
        raise _no_credential(source, f"ends with status {done.returncode}")
    return _line(done.stdout, source.where, f"the command {source.address}")


def _no_credential(source: CommandSource, what: str) -> ConfigurationError:
    hint = "run it by hand to see why"
    return ConfigurationError(f"no credential: the command {source.address} {what}", where=source.where, hint=hint)


def _content(source: FileSource) -> bytes:
    try:
        return read_bounded(source.path, LONGEST)
    except OSError as error:
        raise ConfigurationError(
            f"no credential: the file {source.address}: {error.strerror or 'cannot be read'}",
            where=source.where,
            hint="is the path right, and may you read it?",
        ) from None


def _line(content: bytes, where: str, what: str) -> str:
    """Return the only line of a text."""
    text = content[:LONGEST].decode("utf-8", "replace").strip()
    if not text or "\n" in text:
        found = "nothing" if not text else "more than one line"
        raise ConfigurationError(
            f"no credential: {what} holds {found}" if what.startswith("the file") else f"{what} prints {found}",
            where=where,
            hint="give the credential alone, in one line",
        )
    return text
