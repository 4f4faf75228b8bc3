"""State: requirements on requests that follow a request which may have an effect on them."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.requirements.requirement import Kind, Level, Rank, Requirement

Derived = Callable[..., dict[str, Requirement]]
OPERATION = "/paths/~1teams~1{team}~1chats/post"
JSON_BODY = f"{OPERATION}/requestBody/content"


def states(found: dict[str, Requirement]) -> dict[str, Requirement]:
    """The requirements of the family, by what comes before the valid request."""
    return {path.removeprefix("state/after-"): r for path, r in found.items() if r.kind is Kind.STATE and r.intrusive}


def test_after_each_trigger(derived: Derived) -> None:
    """They are binding, intrusive, sent last, and cost two requests each beyond the profile quick."""
    found = states(derived())

    assert {"refused-login", "refusal", "invalid-body", "oversized-body", "aborted-upload"} == set(found) - {
        "unknown-name"
    }
    expected = (Level.MUST, True, Rank.LOCKING, 2, True)
    assert {expected} == {(r.level, r.intrusive, r.rank, r.cost.requests, r.cost.from_standard) for r in found.values()}


def test_what_no_request_can_bring_about(derived: Derived) -> None:
    """Without a body none is too large, without credentials none are wrong, and any text may be a text."""
    assert {"refused-login"} == set(states(derived({f"{OPERATION}/requestBody": None})))
    assert "refused-login" not in states(derived({"/security": [{}]}))
    plain_text = {"text/plain": {"schema": {"type": "string"}}}
    assert "refusal" not in states(derived({JSON_BODY: plain_text}))


def test_every_time(derived: Derived) -> None:
    """The requirement that the same request is answered alike sends no requests and is not intrusive."""
    found = derived()["state/every-time"]

    assert (Level.MUST, False, True, 0) == (found.level, found.intrusive, found.run_wide, found.cost.requests)
