"""Robustness: no input makes the server fail.

The property: whatever is sent, valid, invalid or hostile, the server answers, in time, and not with a status of 5xx.
The generated examples search for a value that leads to a crash, a hang or a dropped connection.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.robustness


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
