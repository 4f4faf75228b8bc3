"""What exists behind the mock, and how a client learns of it."""

from __future__ import annotations

from typing import Any

from chatcert.mock.backend import MAX_ISSUED, Backend, IssuedIds, resource_places
from chatcert.mock.server import environment
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Contract
from chatcert.vendors import known_vendors, open_vendor

PROMISED = {
    "CHATCERT_AGENCII_BEARER_AUTH",
    "CHATCERT_POLYAI_API_KEY_AUTH",
    "CHATCERT_POLYAI_TOKEN_AUTH",
    "CHATCERT_SIGMAMIND_API_KEY_AUTH",
    "CHATCERT_OPENWEBUI_BEARER_AUTH",
    "CHATCERT_AGENCII_API_INTEGRATION_ID",
    "CHATCERT_POLYAI_ACCOUNT_ID",
    "CHATCERT_POLYAI_PROJECT_ID",
    "CHATCERT_SIGMAMIND_AGENT_ID",
    "CHATCERT_OPENWEBUI_FOLDER_ID",
}


def test_environment_has_the_promised_names() -> None:
    """Every variable that the documentation promises is there, with a value."""
    contracts = [open_vendor(name) for name in known_vendors()]
    variables: dict[str, str] = {}
    for contract in contracts:
        variables |= environment(contract, Backend.of(contract))

    assert set(variables) >= PROMISED
    assert all(variables.values())


def test_bearer_is_the_token_alone() -> None:
    """The variable of a bearer scheme holds the token without the word Bearer."""
    contract = open_vendor("agencii")
    backend = Backend.of(contract)

    assert backend.secrets["BearerAuth"] == environment(contract, backend)["CHATCERT_AGENCII_BEARER_AUTH"]
    assert " " not in backend.secrets["BearerAuth"]


def test_known_resources_are_valid(contract: Contract) -> None:
    """Each known resource is within the limits of its field and differs from the example."""
    backend = Backend.of(contract)

    for place in resource_places(contract):
        value = backend.resources[place.key]
        assert predicate(place.schema, place.root)(value)
        assert value != place.example


def test_known_resources_look_like_their_example() -> None:
    """A known resource has the shape of the example that the document shows."""
    backend = Backend.of(open_vendor("polyai"))

    account = backend.resources["path", ("account_id",)]
    assert account.startswith("ACCOUNT-")
    assert len("ACCOUNT-xxxxxxxx") == len(account)


def test_issued_ids_are_forgotten_in_the_end() -> None:
    """Memory of issued ids is bounded: the oldest go first."""
    issued = IssuedIds()
    for number in range(MAX_ISSUED + 1):
        issued.remember(str(number))

    assert "0" not in issued
    assert str(MAX_ISSUED) in issued
    assert 5 not in issued


def test_resources_follow_from_the_seed(changed: Any, read: Any) -> None:
    """A resource or another name that only a pattern or a format describes is the same for the same seed."""
    team = {"name": "team", "in": "path", "required": True, "schema": {"type": "string", "pattern": "^[0-9a-f]{24}$"}}
    parameters = [
        team | {"x-chatcert-resource": {"unknown": "refused"}},
        {"name": "workspace_id", "in": "query", "required": True, "schema": {"type": "string", "format": "uuid"}},
    ]
    contract = read(changed({"/paths/~1teams~1{team}~1chats/post/parameters": parameters}))

    first, again, other, *free = (Backend.of(contract, seed) for seed in (7, 7, 8, None, None))

    assert {"workspace_id"} == set(first.names)
    assert (first.resources, first.names) == (again.resources, again.names)
    for left, right in ((first, other), free):
        assert left.resources != right.resources
        assert left.names != right.names
