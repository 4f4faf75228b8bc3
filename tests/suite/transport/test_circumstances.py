"""Which answers count: those between two valid requests that were served in the same chain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.transport.exchange import Exchange, Received, Sent
from chatcert.transport.resilience.circumstances import is_foreign, set_aside
from chatcert.vendors import open_vendor

JSON = (("Content-Type", "application/json"),)
HTML = (("Content-Type", "text/html; charset=utf-8"),)


CHATS = open_vendor("openwebui")


@pytest.fixture
def contract() -> Contract:
    """A contract whose answers are all JSON."""
    return open_vendor("agencii")


def exchange(number: int, status: int = 400, headers: Any = JSON, **more: Any) -> Exchange:
    """A refusal, unless another answer is given."""
    known: dict[str, Any] = {
        "case": f"case-{number}",
        "requirement": "v/r",
        "expectation": "refused",
        "role": "case",
        "sent": Sent("POST", "http://h/", "/", (), None),
        "started": 100.0 + number,
        "seconds": 0.1,
        "received": Received(status, headers, b"{}"),
        "chain": "main",
    }
    return Exchange(number=number, **{**known, **more})


def valid(number: int, status: int = 200, headers: Any = JSON, **more: Any) -> Exchange:
    """A valid request that was sent when all before it had ended."""
    return exchange(
        number, status, headers, **{"case": "control", "expectation": "accepted", "since": number - 1, **more}
    )


def test_answers_count_up_to_the_last_valid_request_that_was_served(contract: Contract) -> None:
    """What came before it counts; what came later does not, whatever it was."""
    found = set_aside([valid(1), exchange(2), valid(3), exchange(4, 401), exchange(5)], contract)

    assert {4, 5} == found.keys()
    assert {"what came after exchange 3 does not count: no valid request was served after it"} == set(found.values())


def test_a_valid_request_vouches_for_what_had_ended_before_it_was_sent(contract: Contract) -> None:
    """What was in flight together with it may have ended after the key did."""
    found = set_aside([valid(1), exchange(2), exchange(3), valid(4, since=2)], contract)

    assert {3} == found.keys()


def test_chains_vouch_for_themselves_alone(contract: Contract) -> None:
    """Another process, or a later part of the run, may have another key."""
    found = set_aside([valid(1), exchange(2), valid(3, chain="main.2"), exchange(4, chain="main.2")], contract)

    assert {2, 4} == found.keys()


def test_a_page_that_the_document_does_not_have_vouches_for_nothing(contract: Contract) -> None:
    """A maintenance page has the status of a success."""
    found = set_aside([valid(1), exchange(2), valid(3, headers=HTML)], contract)

    assert {2, 3} == found.keys()


def test_a_success_that_is_wrong_from_the_beginning_vouches(contract: Contract) -> None:
    """A vendor who answers with HTML from the first request on is judged."""
    assert not set_aside([valid(1, headers=HTML), exchange(2), valid(3, headers=HTML)], contract)


def test_a_refused_control_casts_doubt_on_what_was_before(contract: Contract) -> None:
    """A key that comes back leaves open what was answered since the control was served for the last time."""
    refused = valid(3, 401, role="probe")
    found = set_aside(
        [valid(1), exchange(2), refused, exchange(4), valid(5, role="probe"), exchange(6), valid(7)], contract
    )

    assert {2, 3, 4} == found.keys()
    assert "the valid request that was sent again was answered with status 401" in found[2]


@pytest.mark.parametrize(("body", "open_ones"), [('{"folder_id": "f"}', {5, 6}), ("{}", {2, 3, 4, 5, 6})])
def test_a_refused_control_leaves_what_a_valid_request_of_its_kind_proved(body: str, open_ones: set[int]) -> None:
    """Any that names the same existing things does; one that does not name the folder may be served without it."""
    named = Sent("POST", "http://h/", "/", (), b'{"folder_id": "f"}')
    other = valid(4, case="other", sent=Sent("POST", "http://h/", "/", (), body.encode()))
    refused = valid(6, 404, role="probe", sent=named)

    found = set_aside([valid(1, sent=named), exchange(2), exchange(3), other, exchange(5), refused], CHATS)

    assert open_ones == found.keys()


@pytest.mark.parametrize(("plain", "open_ones"), [(404, {5, 6, 7}), (200, {2, 3, 4, 5, 6, 8})])
def test_where_a_plain_request_is_refused_as_well_any_that_was_served_proves(plain: int, open_ones: set[int]) -> None:
    """Then it is not about the folder that the control names, and nothing but that is why others are left open."""
    with_folder, without = (Sent("POST", "http://h/", "/", (), body) for body in (b'{"folder_id": "f"}', b"{}"))
    first = [valid(1, case="control", sent=with_folder), exchange(2), exchange(3), valid(4, case="plain", sent=without)]
    refused = valid(6, 404, role="probe", sent=with_folder)
    last = valid(7, plain, case="plain", role="probe", sent=without)

    found = set_aside([*first, exchange(5), refused, last, exchange(8)], CHATS)

    assert open_ones | {8} == found.keys()


@pytest.mark.parametrize("status", [401, 404])
def test_a_valid_request_vouches_from_when_it_was_sent(contract: Contract, status: int) -> None:
    """What was answered while it was under way may have met a key, or a thing, that was gone when it was served."""
    late = valid(4, since=1)
    plain = valid(5, case="plain", sent=Sent("POST", "http://h/", "/", (), b"{}"))
    named = Sent("POST", "http://h/", "/", (), b'{"apiIntegrationId": "i"}')
    first, late = (replace(one, sent=named) for one in (valid(1), late))
    refused = valid(6, status, role="probe", sent=named)

    found = set_aside([first, exchange(2, status), exchange(3, status), late, plain, refused], contract)

    assert ({6} if status == 401 else {2, 3, 5, 6}) == found.keys()


def test_what_was_under_way_until_a_control_was_served_again_does_not_count(contract: Contract) -> None:
    """Its answer may be of the time when valid requests were refused, though it came later."""
    refused, again = valid(2, 401, role="probe"), valid(3, role="probe", started=103.0)
    began_before, began_after = exchange(4, 401, started=101.5), exchange(5, started=103.2)

    found = set_aside([valid(1), refused, again, began_before, began_after, valid(6)], contract)

    assert {2, 4} == found.keys()
    assert "what was under way before exchange 3 was served does not count" in found[4]


@pytest.mark.parametrize(
    ("body", "open_ones"),
    [(b'{"error": "token expired"}', {2, 3}), (b'{"chatId": 5}', set()), (b'{"id": "1"}', set()), (b"{}", set())],
)
def test_a_success_that_is_unlike_all_others_proves_nothing(
    contract: Contract, body: bytes, open_ones: set[int]
) -> None:
    """It may be the refusal of a key; one that has a member of a success is the server's own, however wrong."""
    first = valid(1, received=Received(200, JSON, b'{"id": "1"}'))

    found = set_aside([first, exchange(2), valid(3, received=Received(200, JSON, body))], contract)

    assert open_ones == found.keys()


def test_without_any_valid_request_that_is_served_all_counts(contract: Contract) -> None:
    """A vendor who refuses all valid requests is judged."""
    assert not set_aside([valid(1, 500), exchange(2), valid(3, 500)], contract)


@pytest.mark.parametrize(("last", "open_ones"), [(401, {4, 5}), (403, {4, 5}), (422, set()), (500, set())])
def test_a_key_that_dies_where_nothing_was_served_leaves_the_rest_open(
    contract: Contract, last: int, open_ones: set[int]
) -> None:
    """Valid requests that were refused as bad ones, and are denied now, meet other circumstances."""
    found = set_aside([valid(1, 422), exchange(2), valid(3, 422), exchange(4, 401), valid(5, last)], contract)

    assert open_ones == found.keys()


def test_what_a_key_that_dies_refuses_while_a_valid_request_is_under_way_is_left_open(contract: Contract) -> None:
    """That request is answered as a bad one, but it was sent before the key died."""
    found = set_aside([valid(1, 422), exchange(2), exchange(3, 401), valid(4, 422, since=2), valid(5, 401)], contract)

    assert {3, 5} == found.keys()


def test_evidence_of_older_versions_counts(contract: Contract) -> None:
    """It does not say what a valid request vouches for."""
    assert not set_aside([valid(1, since=None), exchange(2)], contract)


@pytest.mark.parametrize(
    ("kind", "foreign"),
    [
        ("application/json", False),
        ("application/problem+json", False),
        ("APPLICATION/JSON; charset=utf-8", False),
        ("", False),
        ("text/html", True),
        ("text/plain", True),
    ],
)
def test_a_foreign_page_is_reported_by_its_media_type(contract: Contract, kind: str, foreign: bool) -> None:
    """JSON of any kind is the API's own, and so is an answer without a media type."""
    headers = (("Content-Type", kind),) if kind else ()

    assert foreign is is_foreign(Received(403, headers, b""), contract)
