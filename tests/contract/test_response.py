"""Responses: every success is what the document promises.

The property: each answer to a request that was accepted has the documented status and media type, and its body
validates against the documented schema. The generated examples search for a valid request whose answer does not.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.response


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
