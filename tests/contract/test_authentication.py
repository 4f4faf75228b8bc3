"""Authentication: nobody is served without valid credentials.

The property: a request that is valid but for one credential, which is missing, corrupted, truncated, misplaced or in
another scheme, is answered with the documented 401 or 403. The generated examples search for a wrong credential that
is accepted.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.authentication


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
