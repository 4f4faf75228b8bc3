"""Scheduler: keep as many requests in flight as there are jobs, and send controls before the cases that need them."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from enum import Enum
from itertools import chain

from chatcert.cases.order import Step

Act = Callable[[Step], None]


class Placing(Enum):
    """When a step may be sent whose cases are sent one after another."""

    ALONE = "alone"
    """While nothing else is in flight."""
    BESIDE = "beside"
    """While others are in flight; the session keeps them from beginning at the wrong time."""
    NEEDLESS = "needless"
    """Never, because its result is known already."""


def send_all(
    steps: Iterable[Step],
    jobs: int,
    send: Act,
    on_finished: Act,
    abort: Callable[[], None] | None = None,
    prove: Callable[[], None] | None = None,
    placing: Callable[[Step], Placing] = lambda step: Placing.ALONE,
) -> None:
    """Send every step. An error that ``send`` raises stops it, once all requests in flight are finished.

    Args:
        steps: in the order of sending; a step is started only when its control is finished.
        jobs: how many cases may be in flight; a group that has more is sent alone.
        send: sends one step; called in several threads where there are several jobs.
        on_finished: called with each step that was sent, in the caller's thread.
        abort: ends all requests in flight; called where a signal interrupts the caller's thread.
        prove: sends the last control; called beside the last valid requests, where there are several jobs.
        placing: when a step may be sent whose cases are sent one after another.
    """
    if jobs == 1:
        for step in steps:
            send(step)
            on_finished(step)
        return
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        try:
            _Sending(pool, jobs, send, on_finished, prove, placing).run(steps)
        except KeyboardInterrupt:
            if abort is not None:
                abort()
            raise


class _Sending:
    """The steps that are ready, those that wait for their control, and those in flight."""

    def __init__(
        self,
        pool: Executor,
        jobs: int,
        send: Act,
        on_finished: Act,
        prove: Callable[[], None] | None,
        placing: Callable[[Step], Placing],
    ) -> None:
        self._pool = pool
        self._jobs = jobs
        self._send = send
        self._on_finished = on_finished
        self._prove = prove
        self._placing = placing
        self._proof: Future[None] | None = None
        self._more = True
        self._is_alone = False
        self._ready: list[tuple[bool, int, Step]] = []
        self._beside: deque[Step] = deque()
        self._waiting: dict[str, list[tuple[int, Step]]] = {}
        self._running: dict[Future[None], Step] = {}
        self._over: set[str] = set()
        self._trouble: BaseException | None = None

    def run(self, steps: Iterable[Step]) -> None:
        numbered = enumerate(steps)
        while self._more or self._ready or self._beside or self._running:
            if not self._more and self._trouble is None:
                self._prove_beside_the_last()
            self._begin()
            for future in self._finished():
                self._finish(future)
            self._more = self._more and self._trouble is None
            if self._more:
                place, step = next(numbered, (-1, None))
                self._more = step is not None
                if step is not None:
                    self._take(place, step)
        if self._proof is not None:
            self._proof.result()
        if self._trouble is not None:
            raise self._trouble

    def _finished(self) -> Collection[Future[None]]:
        """Return the steps that are over; once no more are planned, wait for the first of those in flight."""
        if self._more:
            return [future for future in self._running if future.done()]
        return wait(self._running, return_when=FIRST_COMPLETED).done

    def _prove_beside_the_last(self) -> None:
        """Send the last control once all that is left are valid requests, which need none after them."""
        if self._prove is None or self._proof is not None:
            return
        ready = (step for *_, step in self._ready)
        waiting = (step for steps in self._waiting.values() for _, step in steps if not step.cases[0].is_conditional)
        if all(step.is_valid for step in chain(self._running.values(), self._beside, ready, waiting)):
            self._proof = self._pool.submit(self._prove)

    def _take(self, place: int, step: Step) -> None:
        if step.control and step.control not in self._over:
            self._waiting.setdefault(step.control, []).append((place, step))
        else:
            self._release(place, step)

    def _release(self, place: int, step: Step) -> None:
        """Queue a step; a step that depends on an earlier answer goes first, since others may depend on it."""
        heapq.heappush(self._ready, (not step.cases[0].is_conditional, place, step))

    def _begin(self) -> None:
        """Begin the steps that fit; of these, a step beside others begins last, since others wait for it."""
        while self._ready or self._beside:
            load = self._load()
            is_last = load == self._jobs - 1 or not (self._ready or self._more)
            if self._beside and is_last and load < self._jobs and not self._is_alone:
                self._start(self._beside.popleft())
                continue
            if not self._ready:
                return
            step = self._ready[0][-1]
            placing = self._placing(step) if step.is_in_turn else Placing.BESIDE
            if not self._fits(step, placing):
                return
            heapq.heappop(self._ready)
            if placing is Placing.NEEDLESS:
                self._complete(step)
            elif step.is_in_turn and placing is Placing.BESIDE:
                self._beside.append(step)
            else:
                self._is_alone = step.is_in_turn
                self._start(step)

    def _start(self, step: Step) -> None:
        self._running[self._pool.submit(self._send, step)] = step

    def _load(self) -> int:
        """Return how many requests are in flight."""
        proof = self._proof is not None and not self._proof.done()
        return sum(1 if step.is_in_turn else len(step.cases) for step in self._running.values()) + proof

    def _fits(self, step: Step, placing: Placing) -> bool:
        if placing is Placing.NEEDLESS or (step.is_in_turn and placing is Placing.BESIDE):
            return True
        if step.is_in_turn or self._is_alone:
            return not self._running
        return not self._running or self._load() + len(step.cases) <= self._jobs

    def _finish(self, future: Future[None]) -> None:
        step = self._running.pop(future)
        error = future.exception()
        if error is not None:
            self._trouble = self._trouble or error
            self._ready.clear()
            self._beside.clear()
            return
        self._is_alone = self._is_alone and bool(self._running)
        self._complete(step)

    def _complete(self, step: Step) -> None:
        self._over.add(step.key)
        self._on_finished(step)
        released = self._waiting.pop(step.key, [])
        if self._trouble is None:
            for place, waiting in released:
                self._release(place, waiting)
