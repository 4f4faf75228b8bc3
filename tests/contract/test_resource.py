"""Resources: a well-formed identifier of something that does not exist is not served.

The property: a request that is valid but for the identifier of an unknown resource is answered with the documented
not-found status. The generated examples search for an identifier of nothing that is served, or that breaks the
server.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.resource


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
