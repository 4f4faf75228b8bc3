"""Cases of protocol: media types and methods."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Case, Expectation
from chatcert.requirements.check import CredentialForm

from .reading import is_json, json_of


def test_an_unsupported_media_type_hides_a_valid_body(plans: Any) -> None:
    """At least one case of every wrong media type carries the control's own bytes, so that the type alone is wrong."""
    by_requirement: dict[str, list[Case]] = {}
    for case in plans.cases:
        if case.expectation is Expectation.UNSUPPORTED:
            by_requirement.setdefault(case.requirement, []).append(case)

    assert by_requirement
    for cases in by_requirement.values():
        same = [
            case
            for case in cases
            if case.control is not None
            and is_json(case.request)
            and json_of(case.control.request) == json_of(case.request)
        ]
        assert same


def test_every_request_has_one_media_type(plans: Any) -> None:
    """A header in other letters takes the place of ours: two of them would be another fault."""
    for case in plans.cases:
        names = [name.lower() for name, _ in case.request.headers]
        assert names.count("content-type") <= 1, (case.requirement, case.edit)


def test_trace_carries_nothing_that_may_be_repeated(plans: Any) -> None:
    """TRACE has neither content nor credentials (RFC 9110 section 9.3.8)."""
    sent = [case.request for case in plans.cases if case.request.method == "TRACE"]

    assert all({CredentialForm.MISSING} == {*request.credentials.values()} for request in sent)
    assert not any(request.body for request in sent)


def test_nobody_s_chats_are_deleted(plans: Any) -> None:
    """DELETE where chats are created carries no credential, and counts as such: it may mean every chat of the user."""
    sent = [case for case in plans.cases if case.request.method == "DELETE"]

    assert sent
    assert {CredentialForm.MISSING} == {form for case in sent for form in case.request.credentials.values()}
    assert all(case.request.credentials and case.has_bad_credentials for case in sent)
