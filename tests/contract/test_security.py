"""Security: no answer discloses what its reader should not know.

The property: no answer to any request, valid, invalid or hostile, holds a credential, a stack trace or other
internals of the server. The generated examples search for a request whose answer does.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.security


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
