"""Scheduler: keep as many requests in flight as there are jobs, and send controls before the cases that need them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait

from chatcert.cases.order import Step

Act = Callable[[Step], None]


def send_all(
    steps: Iterable[Step], jobs: int, send: Act, on_finished: Act, abort: Callable[[], None] | None = None
) -> None:
    """Send every step. An error that ``send`` raises stops it, once all requests in flight are finished.

    Args:
        steps: in the order of sending; a step is started only when its control is finished.
        jobs: how many cases may be in flight; a group that has more is sent alone.
        send: sends one step; called in several threads where there are several jobs.
        on_finished: called with each step that was sent, in the caller's thread.
        abort: ends all requests in flight; called where a signal interrupts the caller's thread.
    """
    if jobs == 1:
        for step in steps:
            send(step)
            on_finished(step)
        return
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            _Sending(pool, jobs, send, on_finished).run(steps)
        except KeyboardInterrupt:
            if abort is not None:
                abort()
            raise


class _Sending:
    """The steps that are ready, those that wait for their control, and those in flight."""

    def __init__(self, pool: Executor, jobs: int, send: Act, on_finished: Act) -> None:
        self._pool = pool
        self._jobs = jobs
        self._send = send
        self._on_finished = on_finished
        self._ready: list[tuple[int, Step]] = []
        self._waiting: dict[str, list[tuple[int, Step]]] = {}
        self._running: dict[Future[None], Step] = {}
        self._over: set[str] = set()
        self._trouble: BaseException | None = None

    def run(self, steps: Iterable[Step]) -> None:
        numbered = enumerate(steps)
        more = True
        while more or self._ready or self._running:
            self._begin()
            for future in wait(self._running, None if not more else 0, FIRST_COMPLETED).done:
                self._finish(future)
            more = more and self._trouble is None
            if more:
                place, step = next(numbered, (-1, None))
                more = step is not None
                if step is not None:
                    self._take(place, step)
        if self._trouble is not None:
            raise self._trouble

    def _take(self, place: int, step: Step) -> None:
        if step.control and step.control not in self._over:
            self._waiting.setdefault(step.control, []).append((place, step))
        else:
            heapq.heappush(self._ready, (place, step))

    def _begin(self) -> None:
        while self._ready and self._fits(self._ready[0][1]):
            _, step = heapq.heappop(self._ready)
            self._running[self._pool.submit(self._send, step)] = step

    def _fits(self, step: Step) -> bool:
        if step.is_in_turn or any(running.is_in_turn for running in self._running.values()):
            return not self._running
        load = sum(len(running.cases) for running in self._running.values())
        return not self._running or load + len(step.cases) <= self._jobs

    def _finish(self, future: Future[None]) -> None:
        step = self._running.pop(future)
        error = future.exception()
        if error is not None:
            self._trouble = self._trouble or error
            self._ready.clear()
            return
        self._over.add(step.key)
        self._on_finished(step)
        released = self._waiting.pop(step.key, [])
        if self._trouble is None:
            for waiting in released:
                heapq.heappush(self._ready, waiting)
