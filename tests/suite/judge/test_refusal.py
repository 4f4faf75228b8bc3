"""Which answers to invalid requests are right."""

from __future__ import annotations

from typing import Any

import pytest

# vendor, requirement, expectation, status or kind of error -> kind of verdict
TABLE = [
    ("sigmamind", "request/body/input/type", "refused", 400, "pass"),
    ("sigmamind", "request/body/input/type", "refused", 422, "pass"),
    ("sigmamind", "request/body/input/type", "refused", 201, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 302, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 401, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 404, "fail"),
    ("sigmamind", "request/body/input/type", "refused", 500, "fail"),
    ("sigmamind", "request/body/input/type", "refused", "reset", "fail"),
    ("sigmamind", "request/body/agentId/maxLength", "refused", 404, "warn"),
    ("sigmamind", "request/body/agentId/type", "refused", 404, "fail"),
    ("sigmamind", "request/body/input/type", "refused", "unsendable", "not-applicable"),
]


@pytest.mark.parametrize(("vendor", "path", "expectation", "came", "kind"), TABLE)
def test_the_right_answer(bench: Any, vendor: str, path: str, expectation: str, came: int | str, kind: str) -> None:
    """One row: what was sent, what came, and the verdict."""
    assert kind == bench(vendor).verdict_on(path, expectation, came).kind
