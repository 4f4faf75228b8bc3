"""Refusal: no request that breaks exactly one rule of the contract is served.

The property: a request that differs from one that was accepted in a single edit, and breaks a single keyword of the
documented request, is answered with the documented refusal. The generated examples search for an invalid value that
is accepted.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.refusal


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
