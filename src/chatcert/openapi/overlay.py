"""Applying an OpenAPI Overlay 1.1 document: what a vendor's page says outside its schemas."""

from __future__ import annotations

import copy
from collections.abc import Collection
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
    result, lost = apply_matching(document, overlay, where=where)
    if lost:
        target = overlay["actions"][lost[0]]["target"]
        raise UsageError(
            f"target {target} matches nothing", where=f"{where}: actions[{lost[0]}]", hint="the document has changed"
        )
    return result


def apply_matching(
    document: dict[str, Any], overlay: dict[str, Any], *, where: str, without: Collection[int] = ()
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """``document`` with those actions of ``overlay`` applied that find their target, and the numbers of the others.

    Args:
        where: the overlay's path, for the error line.
        without: numbers of actions that are left out.

    Raises:
        UsageError: not an Overlay 1.x document.
    """
    from jsonpath_ng.ext import parse
    from oas_patch.overlay import apply_overlay as apply
    from oas_patch.overlay import deep_update

    if not str(overlay.get("overlay", "")).startswith("1.") or not isinstance(overlay.get("actions"), list):
        raise UsageError("not an Overlay 1.x document", where=where, hint="it needs `overlay: 1.1.0` and `actions`")
    result: dict[str, Any] = copy.deepcopy(document)
    lost: list[int] = []
    for number, action in enumerate(overlay["actions"]):
        place = f"{where}: actions[{number}]"
        target = action.get("target") if isinstance(action, dict) else None
        if not isinstance(target, str):
            raise UsageError("has no target", where=place, hint="give a JSONPath")
        try:
            found = parse(target).find(result)
        except Exception as error:  # noqa: BLE001  jsonpath-ng raises several unrelated types, plain Exception too
            raise UsageError(f"target is no JSONPath: {error}", where=place, hint="see RFC 9535") from None
        if number in without:
            continue
        if not found:
            lost.append(number)
        elif isinstance(action.get("update"), dict) and all(_is_element(match) for match in found):
            for match in found:  # oas-patch 0.6 knows no index of jsonpath-ng 1.8
                deep_update(match.value, copy.deepcopy(action["update"]))
        else:
            result = apply(result, {"actions": [copy.deepcopy(action)]})
    return result, tuple(lost)


def _is_element(match: Any) -> bool:
    """Whether a target is an object that stands in a list."""
    return match.context is not None and isinstance(match.context.value, list) and isinstance(match.value, dict)
