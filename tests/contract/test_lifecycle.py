"""Lifecycle: a chat that was created is there for its owner alone, until it is deleted.

The property: what an operation reads by the id of a chat is what the request that created it said, for its owner
and for nobody else; once it is deleted, it cannot be read as before. Where no link of the document and no overlay names
an operation that reads, nothing is tested.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.lifecycle


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
