"""Faults of the family isolation: answers that show what other requests held."""

from __future__ import annotations

from chatcert.vendors import open_vendor

from .calling import Caller
from .fault_lookup import fault_named

CONTRACT = open_vendor("sigmamind")


def caller(variant: str) -> Caller:
    return Caller(CONTRACT, fault_named("sigmamind", f"response/any/{variant}"))


def bodies(faulty: Caller) -> tuple[dict[str, str], dict[str, str]]:
    """Two valid bodies with texts of their own."""
    return {**faulty.body, "input": "the first text"}, {**faulty.body, "input": "the second text"}


def test_a_success_shows_the_chat_before_it() -> None:
    """The second answer shows the first text; a refusal shows neither."""
    faulty = caller("no-other-chat")
    first, second = bodies(faulty)

    assert "the first text" not in faulty.post(first).text
    assert "the first text" in faulty.post(second).text
    assert "text" not in faulty.post(5).text


def test_a_refusal_shows_the_request_before_it() -> None:
    """A refused request is answered with the text of the last one that was served."""
    faulty = caller("no-other-request/refusal")
    first, _ = bodies(faulty)

    assert "the first text" not in faulty.post(first).text
    assert "the first text" in faulty.post(5).text


def test_a_header_shows_the_request_before_it() -> None:
    """Every answer has a header with the text of the request before."""
    faulty = caller("no-other-request/header")
    first, second = bodies(faulty)
    faulty.post(first)

    assert "the first text" in str(faulty.post(second).headers)


def test_a_success_shows_a_request_with_bad_credentials() -> None:
    """What a stranger has sent is shown to whoever is served next."""
    faulty = caller("no-other-request/credentials")
    first, second = bodies(faulty)
    wrong = {name: f"{value}-wrong" for name, value in faulty.credentials.items()}
    refused = faulty.post(first, headers=wrong)

    assert 401 == refused.status_code
    assert "the first text" in faulty.post(second).text


def test_a_refusal_shows_the_name_before_it() -> None:
    """Where no request has a text, a refused request is answered with the name that the refused one before it had."""
    contract = open_vendor("agencii")
    faulty = Caller(contract, fault_named("agencii", "response/any/no-other-request/refusal"))

    assert "nothing-of-the-kind" not in faulty.post({"apiIntegrationId": "nothing-of-the-kind"}).text
    assert "nothing-of-the-kind" in faulty.post(5).text
