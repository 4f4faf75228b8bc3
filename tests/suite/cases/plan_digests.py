"""Digests of whole plans: ``python plan_digests.py SEED MODULE...`` imports the modules first, then prints them."""

from __future__ import annotations

import hashlib
import importlib
import json
import sys

RESOURCES = {
    name: "existing_7Fq2x9" for name in (
        "apiIntegrationId", "folder_id", "account_id", "project_id", "variant_id", "agentId", "previousChatId"
    )
}  # fmt: skip


def digests(seed: int) -> dict[str, str]:
    """One digest a vendor over every case of its standard plan."""
    from chatcert.cases.planning import Planner
    from chatcert.cases.profile import PROFILES
    from chatcert.contract.catalogue import derive
    from chatcert.vendors import bundled_vendors, open_vendor

    found = {}
    for vendor in bundled_vendors():
        contract = open_vendor(vendor)
        planner = Planner(contract, RESOURCES, PROFILES["standard"], seed)
        plans = [planner.plan(requirement) for requirement in derive(contract).requirements.values()]
        found[vendor] = hashlib.sha256(ascii(plans).encode()).hexdigest()
    return found


if __name__ == "__main__":
    for name in sys.argv[2:]:
        importlib.import_module(name)
    print(json.dumps(digests(int(sys.argv[1]))))
