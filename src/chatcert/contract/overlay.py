"""Applying an OpenAPI Overlay 1.1 document: what a vendor's page says outside its schemas."""

from __future__ import annotations

import copy
from typing import Any

from chatcert.exceptions import UsageError


def apply_overlay(document: dict[str, Any], overlay: dict[str, Any], *, where: str) -> dict[str, Any]:
    """Return ``document`` with every action of ``overlay`` applied; the arguments stay as they are.

    An action whose target is not found is an error: the page and the overlay have drifted apart
    (the standard would skip it silently).

    Args:
        where: the overlay's path, for the error line.

    Raises:
        UsageError: not an Overlay 1.x document, or a target that matches nothing.
    """
    from jsonpath_ng.ext import parse
    from oas_patch.overlay import apply_overlay as apply

    if not str(overlay.get("overlay", "")).startswith("1.") or not isinstance(overlay.get("actions"), list):
        raise UsageError("not an Overlay 1.x document", where=where, hint="it needs `overlay: 1.1.0` and `actions`")
    result: dict[str, Any] = copy.deepcopy(document)
    for number, action in enumerate(overlay["actions"]):
        place = f"{where}: actions[{number}]"
        target = action.get("target") if isinstance(action, dict) else None
        if not isinstance(target, str):
            raise UsageError("has no target", where=place, hint="give a JSONPath")
        try:
            found = parse(target).find(result)
        except Exception as error:  # noqa: BLE001  jsonpath-ng raises several unrelated types, plain Exception too
            raise UsageError(f"target is no JSONPath: {error}", where=place, hint="see RFC 9535") from None
        if not found:
            raise UsageError(f"target {target} matches nothing", where=place, hint="the document has changed")
        result = apply(result, {"actions": [copy.deepcopy(action)]})
    return result
