"""Which answers to unknown names are right."""

from __future__ import annotations

from typing import Any

import pytest

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
    ("sigmamind", "resource/agentId/unknown", "unknown", 404, "pass"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 403, "pass"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 400, "fail"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 500, "fail"),
    ("sigmamind", "resource/agentId/unknown", "unknown", 201, "warn"),
    ("sigmamind", "resource/agentId/malformed", "unknown", 400, "pass"),
    ("sigmamind", "resource/previousChatId/unknown", "unknown", 201, "pass"),
    ("sigmamind", "resource/previousChatId/unknown", "unknown", 400, "pass"),
    ("sigmamind", "resource/previousChatId/unknown", "unknown", 500, "fail"),
    ("polyai", "resource/variant_id/unknown", "unknown", 400, "pass"),
    ("polyai", "resource/account_id/unknown", "unknown", 400, "fail"),
    ("agencii", "resource/apiIntegrationId/unknown", "unknown", 400, "pass"),
    ("agencii", "resource/apiIntegrationId/unknown", "unknown", 500, "fail"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_refusals_of_what_is_unknown(bench: Any, status: int) -> None:
    """An unknown account is refused with any of the statuses that are documented for that."""
    made = bench("polyai")
    path = "resource/account_id/unknown"
    exchange = made.refusal(path, status, expectation="unknown")

    word = made.verdict(path, exchange).kind

    assert ("pass" if status != 410 else "fail") == word
