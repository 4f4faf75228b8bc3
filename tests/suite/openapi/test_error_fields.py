"""Places of errors that name the field which is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.error_fields import field_places, normalised
from chatcert.openapi.schemas.path_tokens import ANY

TEXT = {"type": "string"}


def an_object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "places"),
    [
        (an_object(validationErrors={"type": "object"}), {("validationErrors",)}),
        (an_object(message=TEXT, param={"type": ["string", "null"]}), {("param",)}),
        (
            an_object(detail={"type": "array", "items": an_object(loc={"type": "array", "items": TEXT}, msg=TEXT)}),
            {("detail", ANY, "loc")},
        ),
        (an_object(errors={"type": "array", "items": an_object(path=TEXT)}), {("errors", ANY, "path")}),
        (an_object(invalid_params={"type": "array", "items": an_object(name=TEXT)}), {("invalid_params", ANY, "name")}),
        (an_object(path=TEXT, name=TEXT, errors={"type": "array", "items": TEXT}), set()),
        (an_object(type=TEXT, title=TEXT, instance=TEXT, detail=TEXT), set()),
        (an_object(field={"type": "string", "enum": ["a"]}, errors=an_object(code=TEXT)), set()),
    ],
)
def test_places(schema: dict[str, Any], places: set[tuple[str, ...]]) -> None:
    """Maps by field, names of fields, and members of the entries of lists; the path of a request is none."""
    assert places == set(field_places(schema))


def test_spellings_are_alike() -> None:
    """Case, dots, slashes, brackets and underscores make no other name."""
    spellings = (
        "chat_title",
        "chatTitle",
        "chat.title",
        "/chat/title",
        "chat[title]",
        "Chat Title",
        "['chat']['title']",
    )

    assert {"chattitle"} == {normalised(spelling) for spelling in spellings}
