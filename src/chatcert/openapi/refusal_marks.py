"""Tell refusals from successes where an API refuses with the status of a success, such as ``{"ok": false}``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatcert.openapi.contract import Answer, Contract, Schema
from chatcert.openapi.schemas.fields import flattened, follow
from chatcert.openapi.schemas.pointer import MISSING, lookup, tokens_of
from chatcert.openapi.schemas.validator import validator_for

EXTENSION = "x-chatcert-refusal"


def is_refusal(answer: Answer, value: Any) -> bool:
    """Return whether a body under a success status is a refusal, by the ``x-chatcert-refusal`` of that answer.

    Where that names no value, the member says that nothing is wrong by null, false, 0 or by being empty.
    """
    rule = answer.refusal
    if rule is None:
        return False
    found = lookup(value, tokens_of(str(rule["pointer"])))
    if "value" in rule:
        return type(found) is type(rule["value"]) and bool(found == rule["value"])
    return found is not MISSING and bool(found)


def is_refused(contract: Contract, status: int, body: bytes) -> bool:
    """Return whether an answer refuses with the status of a success."""
    answer = contract.answer_for(status) if 200 <= status < 300 else None
    if answer is None or answer.refusal is None:
        return False
    try:
        return is_refusal(answer, json.loads(body))
    except (ValueError, RecursionError):
        return False


def part_of(answer: Answer, *, refused: bool) -> Schema:
    """Return the part of an answer's schema that describes its refusals, or the part that describes its successes.

    The part is what the extension says. Without that, it is the alternatives of the schema that allow the value that
    tells a refusal, and for successes those that allow another; the whole schema where it has no alternatives.
    """
    root: Schema = answer.schema or {}
    rule = answer.refusal
    if rule is None or (refused and isinstance(rule.get("schema"), Mapping)):
        return dict(rule["schema"]) if rule is not None else root
    flat = follow(root, root)
    for keyword in ("oneOf", "anyOf"):
        branches = [branch for branch in flat.get(keyword) or [] if _allows(branch, root, rule, refused=refused)]
        if branches:
            rest = {key: value for key, value in {**root, **flat}.items() if key not in (keyword, "$ref")}
            return {**rest, "anyOf": branches}
    return root


def _allows(branch: Any, root: Schema, rule: Mapping[str, Any], *, refused: bool) -> bool:
    """Return whether an alternative allows refusals, or successes."""
    schema: Any = flattened(branch, root)
    for token in tokens_of(str(rule["pointer"])):
        schema = (schema.get("properties") or {}).get(token)
        if schema is None:
            return not refused
        schema = flattened(schema, root)
    if "value" not in rule:
        return refused
    part, value = validator_for(root).part(schema), rule["value"]
    if refused:
        return part.is_valid(value)
    return not part.is_valid(value) or (isinstance(value, bool) and part.is_valid(not value))
