"""What vendors are held to: one test a requirement."""

from collections.abc import Callable


def test_requirement(requirement_id: str, requirement_check: Callable[[str], None]) -> None:
    """The target keeps this requirement of its contract."""
    requirement_check(requirement_id)
