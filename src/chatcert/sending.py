"""Keeping as many requests in flight as there are jobs: steps in their order, controls before what needs them."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from chatcert.cases.ordering import Step

Send = Callable[[Step], None]
Over = Callable[[int], None]


def send_all(steps: Sequence[Step], jobs: int, send: Send, over: Over) -> None:
    """Send every step; an error that ``send`` raises ends it, once what is in flight is over.

    Args:
        steps: in their order; a step is begun only when the shared case that it builds upon is over.
        jobs: how many cases may be in flight; a group that has more is sent alone.
        send: sends one step; called in several threads where there are several jobs.
        over: told the position of each step that was sent, in the caller's thread.
    """
    if jobs == 1:
        for position, step in enumerate(steps):
            send(step)
            over(position)
        return
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        _Sending(steps, jobs, over).run(lambda step: pool.submit(send, step))


class _Sending:
    """The steps that may begin, those that still wait for their control, and those in flight."""

    def __init__(self, steps: Sequence[Step], jobs: int, over: Over) -> None:
        self._steps = steps
        self._jobs = jobs
        self._over = over
        self._trouble: BaseException | None = None
        self._ready: list[int] = []
        self._waiting: dict[str, list[int]] = {}
        self._running: dict[Future[None], int] = {}
        ahead = {case.id for step in steps for case in step.cases}
        for position, step in enumerate(steps):
            if step.control in ahead:
                self._waiting.setdefault(step.control, []).append(position)
            else:
                self._ready.append(position)

    def run(self, submit: Callable[[Step], Future[None]]) -> None:
        while self._ready or self._running:
            while self._ready and self._fits(self._ready[0]):
                position = heapq.heappop(self._ready)
                self._running[submit(self._steps[position])] = position
            for future in wait(self._running, return_when=FIRST_COMPLETED).done:
                self._finish(future)
        if self._trouble is not None:
            raise self._trouble

    def _fits(self, position: int) -> bool:
        load = sum(len(self._steps[running].cases) for running in self._running.values())
        return not self._running or load + len(self._steps[position].cases) <= self._jobs

    def _finish(self, future: Future[None]) -> None:
        position = self._running.pop(future)
        error = future.exception()
        if error is not None:
            self._trouble = self._trouble or error
            self._ready.clear()
            return
        self._over(position)
        if self._trouble is None:
            for case in self._steps[position].cases:
                for released in self._waiting.pop(case.id, ()):
                    heapq.heappush(self._ready, released)
