"""Life of a fetched credential, measured on a clock that nobody can set."""

from __future__ import annotations

import time
from dataclasses import dataclass

from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.credentials.token_forms import claims_of
from chatcert.transport.run_clock import Clock

LONGEST_MARGIN = 60.0
"""Seconds before its end at which a credential is renewed at the earliest."""
MARGIN = 0.2
"""Part of a short life that is left when a credential is renewed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A credential as its source gave it.

    Attributes:
        obtained: when, on the clock of ``time.monotonic``, which all processes of a machine share.
        lifetime: seconds that it is valid from then on; ``None`` where nobody knows.
        refresh_token: the one that the authorisation server gave with it.
    """

    value: Secret
    obtained: float
    lifetime: float | None = None
    refresh_token: Secret | None = None

    @property
    def is_due(self) -> bool:
        """Return whether it has to be renewed, because it ends soon."""
        if self.lifetime is None:
            return False
        return time.monotonic() >= self.obtained + self.lifetime - min(LONGEST_MARGIN, MARGIN * self.lifetime)

    @property
    def is_over(self) -> bool:
        """Return whether its life is over."""
        return self.lifetime is not None and time.monotonic() >= self.obtained + self.lifetime


def lifetime_of(value: str, clock: Clock, *, issued_now: bool) -> float | None:
    """Return the seconds until a JSON Web Token expires; ``None`` if it is none, or does not say (RFC 7519).

    Args:
        issued_now: whether it was issued right now, so that the difference of ``exp`` and ``iat`` is its life, whatever
            the clocks of both machines say.
    """
    claims = claims_of(value) or {}
    end, start = _number(claims.get("exp")), _number(claims.get("iat"))
    if end is None:
        return None
    left = end - (start if issued_now and start is not None else clock.now())
    return left if left > 0 else None


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
