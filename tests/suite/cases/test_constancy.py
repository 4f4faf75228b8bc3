"""Constancy: how many valid requests a promise takes, and which promises are refused."""

from __future__ import annotations

import pytest

from chatcert.cases.constancy import Constancy, percent_found
from chatcert.cases.profile import PROFILES, profile_named
from chatcert.exceptions import UsageError


@pytest.mark.parametrize(
    ("text", "answers"),
    [("1in20@95%", 59), ("1in20@99%", 90), ("1in10@99.9%", 66), ("1in2@50%", 1), ("1in50@98%", 194)],
)
def test_as_many_requests_as_it_takes(text: str, answers: int) -> None:
    """With one request less, the probability would not be reached."""
    constancy = Constancy.parse(text)

    assert (text, answers) == (str(constancy), constancy.answers)
    assert constancy.percent <= percent_found(answers, constancy.one_in) + 0.1
    assert constancy.percent > percent_found(answers - 1, constancy.one_in)


@pytest.mark.parametrize("text", ["", "20@99%", "1in1@99%", "1in20@100%", "1in20@0%", "1in20", "1in99999@99%"])
def test_what_is_no_constancy_is_refused(text: str) -> None:
    """The message names the option."""
    with pytest.raises(UsageError, match=r"constancy|valid requests") as caught:
        Constancy.parse(text)
    assert "--constancy" in caught.value.line()


def test_a_profile_keeps_what_it_promises() -> None:
    """Its valid requests are as many as its constancy takes; one that is asked for is part of the name."""
    profile = profile_named("quick, 1in20@99%")

    assert all(one.constancy.answers <= one.valid_bodies for one in PROFILES.values() if one.constancy is not None)
    assert (90, "quick, 1in20@99%") == (profile.valid_bodies, profile.name)
    assert PROFILES["standard"].least_bodies == profile_named("standard, 1in2@50%").valid_bodies
