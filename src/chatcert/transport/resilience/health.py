"""Health of a target: whether it serves a valid request right now, seen by probes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chatcert.cases.case import Case, JsonBody, RawBody, Request
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import CredentialForm
from chatcert.transport.budget import Stopped
from chatcert.transport.exchange import ErrorKind, Exchange
from chatcert.transport.resilience.transient import TRANSIENT_STATUSES
from chatcert.transport.target import Target

NEARLY_LATE: Final = 0.5
"""The part of the time limit from which on a control shows a target that is slow altogether."""


class Health:
    """Sends probes after a transient failure.

    Args:
        baseline: the smallest valid request.
        probe: sends a case once.
        wait_for: sends a case with more patience.
        is_served: returns whether an exchange is a valid request that was served.
        may_probe: returns whether one more request may be sent.
        time_left: returns the seconds that are left of the run.
        end_as_slow: ends the run because of a valid request that took longer than the time limit.
    """

    def __init__(
        self,
        contract: Contract,
        target: Target,
        baseline: Case,
        *,
        probe: Callable[[Case], Exchange],
        wait_for: Callable[[Case], Exchange],
        is_served: Callable[[Exchange], bool],
        may_probe: Callable[[], bool],
        time_left: Callable[[], float],
        end_as_slow: Callable[[Exchange], object],
    ) -> None:
        self._contract = contract
        self._target = target
        self._baseline = baseline
        self._probe = probe
        self._wait_for = wait_for
        self._is_served = is_served
        self._may_probe = may_probe
        self._time_left = time_left
        self._end_as_slow = end_as_slow

    def is_good(self, case: Case, was_late: bool) -> bool:
        """Return whether the target serves a valid request right now.

        Where the baseline itself goes unanswered, a request that every server refuses is sent instead, to see whether
        the target answers at all. A valid request that takes longer than the time limit ends the run.

        Args:
            case: the case that failed.
            was_late: whether it had no answer within the time limit. Then a control that itself takes a large part of
                that limit shows that the target is slow, not that the case is the cause.
        """
        if not self._may_probe():
            return False
        try:
            if case.id != self._baseline.id:
                control = case.valid_control or self._baseline
                probe = self._probe(control)
                return self._is_fast(control, probe) and not (was_late and self._is_nearly_late(probe))
            refused = self._request_to_refuse()
            if refused is None:
                return False
            answer = self._probe(replace(self._baseline, request=refused))
        except Stopped:  # the next request reports it; the failure that led here is recorded first
            return False
        if was_late and self._is_nearly_late(answer):
            return False
        return answer.status is not None and 400 <= answer.status < 500 and answer.status not in TRANSIENT_STATUSES

    def serves_at_once(self, case: Case) -> bool:
        """Return whether the valid request that a case differs from is served right now, at its first attempt."""
        try:
            control = self._probe(case.valid_control or self._baseline)
        except Stopped:  # the next request reports it; the failure that led here is recorded first
            return False
        return control.attempt == 1 and self._is_served(control)

    def _is_fast(self, case: Case, control: Exchange) -> bool:
        """Return whether a control was served; repeat a late one with a longer limit, and end the run if it is slow.

        Args:
            case: the case of the control.
        """
        if control.error is None or control.error.kind is not ErrorKind.TIMEOUT or self._time_left() <= 0:
            return control.succeeded
        patient = self._wait_for(case)
        if patient.received is not None and patient.seconds <= self._target.limits.timeout:
            return patient.succeeded
        if patient.received is not None or (patient.error is not None and patient.error.kind is ErrorKind.TIMEOUT):
            self._end_as_slow(patient)
        return False

    def _is_nearly_late(self, control: Exchange) -> bool:
        return control.seconds > NEARLY_LATE * self._target.limits.timeout

    def _request_to_refuse(self) -> Request | None:
        """Return the baseline without credentials or with a body that is not JSON; ``None`` if neither may be sent."""
        request, body = self._baseline.request, self._contract.body
        if names := [credential.scheme for credential in self._contract.credentials]:
            return replace(request, credentials=dict.fromkeys(names, CredentialForm.MISSING))
        is_json = body is not None and "json" in body.media_type and isinstance(request.body, JsonBody)
        return replace(request, body=RawBody(b"{")) if is_json and not self._target.safe_only else None
