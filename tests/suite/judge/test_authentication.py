"""Which answers to bad credentials are right."""

from __future__ import annotations

from typing import Any

import pytest

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
