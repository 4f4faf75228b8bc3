"""Moments as a report writes them: UTC, milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def utc(seconds: float) -> str:
    """Seconds since the epoch as ``2026-01-31T09:30:00.000Z`` (RFC 3339)."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The inverse of ``utc``.

    Raises:
        ValueError: it is none.
    """
    return datetime.fromisoformat(text)
