"""The seed of a run that is given none."""

from __future__ import annotations

from datetime import UTC, date, datetime


def usual_seed(day: date | None = None, *, of_shard: bool = False) -> int:
    """The day, UTC, as a number: all runs of a day send the same requests, those of the next day others.

    That of a shard is 0: shards of one run may begin on different days, and with different seeds they make none.

    Args:
        day: today where it is ``None``.
        of_shard: whether the run is a shard of another.
    """
    return 0 if of_shard else int(f"{day or datetime.now(UTC).date():%Y%m%d}")
