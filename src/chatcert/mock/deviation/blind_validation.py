"""Servers that do not validate a body in some circumstance, though the circumstance has nothing to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call
from chatcert.mock.deviation.deviations import CallTest
from chatcert.mock.deviation.refused_requests import members_of
from chatcert.mock.validators import Validator, predicate
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Beside, Near, RefusesNear

LARGE = 16_384
"""Bytes of a body from which a server reads it in parts."""

_ESCAPED_KEY = re.compile(rb'\\u[0-9a-fA-F]{4}[^"\\]*"\s*:')


def blind_to(contract: Contract, circumstance: Beside) -> Iterator[tuple[str, str, CallTest]]:
    """Yield the ways of not validating in a circumstance, as (variant, description, test of a call)."""
    documented = members_of(contract)
    match circumstance:
        case Beside.CHARSET:
            yield "", "a body with a charset is not validated", _has_charset
        case Beside.UNKNOWN_FIELD:
            yield (
                "",
                "a body with an unknown property is not validated",
                lambda call, body, backend: isinstance(body, dict) and bool(body.keys() - documented.keys()),
            )
        case Beside.OTHER_FIELDS:
            yield from _beside_one(contract, documented)
        case Beside.LONG_NEIGHBOUR:
            yield (
                "",
                f"a body of more than {LARGE:,} bytes is not validated",
                lambda call, body, backend: len(call.body) > LARGE,
            )
        case Beside.KEY_ORDER if len(documented) > 1:
            order = list(documented)
            yield (
                "",
                "a body is not validated unless its keys stand in the documented order",
                lambda call, body, backend: isinstance(body, dict) and not _in_order(list(body), order),
            )
        case Beside.ESCAPED_KEYS:
            yield (
                "",
                "a body with escapes in its keys is not validated",
                lambda call, body, backend: _ESCAPED_KEY.search(call.body) is not None,
            )
        case Beside.LATER_ENTRY:
            yield from _first_entries(contract)
        case Beside.QUERY:
            yield "", "a field that the body lacks may be in the query", _is_in_query(contract, documented)


def _has_charset(call: Call, body: Any, backend: Backend) -> bool:
    return "charset" in (call.header("content-type") or "").lower()


def _in_order(names: list[str], order: list[str]) -> bool:
    places = [order.index(name) for name in names if name in order]
    return places == sorted(places)


def _beside_one(contract: Contract, documented: dict[str, Any]) -> Iterator[tuple[str, str, CallTest]]:
    """Yield the fault of validating nothing else where one optional field is there, and right itself."""
    root: Any = contract.body.schema if contract.body is not None else {}
    required = next((field.schema for field in walk(root, "")), {}).get("required") or []
    name = next((one for one in reversed(documented) if one not in required), None)
    if name is None or len(documented) < 2:
        return
    fits = predicate(documented[name], root)
    yield (
        "",
        f"a body is not validated if it has a valid {name}",
        lambda call, body, backend: isinstance(body, dict) and name in body and fits(body[name]),
    )


def _is_in_query(contract: Contract, documented: dict[str, Any]) -> CallTest:
    """Return a test of calls: whether the fields that a body lacks are in the query, and it is right with them."""
    strict = Validator(contract.body.schema if contract.body is not None else {})

    def test(call: Call, body: Any, backend: Backend) -> bool:
        found = {name: values[0] for name in documented if (values := call.query_values(name))}
        return isinstance(body, dict) and bool(found) and strict.accepts({**found, **body})

    return test


def _first_entries(contract: Contract) -> Iterator[tuple[str, str, CallTest]]:
    """Yield the fault of validating no more than the first entry of each list and map."""
    root: Any = contract.body.schema if contract.body is not None else {}
    places = {field.path[: field.path.index(ANY)] for field in walk(root, "") if ANY in field.path}
    strict = Validator(root)

    def test(call: Call, body: Any, backend: Backend) -> bool:
        return body is not MISSING and strict.accepts(_shortened(body, (), places))

    yield "", "only the first entry of a list or map is validated", test


def _shortened(value: Any, path: tuple[str, ...], places: set[tuple[str, ...]]) -> Any:
    """Return a value with the first entry of each of its lists and maps alone."""
    if isinstance(value, list):
        return [_shortened(item, (*path, ANY), places) for item in value[:1]]
    if not isinstance(value, dict):
        return value
    pairs = list(value.items())[: 1 if path in places else None]
    return {name: _shortened(member, (*path, name), places) for name, member in pairs}


def takes_for_right(contract: Contract, check: RefusesNear) -> tuple[str, CallTest]:
    """Return what a server does that takes what resembles a valid request for one, with the test of a call."""
    validator = Validator(contract.body.schema if contract.body is not None else {})
    name, key = "/".join(check.path), check.path[-1]

    def with_key(value: Any, path: tuple[str, ...]) -> Any:
        if not isinstance(value, dict):
            return value
        if len(path) > 1:
            return {k: with_key(v, path[1:]) if k == path[0] else v for k, v in value.items()}
        return {key if k.lower() == key.lower() else k: v for k, v in value.items()}

    def stripped(value: Any, path: tuple[str, ...]) -> Any:
        if path and isinstance(value, dict):
            return {k: stripped(v, path[1:]) if k == path[0] else v for k, v in value.items()}
        return value.strip() if not path and isinstance(value, str) else value

    if check.near is Near.KEY:
        return (
            f"{name} may be in another case",
            lambda call, body, backend: body is not MISSING and validator.accepts(with_key(body, check.path)),
        )
    return (
        f"{name} may have white space around it",
        lambda call, body, backend: body is not MISSING and validator.accepts(stripped(body, check.path)),
    )
