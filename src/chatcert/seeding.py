"""The seed of a run that is given none."""

from __future__ import annotations

from datetime import UTC, date, datetime


def usual_seed(day: date | None = None) -> int:
    """The day, UTC, as a number: all runs of a day send the same requests, those of the next day others.

    Args:
        day: today where it is ``None``.
    """
    return int(f"{day or datetime.now(UTC).date():%Y%m%d}")
