"""Relations: fields of an answer agree with the request, with each other and with other answers.

The property: what the document calls unique differs in all answers, what it says is repeated equals its part of the
request, and times are near now and in order. The generated examples search for a request whose answer breaks that.
"""

from collections.abc import Callable

import pytest

pytestmark = pytest.mark.relation


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
