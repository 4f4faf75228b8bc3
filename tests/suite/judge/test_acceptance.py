"""Which answers to valid requests are right."""

from __future__ import annotations

from typing import Any

import pytest

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
    ("sigmamind", "accepts/all-fields", "accepted", 201, "pass"),
    ("sigmamind", "accepts/all-fields", "accepted", 202, "pass"),
    ("sigmamind", "accepts/all-fields", "accepted", 400, "fail"),
    ("sigmamind", "accepts/all-fields", "accepted", 500, "fail"),
    ("sigmamind", "accepts/all-fields", "accepted", "reset", "fail"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 201, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 404, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 403, "pass"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 400, "fail"),
    ("sigmamind", "accepts/body/agentId/maxLength", "limit", 500, "fail"),
    ("sigmamind", "accepts/body/previousChatId/maxLength", "limit", 400, "not-applicable"),
    ("sigmamind", "accepts/body/previousChatId/maxLength", "limit", 404, "pass"),
    ("sigmamind", "accepts/body/previousChatId/maxLength", "limit", 500, "fail"),
    ("polyai", "accepts/body/variant_id/present", "limit", 400, "not-applicable"),
    ("agencii", "accepts/all-fields", "limit", 400, "not-applicable"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind


def test_a_bad_request_for_an_optional_name_blames_its_form_where_unknown_names_are_served(bench: Any) -> None:
    """A server that serves an unknown name and refuses a longer one refuses its length, which is within the limits."""
    made = bench("sigmamind")
    path = "accepts/body/previousChatId/maxLength"
    refused = made.refusal(path, 400, expectation="limit")
    served = made.success(path="resource/previousChatId/unknown", expectation="unknown")
    too = made.refusal("resource/previousChatId/unknown", 400, expectation="unknown")

    assert "fail" == made.verdict(path, refused, served).kind
    assert "not-applicable" == made.verdict(path, refused, too).kind
