"""Operations beside the create operation are suggested for the overlay, as comments, and never taken."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from chatcert.onboarding.candidates import find_candidates
from chatcert.onboarding.starter_overlay import starter_overlay
from chatcert.openapi.contract import Contract

DESCRIBED = {"responses": {"200": {"description": "Done."}}}


@pytest.fixture
def contract(chat_store: ModuleType, read: Callable[..., Contract]) -> Callable[..., Contract]:
    """The contract of the store with further paths."""

    def making(**paths: Any) -> Contract:
        document = chat_store.document()
        document["paths"] |= {path.replace("_", "/"): item for path, item in paths.items()}
        return read(document)

    return making


def suggested(contract: Contract) -> dict[str, str]:
    """The operations that are suggested, by rule."""
    found = (one for one in find_candidates(contract) if one.rule in ("read", "delete"))
    return {one.rule: str(one.content["operation"]) for one in found}


def test_the_operations_of_one_chat_are_suggested(contract: Any) -> None:
    """A GET and a DELETE of the chats with one parameter more; the overlay has both as comments."""
    made = contract(**{"_v1_chats_{chat}": {"get": DESCRIBED, "delete": DESCRIBED}})
    overlay = starter_overlay(made, find_candidates(made))

    assert {"read": "GET /v1/chats/{chat}", "delete": "DELETE /v1/chats/{chat}"} == suggested(made)
    assert (None, None) == (made.read, made.delete)
    assert all(line.startswith("  #") for line in overlay.splitlines() if "/v1/chats/{chat}" in line)


@pytest.mark.parametrize("path", ["_v1_chats", "_v1_chats_all", "_v1_chats_{chat}_messages", "_v2_rooms_{room}"])
def test_other_operations_are_not_suggested(contract: Any, path: str) -> None:
    """What may be about more than one chat, or about something else, is not."""
    item = {"get": DESCRIBED, "delete": DESCRIBED}
    own = {"_v1_chats": {**contract().document["paths"]["/v1/chats"], **item}}

    assert {} == suggested(contract(**own if path == "_v1_chats" else {path: item}))
