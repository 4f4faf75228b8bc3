"""Budget of a run: number of requests, their rate, and time, shared by all threads and processes of the run."""

from __future__ import annotations

import math
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from chatcert.exceptions import SuiteError

if TYPE_CHECKING:
    from pyrate_limiter import AbstractBucket, Limiter, Rate

FOREVER = 3650 * 24 * 3600 * 1000
"""Milliseconds; the window in which requests are counted, longer than any run."""
GRACE = 0.05
"""Part of the time that is reserved for the controls at the end of a run."""
LONGEST_GRACE = 2.0
"""Seconds that are reserved at most."""


TIME_IS_OVER = "the time that the run was given is over"


class Stopped(Exception):
    """Nothing more is sent in this run; the message says why."""


LOGINS_OPTION: Final = "--max-refused-logins"
"""The option that a reason names if it is a bound on refused logins; all other requests are sent nevertheless."""


class BudgetSpent(Stopped):
    """The maximal number of requests has been sent."""


class TimeSpent(Stopped):
    """The maximal time of the run is over."""


class LoginsSpent(Exception):
    """A request with bad credentials is not sent, because as many as are allowed were sent; all others still are."""


class Spending(Protocol):
    """Interface of a budget, wherever it is counted."""

    @property
    def left(self) -> float:
        """Seconds that are left; infinite without a time limit."""

    def take(self) -> float:
        """Count a request that is about to be sent, wait for its turn, and return the seconds that it may take.

        Raises:
            Stopped: the request must not be sent.
        """

    def take_login(self) -> None:
        """Count a request with bad credentials that is about to be sent.

        Raises:
            LoginsSpent: the request must not be sent.
        """

    def for_controls(self) -> AbstractContextManager[None]:
        """Release, for as long as the block lasts, what is reserved for the controls at the end of a run."""

    def close(self) -> None:
        """Release all resources."""


class Budget:
    """Counts every request before it is sent, and delays it to keep to the rate.

    Args:
        max_requests: how many requests may be sent; ``None`` for no limit.
        rate: requests a second, ``None`` for no limit.
        ends: when the time is over, on the clock of ``time.monotonic`` (which all processes of a machine share);
            ``None`` for no limit.
        folder: where the processes of a run keep their common count; ``None`` if there is one process.
        spent: requests that were sent earlier and count as well.
        reserved: how many of the requests are kept for the controls at the end of the run; some time is kept for them
            as well if there are any.
        max_logins: how many requests with bad credentials may be sent; ``None`` for no limit.
        spent_logins: how many of them were sent earlier.

    Raises:
        SuiteError: the folder is not writable.
    """

    def __init__(
        self,
        *,
        max_requests: int | None = None,
        rate: float | None = None,
        ends: float | None = None,
        folder: Path | None = None,
        spent: int = 0,
        reserved: int = 0,
        max_logins: int | None = None,
        spent_logins: int = 0,
    ) -> None:
        self._max_requests = max_requests
        self._ends = ends
        self._reserved = min(reserved, max_requests - 1) if max_requests else 0
        self._is_ending = False
        self._grace = 0.0
        if reserved and ends is not None:
            self._grace = min(LONGEST_GRACE, self.left * GRACE)
        self._folder = folder
        self._count: AbstractBucket | None = None
        self._reserve: AbstractBucket | None = None
        self._limiter: Limiter | None = None
        self._max_logins = max_logins
        self._logins: AbstractBucket | None = None
        if max_logins:
            self._limit_logins(max_logins, spent_logins)
        if max_requests or rate:
            self._limit(max_requests, rate, spent)

    def _limit(self, max_requests: int | None, rate: float | None, spent: int) -> None:
        from pyrate_limiter import Limiter, Rate, RateItem

        if max_requests:
            most = max_requests - self._reserved
            self._count = self._bucket("requests", Rate(most, FOREVER))
            if spent:
                self._count.put(RateItem("request", self._count.now(), min(spent, most)))
            if self._reserved:
                self._reserve = self._bucket("controls", Rate(self._reserved, FOREVER))
                if spent > most:
                    self._reserve.put(RateItem("request", self._reserve.now(), min(spent - most, self._reserved)))
        # One request per interval, rather than a burst per second: no second then exceeds the rate.
        turns = self._bucket("rate", Rate(1, math.ceil(1000 / rate))) if rate else None
        self._limiter = Limiter(turns, buffer_ms=1) if turns is not None else None

    def _limit_logins(self, most: int, spent: int) -> None:
        from pyrate_limiter import Rate, RateItem

        self._logins = self._bucket("logins", Rate(most, FOREVER))
        if spent:
            self._logins.put(RateItem("request", self._logins.now(), min(spent, most)))

    def _bucket(self, name: str, rate: Rate) -> AbstractBucket:
        from pyrate_limiter import InMemoryBucket, SQLiteBucket

        if self._folder is None:
            return InMemoryBucket([rate])
        path = self._folder / f"{name}.sqlite"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return SQLiteBucket.init_from_file([rate], table=name, db_path=str(path), use_file_lock=True)
        except (OSError, sqlite3.Error) as error:
            raise _disk(path, error) from None

    @property
    def left(self) -> float:
        """Seconds that are left; infinite without a time limit."""
        if self._ends is None:
            return math.inf
        return max(0.0, self._ends - time.monotonic() - (0.0 if self._is_ending else self._grace))

    @contextmanager
    def for_controls(self) -> Iterator[None]:
        """Release, for as long as the block lasts, what is reserved for the controls at the end of a run."""
        self._is_ending = True
        try:
            yield
        finally:
            self._is_ending = False

    def take(self) -> float:
        """Count a request that is about to be sent, wait for its turn, and return the seconds that it may take.

        Raises:
            BudgetSpent: no request is left.
            TimeSpent: no time is left.
            SuiteError: the count cannot be written.
        """
        self._check_time()
        try:
            if self._count is not None and not self._counted(self._count) and not self._is_reserved():
                raise BudgetSpent(f"the budget of {self._max_requests} requests is spent")
            if self._limiter is not None:
                self._limiter.try_acquire("request", timeout=self.left if self._ends is not None else -1)
        except (OSError, sqlite3.Error) as error:
            raise _disk(self._folder or Path(), error) from None
        self._check_time()
        return self.left

    def take_login(self) -> None:
        """Count a request with bad credentials that is about to be sent.

        Raises:
            LoginsSpent: as many as are allowed were sent.
            SuiteError: the count cannot be written.
        """
        try:
            if self._logins is not None and not self._counted(self._logins):
                raise LoginsSpent(f"no more than {self._max_logins} logins are refused ({LOGINS_OPTION})")
        except (OSError, sqlite3.Error) as error:
            raise _disk(self._folder or Path(), error) from None

    def _is_reserved(self) -> bool:
        """Return whether a request may still be sent as a control at the end, and count it if so."""
        return self._is_ending and self._reserve is not None and self._counted(self._reserve)

    def _counted(self, count: AbstractBucket) -> bool:
        from pyrate_limiter import RateItem

        return bool(count.put(RateItem("request", count.now())))

    def _check_time(self) -> None:
        if self.left <= 0:
            raise TimeSpent(TIME_IS_OVER)

    def close(self) -> None:
        """Release files and threads."""
        if self._limiter is not None:
            self._limiter.close()
        for bucket in (self._count, self._reserve, self._logins):
            if bucket is not None:
                bucket.close()


def _disk(path: Path, error: Exception) -> SuiteError:
    return SuiteError(
        f"the count of requests cannot be kept: {error}", where=str(path), hint="is the disk full or read-only?"
    )
