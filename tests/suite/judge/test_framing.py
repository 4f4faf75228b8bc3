"""Rules on framing: what the plain request gets is right, and the refusal that HTTP has for the framing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.transport.exchange import Exchange

CHUNKED = ("Transfer-Encoding", "chunked")
NO_ACCEPT = ("Accept", "")
GZIP = (("Content-Type", "application/json"), ("Content-Encoding", "gzip"))
PAGE = (("Content-Type", "text/html"),)


def framed(exchange: Exchange, *headers: tuple[str, str]) -> Exchange:
    """An exchange whose request had these headers."""
    return replace(exchange, sent=replace(exchange.sent, headers=headers), control=1, control_accepted=True)


def verdict(made: Any, path: str, *exchanges: Exchange) -> Any:
    """The verdict over a control that was served, these exchanges, and a last valid request."""
    return made.verdict(f"framing/{path}", replace(made.success(), number=1), *exchanges)


@pytest.mark.parametrize(
    ("path", "header", "status", "expected"),
    [
        ("chunked", CHUNKED, 200, VerdictKind.PASS),
        ("chunked", CHUNKED, 411, VerdictKind.PASS),
        ("chunked", CHUNKED, 505, VerdictKind.PASS),
        ("chunked", CHUNKED, 400, VerdictKind.WARN),
        ("chunked", CHUNKED, 500, VerdictKind.FAIL),
        ("chunked", CHUNKED, 417, VerdictKind.WARN),
        ("expect-continue", ("Expect", "100-continue"), 417, VerdictKind.PASS),
        ("expect-continue", ("Expect", "100-continue"), 500, VerdictKind.FAIL),
        ("accept/weighted", ("Accept", "application/json;q=0.9"), 406, VerdictKind.PASS),
        ("accept/weighted", ("Accept", "application/json;q=0.9"), 415, VerdictKind.FAIL),
        ("accept/any", ("Accept", "*/*"), 406, VerdictKind.WARN),
        ("accept/absent", NO_ACCEPT, 406, VerdictKind.WARN),
        ("accept/absent", NO_ACCEPT, 400, VerdictKind.FAIL),
        ("connection-close", ("Connection", "close"), 400, VerdictKind.FAIL),
    ],
)
def test_a_status(bench: Any, path: str, header: tuple[str, str], status: int, expected: VerdictKind) -> None:
    """A success is right, and so is the refusal that RFC 9110 has for this framing, which the row reports."""
    made = bench("agencii")
    own = made.success(path=f"framing/{path}") if status == 200 else made.exchange(f"framing/{path}", status=status)
    found = verdict(made, path, framed(own, header))

    assert expected is found.kind
    assert (expected is VerdictKind.PASS and status != 200) is (f"refused with status {status}" in found.reason)


def test_a_success_of_another_form(bench: Any) -> None:
    """A page, a body that is not JSON and one that breaks the schema are no answers like that to the plain request."""
    made = bench("sigmamind")
    others = (
        made.exchange("framing/accept/absent", answer=b"<html>", headers=PAGE),
        made.exchange("framing/accept/absent", answer=b"{"),
        made.success(path="framing/accept/absent", change={"chatId": 5}),
    )

    for other in others:
        assert VerdictKind.FAIL is verdict(made, "accept/absent", framed(other, NO_ACCEPT)).kind
    honest = made.success(path="framing/accept/absent")
    assert VerdictKind.PASS is verdict(made, "accept/absent", framed(honest, NO_ACCEPT)).kind


def test_what_the_plain_answer_breaks_too(bench: Any) -> None:
    """A defect of every success is not one of the framing."""
    made = bench("sigmamind")
    control = replace(made.success(change={"chatId": 5}), number=1)
    own = framed(made.success(path="framing/accept/absent", change={"chatId": 6}), NO_ACCEPT)

    assert VerdictKind.PASS is made.verdict("framing/accept/absent", control, own).kind


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("identity", "identity", VerdictKind.WARN),
        ("refused", "br;q=0", VerdictKind.PASS),
        ("gzip", "gzip", VerdictKind.PASS),
        ("absent", "", VerdictKind.PASS),
    ],
)
def test_a_packed_answer(bench: Any, path: str, value: str, expected: VerdictKind) -> None:
    """An answer is packed as the request permits; without Accept-Encoding any coding is permitted."""
    made = bench("agencii")
    own = made.success(path=f"framing/accept-encoding/{path}", headers=GZIP)

    assert expected is verdict(made, f"accept-encoding/{path}", framed(own, ("Accept-Encoding", value))).kind


def test_a_coding_that_is_refused(bench: Any) -> None:
    """A coding whose weight is 0 is not taken."""
    made = bench("agencii")
    packed = (("Content-Type", "application/json"), ("Content-Encoding", "br"))
    own = framed(made.success(path="framing/accept-encoding/refused", headers=packed), ("Accept-Encoding", "br;q=0"))

    assert VerdictKind.WARN is verdict(made, "accept-encoding/refused", own).kind


def test_of_a_refused_request_the_single_ones_show_the_reason(bench: Any) -> None:
    """Of two ways of framing that share a refused request, the one that is refused alone is to blame."""
    made = bench("agencii")
    both = framed(made.exchange("framing/chunked", status=400), CHUNKED, NO_ACCEPT)
    chunked = framed(made.exchange("framing/chunked", status=400), CHUNKED)
    absent = framed(made.success(path="framing/accept/absent"), NO_ACCEPT)

    assert VerdictKind.WARN is verdict(made, "chunked", both, chunked, absent).kind
    assert VerdictKind.PASS is verdict(made, "accept/absent", both, chunked, absent).kind


def test_refused_only_together(bench: Any) -> None:
    """Where each of them is served alone, what belongs to the shared request is broken by all of them together."""
    made = bench("agencii")
    both = framed(made.exchange("framing/chunked", status=400), CHUNKED, NO_ACCEPT)
    chunked = framed(made.success(path="framing/chunked"), CHUNKED)
    absent = framed(made.success(path="framing/accept/absent"), NO_ACCEPT)

    assert VerdictKind.FAIL is verdict(made, "chunked", both, chunked, absent).kind
    assert VerdictKind.PASS is verdict(made, "accept/absent", both, chunked, absent).kind


@pytest.mark.parametrize(("plain_status", "expected"), [(400, VerdictKind.FAIL), (200, VerdictKind.NOT_APPLICABLE)])
def test_an_invalid_request_served_in_chunks(bench: Any, plain_status: int, expected: VerdictKind) -> None:
    """Chunks must not bypass validation; where there is none to bypass, another requirement says so."""
    made = bench("agencii")
    field = "request/body/apiIntegrationId/required"
    plain = made.exchange(field, "refused", plain_status, {"detail": "no"}, edit="left out")
    own = made.success(path="framing/chunked/invalid", expectation="refused", edit="left out, in chunks")

    assert expected is verdict(made, "chunked/invalid", plain, framed(own, CHUNKED)).kind


def test_an_optional_body_that_is_overlooked_in_chunks_is_a_remark(bench: Any) -> None:
    """A server that reads no chunks has answered a request without a body, which the document allows."""
    made = bench("polyai")
    plain = made.exchange("request/body/type", "refused", 400, made.problem(400), edit="a text")
    own = made.success(path="framing/chunked/invalid", expectation="refused", edit="a text, in chunks")

    assert VerdictKind.WARN is verdict(made, "chunked/invalid", plain, framed(own, CHUNKED)).kind


@pytest.mark.parametrize(("status", "expected"), [(401, VerdictKind.PASS), (500, VerdictKind.FAIL)])
def test_no_credentials_in_chunks(bench: Any, status: int, expected: VerdictKind) -> None:
    """It is refused, and a server error is no refusal."""
    made = bench("agencii")
    own = made.exchange("framing/chunked/unauthenticated", "unauthenticated", status)
    served = made.success(path="framing/chunked/unauthenticated", expectation="unauthenticated")

    assert expected is verdict(made, "chunked/unauthenticated", framed(own, CHUNKED)).kind
    assert VerdictKind.FAIL is verdict(made, "chunked/unauthenticated", framed(served, CHUNKED)).kind


def test_where_chunks_always_fail(bench: Any) -> None:
    """A server error to every body in chunks is a finding of the valid one alone."""
    made = bench("agencii")
    valid = framed(made.exchange("framing/chunked", status=500), CHUNKED)
    own = framed(made.exchange("framing/chunked/invalid", "refused", 500), CHUNKED)

    assert VerdictKind.FAIL is verdict(made, "chunked", valid, own).kind
    assert VerdictKind.NOT_APPLICABLE is verdict(made, "chunked/invalid", valid, own).kind


def test_a_permitted_refusal_is_no_refused_body(bench: Any) -> None:
    """What this family permits, or blames, no rule on all answers blames again."""
    made = bench("agencii")
    own = framed(made.exchange("framing/chunked", status=411), CHUNKED)

    assert VerdictKind.PASS is made.verdict("response/200/status", made.success(), own).kind


def test_a_success_of_another_form_alone_shows_the_reason(bench: Any) -> None:
    """Of a shared request that is served without a body, the single one with that answer is to blame, and no other."""
    made = bench("agencii")
    close = ("Connection", "close")
    made.success()
    both = framed(made.exchange("framing/chunked", answer=b""), CHUNKED, close)
    chunked = framed(made.success(path="framing/chunked"), CHUNKED)
    closed = framed(made.exchange("framing/connection-close", answer=b""), close)

    assert VerdictKind.FAIL is verdict(made, "chunked", both).kind
    assert VerdictKind.FAIL is verdict(made, "chunked", both, chunked).kind
    assert VerdictKind.PASS is verdict(made, "chunked", both, chunked, closed).kind
    assert VerdictKind.FAIL is verdict(made, "connection-close", both, chunked, closed).kind


def test_bad_credentials_in_a_framing_that_is_always_refused(bench: Any) -> None:
    """A server that refuses every body in chunks before it looks at credentials breaks no rule on these."""
    made = bench("sigmamind")
    valid = framed(made.exchange("framing/chunked", status=404, answer=made.problem(404)), CHUNKED)
    path = "framing/chunked/unauthenticated"
    stranger = framed(made.exchange(path, "unauthenticated", 404, made.problem(404)), CHUNKED)
    rule = "response/401/status"

    assert VerdictKind.FAIL is made.verdict(rule, made.success(), stranger).kind
    assert VerdictKind.FAIL is not made.verdict(rule, made.success(), valid, stranger).kind


@pytest.mark.parametrize(
    ("accept", "expected"),
    [("text/html", VerdictKind.PASS), ("text/html, application/json", VerdictKind.FAIL), ("", VerdictKind.FAIL)],
)
def test_an_answer_in_the_only_type_that_is_taken(bench: Any, accept: str, expected: VerdictKind) -> None:
    """A client that takes pages alone may get one; any other gets the documented media type."""
    made = bench("agencii")
    page = framed(made.exchange("robustness/headers", "any", answer=b"<html>", headers=PAGE), ("Accept", accept))

    for rule in ("content-type", "json"):
        assert expected is made.verdict(f"response/200/{rule}", made.success(), page).kind
