"""Digests of whole plans, made in a process of its own.

``python plan_digests.py SEED RESOURCES MODULE...`` imports the modules first; RESOURCES is a JSON object.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
from collections.abc import Mapping
from typing import Any


def digest(plans: Any) -> str:
    """A digest of plans, in order."""
    return hashlib.sha256(ascii(list(plans)).encode()).hexdigest()


def digests(seed: int, resources: Mapping[str, str]) -> dict[str, str]:
    """One digest a vendor over every case of its standard plan."""
    from chatcert.cases.planner import Planner
    from chatcert.cases.profile import PROFILES
    from chatcert.openapi.existing_names import resource_names
    from chatcert.requirements.catalogue import derive
    from chatcert.vendors import bundled_vendors, open_vendor

    found = {}
    for vendor in bundled_vendors():
        contract = open_vendor(vendor)
        named = {name: resources[name] for name in resource_names(contract)}
        planner = Planner(contract, named, PROFILES["standard"], seed)
        found[vendor] = digest(planner.plan(requirement) for requirement in derive(contract).requirements.values())
    return found


if __name__ == "__main__":
    for module in sys.argv[3:]:
        importlib.import_module(module)
    print(json.dumps(digests(int(sys.argv[1]), json.loads(sys.argv[2]))))
