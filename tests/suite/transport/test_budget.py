"""The budget: never one request too many, whoever counts, and nothing after the end."""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import SuiteError
from chatcert.transport.budget import Budget, BudgetSpent, TimeSpent
from chatcert.transport.client import Client
from chatcert.transport.exchange import TransportError

COUNT = """
import sys, pathlib
from chatcert.transport.budget import Budget, BudgetSpent
budget = Budget(max_requests=50, folder=pathlib.Path(sys.argv[1]))
taken = 0
try:
    while True:
        budget.take()
        taken += 1
except BudgetSpent:
    print(taken)
"""


def taken(budget: Budget) -> int:
    """How many requests a budget gives until it is spent."""
    count = 0
    try:
        while True:
            budget.take()
            count += 1
    except BudgetSpent:
        return count


def test_threads_count_together() -> None:
    """However many threads ask, they get exactly what there is."""
    budget = Budget(max_requests=100)

    with ThreadPoolExecutor(8) as pool:
        assert 100 == sum(pool.map(lambda _: taken(budget), range(8)))


def test_threads_of_several_budgets_count_together(tmp_path: Path) -> None:
    """Several counts in one folder are one count, for all threads of each."""
    budgets = [Budget(max_requests=40, folder=tmp_path) for _ in range(2)]

    with ThreadPoolExecutor(4) as pool:
        assert 40 == sum(pool.map(taken, budgets * 2))
    for budget in budgets:
        budget.close()


def test_processes_count_together(tmp_path: Path) -> None:
    """Processes that share a folder get together what one would get alone."""
    running = [
        subprocess.Popen([sys.executable, "-c", COUNT, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    counts = [int(process.communicate(timeout=120)[0]) for process in running]

    assert 50 == sum(counts)


@pytest.mark.parametrize("spent", [0, 3, 10, 99])
def test_what_was_spent_before_counts(spent: int) -> None:
    """A run that goes on with another one has what that one left."""
    assert max(0, 10 - spent) == taken(Budget(max_requests=10, spent=spent))


def test_nothing_is_given_after_the_end() -> None:
    """A budget whose time is over gives nothing, whatever else is left."""
    budget = Budget(max_requests=5, ends=time.monotonic() - 1)

    with pytest.raises(TimeSpent):
        budget.take()
    assert 0 == budget.left


def test_the_seconds_that_are_left_are_reported() -> None:
    """A request may take what is left, and any time where there is no end."""
    assert 0 < Budget(ends=time.monotonic() + 1000).take() <= 1000
    assert Budget().take() == float("inf")


@pytest.mark.parametrize("shared", [False, True])
def test_whose_turn_comes_after_the_end_is_not_served(tmp_path: Path, shared: bool) -> None:
    """At a rate of one in a hundred seconds the second request, of whichever process, does not come before the end."""
    folder = tmp_path if shared else None
    first = Budget(rate=0.01, ends=time.monotonic() + 1000, folder=folder)
    second = Budget(rate=0.01, ends=time.monotonic() + 0.2, folder=folder) if shared else first
    first.take()
    if not shared:
        first._ends = time.monotonic() + 0.2

    with pytest.raises(TimeSpent):
        second.take()
    first.close()
    second.close()


def test_an_exchange_ends_with_the_time_it_is_given(fake: Any, behaviours: Any) -> None:
    """What has no time left is cut off, however patient the client is otherwise."""
    server = fake(behaviours.healthy)
    client = Client(timeout=30, connections=1)

    answer = client.send("POST", server.url, (), b"{}", 0.0)
    client.close()

    assert isinstance(answer, TransportError)
    assert "timeout" == answer.kind
    assert [] == server.requests


def test_a_folder_that_cannot_be_written_to_is_an_error_of_the_suite(tmp_path: Path) -> None:
    """Where the count cannot be kept, nothing is sent: one line, exit 70."""
    (tmp_path / "file").write_text("")

    with pytest.raises(SuiteError, match="count of requests"):
        Budget(max_requests=1, folder=tmp_path / "file")


def test_every_process_has_a_request_left_for_its_last_control(tmp_path: Path) -> None:
    """What one process keeps for its end is not spent by another."""
    budgets = [Budget(max_requests=6, folder=tmp_path, reserved=2) for _ in range(2)]
    for number in range(4):
        budgets[number % 2].take()
    for budget in budgets:
        with pytest.raises(BudgetSpent):
            budget.take()

    for budget in budgets:
        with budget.for_controls():
            budget.take()
    with budgets[0].for_controls(), pytest.raises(BudgetSpent):
        budgets[0].take()
    for budget in budgets:
        budget.close()
