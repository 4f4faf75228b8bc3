"""What we take from Schemathesis for cases: its boundary cases and its schema-driven strategies.

Both are reached below its public API, so they are reached here only.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import jsonschema_rs
import schemathesis
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.config import GenerationConfig
from schemathesis.generation.jsonschema.builder import build
from schemathesis.generation.jsonschema.context import Alphabet

from chatcert.contract.model import Contract, Schema
from chatcert.contract.pointer import MISSING, lookup

MAX_CASES = 3000


def strategy_of(schema: Schema, root: Schema) -> SearchStrategy[Any]:
    """Values that a schema allows, for any schema that Schemathesis can model."""
    standalone = {**schema, "$defs": root.get("$defs", {})}
    alphabet = Alphabet(allow_x00=False, exclude_characters="".join(map(chr, [*range(0x20), *range(0x7F, 0xA0)])))
    return build(standalone, draft=jsonschema_rs.Draft202012, formats={}, alphabet=alphabet)


@lru_cache(maxsize=32)
def _boundary_bodies(key: tuple[str, str], contract: _Hashable) -> Mapping[str, tuple[Any, ...]]:
    return _collect(contract.value)


class _Hashable:
    """A contract as a cache key by its digests."""

    def __init__(self, value: Contract) -> None:
        self.value = value
        self._key = (value.vendor, value.spec_digest, value.overlay_digest, value.method, value.path)

    def __hash__(self) -> int:
        return hash(self._key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashable) and self._key == other._key


def boundary_values(contract: Contract, path: tuple[str, ...], keyword: str) -> tuple[Any, ...]:
    """Values that Schemathesis' coverage phase puts at ``path`` of the body to break ``keyword`` there.

    Empty where it has none, or where it cannot read the document.
    """
    if "*" in path:
        return ()
    location = "".join(f"/properties/{token}" for token in path) + f"/{keyword}"
    bodies = _boundary_bodies((contract.spec_digest, contract.path), _Hashable(contract)).get(location, ())
    values = [lookup(body, path) for body in bodies]
    return tuple(value for value in values if value is not MISSING)


def _collect(contract: Contract) -> Mapping[str, tuple[Any, ...]]:
    found: dict[str, list[Any]] = {}
    try:
        schema = schemathesis.openapi.from_dict(copy.deepcopy(dict(contract.document)))
        operation = schema[contract.path][contract.method]
        cases = schema.iter_coverage_cases(
            operation, generation_modes=[GenerationMode.NEGATIVE], generation_config=GenerationConfig()
        )
        for number, case in enumerate(cases):
            if number >= MAX_CASES:
                break
            data = case.meta.phase.data if case.meta is not None else None
            location = getattr(data, "location", None)
            if location and isinstance(case.body, dict | list | str | int | float | bool | None):
                found.setdefault(str(location), []).append(copy.deepcopy(case.body))
    except (schemathesis.errors.SchemathesisError, jsonschema_rs.ValidationError, LookupError, ValueError, TypeError):
        # Our own boundary values stand by themselves; these are a second opinion.
        return {name: tuple(values) for name, values in found.items()}
    return {name: tuple(values) for name, values in found.items()}
