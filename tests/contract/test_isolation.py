"""Isolation: an answer holds nothing of other requests.

The property: every request carries a marker of its own where a free text allows it, and no answer shows a marker of a
request with other credentials; no error and no header that of any other request. The generated examples search for an
answer that does.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.isolation


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
