"""Authentication: what is derived of requests without valid credentials."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.openapi.provenance import Provenance
from chatcert.requirements.authentication import VALUE_FORMS
from chatcert.requirements.catalogue import derive
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.requirement import Kind, Level, Rank, Requirement
from chatcert.vendors import open_vendor

Derived = Callable[..., dict[str, Requirement]]
SCHEME = "/components/securitySchemes/Key"


def _names(found: dict[str, Requirement], credential: str) -> set[str]:
    return {path.rpartition("/")[2] for path in found if path.startswith(f"auth/{credential}/")}


def test_each_credential_has_its_forms(derived: Derived) -> None:
    """A key in a header is missing, wrong, spoilt in several ways, and in other places."""
    forms = {"missing", "empty", "wrong", "corrupted", "truncated", "extended", "prefix", "case", "query"}

    assert forms | {"other-header"} | {*VALUE_FORMS} == _names(derived(), "X-Key")


def test_a_bearer_token_has_schemes(derived: Derived) -> None:
    """A token is tried without its scheme and under others; another header means nothing for it."""
    found = _names(derived({SCHEME: {"type": "http", "scheme": "bearer"}}), "Authorization")

    assert {"no-scheme", "basic-scheme", "other-scheme"} <= found
    assert "other-header" not in found


def test_a_key_in_the_query_is_not_tried_there(derived: Derived) -> None:
    """Where the credential belongs in the query, its presence there is no mistake."""
    assert "query" not in _names(derived({f"{SCHEME}/in": "query"}), "X-Key")


def test_all_are_binding(derived: Derived) -> None:
    """No success without valid credentials is always a must; the document itself asks for the right one."""
    found = {path: r for path, r in derived().items() if r.kind is Kind.AUTHENTICATION}

    assert {Level.MUST} == {requirement.level for requirement in found.values()}
    documented = {path for path, r in found.items() if r.provenance is Provenance.SCHEMA}
    assert {"auth/X-Key/missing", "auth/X-Key/wrong"} == documented


def test_several_credentials_are_confused() -> None:
    """Where two are needed, a request has none of them, or each in the other's place."""
    paths = {requirement.path for requirement in derive(open_vendor("polyai")).requirements.values()}

    assert {"auth/all/missing", "auth/all/query", "auth/all/swapped", "auth/X-TOKEN/swapped"} <= paths


def test_whatever_else_is_unusual(derived: Derived) -> None:
    """Credentials are needed in every unusual request, unless the document serves requests without any."""
    oddities = {f"auth/unusual/{oddity}" for oddity in Oddity}
    found = derived()

    assert oddities <= found.keys()
    assert {(Level.MUST, True, Rank.LOCKING)} == {(found[p].level, found[p].intrusive, found[p].rank) for p in oddities}
    assert not oddities & derived({"/security": [{"Key": []}, {}]}).keys()
    assert not oddities & derived({"/security": None}).keys()


def test_refused_logins_come_last(derived: Derived) -> None:
    """Only a missing and a wrong credential are not intrusive; all other mistakes are sent at the end of a run."""
    logins = {path: r for path, r in derived().items() if r.kind is Kind.AUTHENTICATION}

    ordinary = {path for path, r in logins.items() if not r.intrusive}
    assert {"auth/X-Key/missing", "auth/X-Key/wrong"} == ordinary
    assert {Rank.LOCKING} == {r.rank for path, r in logins.items() if path not in ordinary}
    assert max(Rank) is Rank.LOCKING


def test_one_credential_cannot_be_swapped(derived: Derived) -> None:
    """A document with one credential has no requirement on all of them."""
    assert set() == _names(derived(), "all")
