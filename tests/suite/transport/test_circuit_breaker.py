"""The circuit breaker: when it opens, what closes it, and when the target is given up."""

from __future__ import annotations

import pytest

from chatcert.transport.resilience.circuit_breaker import CircuitBreaker, TargetGone
from chatcert.transport.resilience.retry import RetryPolicy

POLICY = RetryPolicy(failure_threshold=3, cool_downs=(0.0, 5.0, 15.0))


def breaker(probes: list[bool], waits: list[float]) -> CircuitBreaker:
    """A breaker whose probes end like these, one after another."""
    return CircuitBreaker(POLICY, lambda: probes.pop(0), waits.append)


def test_a_closed_circuit_probes_nothing() -> None:
    """Fewer failures in a row than the threshold do not open it, and a success starts the count again."""
    waits: list[float] = []
    circuit = breaker([], waits)

    for failed in (True, True, False, True, True):
        circuit.record(failed=failed)
        circuit.admit()

    assert [] == waits


def test_a_successful_probe_closes_the_circuit() -> None:
    """Before each probe it waits; once one is answered, requests pass and the count starts at zero."""
    waits: list[float] = []
    circuit = breaker([False, True], waits)
    for _ in range(3):
        circuit.record(failed=True)

    circuit.admit()
    circuit.record(failed=True)
    circuit.admit()

    assert [0.0, 5.0] == waits


def test_an_answer_that_arrives_late_does_not_close_an_open_circuit() -> None:
    """Only a probe does: a request that was sent before may still succeed."""
    waits: list[float] = []
    circuit = breaker([True], waits)
    for failed in (True, True, True, False):
        circuit.record(failed=failed)

    circuit.admit()

    assert [0.0] == waits


def test_a_target_that_does_not_recover_is_given_up_for_good() -> None:
    """After the last probe every request is refused, without another probe."""
    waits: list[float] = []
    circuit = breaker([False, False, False], waits)
    for _ in range(3):
        circuit.record(failed=True)

    for _ in range(2):
        with pytest.raises(TargetGone):
            circuit.admit()

    assert [0.0, 5.0, 15.0] == waits
