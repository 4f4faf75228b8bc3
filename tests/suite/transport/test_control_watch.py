"""When a valid request is repeated, and what ends a run."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from chatcert.cases.case import Case, Expectation, Request
from chatcert.exceptions import ConfigurationError
from chatcert.transport.exchange import Exchange, Received, Sent
from chatcert.transport.resilience.control_watch import ControlWatch
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.resilience.stop_errors import CircumstancesEnded
from chatcert.vendors import open_vendor

JSON = (("Content-Type", "application/json"),)
POLICY = RetryPolicy()
CONTROL = Case("control", "v/r", Request("POST", {}), Expectation.ACCEPTED, "")
REFUSED = Case("refused", "v/r", Request("POST", {}), Expectation.REFUSED, "")


class Run:
    """A run without a network: exchanges are noted as they are written down."""

    def __init__(self, vendor: str = "agencii") -> None:
        self.status = 200
        self.answer = b"{}"
        self.number = 0
        self.waits: list[float] = []
        self.controls = 0
        self.watch = ControlWatch(open_vendor(vendor), POLICY, self._sent, self._ended, self.waits.append)

    def answered(self, case: Case, status: int, since: int | None = None, body: bytes = b"{}", **more: Any) -> Exchange:
        """An exchange that has ended."""
        self.number += 1
        known: dict[str, Any] = {"case": case.id, "requirement": "v/r", "expectation": case.expectation}
        exchange = Exchange(
            number=self.number,
            role="case",  # type: ignore[arg-type]
            sent=Sent("POST", "http://h/", "/", (), body),
            started=0.0,
            seconds=0.1,
            received=Received(status, JSON, self.answer),
            since=since,
            **known,
            **more,
        )
        self.watch.note(exchange, case)
        return exchange

    def _sent(self, case: Case) -> Exchange:
        self.controls += 1
        return self.answered(case, self.status, self.number)

    @staticmethod
    def _ended(control: Exchange, served: Exchange) -> ConfigurationError:
        return ConfigurationError(f"{served.number} was served, {control.number} was not")


@pytest.fixture
def run() -> Run:
    """A run whose first valid request was served."""
    begun = Run()
    begun.answered(CONTROL, 200, 0)
    return begun


def test_a_control_is_due_after_a_number_of_exchanges(run: Run) -> None:
    """Valid requests that are served in between postpone it."""
    for _ in range(POLICY.control_interval - 1):
        run.answered(REFUSED, 400)
    run.watch.admit(REFUSED)
    assert 0 == run.controls

    run.answered(REFUSED, 400)
    run.watch.admit(REFUSED)
    assert 1 == run.controls

    run.watch.admit(REFUSED)
    assert 1 == run.controls


def test_a_valid_request_that_is_due_is_a_control_itself(run: Run) -> None:
    """Before it, none is sent, unless many valid requests in a row were refused."""
    for _ in range(POLICY.control_interval):
        run.answered(REFUSED, 400)
    run.watch.admit(CONTROL)
    assert 0 == run.controls

    for _ in range(POLICY.control_interval):
        run.answered(CONTROL, 422, run.number)
    run.watch.admit(CONTROL)
    assert 1 == run.controls


@pytest.mark.parametrize("status", [302, 401, 402, 403, 404, 407])
def test_an_unexpected_refusal_asks_for_a_control_once(run: Run, status: int) -> None:
    """Where the control is served, refusals of this form are the server's own."""
    for _ in range(3):
        run.watch.examine(run.answered(REFUSED, status), REFUSED)

    assert 1 == run.controls


@pytest.mark.parametrize(("ends_before", "controls"), [(True, 1), (False, 2)])
def test_nothing_waits_for_the_control_of_another_thread(run: Run, ends_before: bool, controls: int) -> None:
    """Where it was sent before an unexpected refusal came, its own thread sends one more, and the refusal is known."""
    send = run.watch._send
    meanwhile = [404]

    def busy(case: Case) -> Exchange:
        if not meanwhile:
            return send(case)
        run.controls += not ends_before
        since, status = run.number, meanwhile.pop()
        run.watch.examine(run.answered(REFUSED, status), REFUSED)
        return send(case) if ends_before else run.answered(case, 200, since)

    run.watch._send = busy
    run.watch.examine(run.answered(REFUSED, 403), REFUSED)
    assert controls == run.controls

    run.watch.examine(run.answered(REFUSED, 404), REFUSED)
    assert controls == run.controls


@pytest.mark.parametrize("refused", [True, False])
@pytest.mark.parametrize("case", [CONTROL, REFUSED])
def test_a_refusal_with_the_status_of_a_success_asks_for_a_control(case: Case, refused: bool) -> None:
    """It is known by the mark of the overlay; or a valid request has no answer that is like the others."""
    run = Run()
    run.answer = b'{"chatId": "1"}'
    run.answered(CONTROL, 200, 0)
    since = run.number if case is CONTROL else None
    run.answer = b'{"ok": false, "error": "token_expired"}'
    answers = [run.answered(case, 200, since, refused=refused) for _ in range(2)]
    run.answer = b'{"chatId": "1"}'
    for answer in answers:
        run.watch.examine(answer, case)

    assert (1 if refused or case is CONTROL else 0) == run.controls


def test_an_expected_refusal_asks_for_none(run: Run) -> None:
    """Status 400 is expected for an invalid request, and 404 for an unknown name."""
    unknown = replace(REFUSED, expectation=Expectation.UNKNOWN)
    run.watch.examine(run.answered(REFUSED, 400), REFUSED)
    run.watch.examine(run.answered(unknown, 404), unknown)

    assert 0 == run.controls


def test_a_control_that_is_refused_ends_the_run(run: Run) -> None:
    """It is repeated a little later and refused again; nothing more is sent."""
    run.status = 401
    refused = run.answered(REFUSED, 401)

    with pytest.raises(CircumstancesEnded, match="1 was served, 5 was not"):
        run.watch.examine(refused, REFUSED)

    assert [*POLICY.control_delays] == run.waits
    assert isinstance(run.watch.lost, ConfigurationError)
    for again in (partial(run.watch.admit, REFUSED), run.watch.finish):
        with pytest.raises(CircumstancesEnded):
            again()


def test_the_end_asks_for_a_control_where_something_is_not_proven(run: Run) -> None:
    """Also where what is not proven ended before the last valid request that was served, but after it was sent."""
    run.watch.finish()
    assert 0 == run.controls

    run.answered(REFUSED, 400)
    run.answered(CONTROL, 200, 1)
    run.watch.finish()
    assert 1 == run.controls


@pytest.mark.parametrize(
    ("sent", "controls"), [(b'{"apiIntegrationId": "other"}', 0), (b'{"apiIntegrationId": "a"}', 1)]
)
def test_not_found_is_right_where_another_thing_is_named(sent: bytes, controls: int) -> None:
    """A 404 says nothing against the target where the request names something else than the control does."""
    run = Run()
    hostile = replace(REFUSED, id="hostile", expectation=Expectation.ANY)
    run.watch.use(CONTROL, run.answered(CONTROL, 200, 0, b'{"apiIntegrationId": "a"}'))
    run.watch.examine(run.answered(hostile, 404, body=sent), hostile)

    assert controls == run.controls


def test_the_end_asks_for_the_control_that_names_all_things() -> None:
    """A valid request that names fewer may be served though one of them is gone."""
    run = Run("openwebui")
    folder = replace(CONTROL, id="folder")
    run.answered(CONTROL, 200, 0)
    run.watch.use(folder, run.answered(folder, 200, 1, b'{"chat": {}, "folder_id": "f"}'))
    run.answered(REFUSED, 400)
    run.answered(CONTROL, 200, 3, b'{"chat": {}}')
    run.watch.finish()
    assert 1 == run.controls


@pytest.mark.parametrize(("status", "is_asked"), [(404, True), (403, True), (302, True), (401, False)])
def test_a_refused_control_asks_whether_one_that_names_less_is_served(status: int, is_asked: bool) -> None:
    """Where it is refused as well, what requests named does not matter; with 401 it never does."""
    run = Run("openwebui")
    folder = replace(CONTROL, id="folder")
    run.answered(CONTROL, 200, 0, b'{"chat": {}}')
    run.watch.use(folder, run.answered(folder, 200, 1, b'{"chat": {}, "folder_id": "f"}'))
    sent: list[str] = []

    def refused(case: Case) -> Exchange:
        sent.append(case.id)
        return run.answered(case, status if case is folder else 200, run.number, b'{"chat": {}}')

    run.watch._send = refused
    with pytest.raises(CircumstancesEnded):
        run.watch.examine(run.answered(REFUSED, status), REFUSED)

    assert ["folder"] * 3 + ["control"] * is_asked == sent
    assert is_asked is (run.watch.still_served is not None)


def test_a_key_that_dies_before_anything_was_served_ends_the_run() -> None:
    """Valid requests were refused as bad ones; now they are denied."""
    begun = Run()
    begun.answered(CONTROL, 422, 0)
    begun.status = 422
    begun.watch.examine(begun.answered(REFUSED, 403), REFUSED)
    assert 1 == begun.controls

    begun.status = 401
    with pytest.raises(CircumstancesEnded, match="3 was served, 7 was not"):
        begun.watch.examine(begun.answered(REFUSED, 401), REFUSED)


def test_nothing_is_repeated_before_a_valid_request_was_served() -> None:
    """A vendor who refuses all valid requests is judged for it."""
    begun = Run()
    for _ in range(3 * POLICY.control_interval):
        refused = begun.answered(REFUSED, 401)
        begun.watch.examine(refused, REFUSED)
        begun.watch.admit(REFUSED)
    begun.watch.finish()

    assert 0 == begun.controls
