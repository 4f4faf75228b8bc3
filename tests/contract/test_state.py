"""State: a valid request is served, whatever came before it.

The property: right after a refused login, a refused or an oversized body, or an upload that was broken off, a valid
request is served; it counts as broken only where it fails each time, and valid requests are served later.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.state


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
