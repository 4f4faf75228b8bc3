"""What an earlier part of a run has settled is not sent again; what the target was not well for is."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Case, Expectation, Request
from chatcert.transport.already_sent import AlreadySent, to_send_again
from chatcert.transport.exchange import Exchange, Received, Sent
from chatcert.vendors import open_vendor


def exchange(number: int, name: str = "", **changes: Any) -> Exchange:
    """An exchange that was answered with 201."""
    known: dict[str, Any] = {
        "number": number,
        "case": name or f"case-{number}",
        "requirement": "v/r",
        "expectation": "accepted",
        "role": "case",
        "sent": Sent("POST", "http://h/", "/", (), None),
        "started": 100.0 + number,
        "seconds": 0.1,
        "received": Received(201, (), b"{}"),
    }
    return Exchange(**{**known, **changes})


def case(name: str) -> Case:
    """A case by its id."""
    return Case(name, "v/r", Request("POST", {}), Expectation.ACCEPTED, "")


def test_transient_failures_and_their_dependents_are_sent_again() -> None:
    """Unsettled exchanges, and those whose control was one, down to the last; nothing else."""
    exchanges = [
        exchange(1),
        exchange(2, unsettled=True),
        exchange(3, control=2),
        exchange(4, control=3),
        exchange(5, control=1),
        exchange(6, final=False, unsettled=True),
        exchange(7, role="probe", unsettled=True),
    ]

    assert (2, 3, 4) == to_send_again([*reversed(exchanges)], open_vendor("agencii"))


def test_only_an_answer_that_counts_stands() -> None:
    """A case that was only tried, or only probed, has no answer yet; numbers and clocks go on from the earlier part."""
    tried, probed, stands = exchange(1, "a", final=False), exchange(2, "b", role="probe"), exchange(3, "c")
    already_sent = AlreadySent([tried, probed, stands])

    assert [None, None, stands] == [already_sent.of(case(name)) for name in "abc"]
    assert (3, 101.0) == (already_sent.last_number, already_sent.first_success)


def test_requests_that_belong_together_are_sent_together() -> None:
    """Of a group that was sent in part, nothing stands."""
    already_sent = AlreadySent([exchange(1, "a"), exchange(2, "b")])

    assert [1, 2] == [e.number for e in already_sent.of_all([case("a"), case("b")]) or []]
    assert already_sent.of_all([case("a"), case("c")]) is None
