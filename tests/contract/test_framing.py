"""Framing: a request means the same however it is framed, and whatever form of answer it asks for.

The property: a valid request in chunks, with ``Expect``, without ``Accept`` or with another one is answered as the
plain one, or refused with the status that RFC 9110 has for its framing; an invalid one stays refused.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.framing


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
