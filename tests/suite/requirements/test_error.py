"""Error: what is derived of documented refusals, and where a document has none."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.requirement import Kind, Level, Requirement

Derived = Callable[..., dict[str, Requirement]]
RESPONSES = "/paths/~1teams~1{team}~1chats/post/responses"


def test_documented_errors(derived: Derived) -> None:
    """Media type, JSON, schema and content of each documented error, and which status is right."""
    rules = ("content-type", "json", "schema", "informative", "status")
    expected = {f"response/{status}/{rule}" for status in ("400", "401") for rule in rules}
    expected |= {"response/any/documented-status", "response/any/two-faults"}

    assert expected == {path for path, r in derived().items() if r.kind is Kind.ERROR}


def test_documented_statuses_are_binding(derived: Derived) -> None:
    """The status that the document names is a must."""
    assert {Level.MUST} == {derived()[f"response/{status}/status"].level for status in ("400", "401")}


def test_a_document_without_errors(derived: Derived) -> None:
    """Nothing that the document does not say is binding: a client error in JSON, and no page for a browser."""
    found = derived({f"{RESPONSES}/400": None, f"{RESPONSES}/401": None})
    errors = {path: r for path, r in found.items() if r.kind is Kind.ERROR}

    expected = {"response/4XX/status", "response/4XX/json", "response/401/status", "response/401/no-html"}
    assert {*expected, "response/any/two-faults"} == set(errors)
    assert {(Level.SHOULD, Provenance.INFERRED)} == {(r.level, r.provenance) for r in errors.values()}


def test_only_errors_of_clients_inform(derived: Derived) -> None:
    """A server error need not explain itself."""
    error = {"description": "d", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}}
    found = derived({f"{RESPONSES}/500": error})

    assert "response/500/schema" in found
    assert "response/500/informative" not in found


def test_without_credentials_nobody_is_unauthenticated(derived: Derived) -> None:
    """A document without security has no refusal of bad credentials, documented or not."""
    found = derived({"/security": None, f"{RESPONSES}/401": None})

    assert [] == [path for path in found if path.startswith("response/401/")]
