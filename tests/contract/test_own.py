"""Own rules: what a user requires beyond the contract.

The property: each answer to the requests of a user's own rule is one that the rule accepts.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.own


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this own rule."""
    requirement_check(requirement_id)
