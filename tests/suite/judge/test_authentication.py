"""Which answers to bad credentials are right."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chatcert.cases.case import COOKIES_OF_CONTROL
from chatcert.cases.requests.two_accounts import ONE_CREDENTIAL, OTHER_CREDENTIALS

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 401, "pass"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 404, "pass"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 500, "pass"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 201, "fail"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", 299, "fail"),
    ("sigmamind", "auth/X-API-Key/wrong", "unauthenticated", "timeout", "fail"),
    ("polyai", "auth/X-TOKEN/wrong", "unauthenticated", 200, "warn"),
    ("polyai", "auth/all/wrong", "unauthenticated", 200, "fail"),
    ("polyai", "auth/all/prefix", "unauthenticated", 200, "fail"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ("wrong", 401),
        ("wrong", 403),
        ("missing", 400),
        ("missing", 401),
        ("missing", 403),
        ("empty", 400),
        ("query", 400),
        ("other-header", 400),
        ("truncated", 403),
    ],
)
def test_other_documented_refusals_of_credentials(bench: Any, form: str, status: int) -> None:
    """Where the page allows several statuses, each is right: a missing required header may earn the 400."""
    made = bench("sigmamind")
    scene = [made.stranger(form, status, made.problem(status)), made.stranger("corrupted", 401, made.problem(401))]

    assert [] == made.breaches(scene)


@pytest.mark.parametrize(("status", "broken"), [(400, False), (401, False), (404, True)])
def test_missing_credentials_in_another_framing(bench: Any, status: int, broken: bool) -> None:
    """However a request is framed, the 400 of a missing required header is right where it has no credentials."""
    made = bench("polyai")
    refused = made.refusal(
        "framing/chunked/unauthenticated", status, made.problem(status), expectation="unauthenticated"
    )

    assert broken == (made.verdict("response/401/status", made.stranger(), refused).kind == "fail")


@pytest.mark.parametrize(
    ("came", "kind"),
    [(401, "pass"), (403, "pass"), (404, "pass"), (308, "pass"), (431, "pass"), (500, "pass"), (503, "pass")],
)
def test_any_refusal_of_an_unusual_request_is_right(bench: Any, came: int, kind: str) -> None:
    """What answers an odd path need not be the vendor's own code: all that counts is that no chat is created."""
    made = bench("sigmamind")
    rows = [made.success(), made.exchange("auth/unusual/doubled-slash", "unserved", came)]

    assert kind == made.verdict("auth/unusual/doubled-slash", *rows).kind
    assert [] == made.breaches(rows)


@pytest.mark.parametrize("page", [{"status": "ok"}, {"chatId": ""}, {"chatId": None}, "<html>", {"chatId": 7}])
def test_another_page_with_the_status_of_a_success_shows_nothing(bench: Any, page: Any) -> None:
    """A page for all unknown paths is no chat: nothing can be concluded from it."""
    made = bench("sigmamind")
    control = made.success()
    other = replace(made.exchange("auth/unusual/suffix", "unserved", 201, page), control=control.number)

    assert "not-applicable" == made.verdict("auth/unusual/suffix", control, other).kind


def test_a_chat_without_credentials_is_a_breach(bench: Any) -> None:
    """A documented success with a promised id is one, whatever is unusual about the request."""
    made = bench("sigmamind")
    control = made.success()
    served = replace(made.exchange("auth/unusual/suffix", "unserved", 201, made.chat(2)), control=control.number)

    assert "fail" == made.verdict("auth/unusual/suffix", control, served).kind


def test_the_header_that_is_the_cause_is_named(bench: Any) -> None:
    """Where one header alone is enough, the finding is on that request, not on the one with all of them."""
    made = bench("sigmamind")
    path = "auth/unusual/proxy-headers"
    control = made.success()
    rows = [
        replace(made.exchange(path, "unserved", status, answer), control=control.number, edit=edit)
        for status, answer, edit in (
            (201, made.chat(2), "all headers of gateways, with missing credentials"),
            (401, made.problem(401), "X-Real-IP: 127.0.0.1, with missing credentials"),
            (201, made.chat(3), "X-Forwarded-User: admin, with missing credentials"),
        )
    ]

    found = made.verdict(path, control, *rows).finding
    assert "X-Forwarded-User: admin" in found.actual
    assert (1, (rows[2].number,)) == (found.occurrences, found.exchanges)
    assert "all headers" in made.verdict(path, control, rows[0]).finding.actual


@pytest.mark.parametrize(
    ("came", "kind"),
    [(401, "pass"), (400, "pass"), (431, "pass"), ("reset", "not-applicable"), (500, "fail"), (201, "fail")],
)
def test_a_very_long_credential_is_refused_in_any_way(bench: Any, came: int | str, kind: str) -> None:
    """Any refusal is right, a closed connection too; a server error is not."""
    assert kind == bench("sigmamind").verdict_on("auth/X-API-Key/long", "unserved", came).kind


@pytest.mark.parametrize(("path", "expectation"), [("wrong", "unauthenticated"), ("injection", "unserved")])
def test_bad_credentials_that_are_served_now_and_then(bench: Any, path: str, expectation: str) -> None:
    """A login that was let in once is a breach, though it was refused when it came again."""
    made = bench("sigmamind")
    rule, case = f"auth/X-API-Key/{path}", "c"
    once = made.success(path=rule, expectation=expectation, case=case, final=False)
    again = made.exchange(rule, expectation, 401, made.problem(401), case=case, attempt=2)

    verdict = made.verdict(rule, made.success(), once, again)

    assert "fail" == verdict.kind
    assert "when the same request was sent again" in verdict.finding.actual


def test_what_cookies_open_is_a_remark(bench: Any) -> None:
    """A session that a success has begun is a way in that the document does not have; a wrong cookie is no session."""
    made = bench("agencii")
    served = made.success(path="auth/Authorization/missing", expectation="unauthenticated")
    cookies = ("sid=«CHATCERT_AGENCII_SESSION, altered»", COOKIES_OF_CONTROL)
    with_cookies = [
        replace(served, sent=replace(served.sent, headers=(*served.sent.headers, ("Cookie", value))))
        for value in cookies
    ]

    found = [made.verdicts([made.success(), one]) for one in (served, *with_cookies)]
    assert ["fail", "fail", "warn"] == [verdicts["agencii/auth/Authorization/missing"].kind for verdicts in found]


@pytest.mark.parametrize(("edit", "kind"), [(OTHER_CREDENTIALS, "fail"), (f"{ONE_CREDENTIAL} TokenAuth", "warn")])
def test_a_valid_credential_of_another_account(bench: Any, edit: str, kind: str) -> None:
    """All credentials of another account must not be served; that only one of them is another's is a remark."""
    made = bench("polyai")
    served = made.success(edit=edit, expectation="unknown")
    mixed = replace(served, requirement="polyai/auth/other-account", control_accepted=True)

    assert kind == made.verdict("auth/other-account", mixed).kind
