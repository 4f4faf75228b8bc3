"""Cases of authentication: each credential in each wrong form, while all else is valid."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Expectation

from .reading import json_of, outside_the_body


def test_each_credential_is_wrong_in_each_form_while_the_others_stay_valid(planned: Any, vendor: str) -> None:
    """The matrix of credentials: one row each, one column a mistake."""
    plans = planned(vendor)
    wanted = {"missing", "empty", "wrong", "corrupted", "truncated", "extended", "prefix", "case", "query"}
    for credential in plans.contract.credentials:
        forms = set()
        for path in plans.plans:
            if path.startswith(f"auth/{credential.name}/"):
                for case in plans.of(path):
                    assert {credential.scheme} == case.request.credentials.keys()
                    forms.add(case.request.credentials[credential.scheme])
        assert wanted <= forms
        if credential.kind == "bearer":
            assert {"no-scheme", "basic-scheme", "other-scheme"} <= forms
        else:
            assert "other-header" in forms


def test_all_credentials_are_left_out_and_swapped(planned: Any) -> None:
    """Where two credentials are needed, both are missing at once, and each stands in the other's place."""
    plans = planned("polyai")

    (missing,) = plans.of("auth/all/missing")
    (swapped,) = plans.of("auth/all/swapped")

    schemes = {credential.scheme for credential in plans.contract.credentials}
    assert dict.fromkeys(schemes, "missing") == missing.request.credentials
    assert dict.fromkeys(schemes, "swapped") == swapped.request.credentials


def test_a_bad_credential_is_the_single_fault(plans: Any) -> None:
    """A case of bad credentials sends the control's own request, with other credentials."""
    bad = [case for case in plans.cases if case.expectation is Expectation.UNAUTHENTICATED]

    assert bad
    for case in bad:
        assert case.control is not None
        *here, forms = outside_the_body(case.request)
        *there, control_forms = outside_the_body(case.control.request)
        assert there == here
        assert json_of(case.control.request) == json_of(case.request)
        assert {} == control_forms
        assert forms
