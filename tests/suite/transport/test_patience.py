"""How often a request is tried, by how bad the weather of the run is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.retry import Patience, Weather

PATIENCE = Patience()
RESET, LATE = TransportError(ErrorKind.RESET, "reset"), TransportError(ErrorKind.TIMEOUT, "too late")


@pytest.mark.parametrize(
    ("answers", "passed", "attempts"), [(0, 0, 4), (1000, 0, 4), (1000, 20, 4), (1000, 90, 6), (10, 5, 8), (1, 1, 8)]
)
def test_the_worse_the_weather_the_more_attempts(answers: int, passed: int, attempts: int) -> None:
    """So many attempts are made that as many in a row would hardly meet such weather by chance."""
    weather = Weather(PATIENCE)
    weather.saw(answers, passed)

    assert attempts == weather.attempts_for(RESET)


@given(st.integers(1, 500), st.integers(0, 500))
def test_blame_needs_an_improbable_coincidence(answers: int, passed: int) -> None:
    """Where so many attempts may well all have met the run's weather, a request is not to blame."""
    weather = Weather(PATIENCE)
    weather.saw(answers, min(passed, answers))
    attempts = weather.attempts_for(RESET)

    by_chance = (min(passed, answers) / answers) ** attempts

    assert weather.is_improbable(attempts) is (by_chance <= PATIENCE.chance)
    assert PATIENCE.attempts <= attempts <= PATIENCE.most_attempts


def test_time_outs_are_tried_again_until_too_many_cases_ended_in_one() -> None:
    """A time-out costs its whole time: a target that hangs at many payloads is not asked twice for each."""
    weather = Weather(PATIENCE)
    before = weather.attempts_for(LATE)
    for _ in range(PATIENCE.hangs):
        weather.saw_hang()

    assert PATIENCE.timeouts == before
    assert 1 == weather.attempts_for(LATE)


def test_what_may_be_sent_again_comes_to_an_end() -> None:
    """Confirmations and repeats are counted, each by itself."""
    weather = Weather(Patience(most_confirmations=3, most_repeats=5))

    assert 3 == sum(weather.may_confirm(1) for _ in range(9))
    assert 5 == sum(weather.may_repeat() for _ in range(9))


@pytest.mark.parametrize(("asked", "waits"), [("0", 0.0), ("5", 5.0), ("6", None), ("3600", None)])
def test_a_target_is_waited_for_within_reason(asked: str, waits: float | None) -> None:
    """A short wait is granted to the second, a long one is not waited for at all."""
    assert waits == Weather(PATIENCE).wait(Received(429, (("Retry-After", asked),), b""), 1)


@given(st.integers(1, 8))
def test_pauses_grow_and_differ_within_their_bounds(attempt: int) -> None:
    """A pause is drawn at random from a range that doubles with each attempt, up to the longest."""
    pause = Weather(PATIENCE).wait(RESET, attempt)

    assert pause is not None
    assert 0 <= pause <= min(PATIENCE.longest_backoff, PATIENCE.backoff * 2 ** (attempt - 1))
