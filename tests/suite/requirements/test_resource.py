"""Resource: what is derived of requests that name something that does not exist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.requirements.check import KnowsResource
from chatcert.requirements.requirement import Kind, Requirement

Derived = Callable[..., dict[str, Requirement]]
TEXT = "/components/schemas/ChatRequest/properties/text/x-chatcert-resource"


def test_nothing_is_a_resource_by_itself(derived: Derived) -> None:
    """Only an overlay says that a field names something that exists."""
    assert [] == [path for path, r in derived().items() if r.kind is Kind.RESOURCE]


@pytest.mark.parametrize(("unknown", "is_open"), [("refused", False), ("either", True)])
def test_a_marked_field_is_tried_with_other_names(derived: Derived, unknown: str, is_open: bool) -> None:
    """An unknown and a malformed name are refused, unless the overlay leaves the question open."""
    extension: dict[str, Any] = {"unknown": unknown, "source": "the table of fields"}
    found = derived({TEXT: extension})

    for form in ("unknown", "malformed"):
        requirement = found[f"resource/text/{form}"]
        assert isinstance(requirement.check, KnowsResource)
        assert (form, is_open) == (requirement.check.form, requirement.check.open_question)
        assert "the table of fields" == requirement.clause.source
