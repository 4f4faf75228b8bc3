"""Read documents, requests and values in the tests of cases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request

TYPES = ("string", "integer", "number", "boolean", "object", "array")


def type_of(value: Any) -> str:
    """The JSON type of a value; integers and other numbers are distinguished."""
    names = {bool: "boolean", str: "string", int: "integer", float: "number", dict: "object", list: "array"}
    return names.get(type(value), "null")


def properties(plans: Any) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Name, schema and need of every top-level field, straight from the document."""
    document = plans.contract.document
    (media,) = document["paths"][plans.contract.path]["post"]["requestBody"]["content"].values()
    schema = media["schema"]
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for name, inner in schema["properties"].items():
        yield name, inner, name in schema.get("required", [])


VALID = (Expectation.ACCEPTED, Expectation.LIMIT)


def json_of(request: Request) -> Any:
    """The JSON value that a request carries, read strictly."""
    if isinstance(request.body, JsonBody):
        return request.body.value
    assert isinstance(request.body, RawBody)

    def refuse(name: str) -> NoReturn:
        raise ValueError(name)

    return json.loads(request.body.data.decode("utf-8"), parse_constant=refuse)


def is_json(request: Request) -> bool:
    """Whether a request carries a JSON text at all."""
    try:
        json_of(request)
    except ValueError:
        return False
    return True


def differences(left: Any, right: Any, place: str = "") -> Iterator[str]:
    """Every place in which two JSON values differ, as deep as they are of one shape."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            if key not in left or key not in right:
                yield f"{place}/{key}"
            else:
                yield from differences(left[key], right[key], f"{place}/{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right, strict=True)):
            yield from differences(*pair, f"{place}/{index}")
    elif type(left) is not type(right) or left != right:
        yield place


def outside_the_body(request: Request) -> tuple[Any, ...]:
    """All of a request but its body."""
    headers = tuple(sorted((name.lower(), value) for name, value in request.headers))
    return (request.method, dict(request.path_parameters), request.query, headers, dict(request.credentials))


def levels(value: Any) -> int:
    """How deeply objects and arrays are nested."""
    layer, depth = [value], 0
    while layer:
        inner = [one.values() if isinstance(one, dict) else one for one in layer if isinstance(one, dict | list)]
        layer, depth = [item for members in inner for item in members], depth + bool(inner)
    return depth


def is_beside(case: Case) -> bool:
    """Whether a case is a fault in some circumstance that is valid in itself."""
    return "/request/beside/" in case.requirement


def is_combined(case: Case) -> bool:
    """Whether a case is a fault in some circumstance, or beside another fault."""
    return is_beside(case) or case.requirement.endswith("/two-faults")


def is_framed_otherwise(case: Case) -> bool:
    """Whether a case is a fault in a request that is framed in another way than its control."""
    return "/framing/" in case.requirement
