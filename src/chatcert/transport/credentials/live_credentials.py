"""The credentials of a target, some of which are fetched when a run begins and renewed while it lasts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from chatcert.requirements.check import CONFIGURED_FORMS, configured_as
from chatcert.transport.credentials.credential_cache import CredentialCache
from chatcert.transport.credentials.credential_expiry import Fetched
from chatcert.transport.credentials.credential_fetching import Fetcher
from chatcert.transport.credentials.credential_sources import CredentialSource, FileSource
from chatcert.transport.credentials.secret_values import Secret

PAUSE = 1.0
"""Seconds until a source is asked again that gave nothing new."""


class FetchReason(StrEnum):
    """Why a credential was fetched."""

    START = "start"
    EXPIRY = "expiry"
    REFUSAL = "refusal"


@dataclass(frozen=True, slots=True)
class FetchNote:
    """A credential was fetched from its source; one that another process has fetched is none of these."""

    credential: str
    reason: FetchReason


@dataclass
class _Live:
    source: CredentialSource
    cache: CredentialCache
    current: Fetched | None = None
    asked: float = 0.0
    state: tuple[int, int, int] | None = None


class LiveCredentials(Mapping[str, Secret]):
    """Credentials by name: fixed ones, and such as have a source.

    Nothing is fetched before ``open`` was called.

    Args:
        fixed: the values that do not change.
        sources: the sources of all others.
        accepted: checks a fetched text and returns the credential; it raises ``ConfigurationError`` for one that
            cannot be sent or masked.
        folder: where the processes of this user share credentials; ``None`` if they cannot.
    """

    def __init__(
        self,
        fixed: Mapping[str, Secret],
        sources: Mapping[str, CredentialSource],
        accepted: Callable[[str, str], Secret],
        folder: Path | None,
    ) -> None:
        self._fixed = dict(fixed)
        self.sources = dict(sources)
        self._accepted = accepted
        self._live = {name: _Live(source, CredentialCache(source, folder)) for name, source in sources.items()}
        self._lock = threading.RLock()
        self._fetcher: Fetcher | None = None
        self._learn: Callable[[str, Secret], None] = lambda name, secret: None
        self._note: Callable[[FetchNote], None] = lambda note: None

    def __getitem__(self, name: str) -> Secret:
        if name in self._fixed:
            return self._fixed[name]
        current = self._live[name].current
        if current is None:
            raise LookupError(f"{name} was not fetched yet")
        return current.value

    def __iter__(self) -> Iterator[str]:
        return iter([*self._fixed, *self._live])

    def __len__(self) -> int:
        return len(self._fixed) + len(self._live)

    def __contains__(self, name: object) -> bool:
        return name in self._fixed or name in self._live

    @property
    def fixed(self) -> Mapping[str, Secret]:
        """The values that do not change."""
        return self._fixed

    def open(
        self, fetcher: Fetcher, learn: Callable[[str, Secret], None], note: Callable[[FetchNote], None] | None = None
    ) -> None:
        """Fetch every credential.

        Args:
            learn: called with each value before it is used, so that it can be masked.
            note: called with each fetching.

        Raises:
            ConfigurationError: a source gives none.
        """
        self._fetcher, self._learn, self._note = fetcher, learn, note or self._note
        for name, live in self._live.items():
            for secret in live.source.secrets.values():
                learn(name, secret)
        for name, live in self._live.items():
            if live.current is None:
                self._renew(name, live, FetchReason.START)

    @property
    def is_due(self) -> bool:
        """Return whether a credential ends soon, or its file was replaced."""
        return any(self._is_due(name, live) for name, live in self._live.items())

    @property
    def is_over(self) -> bool:
        """Return whether the life of a credential is over that is renewed."""
        currents = (one.current for name, one in self._live.items() if _is_kept(name))
        return any(current is not None and current.is_over for current in currents)

    def renew_due(self) -> bool:
        """Renew what is due; return whether any value has changed.

        Raises:
            ConfigurationError: a source gives none.
        """
        due = [(name, live) for name, live in self._live.items() if self._is_due(name, live)]
        changed = [self._renew(name, live, FetchReason.EXPIRY) for name, live in due]
        return any(changed)

    def renew_refused(self) -> bool:
        """Renew everything, since a valid request was refused; return whether any value has changed.

        Raises:
            ConfigurationError: a source gives none.
        """
        changed = [self._renew(name, live, FetchReason.REFUSAL) for name, live in self._live.items() if _is_kept(name)]
        return any(changed)

    def forget(self) -> None:
        """Remove what processes share; a refresh token stays that has taken the place of the configured one."""
        for live in self._live.values():
            live.cache.forget()

    def _is_due(self, name: str, live: _Live) -> bool:
        if live.current is None or not _is_kept(name) or time.monotonic() < live.asked + PAUSE:
            return False
        if isinstance(live.source, FileSource) and _state(live.source.path) != live.state:
            return True
        return live.current.is_due

    def _renew(self, name: str, live: _Live, reason: FetchReason) -> bool:
        """Renew one credential; return whether its value has changed."""
        assert self._fetcher is not None
        with self._lock:
            before = live.current
            live.asked = time.monotonic()
            if isinstance(live.source, FileSource):
                live.state = _state(live.source.path)
            with live.cache.locked():
                fetched = self._shared(live, reason)
                if fetched is None:
                    newest = live.cache.refresh_token or (before.refresh_token if before is not None else None)
                    fetched = self._fetcher.fetch(live.source, newest)
                    fetched = replace(fetched, refresh_token=fetched.refresh_token or newest)
                    self._learn_all(name, fetched)
                    self._note(FetchNote(name, reason))
                    live.cache.write(fetched)
                else:
                    self._learn_all(name, fetched)
            value = self._accepted(name, fetched.value.reveal())
            self._learn(name, value)
            live.current = replace(fetched, value=value)
            return before is None or before.value.reveal() != value.reveal()

    def _learn_all(self, name: str, fetched: Fetched) -> None:
        self._learn(name, fetched.value)
        if fetched.refresh_token is not None:
            self._learn(name, fetched.refresh_token)

    def _shared(self, live: _Live, reason: FetchReason) -> Fetched | None:
        """Return a newer credential that another process has fetched."""
        found = live.cache.read()
        if found is None or found.is_due or found.is_over:
            return None
        is_known = live.current is not None and found.obtained <= live.current.obtained
        return None if is_known else found


def _is_kept(name: str) -> bool:
    """Return whether a credential is renewed; one that has to be expired, or of another audience, is not."""
    return not name.endswith(tuple(configured_as("", form) for form in CONFIGURED_FORMS))


def _state(path: Path) -> tuple[int, int, int] | None:
    """Return what changes when a file is replaced or written; ``None`` if it cannot be seen."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


def live_of(credentials: Mapping[str, Secret]) -> LiveCredentials | None:
    """Return credentials of which some are fetched; ``None`` if all of them are fixed."""
    return credentials if isinstance(credentials, LiveCredentials) else None
