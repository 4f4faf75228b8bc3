"""Faults of the family protocol: wire forms, media types, methods and redirects."""

from __future__ import annotations

import pytest

from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Method,
    RefusesPayload,
)
from chatcert.vendors import open_vendor

from .calling import Caller
from .fault_lookup import fault_named, faults_with, with_check


@pytest.mark.parametrize(
    ("form", "media_type"),
    [("text-plain", "text/plain"), ("xml", "application/xml"), ("form", "application/x-www-form-urlencoded")],
)
def test_other_media_types_are_let_in(contract: Contract, form: str, media_type: str) -> None:
    """A server that does not look at the media type takes JSON under another name."""
    fault = next(fault for fault, check in with_check(contract, RefusesPayload) if check.form == form)

    assert Caller(contract, fault).post(content_type=media_type).is_success
    assert not Caller(contract, fault).post(content_type="image/png").is_success


@pytest.mark.parametrize(
    ("path", "content_type", "raw"),
    [
        ("accepts/wire/content-type-charset", "application/json; charset=utf-8", b"{}"),
        ("accepts/wire/content-type-case", "Application/JSON", b"{}"),
        ("accepts/wire/json-whitespace", "application/json", b" {\n}\n"),
        ("accepts/wire/json-escapes", "application/json", b'{"initial_message":"\\u0061"}'),
    ],
)
def test_wire_forms_are_kept_out(path: str, content_type: str, raw: bytes) -> None:
    """A fussy server refuses another spelling of the same request, and takes the plain one."""
    caller = Caller(open_vendor("polyai"), fault_named("polyai", path))

    assert 400 == caller.post(raw=raw, content_type=content_type).status_code
    assert 200 == caller.post(raw=b"{}").status_code


def test_scheme_case_is_kept_out() -> None:
    """A fussy server asks for the scheme in the very letters of the standard."""
    caller = Caller(open_vendor("agencii"), fault_named("agencii", "accepts/wire/Authorization-scheme-case"))
    right = caller.credentials["Authorization"]

    assert 200 == caller.post().status_code
    assert 400 == caller.post(headers={"Authorization": right.replace("Bearer", "bearer")}).status_code


def test_other_methods_create(contract: Contract) -> None:
    """Another method creates a chat, with a body and without."""
    for fault, check, _ in faults_with(contract, Method):
        caller = Caller(contract, fault)
        assert caller.post(method=check.method).is_success
        assert caller.post(method=check.method, raw=b"", content_type=None).is_success
        assert 405 == caller.post(method="QUERY").status_code


@pytest.mark.parametrize(("variant", "named"), [("", None), ("/others", "GET, HEAD")])
def test_allow_is_wrong(contract: Contract, variant: str, named: str | None) -> None:
    """The allowed methods are not named, or others are."""
    response = Caller(contract, fault_named(contract.vendor, f"protocol/allow{variant}")).post(method="PUT")
    assert (405, named) == (response.status_code, response.headers.get("allow"))


def test_redirects(contract: Contract) -> None:
    """Bad requests are sent elsewhere."""
    login = Caller(contract, fault_named(contract.vendor, "response/any/no-redirect/login"))
    documentation = Caller(contract, fault_named(contract.vendor, "response/any/no-redirect/documentation"))

    assert "/login" == login.post(headers={}).headers["location"]
    assert "/documentation" == documentation.post(5).headers["location"]
    assert login.post().is_success
