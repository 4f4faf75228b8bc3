"""Digests of whole plans, made in a process of its own.

``python plan_digests.py SEED RESOURCES MODULE...`` imports the modules first; RESOURCES is a JSON object.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import sys
from collections.abc import Mapping
from typing import Any


def digest(plans: Any) -> str:
    """A digest of plans, in order, with everything in them."""
    known: dict[int, tuple[Any, str]] = {}
    return _digest_of([_parts(plan, known) for plan in plans])


def _parts(value: Any, known: dict[int, tuple[Any, str]]) -> Any:
    """What a plan or a case consists of, with the digest of each case that it leads to: many lead to the same one."""
    parts = {name: getattr(value, name) for name in (field.name for field in dataclasses.fields(value))}
    for name, part in parts.items():
        if name == "cases":
            parts[name] = [_parts(case, known) for case in part]
        elif dataclasses.is_dataclass(part) and hasattr(part, "request"):
            if id(part) not in known:
                known[id(part)] = (part, _digest_of(_parts(part, known)))
            parts[name] = known[id(part)][1]
    return parts


def _digest_of(value: Any) -> str:
    return hashlib.sha256(ascii(value).encode()).hexdigest()


def digests(seed: int, resources: Mapping[str, str]) -> dict[str, str]:
    """One digest a vendor over every case of its standard plan."""
    from chatcert.cases.planner import Planner
    from chatcert.cases.profile import PROFILES
    from chatcert.openapi.existing_names import resource_names
    from chatcert.requirements.catalogue import derive
    from chatcert.vendors import known_vendors, open_vendor

    found = {}
    for vendor in known_vendors():
        contract = open_vendor(vendor)
        named = {name: resources[name] for name in resource_names(contract)}
        planner = Planner(contract, named, PROFILES["standard"], seed)
        found[vendor] = digest(planner.plan(requirement) for requirement in derive(contract).requirements.values())
    return found


if __name__ == "__main__":
    for module in sys.argv[3:]:
        importlib.import_module(module)
    print(json.dumps(digests(int(sys.argv[1]), json.loads(sys.argv[2]))))
