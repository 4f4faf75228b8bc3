"""Measure how a very large document is planned: time, memory, requests, and which of a hundred faults are found.

    python bench/large_document.py                        the generated document: a union of 30 branches
    python bench/large_document.py FILE ["POST /path"]    any document

The generated document describes more than 10,000 requirements if each place of a shared schema counts; what the
catalogue lists is a fifth of that, since such a schema is tested whole once (openapi/schemas/shared_fields.py).

The faults are keywords that a server does not enforce, at random places of the document. A server with such a fault is
a validator of the document without that keyword, of another library than the planner's. A fault is found if the server
accepts a request that was planned as an invalid one. What the profile ``quick`` finds is compared to what the profile
``thorough`` finds, which has no limit of requests.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from chatcert.cases.case import Case, Expectation, JsonBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES, Profile
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import derive
from chatcert.run.plan_preview import plan_of
from chatcert.vendors import open_spec

BRANCHES = 30
FAULTS = 100
BREAKABLE = ("type", "enum", "const", "minLength", "maxLength", "pattern", "minimum", "maximum", "minItems", "maxItems")
MAX_PLANNING = 10.0
MAX_MEMORY = 300
MAX_REQUESTS = 3000


def large_document() -> dict[str, Any]:
    """Return a document whose body is a union of many branches, which share parts that share parts."""
    schemas: dict[str, Any] = {
        "Retry": _object(
            attempts={"type": "integer", "minimum": 0, "maximum": 9},
            wait={"type": "number", "minimum": 0, "maximum": 60},
            on={"type": "array", "items": {"type": "string", "enum": ["429", "5xx", "timeout"]}, "maxItems": 3},
        ),
        "Header": _object(name={"type": "string", "minLength": 1, "maxLength": 64}, value={"type": "string"}),
        "Server": _object(
            url={"type": "string", "minLength": 8, "maxLength": 200},
            timeout={"type": "integer", "minimum": 1, "maximum": 300},
            headers={"type": "array", "items": {"$ref": "#/components/schemas/Header"}, "maxItems": 5},
            retry={"$ref": "#/components/schemas/Retry"},
        ),
        "Message": _object(
            role={"type": "string", "enum": ["user", "assistant", "system"]},
            content={"type": "string", "minLength": 1, "maxLength": 4000},
            delay={"type": "number", "minimum": 0, "maximum": 30},
        ),
        "Tool": _object(
            title={"type": "string", "minLength": 1, "maxLength": 40},
            strict={"type": "boolean"},
            server={"$ref": "#/components/schemas/Server"},
            messages={"type": "array", "items": {"$ref": "#/components/schemas/Message"}, "maxItems": 4},
        ),
    }
    branches = [_branch(number) for number in range(BRANCHES)]
    schemas |= {f"Model{number}": branch for number, branch in enumerate(branches)}
    body = _object(
        title={"type": "string", "minLength": 1, "maxLength": 80},
        model={"oneOf": [{"$ref": f"#/components/schemas/Model{number}"} for number in range(BRANCHES)]},
        greeting={"$ref": "#/components/schemas/Message"},
        tools={"type": "array", "items": {"$ref": "#/components/schemas/Tool"}, "maxItems": 8},
    )
    answer = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "minLength": 1}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Large", "version": "1"},
        "paths": {
            "/chats": {
                "post": {
                    "operationId": "createChat",
                    "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
                    "responses": {
                        "201": {"description": "made", "content": {"application/json": {"schema": answer}}},
                        "400": {"description": "bad", "content": {"application/json": {"schema": {"type": "object"}}}},
                    },
                }
            }
        },
        "components": {"schemas": schemas},
    }


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)[:2]}


def _branch(number: int) -> dict[str, Any]:
    """Return one branch of the union: members of its own, and parts that the others have too."""
    own = {
        f"limit{number}": {"type": "integer", "minimum": number, "maximum": number + 100},
        f"style{number}": {"type": "string", "enum": [f"plain{number}", f"warm{number}", f"terse{number}"]},
        f"note{number}": {"type": "string", "minLength": 1 + number % 3, "maxLength": 50 + number},
        f"tags{number}": {"type": "array", "items": {"type": "string", "maxLength": 20}, "maxItems": 5},
        f"extra{number}": _object(
            score={"type": "number", "minimum": 0, "maximum": 1}, label={"type": "string", "maxLength": 10 + number}
        ),
    }
    shared = {
        "server": {"$ref": "#/components/schemas/Server"},
        "fallback": {"$ref": "#/components/schemas/Server"},
        "tools": {"type": "array", "items": {"$ref": "#/components/schemas/Tool"}, "maxItems": 5},
        "opening": {"$ref": "#/components/schemas/Message"},
    }
    branch = _object(kind={"const": f"model{number}", "type": "string"}, **own, **shared)
    return {**branch, "additionalProperties": False}


def cases_of(contract: Contract, profile: Profile) -> tuple[list[Case], float, int]:
    """Return the cases of a profile, the seconds of this process that planning took, and the number of requests."""
    started = time.process_time()
    known = {name: f"known-{name}" for name in resource_names(contract)}
    planner = Planner(contract, known, profile, 1)
    requirements = list(derive(contract).requirements.values())
    plan = plan_of(requirements, planner)
    seconds = time.process_time() - started
    cases = [case for requirement in requirements for case in planner.plan(requirement).cases]
    return cases, seconds, plan.requests + plan.controls


def breakable(schema: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield every keyword of a schema that a server may leave unenforced, with the place that holds it."""
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in BREAKABLE and not (key == "type" and _lists_values(schema)):
                yield path, key
            elif key == "required":
                yield from (((*path, key), name) for name in value)
            elif key in {"properties", "$defs"}:
                for name, inner in value.items():
                    yield from breakable(inner, (*path, key, name))
            elif key in ("items", "additionalProperties"):
                yield from breakable(value, (*path, key))
            elif key in ("oneOf", "anyOf", "allOf"):
                for number, inner in enumerate(value):
                    yield from breakable(inner, (*path, key, number))


def _lists_values(schema: dict[str, Any]) -> bool:
    """Return whether a schema names its values, all of them of its type: without the type it says the same."""
    values = [schema["const"]] if "const" in schema else schema.get("enum") or []
    is_of_type = jsonschema_rs.Draft202012Validator({"type": schema["type"]}).is_valid
    return bool(values) and all(map(is_of_type, values))


def without(schema: dict[str, Any], place: tuple[str | int, ...], keyword: str) -> dict[str, Any]:
    """Return a schema without one keyword, or without one name in a ``required``."""
    changed = copy.deepcopy(schema)
    holder: Any = changed
    for token in place:
        holder = holder[token]
    if isinstance(holder, list):
        holder.remove(keyword)
    else:
        del holder[keyword]
    return changed


def invalid(cases: list[Case], schema: dict[str, Any]) -> list[Case]:
    """Return the invalid cases that show a fault: those that a server refuses even if it checks no formats."""
    accepts = jsonschema_rs.Draft202012Validator(schema, validate_formats=False).is_valid
    return [
        case
        for case in cases
        if case.expectation is Expectation.REFUSED
        and isinstance(case.request.body, JsonBody)
        and not accepts(case.request.body.value)
    ]


def shows(cases: list[Case], schema: dict[str, Any]) -> bool:
    """Return whether a server that validates by ``schema`` accepts a request that was planned as invalid."""
    accepts = jsonschema_rs.Draft202012Validator(schema, validate_formats=False).is_valid
    return any(accepts(case.request.body.value) for case in cases if isinstance(case.request.body, JsonBody))


def alarms(cases: list[Case], schema: dict[str, Any]) -> list[str]:
    """Return the cases in which an honest server does otherwise than planned.

    It looks at bodies alone, and checks other formats than those of OpenAPI.
    """
    accepts = jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid
    judged = [
        case
        for case in cases
        if case.expectation is Expectation.ACCEPTED
        or (case.expectation is Expectation.REFUSED and "/request/body" in case.id and "/format#" not in case.id)
    ]
    return [
        case.id
        for case in judged
        if isinstance(case.request.body, JsonBody)
        and accepts(case.request.body.value) != (case.expectation is Expectation.ACCEPTED)
    ]


def main() -> int:
    """Print the measures; return 1 if a limit is exceeded or a fault is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("spec", nargs="?", type=Path)
    parser.add_argument("operation", nargs="?")
    parser.add_argument("--faults", type=int, default=FAULTS, metavar="N")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = arguments.spec or Path(folder) / "large.json"
        if arguments.spec is None:
            file.write_text(json.dumps(large_document()), encoding="utf-8")
        contract = open_spec(file, name="large", operation=arguments.operation)
    assert contract.body is not None
    quick, seconds, requests = cases_of(contract, PROFILES["quick"])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rows = derive(contract).requirements
    print(f"{contract.operation}: {len(rows)} requirements")
    print(f"quick: planned in {seconds:.1f} s with {memory} MB, {requests} requests")
    schema = contract.body.schema
    refused = invalid(quick, schema)
    wrong = alarms(quick, schema)
    print(f"honest server: {len(wrong)} cases that it answers otherwise {wrong[:3]}")
    places = list(breakable(schema))
    chosen = random.Random(arguments.seed).sample(places, min(arguments.faults, len(places)))
    servers = {(place, keyword): without(schema, place, keyword) for place, keyword in chosen}
    missed = [fault for fault, server in servers.items() if not shows(refused, server)]
    full: list[Case] = []
    if missed:
        whole, longer, many = cases_of(contract, PROFILES["thorough"])
        full = invalid(whole, schema)
        print(f"thorough: planned in {longer:.1f} s, {many} requests")
    lost = [fault for fault in missed if shows(full, servers[fault])]
    print(
        f"faults: {len(servers) - len(missed)} of {len(servers)} found by quick, {len(missed) - len(lost)} by no plan"
    )
    for place, keyword in missed:
        print(f"  {'MISSED' if (place, keyword) in lost else 'by no plan'}: {keyword} at /{'/'.join(map(str, place))}")
    good = seconds <= MAX_PLANNING and memory <= MAX_MEMORY and requests <= MAX_REQUESTS and not lost and not wrong
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
