"""Errors: every refusal is what the document promises.

The property: each answer that refuses a request has a documented status and media type, and its body validates
against the schema of that status. The generated examples search for an invalid request whose refusal does not.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.error


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
