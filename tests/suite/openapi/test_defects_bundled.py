"""Defects of the bundled documents are known by their pointers; odd documents raise nothing."""

from __future__ import annotations

import math
from functools import lru_cache
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Contract
from chatcert.openapi.defects import find_defects
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.requirements.catalogue import derive
from chatcert.vendors import known_vendors, specs_folder

OPENWEBUI = "/paths/~1api~1chats~1new/post"
POLYAI = "/paths/~1{version}~1{account_id}~1{project_id}~1chat~1create/post"
VARIABLES = "/components/schemas/CreateChatRequest/properties/dynamicVariables"

KNOWN = {
    "agencii": {
        "/components/securitySchemes/BearerAuth/bearerFormat": "the token shown begins with sk-agencii-",
        "/components/schemas/CreateNewChatResponse": "An empty object passes for a success answer",
        "/components/schemas/ErrorResponse": "An empty object passes for the error answers 400, 401, 500",
    },
    "openwebui": {
        "/servers/0/url": "your-domain.com is a placeholder",
        f"{OPENWEBUI}/responses": "No error answer is documented",
        f"{OPENWEBUI}/requestBody/content/application~1json/example": "folder_id is null, not a string",
        f"{OPENWEBUI}/responses/200/content/application~1json/example": "share_id is null, not a string",
    },
    "polyai": {
        f"{POLYAI}/security": ("ApiKeyAuth or TokenAuth is enough, while `parameters` require X-API-KEY and X-TOKEN"),
        "/components/schemas/Error": "An empty object passes for the error answers 400, 401, 403, 404, 500",
    },
    "sigmamind": {
        "/components/schemas/ChatCompletionResponse": "An empty object passes for a success answer",
        "/components/schemas/Error": "An empty object passes for the error answers 400, 401, 403, 404, 500",
        f"{VARIABLES}/additionalProperties/oneOf/4": "what its `items` are",
        "/components/schemas/ChatMessage/example": "it is an array, not an object",
        "/components/schemas/ChatMessage/properties/content/example": "it is a string, not an array",
        "/components/schemas/Error/properties/validationErrors/example": "it is a string, not an object",
    },
}


@lru_cache
def _published(vendor: str) -> dict[str, Any]:
    return read_document(specs_folder() / vendor / "openapi.yaml")


def test_the_defects_of_each_bundled_document_are_known(vendor: str, contract: Contract) -> None:
    """These and no others, each at its pointer and in its words."""
    found = {defect.pointer: defect.problem for defect in contract.defects}

    assert set(KNOWN[vendor]) == set(found)
    assert [] == [pointer for pointer, words in KNOWN[vendor].items() if words not in found[pointer]]


def test_defects_are_those_of_what_the_vendor_publishes(contract: Contract, published: dict[str, Any]) -> None:
    """The overlay neither hides a defect nor adds one, and every pointer leads somewhere."""
    defects = tuple(find_defects(published, contract.path, contract.method.lower()))

    assert defects == contract.defects
    assert len(defects) == len(set(defects))
    assert MISSING not in [lookup(published, tokens_of(defect.pointer)) for defect in defects]


@pytest.mark.slow
@settings(deadline=None)
@given(st.data(), st.sampled_from(["3.0.3", "3.1.0", "2.0"]))
def test_odd_documents_are_read_or_refused(strategies: ModuleType, data: st.DataObject, version: str) -> None:
    """With nonsense in any place, a document gives a contract, a catalogue and defects, or one line that says no."""
    document = dict(_published(data.draw(st.sampled_from(known_vendors()))))
    (path,) = document["paths"]
    if version == "2.0":
        document = {**document, "swagger": version}
    else:
        document["openapi"] = version
    for _ in range(data.draw(st.integers(1, 2))):
        place = data.draw(st.sampled_from([place for place in strategies.places(document) if place]))
        document = replaced(document, place, data.draw(strategies.oddities()))

    defects = list(find_defects(document, path, "post"))
    assert len(defects) == len(set(defects))
    assert all(1 == len(defect.problem.splitlines()) for defect in defects)
    refused = ""
    try:
        assert derive(read_contract(document, vendor="odd", where="odd.yaml")).requirements
    except UsageError as error:
        refused = error.line()
    assert not refused or refused.startswith("odd.yaml: ")
    assert "\n" not in refused


@pytest.mark.slow
@settings(deadline=None)
@given(st.data())
def test_anything_at_all_may_be_looked_at(strategies: ModuleType, data: st.DataObject) -> None:
    """Finding defects in a value that is not an OpenAPI document raises nothing."""
    document = {"paths": {"/x": {"post": data.draw(strategies.oddities())}}, **data.draw(strategies.json_objects())}

    assert list(find_defects(document, "/x", "post"))


@pytest.mark.slow
def test_documents_that_python_can_make_and_files_cannot_are_bounded() -> None:
    """A value that contains itself, numbers without end and very deep nesting end in a list of defects as well."""
    endless: dict[str, Any] = {"type": "object", "example": math.inf, "minLength": math.nan}
    endless["properties"] = {"a": endless}
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"properties": {"a": deep}, "example": {}}
    for schema in (endless, deep):
        content = {"application/json": {"schema": schema, "example": {"a": schema}}}
        operation = {"requestBody": {"content": content}, "responses": {"200": {"content": content}}}

        assert list(find_defects({"openapi": "3.0.0", "paths": {"/x": {"post": operation}}}, "/x", "post"))
