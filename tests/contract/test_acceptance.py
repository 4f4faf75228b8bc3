"""Acceptance: every request that the contract allows is served.

The property: any request that validates against the documented request, with valid credentials and existing
resources, is answered with the documented success status. The generated examples search for a valid value that is
refused: a limit, an enum member, an optional field left out, a text that nobody thought of.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.acceptance


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
