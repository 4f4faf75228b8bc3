"""Fixtures for the tests of cases: the plans of the bundled vendors, and of documents made for one test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import jsonschema_rs
import pytest

from chatcert.cases.case import Case, JsonBody
from chatcert.cases.plan import Plan
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.vendors import known_vendors, open_vendor

NAMED = {
    "apiIntegrationId": "dpCD7snQ0tCWrdtp6UhZ",
    "folder_id": "folder-7c1e",
    "account_id": "ACCOUNT-1a2b3c4d",
    "project_id": "PROJECT-5e6f7a8b",
    "variant_id": "VARIANT-9f0a1b2c",
    "agentId": "D5D0p7TUs66TTAEAx",
    "previousChatId": "chat_D5D0p7TUs66TTAEAx",
}


@dataclass(frozen=True)
class Planned:
    """Everything that is planned for one contract."""

    contract: Contract
    catalogue: Catalogue
    planner: Planner

    @cached_property
    def plans(self) -> dict[str, Plan]:
        """Every plan by the path of its requirement (the id without its vendor)."""
        return {r.path: self.planner.plan(r) for r in self.catalogue.requirements.values()}

    def of(self, path: str) -> tuple[Case, ...]:
        """The cases of one requirement."""
        return self.plans[path].cases

    def values(self, path: str, name: str) -> list[Any]:
        """What the cases of one requirement send as one top-level field of the body."""
        return [case.request.body.value[name] for case in self.of(path) if isinstance(case.request.body, JsonBody)]

    @cached_property
    def cases(self) -> tuple[Case, ...]:
        """Every case that would be sent, controls included, each once."""
        found: dict[str, Case] = {}
        for plan in self.plans.values():
            for case in plan.cases:
                for one in _with_controls(case):
                    found.setdefault(one.id, one)
        return tuple(found.values())

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """The request schema as the document has it, in the hands of another library than the planner's."""
        content = self.contract.document["paths"][self.contract.path]["post"]["requestBody"]["content"]
        (media,) = content.values()
        schema = {**media["schema"], "components": self.contract.document.get("components", {})}
        return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def _with_controls(case: Case) -> Iterator[Case]:
    yield case
    if case.control is not None:
        yield from _with_controls(case.control)


@lru_cache(maxsize=64)
def _bundled(vendor: str, profile: str, seed: int, everything: bool) -> Planned:
    contract = open_vendor(vendor)
    resources = {name: NAMED[name] for name, needed in resource_names(contract).items() if needed or everything}
    return Planned(contract, derive(contract), Planner(contract, resources, PROFILES[profile], seed))


@pytest.fixture(scope="session")
def planned() -> Callable[..., Planned]:
    """Plans of a bundled vendor: ``planned(vendor, profile)``; ``everything=False`` configures what is needed only."""

    def make(vendor: str, profile: str = "quick", seed: int = 1, *, everything: bool = True) -> Planned:
        return _bundled(vendor, profile, seed, everything)

    return make


@pytest.fixture(params=known_vendors())
def vendor(request: pytest.FixtureRequest) -> str:
    """Each bundled vendor in turn."""
    return str(request.param)


@pytest.fixture(params=["quick", "standard", "standard-unconfigured"])
def plans(request: pytest.FixtureRequest, vendor: str, planned: Callable[..., Planned]) -> Planned:
    """All plans of each bundled vendor, at two profiles, with and without the names that may be left out."""
    profile, _, unconfigured = str(request.param).partition("-")
    return planned(vendor, profile, everything=not unconfigured)


@pytest.fixture(scope="session")
def document_with() -> Callable[..., dict[str, Any]]:
    """An OpenAPI document whose one operation takes a body of the schema that is given."""

    def make(schema: Any, media_type: str = "application/json", *, required: bool = True) -> dict[str, Any]:
        answer = {"type": "object", "properties": {"id": {"type": "string"}}}
        return {
            "openapi": "3.1.0",
            "info": {"title": "Made for a test", "version": "1"},
            "paths": {
                "/chats": {
                    "post": {
                        "requestBody": {"required": required, "content": {media_type: {"schema": schema}}},
                        "responses": {
                            "201": {"description": "made", "content": {"application/json": {"schema": answer}}},
                            "400": {
                                "description": "wrong",
                                "content": {"application/json": {"schema": {"type": "object"}}},
                            },
                        },
                    }
                }
            },
        }

    return make


@pytest.fixture(scope="session")
def planned_for(document_with: Callable[..., dict[str, Any]]) -> Callable[..., Planned]:
    """Plans for a body of the schema that is given."""

    def make(schema: Any, media_type: str = "application/json", profile: str = "standard") -> Planned:
        document = json.loads(json.dumps(document_with(schema, media_type)))
        contract = read_contract(document, vendor="made", where="made.yaml")
        return Planned(contract, derive(contract), Planner(contract, {}, PROFILES[profile], 1))

    return make
