"""Protocol: the server keeps the rules of HTTP and JSON that a client of this operation relies on.

The property: two requests that mean the same by RFC 9110 or RFC 8259 get the same answer, and what HTTP forbids is
not served. The generated examples search for a form of a request, such as the case of a header's name, that changes
the answer.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.protocol


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
