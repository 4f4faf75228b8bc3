"""Security: what is derived of answers that give something away."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.requirement import Kind, Level, Requirement

Derived = Callable[..., dict[str, Requirement]]


def test_rules_on_every_answer(derived: Derived) -> None:
    """No stack trace, no internals and no credential in any answer; all rest on the OWASP API Security Top 10."""
    found = {path: r for path, r in derived().items() if r.kind is Kind.SECURITY}

    names = ("no-stack-trace", "no-internal-detail", "no-credential")
    assert {f"response/any/{name}" for name in names} == set(found)
    assert {Provenance.SECURITY} == {r.provenance for r in found.values()}
    assert all(r.run_wide for r in found.values())
    assert Level.SHOULD is found["response/any/no-stack-trace"].level
    assert Level.MUST is found["response/any/no-credential"].level


def test_without_credentials_none_can_be_repeated(derived: Derived) -> None:
    """A document without security has no rule on credentials."""
    found = derived({"/security": None})

    assert "response/any/no-stack-trace" in found
    assert "response/any/no-credential" not in found
