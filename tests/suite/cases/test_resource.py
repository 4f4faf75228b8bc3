"""Cases of resources: unknown names, and names that nobody configured."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Expectation, JsonBody
from chatcert.cases.plan import NOT_AT_QUICK
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

from .reading import differences, json_of, outside_the_body


def test_what_needs_a_configured_name_says_so(planned: Any) -> None:
    """Without a folder to name, the case that needs one is left out with that reason, and no other is."""
    plans = planned("openwebui", everything=False)

    reasons = {path: plan.reason for path, plan in plans.plans.items() if plan.reason not in ("", NOT_AT_QUICK)}

    assert ["accepts/body/folder_id/present"] == list(reasons)
    assert "folder_id" in reasons["accepts/body/folder_id/present"]


def test_an_unknown_name_is_within_its_limits(plans: Any) -> None:
    """A request that names what does not exist is valid in all else: only the name differs from its control."""
    unknown = [case for case in plans.cases if case.expectation is Expectation.UNKNOWN]

    assert unknown
    for case in unknown:
        assert case.control is not None
        assert plans.validator.is_valid(json_of(case.request))
        places = list(differences(json_of(case.control.request), json_of(case.request)))
        *here, _, _ = outside_the_body(case.request)
        *there, _, _ = outside_the_body(case.control.request)
        method, path, query = here
        control_method, control_path, control_query = there
        changed = [name for name in path if path[name] != control_path[name]]
        assert 1 == len(places) + len(changed), f"{case.id} ({case.edit})"
        assert (control_method, control_query) == (method, query)


def test_names_that_a_loose_search_finds(planned: Any) -> None:
    """From standard on, the beginning of a known name and a pattern are sent, unless any answer to them is right."""
    edits = {
        profile: [
            case.edit
            for path in ("resource/agentId/malformed", "resource/previousChatId/malformed")
            for case in planned("sigmamind", profile).of(path)
        ]
        for profile in ("quick", "standard")
    }

    assert 4 == len(edits["quick"])
    labels = (
        "without its last character",
        "in another case",
        "a name that every object has",
        "a pattern that every name matches",
        "the folder above",
    )
    more = [f"agentId: {label}" for label in labels]
    assert more == [edit for edit in edits["standard"] if edit not in edits["quick"]]


def test_what_is_looked_for_in_vain_is_looked_for_again(planned: Any) -> None:
    """From standard on, an unknown name is sent once more: a server may have made what it did not find."""
    names = {
        profile: [
            case.request.body.value["agentId"] for case in planned("sigmamind", profile).of("resource/agentId/unknown")
        ]
        for profile in ("quick", "standard")
    }

    assert [*names["quick"], names["quick"][0]] == names["standard"]


NAMING = {
    "type": "object",
    "properties": {
        "text": {"type": "string"},
        "agent_id": {"type": "string"},
        "user_ids": {"type": "array", "items": {"type": "integer"}},
        "context": {"type": "object", "properties": {"thread_id": {"type": "string"}, "mood": {"type": "string"}}},
    },
    "required": ["text"],
}
PARAMETERS = [
    {"name": "database", "in": "query", "schema": {"type": "string"}},
    {"name": "verbose", "in": "query", "schema": {"type": "boolean"}},
    {"name": "X-Tenant", "in": "header", "required": True, "schema": {"type": "string"}},
]
GIVEN = {"agent_id": "agent-7", "user_ids": "3, 4", "thread_id": "t-1", "database": "main", "X-Tenant": "acme"}


@pytest.fixture(params=[False, True], ids=["not configured", "configured"])
def unmarked(request: pytest.FixtureRequest, document_with: Any) -> Any:
    """The planner of a document whose names of things no overlay marks, and whether they are configured."""
    document = document_with(NAMING)
    document["paths"]["/chats"]["post"]["parameters"] = PARAMETERS
    contract = read_contract(document, vendor="made", where="made.yaml")
    resources = GIVEN if request.param else {"X-Tenant": "acme"}
    return Planner(contract, resources, PROFILES["standard"], 1), derive(contract), request.param


def test_names_that_nobody_marks_are_not_made_up(unmarked: Any) -> None:
    """Valid requests hold the configured names, and leave out those that nothing is configured for."""
    planner, catalogue, configured = unmarked
    cases = [case for r in catalogue.requirements.values() for case in planner.plan(r).cases]
    valid = [case for case in cases if case.expectation is Expectation.ACCEPTED]
    sent = [case.request.body.value for case in valid if isinstance(case.request.body, JsonBody)]
    queries = [dict(case.request.query) for case in valid]

    def seen(name: str) -> list[Any]:
        holders = [body.get("context", {}) if name == "thread_id" else body for body in sent]
        return [holder[name] for holder in holders if name in holder]

    found = {name: seen(name) for name in ("agent_id", "user_ids", "thread_id")}
    found["database"] = [query["database"] for query in queries if "database" in query]
    right = {"agent_id": "agent-7", "user_ids": [3, 4], "thread_id": "t-1", "database": "main"}
    for name, values in found.items():
        assert (configured and bool(values)) is bool(values), name
        assert all(value == right[name] for value in values), name
    assert seen("text")
    assert any("verbose" in query for query in queries)
    assert {"acme"} == {dict(case.request.headers)["X-Tenant"] for case in valid}


def test_controls_name_nothing_that_may_not_exist(unmarked: Any) -> None:
    """What a case differs from is served: its names are configured, or left out, at every level."""
    planner, catalogue, configured = unmarked
    cases = [case for r in catalogue.requirements.values() for case in planner.plan(r).cases]
    controls = [case.control.request.body.value for case in cases if case.control is not None and case.control.shared]

    for body in controls:
        assert body.get("agent_id", "agent-7") == "agent-7"
        assert body.get("user_ids", [3, 4]) == [3, 4]
        assert body.get("context", {}).get("thread_id", "t-1") == "t-1"
        assert configured or "thread_id" not in body.get("context", {})


def test_values_of_names_that_nobody_marks_may_not_exist(unmarked: Any) -> None:
    """A text at such a field is within its limits, and may be refused as unknown."""
    planner, catalogue, configured = unmarked

    def planned_for(path: str) -> Any:
        return planner.plan(catalogue.requirements[f"made/{path}"])

    (present,) = planned_for("accepts/body/agent_id/present").cases
    database = planned_for("accepts/query/database/present")

    assert (Expectation.ACCEPTED if configured else Expectation.LIMIT) == present.expectation
    assert configured is bool(database.cases)
    assert configured or "database" in database.reason
