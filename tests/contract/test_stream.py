"""Streams: a success that is a stream of events is one, and its events are what the document says.

The property: each answer whose media type is a documented stream is read event by event. It is well-formed, every event
matches its schema, and the last one is the terminator where one is named.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.stream


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
