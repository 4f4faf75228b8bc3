"""Applying an OpenAPI Overlay 1.1 document: what a vendor's page states outside its schemas."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from chatcert.exceptions import UsageError
from chatcert.openapi.document.loading import MAX_DEPTH, MAX_NODES, size_and_depth

if TYPE_CHECKING:
    from jsonpath_rfc9535 import JSONPathNode

    from chatcert.openapi.document.jsonpath import Evaluator


def apply_overlay(document: dict[str, Any], overlay: dict[str, Any], *, where: str) -> dict[str, Any]:
    """Return ``document`` with every action of ``overlay`` applied; the arguments stay as they are.

    An action whose target is not found is an error: the page and the overlay have drifted apart
    (the standard would skip it silently).

    Args:
        where: the overlay's path, for the error line.

    Raises:
        UsageError: the overlay is not an Overlay 1.x document, or an action cannot be applied.
    """
    result, unmatched = apply_matching_actions(document, overlay, where=where)
    if unmatched:
        target = overlay["actions"][unmatched[0]]["target"]
        raise UsageError(
            f"target {target} matches nothing",
            where=f"{where}: actions[{unmatched[0]}]",
            hint="the document has changed",
        )
    return result


def apply_matching_actions(
    document: dict[str, Any], overlay: dict[str, Any], *, where: str, without: Collection[int] = ()
) -> tuple[dict[str, Any], tuple[int, ...]]:
    """Apply the actions whose target is found; return the new document and the numbers of the other actions.

    Args:
        where: the overlay's path, for the error line.
        without: numbers of actions that are left out; actions whose values do not fit without them are left out too.

    Raises:
        UsageError: the overlay is not an Overlay 1.x document, or an action cannot be applied.
    """
    from chatcert.openapi.document.jsonpath import (
        Evaluator,  # its library is slow to import, and a bare document needs none
    )

    if not str(overlay.get("overlay", "")).startswith("1.") or not isinstance(overlay.get("actions"), list):
        raise UsageError("not an Overlay 1.x document", where=where, hint="it needs `overlay: 1.1.0` and `actions`")
    application = _Application(copy.deepcopy(document), Evaluator())
    unmatched: list[int] = []
    for number, action in enumerate(overlay["actions"]):
        try:
            if not application.apply(action, skip=number in without):
                unmatched.append(number)
        except _IncompatibleError as error:
            if not without:
                raise UsageError(error.what, where=f"{where}: actions[{number}]", hint=error.hint) from None
        except UsageError as error:
            raise UsageError(error.what, where=f"{where}: actions[{number}]", hint=error.hint) from None
    return application.document, tuple(unmatched)


class _IncompatibleError(UsageError):
    """The value of an action does not fit the document: an earlier action may have to be applied first."""


class _Application:
    """Applies actions to one document, in place (Overlay 1.1.0, Action Object).

    Args:
        document: the document that the actions change.
        evaluator: finds the targets.
    """

    def __init__(self, document: dict[str, Any], evaluator: Evaluator) -> None:
        self.document = document
        self._evaluator = evaluator
        self._added = 0

    def apply(self, action: Any, *, skip: bool) -> bool:
        """Apply one action; return whether its target was found.

        Args:
            skip: whether the action is only checked.

        Raises:
            UsageError: the action is malformed, or what it adds does not fit its target.
        """
        if not isinstance(action, dict) or not isinstance(action.get("target"), str):
            raise UsageError("has no target", hint="give a JSONPath")
        query = self._compile("target", action["target"])
        if skip:
            return True
        nodes = self._find("target", query)
        if not nodes:
            return False
        if action.get("remove") is True:
            _remove(nodes)
        elif "update" in action and "copy" in action:
            raise UsageError("has both `update` and `copy`", hint="the Overlay standard lets each rule out the other")
        elif "update" in action:
            self._merge_into(nodes, action["update"])
        elif "copy" in action:
            self._merge_into(nodes, self._source(action["copy"]))
        return True

    def _compile(self, field: str, text: str) -> Any:
        try:
            return self._evaluator.compile(text)
        except UsageError as error:
            raise UsageError(f"{field} {error.what}", hint=error.hint) from None

    def _find(self, field: str, query: Any) -> list[JSONPathNode]:
        try:
            return self._evaluator.find(query, self.document)
        except UsageError as error:
            raise UsageError(f"{field} {error.what}", hint=error.hint) from None

    def _source(self, path: Any) -> Any:
        """Return a copy of the one node that ``copy`` selects."""
        if not isinstance(path, str):
            raise UsageError("copy is not a JSONPath query: it is not a string", hint="see RFC 9535")
        nodes = self._find("copy", self._compile("copy", path))
        if len(nodes) != 1:
            raise _IncompatibleError(f"copy {path} selects {len(nodes)} nodes", hint="a copy has exactly one source")
        return copy.deepcopy(nodes[0].value)

    def _merge_into(self, nodes: list[JSONPathNode], change: Any) -> None:
        kinds = {_kind(node.value) for node in nodes}
        if len(kinds) > 1:
            raise UsageError(
                f"target selects {' and '.join(sorted(kinds))} values together", hint="write an action for each kind"
            )
        self._check_size(nodes, change)
        for node in nodes:
            if not isinstance(node.value, list):
                _check_compatible(node.value, change, "the target")
        for node in nodes:
            added = copy.deepcopy(change)
            if isinstance(node.value, list):
                node.value.extend(added if isinstance(added, list) else [added])
            elif isinstance(node.value, dict):
                _merge(node.value, added)
            else:
                node.value = added

    def _check_size(self, nodes: list[JSONPathNode], change: Any) -> None:
        """Refuse an action before it makes the document too large or too deep."""
        size, depth = size_and_depth(change)
        self._added += size * len(nodes)
        if self._added > MAX_NODES:
            raise UsageError(f"makes the overlay add more than {MAX_NODES:,} values", hint="write a smaller overlay")
        if max(len(node.location) for node in nodes) + depth > MAX_DEPTH:
            raise UsageError("nests the document too deeply", hint=f"no more than {MAX_DEPTH} levels are read")


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return "object"
    return "array" if isinstance(value, list) else "primitive"


def _check_compatible(old: Any, new: Any, where: str) -> None:
    """Refuse a change before any of it is made: only values of one kind can be merged."""
    if _kind(old) != _kind(new):
        article = "a" if _kind(new) == "primitive" else "an"
        raise _IncompatibleError(
            f"{article} {_kind(new)} value cannot be merged with the {_kind(old)} value of {where}",
            hint="remove the old value with an action of its own first",
        )
    if isinstance(old, dict):
        for name, value in new.items():
            if name in old:
                _check_compatible(old[name], value, repr(name))


def _merge(target: dict[str, Any], change: Mapping[str, Any]) -> None:
    """Merge compatible objects recursively, concatenate arrays, replace primitive values."""
    for name, value in change.items():
        if name not in target:
            target[name] = value
        elif isinstance(value, dict) and isinstance(target[name], dict):
            _merge(target[name], value)
        elif isinstance(value, list) and isinstance(target[name], list):
            target[name].extend(value)
        else:
            target[name] = value


def _remove(nodes: list[JSONPathNode]) -> None:
    """Remove the nodes from the objects and arrays that hold them, the last elements of an array first."""
    if any(node.parent is None for node in nodes):
        raise UsageError("removes the whole document", hint="name a part of it")
    positions = {
        (id(node.parent.value), node.location[-1]): node.parent.value for node in nodes if node.parent is not None
    }
    for (_, key), holder in sorted(positions.items(), key=lambda item: _index(item[0][1]), reverse=True):
        del holder[key]  # type: ignore[attr-defined]  # only an object or an array has children


def _index(key: int | str) -> int:
    return key if isinstance(key, int) else -1
