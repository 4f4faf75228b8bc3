"""Boundary values of Schemathesis: a second opinion, without which everything goes on."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from chatcert.cases.values.reviewed_boundaries import REVIEWED
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract

ROOT = Path(__file__).parents[3]
PLANS = """
import sys
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.requirements.catalogue import derive
from chatcert.vendors import known_vendors, open_vendor

for vendor in known_vendors():
    catalogue = derive(open_vendor(vendor))
    planner = Planner(catalogue.contract, {}, profile_named(sys.argv[1]), 1)
    for requirement in catalogue.requirements.values():
        planner.plan(requirement)
print(*sorted({"hypothesis", "schemathesis"} & set(sys.modules)))
"""

LEVELS = 4000
"""More schemas that refer to each other than Python's stack has frames."""


def boundaries_of(contract: Contract) -> dict[str, list[Any]]:
    """The values of Schemathesis by the place that they break; it is slow to import, so not at collection."""
    from chatcert.cases.values.schemathesis_values import boundaries_of

    return boundaries_of(contract)


def test_it_knows_limits(document_with: Callable[..., dict[str, Any]]) -> None:
    """A text that is too long by one is among its values."""
    schema = {"type": "object", "properties": {"title": {"type": "string", "maxLength": 7}}}

    found = boundaries_of(read_contract(document_with(schema), vendor="limits", where="made.yaml"))

    assert 8 in {len(value) for value in found["/properties/title/maxLength"]}


@pytest.mark.slow
def test_a_document_beyond_it_has_no_second_opinion(document_with: Callable[..., dict[str, Any]]) -> None:
    """Schemas that refer to each other too often for it are not an error: our own values remain."""
    document = document_with({"$ref": "#/components/schemas/M0"})
    document["components"] = {
        "schemas": {
            f"M{n}": {"type": "object", "properties": {"next": {"$ref": f"#/components/schemas/M{n + 1}"}}}
            for n in range(LEVELS)
        }
        | {f"M{LEVELS}": {"type": "string"}}
    }

    assert {} == boundaries_of(read_contract(document, vendor="chain", where="made.yaml"))


@pytest.mark.slow
def test_what_is_kept_of_it_is_what_it_says() -> None:
    """The reviewed values of the bundled vendors are those that ``bench/boundaries.py`` writes today."""
    spec = spec_from_file_location("boundaries", ROOT / "bench" / "boundaries.py")
    assert spec is not None
    assert spec.loader is not None
    boundaries = module_from_spec(spec)
    spec.loader.exec_module(boundaries)

    assert boundaries.content() == REVIEWED


@pytest.mark.slow
@pytest.mark.parametrize(("profile", "imported"), [("quick", ""), ("standard", "hypothesis")])
def test_no_library_is_imported_that_a_plan_does_not_need(profile: str, imported: str) -> None:
    """The bundled vendors need Schemathesis under no profile but thorough, and Hypothesis not under quick."""
    run = subprocess.run([sys.executable, "-c", PLANS, profile], capture_output=True, text=True, check=True)

    assert imported == run.stdout.strip()
