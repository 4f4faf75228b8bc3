"""Plans: the same for the same seed, with unique ids, within their budgets, free of secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES, profile_named
from chatcert.exceptions import UsageError
from chatcert.names import variable_name
from chatcert.requirements.check import Refuses
from chatcert.vendors import known_vendors

SCRIPT = Path(__file__).with_name("plan_digests.py")
OTHER_IMPORTS = ("decimal", "email.mime.text", "http.server", "sqlite3", "unittest.mock", "xml.dom.minidom")


@pytest.fixture(scope="module")
def plan_digests() -> ModuleType:
    """The script ``plan_digests.py`` beside this file, imported as a module."""
    spec = spec_from_file_location("plan_digests", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_a_fresh_process_plans_the_same(planned: Any, plan_digests: ModuleType) -> None:
    """Neither what else is imported nor the hash seed changes what is sent."""
    environment = {**os.environ, "PYTHONHASHSEED": "4242"}
    vendors = {vendor: planned(vendor, "standard") for vendor in known_vendors()}
    resources = {name: value for plans in vendors.values() for name, value in plans.planner.requests.resources.items()}

    output = subprocess.run(
        [sys.executable, str(SCRIPT), "1", json.dumps(resources), *OTHER_IMPORTS],
        text=True,
        capture_output=True,
        timeout=120,
        check=True,
        env=environment,
    ).stdout

    here = {vendor: plan_digests.digest(plans.plans.values()) for vendor, plans in vendors.items()}
    assert here == json.loads(output)


@pytest.mark.slow
def test_another_seed_plans_differently(planned: Any, vendor: str) -> None:
    """Another seed sends other requests to every vendor."""
    one, other = planned(vendor, "standard", 1).plans, planned(vendor, "standard", 2).plans

    assert one.keys() == other.keys()
    assert one != other


def test_ids_are_unique(plans: Any) -> None:
    """No two cases of one run share an id, unless they are one shared request."""
    owned: dict[str, Any] = {}
    shared: dict[str, set[str]] = {}
    for plan in plans.plans.values():
        for case in plan.cases:
            if case.shared:
                shared.setdefault(case.id, set()).add(case.request.key)
            else:
                assert case.id not in owned
                owned[case.id] = case

    assert owned
    assert {1} == {len(keys) for keys in shared.values()}
    assert not owned.keys() & shared.keys()


def test_a_shared_request_names_its_variations(plans: Any) -> None:
    """A shared request is described by the edits that it joins; a part without an edit adds nothing."""
    edits = [case.edit for case in plans.planner.shared.requests.values()]

    assert edits
    assert [] == [edit for edit in edits if not all(part.strip() for part in edit.split(": ", 1)[-1].split("; "))]


def test_a_case_belongs_to_its_requirement(plans: Any) -> None:
    """A case names the requirement that planned it; a shared one names one of the same catalogue."""
    for requirement in plans.catalogue.requirements.values():
        for case in plans.planner.plan(requirement).cases:
            assert case.requirement in plans.catalogue.requirements
            assert case.shared or requirement.id == case.requirement


def test_no_case_is_planned_twice_for_one_requirement(plans: Any) -> None:
    """Within one requirement no request is repeated under the same words."""
    for plan in plans.plans.values():
        keys = [(case.request.key, case.edit) for case in plan.cases]
        assert len(set(keys)) == len(keys)


def test_an_edit_is_reported_in_words(plans: Any) -> None:
    """Every case that changes something describes the change."""
    silent = [case.id for case in plans.cases if case.expectation is not Expectation.ACCEPTED and not case.edit]

    assert [] == silent


BUDGETS = {"agencii": 318, "openwebui": 381, "polyai": 697, "sigmamind": 568}


@pytest.mark.slow
def test_a_standard_run_stays_within_its_budget(planned: Any, vendor: str) -> None:
    """The default profile sends a number of requests that a nightly run can afford."""
    assert sum(not case.is_conditional for case in planned(vendor, "standard").cases) <= BUDGETS[vendor]


def test_a_larger_profile_plans_no_less(planned: Any, vendor: str) -> None:
    """The profile standard tests whatever quick tests."""
    quick, standard = planned(vendor, "quick").plans, planned(vendor, "standard").plans

    assert quick.keys() == standard.keys()
    assert all(len(quick[path].cases) <= len(standard[path].cases) for path in quick)


def test_unknown_profiles_are_a_mistake_of_usage() -> None:
    """An unknown profile is an error that lists the known ones."""
    with pytest.raises(UsageError, match="quick, standard, thorough") as caught:
        profile_named("nightly")

    assert 2 == caught.value.exit_code


@pytest.mark.slow
def test_no_secret_is_in_a_plan(planned: Any, vendor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans hold forms of credentials only: no value, and no header or query that would carry one."""
    plans = planned(vendor)
    for credential in plans.contract.credentials:
        monkeypatch.setenv(variable_name(vendor, credential.scheme), "canary-7d1f0c2e")
    planner = Planner(plans.contract, plans.planner.requests.resources, PROFILES["quick"], 1)

    text = repr([planner.plan(requirement) for requirement in plans.catalogue.requirements.values()])
    names = {credential.name.lower() for credential in plans.contract.credentials}
    carried = {name.lower() for case in plans.cases for name, _ in (*case.request.headers, *case.request.query)}

    assert "canary" not in text
    assert set() == names & carried


def test_profiles_grow() -> None:
    """Each profile sends at least as much of everything as the one before it."""
    sizes = [(p.examples, p.valid_bodies, p.rounds, p.hostile) for p in PROFILES.values()]

    assert ["quick", "standard", "thorough"] == list(PROFILES)
    for smaller, larger in pairwise(sizes):
        assert all(less <= more for less, more in zip(smaller, larger, strict=True))


SCHEMAS: dict[str, Any] = {
    "numbers": {
        "type": "object",
        "required": ["n"],
        "properties": {
            "n": {"type": "integer", "minimum": 3, "maximum": 9, "multipleOf": 3},
            "x": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1},
        },
    },
    "lists": {
        "type": "object",
        "required": ["tags"],
        "properties": {
            "tags": {
                "type": "array",
                "items": {"type": "string", "minLength": 2},
                "minItems": 1,
                "maxItems": 3,
                "uniqueItems": True,
            }
        },
    },
    "objects": {
        "type": "object",
        "required": ["who"],
        "additionalProperties": False,
        "properties": {
            "who": {
                "type": "object",
                "required": ["name"],
                "minProperties": 1,
                "maxProperties": 2,
                "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
            }
        },
    },
    "patterns": {
        "type": "object",
        "required": ["code"],
        "properties": {
            "code": {"type": "string", "pattern": "^[A-Z]{3}-[0-9]{2}$", "example": "ABC-12"},
            "mail": {"type": "string", "format": "email"},
            "fixed": {"const": "yes"},
        },
    },
    "nullable": {
        "type": "object",
        "required": ["a"],
        "properties": {
            "a": {"type": ["string", "null"], "maxLength": 5},
            "b": {"type": ["integer", "string", "boolean"]},
        },
    },
    "alternatives": {
        "type": "object",
        "required": ["v"],
        "properties": {
            "v": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "w": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    },
    "parts": {
        "allOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "minLength": 1}}},
            {"type": "object", "required": ["b"], "properties": {"b": {"enum": ["one", "two"]}}},
        ]
    },
    "nothing at all": {},
    "a list": {"type": "array", "items": {"type": "integer"}, "minItems": 1},
    "nested": {
        "type": "object",
        "required": ["messages"],
        "properties": {
            "messages": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["role", "text"],
                    "properties": {
                        "role": {"type": "string", "enum": ["user", "agent"]},
                        "text": {"type": "string", "maxLength": 10},
                    },
                },
            }
        },
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMAS)
def test_any_schema_gets_cases_that_are_what_they_say(planned_for: Any, name: str) -> None:
    """For unknown documents too, valid bodies validate and invalid ones do not."""
    plans = planned_for(SCHEMAS[name])

    for case in plans.cases:
        if case.expectation in (Expectation.ACCEPTED, Expectation.REFUSED) and hasattr(case.request.body, "value"):
            valid = plans.validator.is_valid(case.request.body.value)
            assert valid == (case.expectation is Expectation.ACCEPTED), f"{case.id} ({case.edit})"


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMAS)
def test_every_breach_of_any_schema_has_a_case(planned_for: Any, name: str) -> None:
    """Every keyword that a request can break on its own is broken by at least one case."""
    plans = planned_for(SCHEMAS[name])

    refusals = [r.path for r in plans.catalogue.requirements.values() if isinstance(r.check, Refuses)]

    assert [] == [path for path in refusals if not plans.of(path)]


def test_a_rule_that_nothing_breaks_alone_says_so(planned_for: Any) -> None:
    """Where the rest of the schema allows every candidate, the requirement has no case, and a reason."""
    plans = planned_for({"type": "object", "properties": {"a": {"type": "string", "minLength": 9, "enum": ["b"]}}})

    unreachable = [path for path, plan in plans.plans.items() if not plan.cases]

    assert "accepts/body/a/minLength" in unreachable
    assert all(plans.plans[path].reason for path in unreachable)
