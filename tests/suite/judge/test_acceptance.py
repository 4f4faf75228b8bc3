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
    ("agencii", "accepts/all-fields", "limit", 400, "not-applicable"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind
