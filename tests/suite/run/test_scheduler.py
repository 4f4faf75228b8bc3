"""Keeping requests in flight: as many as there are jobs, never more, controls first, and an end where one breaks."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.cases.case import Case, Expectation, Request
from chatcert.cases.order import Step
from chatcert.run.scheduler import Placing, send_all

SECONDS = 60


def case(name: str) -> Case:
    return Case(name, "v/r", Request("POST", {}), Expectation.ANY, "")


def step(name: str, control: str = "", size: int = 1) -> Step:
    return Step(name, tuple(case(f"{name}.{number}") for number in range(size)), "v/r", control)


class Flight:
    """Notes what is in flight together, and what was begun and over in which order."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.over: list[str] = []
        self.most = 0
        self._now: dict[str, int] = {}
        self._lock = threading.Lock()

    def send(self, one: Step) -> None:
        with self._lock:
            self.begun.append(one.key)
            assert not one.control or one.control in self.over
            self._now[one.key] = len(one.cases)
            self.most = max(self.most, sum(self._now.values()))
        with self._lock:
            del self._now[one.key]

    def end(self, one: Step) -> None:
        self.over.append(one.key)


@pytest.mark.parametrize("jobs", [2, 16])
def test_as_many_are_in_flight_as_there_are_jobs(jobs: int) -> None:
    """All jobs meet: none of them waits for another's answer."""
    meeting = threading.Barrier(jobs)

    send_all(
        [step(str(number)) for number in range(4 * jobs)],
        jobs,
        lambda _: meeting.wait(SECONDS) and None,
        lambda _: None,
    )

    assert not meeting.broken


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([1, 1, 1, 3, 6])), max_size=40), st.integers(1, 8))
def test_everything_is_sent_once_within_the_jobs_and_after_its_control(drawn: list[tuple[int, int]], jobs: int) -> None:
    """Whatever builds upon whatever: each step once, its control before it, no more cases at once than jobs."""
    steps = [
        step(str(number), str(control) if control < number else "", size)
        for number, (control, size) in enumerate(drawn)
    ]
    flight = Flight()

    send_all(iter(steps), jobs, flight.send, flight.end)

    assert sorted(one.key for one in steps) == sorted(flight.begun) == sorted(flight.over)
    assert flight.most <= max([jobs, *(len(one.cases) for one in steps)])


def test_one_job_sends_in_order() -> None:
    """With one job the order is that of the steps."""
    flight = Flight()

    send_all([step(str(number)) for number in range(20)], 1, flight.send, flight.end)

    assert [str(number) for number in range(20)] == flight.begun == flight.over


@pytest.mark.parametrize("jobs", [1, 4])
def test_an_error_ends_it_and_what_was_sent_is_reported(jobs: int) -> None:
    """After an error nothing is begun any more, what was in flight is over, and the error comes out."""
    begun: list[str] = []
    over: list[str] = []

    def send(one: Step) -> None:
        begun.append(one.key)
        if one.key == "10":
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send_all([step(str(number)) for number in range(500)], jobs, send, lambda one: over.append(one.key))

    assert set(begun) - {"10"} == set(over)
    assert len(begun) < 500


def test_sending_goes_on_while_steps_are_made() -> None:
    """The first step is sent before the last one is known."""
    sent = threading.Event()

    def steps() -> Iterator[Step]:
        yield step("first")
        yield step("second")
        assert sent.wait(SECONDS)
        yield step("third")

    send_all(steps(), 2, lambda _: sent.set(), lambda _: None)


def test_the_last_control_is_sent_beside_the_last_valid_requests() -> None:
    """It begins when all that is left are valid requests, and is in flight with them."""
    meeting = threading.Barrier(3)
    valid = [
        Step(name, (Case(name, "v/r", Request("POST", {}), Expectation.ACCEPTED, ""),), "v/r") for name in ("a", "b")
    ]
    over: list[str] = []
    before: list[str] = []

    def prove() -> None:
        before.extend(over)
        meeting.wait(SECONDS)

    def send(one: Step) -> None:
        if one.is_valid:
            meeting.wait(SECONDS)

    send_all([step("refused"), *valid], 3, send, lambda one: over.append(one.key), prove=prove)

    assert ["refused"] == before
    assert not meeting.broken


def test_sequences_are_sent_alone_beside_others_or_not_at_all() -> None:
    """One that is sent beside others takes the last free place; one that is needless is over at once."""
    in_turn = {
        name: Step(
            name, (Case(name, "v/r", Request("POST", {}), Expectation.ANY, "", group=name, in_turn=True),), "v/r"
        )
        for name in ("alone", "beside", "needless")
    }
    placings = {"alone": Placing.ALONE, "beside": Placing.BESIDE, "needless": Placing.NEEDLESS}
    together = threading.Barrier(3)
    flying: set[str] = set()
    seen: dict[str, set[str]] = {}
    lock = threading.Lock()

    def send(one: Step) -> None:
        with lock:
            flying.add(one.key)
            seen[one.key] = set(flying)
        if one.key != "alone":
            together.wait(SECONDS)
        with lock:
            flying.remove(one.key)

    over: list[str] = []
    steps = [in_turn["needless"], in_turn["beside"], step("a"), step("b"), in_turn["alone"]]
    send_all(steps, 3, send, lambda one: over.append(one.key), placing=lambda one: placings[one.key])

    assert {"a", "b", "beside", "alone"} == set(seen)
    assert {"alone"} == seen["alone"]
    assert "needless" == over[0]
    assert sorted([*seen, "needless"]) == sorted(over)


def test_what_follows_from_an_answer_goes_first() -> None:
    """A part of a request that was refused is sent before what stood in front of it, since it may be split again."""
    part = Case("part", "v/r", Request("POST", {}), Expectation.ANY, "", instead_of=case("whole"))
    all_taken, follows = threading.Event(), threading.Event()
    begun: list[str] = []

    def send(one: Step) -> None:
        begun.append(one.key)
        if one.key == "whole":
            assert all_taken.wait(SECONDS)
        elif one.key == "other":
            assert follows.wait(SECONDS)
        elif one.key == "part":
            follows.set()

    def steps() -> Iterator[Step]:
        yield from (step("whole"), step("other"))
        yield from (step(str(number)) for number in range(9))
        yield Step("part", (part,), "v/r", "whole")
        all_taken.set()

    send_all(steps(), 2, send, lambda one: None)

    assert {"whole", "other"} == {*begun[:2]}
    assert "part" == begun[2]
