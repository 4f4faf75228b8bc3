"""Acceptance: what is derived of valid requests."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.requirement import Kind, Rank, Requirement

Derived = Callable[..., dict[str, Requirement]]
FIELDS = "/components/schemas/ChatRequest/properties"
BODY = "/paths/~1teams~1{team}~1chats/post/requestBody"


def test_every_limit_member_and_optional_field_has_its_acceptance(derived: Derived) -> None:
    """A value at each limit, each enum member, each optional field given and left out."""
    assert {
        "accepts/body/text/minLength",
        "accepts/body/text/maxLength",
        "accepts/body/tone/enum/kind",
        "accepts/body/tone/enum/plain",
        "accepts/body/tags/present",
        "accepts/body/tags/absent",
        "accepts/body/weight/minimum",
        "accepts/body/weight/maximum",
    } <= set(derived())


def test_a_required_field_cannot_be_left_out(derived: Derived) -> None:
    """A required field is neither optional nor left out."""
    assert set() == {"accepts/body/text/present", "accepts/body/text/absent"} & set(derived())


def test_the_smallest_request_is_sent_first(derived: Derived) -> None:
    """The request with required fields alone says most about a server."""
    assert Rank.SMALLEST_REQUEST == min(requirement.rank for requirement in derived().values())
    assert Rank.SMALLEST_REQUEST == derived()["accepts/required-only"].rank


def test_no_body_where_it_is_optional(derived: Derived) -> None:
    """No body, and an empty object, are valid only if the document requires neither body nor field."""
    optional = {f"{BODY}/required": False, "/components/schemas/ChatRequest/required": None}

    assert {"accepts/body-absent", "accepts/body-empty"} <= set(derived(optional))


def test_a_required_body_is_not_left_out(derived: Derived) -> None:
    """Where the body is required, no requirement says that it may be absent."""
    assert set() == {"accepts/body-absent", "accepts/body-empty"} & set(derived())


def test_null_where_the_schema_allows_it(derived: Derived) -> None:
    """A nullable field may be null."""
    assert "accepts/body/weight/null" not in derived()
    assert "accepts/body/weight/null" in derived({f"{FIELDS}/weight/nullable": True})


def test_unnamed_properties_are_our_inference(derived: Derived) -> None:
    """An additional property is a recommendation, unless the schema forbids it."""
    assert Provenance.INFERRED == derived()["accepts/additional-properties"].provenance
    closed = derived({"/components/schemas/ChatRequest/additionalProperties": False})
    assert "accepts/additional-properties" not in closed


def test_the_family_is_acceptance(derived: Derived) -> None:
    """What is accepted is of this kind, apart from spellings of HTTP and links."""
    kinds = {r.kind for path, r in derived().items() if path.startswith("accepts/") and "/wire/" not in path}
    assert {Kind.ACCEPTANCE} == kinds
