"""What we take from Schemathesis for cases: its boundary cases and its schema-driven strategies.

Both are reached below its public API, so they are reached here only.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
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
from chatcert.openapi.fields import ANY
from chatcert.openapi.pointer import MISSING, lookup
from chatcert.openapi.regex import compiled

MAX_CASES = 3000
MAX_CONTRACTS = 32
_BEYOND_IT = (
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
"""What Schemathesis raises on documents that it cannot model, of which those nest deepest that are large."""
_KNOWN: dict[tuple[str | None, ...], dict[str, list[Any]]] = {}


def strategy_of(schema: Schema, root: Schema) -> SearchStrategy[Any]:
    """Values that a schema allows, for any schema that Schemathesis can model."""
    standalone = _tamed({**schema, "$defs": root.get("$defs", {})})
    alphabet = Alphabet(allow_x00=False, exclude_characters="".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])))
    return build(standalone, draft=jsonschema_rs.Draft202012, formats={}, alphabet=alphabet)


def boundary_values(contract: Contract, path: tuple[str, ...], keyword: str) -> Sequence[Any]:
    """Return the values with which Schemathesis breaks ``keyword`` at ``path`` of the body."""
    if ANY in path:
        return ()
    return boundaries_of(contract).get("".join(f"/properties/{token}" for token in path) + f"/{keyword}", ())


def boundaries_of(contract: Contract) -> dict[str, list[Any]]:
    """Values that Schemathesis' coverage phase puts into the body to break one keyword each.

    Returns:
        JSON values by where the keyword stands in the body's schema, ``/properties/NAME/KEYWORD``, for fields below
        named ones only; empty where it cannot read the document.
    """
    key = contract.vendor, contract.spec_digest, contract.overlay_digest, contract.operation
    if key not in _KNOWN:
        if len(_KNOWN) >= MAX_CONTRACTS:
            _KNOWN.clear()
        with ThreadPoolExecutor(1) as fresh:  # how deep it may go does not depend on who asks
            _KNOWN[key] = fresh.submit(_collect, contract).result()
    return _KNOWN[key]


def _collect(contract: Contract) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    try:
        schema = schemathesis.openapi.from_dict(_tamed(dict(contract.document)))
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
                found.setdefault(str(location), []).append(copy.deepcopy(value))
    except _BEYOND_IT:
        # Our own boundary values stand by themselves; these are a second opinion.
        return found
    return found


def _tamed(value: Any) -> Any:
    """A copy without patterns that Python's engine may look for without end, as Schemathesis does.

    What it makes is confirmed by our validator, which holds it to them.
    """
    if isinstance(value, list):
        return [_tamed(item) for item in value]
    if not isinstance(value, dict):
        return value
    pattern = value.get("pattern")
    if isinstance(pattern, str) and ((found := compiled(pattern)) is None or not found.is_simple):
        value = {name: item for name, item in value.items() if name != "pattern"}
    return {name: _tamed(item) for name, item in value.items()}


def _path_of(location: str) -> tuple[str, ...] | None:
    """The field in whose schema a keyword stands; ``None`` where it is no field below named ones."""
    *steps, _ = location.split("/")[1:]
    return tuple(steps[1::2]) if set(steps[::2]) <= {"properties"} and len(steps) % 2 == 0 else None
