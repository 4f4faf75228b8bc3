"""Boundary values and strategies of Schemathesis, for cases: the only module that uses what its public API lacks."""

from __future__ import annotations

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jsonschema_rs
import schemathesis
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.config import GenerationConfig
from schemathesis.generation.jsonschema.builder import build
from schemathesis.generation.jsonschema.context import Alphabet

from chatcert.openapi.contract import Contract, Schema
from chatcert.openapi.patterns.regex import compiled
from chatcert.openapi.schemas.pointer import MISSING, lookup

MAX_CASES = 3000
MAX_CONTRACTS = 32
_UNSUPPORTED = (
    schemathesis.errors.SchemathesisError,
    HypothesisException,
    jsonschema_rs.ValidationError,
    re.error,
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""Errors that Schemathesis raises on documents that it cannot model, or that nest too deeply."""
_MEMORY: dict[tuple[str | None, ...], dict[str, list[Any]]] = {}


def strategy_of(schema: Schema, root: Schema) -> SearchStrategy[Any]:
    """Return a strategy for values that a schema allows, for any schema that Schemathesis can model."""
    standalone = _without_unbounded_patterns({**schema, "$defs": root.get("$defs", {})})
    alphabet = Alphabet(allow_x00=False, exclude_characters="".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])))
    return build(standalone, draft=jsonschema_rs.Draft202012, formats={}, alphabet=alphabet)


def boundaries_of(contract: Contract) -> dict[str, list[Any]]:
    """Return the values with which Schemathesis' coverage phase breaks one keyword of the body each.

    Returns:
        JSON values by where the keyword stands in the body's schema, ``/properties/NAME/KEYWORD``, for fields below
        named ones only; empty where it cannot read the document.
    """
    key = contract.vendor, contract.spec_digest, contract.overlay_digest, contract.operation
    if key not in _MEMORY:
        if len(_MEMORY) >= MAX_CONTRACTS:
            _MEMORY.clear()
        with ThreadPoolExecutor(1) as thread:  # the recursion limit counts the frames of the caller too
            _MEMORY[key] = thread.submit(_collect, contract).result()
    return _MEMORY[key]


def _collect(contract: Contract) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {}
    try:
        schema = schemathesis.openapi.from_dict(_without_unbounded_patterns(dict(contract.document)))
        operation = schema[contract.path][contract.method]
        cases = schema.iter_coverage_cases(
            operation, generation_modes=[GenerationMode.NEGATIVE], generation_config=GenerationConfig()
        )
        for number, case in enumerate(cases):
            if number >= MAX_CASES:
                break
            data = case.meta.phase.data if case.meta is not None else None
            location = getattr(data, "location", None)
            path = _path_of(str(location)) if location else None
            value = lookup(case.body, path) if path is not None else MISSING
            if isinstance(value, dict | list | str | int | float | bool | None):
                values.setdefault(str(location), []).append(copy.deepcopy(value))
    except _UNSUPPORTED:
        return values  # our own boundary values do not depend on these
    return values


def _without_unbounded_patterns(value: Any) -> Any:
    """Return a copy without patterns for which Python's engine, which Schemathesis uses, may take unbounded time.

    Our validator confirms the values of Schemathesis, and checks these patterns too.
    """
    if isinstance(value, list):
        return [_without_unbounded_patterns(item) for item in value]
    if not isinstance(value, dict):
        return value
    pattern = value.get("pattern")
    if isinstance(pattern, str) and ((values := compiled(pattern)) is None or not values.is_simple):
        value = {name: item for name, item in value.items() if name != "pattern"}
    return {name: _without_unbounded_patterns(item) for name, item in value.items()}


def _path_of(location: str) -> tuple[str, ...] | None:
    """Return the field whose schema has a keyword at ``location``; ``None`` unless it is reached by names alone."""
    *steps, _ = location.split("/")[1:]
    return tuple(steps[1::2]) if set(steps[::2]) <= {"properties"} and len(steps) % 2 == 0 else None
