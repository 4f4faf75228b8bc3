"""Malformed extensions are reported in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.requirements.catalogue import derive


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("promised", True, "it may hold source, provenance, empty"),
        ("promised", {"empty": "yes"}, "one of allowed"),
        ("unique", ["a"], "it may hold"),
        ("unique", {"provenance": "statd"}, "schema, stated, http, security, inferred"),
        ("equals", {}, "add expression"),
        ("clock", {"unit": "days"}, "seconds, milliseconds, date-time"),
        ("clock", {"source": 5, "unit": "seconds"}, "a text"),
        ("not-before", {"field": 3}, "a text"),
        ("resource", {"unknown": "perhaps"}, "refused, either"),
        ("distinct", True, "it may hold source, provenance, in-use, status"),
        ("distinct", {"status": "409"}, "a status from 400 to 499"),
        ("distinct", {"in-use": "served"}, "refused, either"),
        ("refusal", {}, "add pointer"),
        ("refusal", {"pointer": "ok"}, "a JSON Pointer"),
        ("prose", {"schema": 1}, "a schema"),
    ],
)
def test_a_malformed_extension(
    changed: Callable[..., Any], read: Callable[..., Any], name: str, value: Any, allowed: str
) -> None:
    """The line names the pointer and what is allowed there."""
    pointer = "/components/schemas/Chat/properties/id"

    with pytest.raises(UsageError) as caught:
        derive(read(changed({f"{pointer}/x-chatcert-{name}": value})))

    assert 2 == caught.value.exit_code
    assert f"{pointer}/x-chatcert-{name}" in caught.value.line()
    assert allowed in caught.value.line()
