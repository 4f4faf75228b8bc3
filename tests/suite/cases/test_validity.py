"""Every planned case of every bundled vendor is what it says that it is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request

VALID = (Expectation.ACCEPTED, Expectation.LIMIT)


def json_of(request: Request) -> Any:
    """The JSON value that a request carries, read strictly."""
    if isinstance(request.body, JsonBody):
        return request.body.value
    assert isinstance(request.body, RawBody)

    def refuse(name: str) -> NoReturn:
        raise ValueError(name)

    return json.loads(request.body.data.decode("utf-8"), parse_constant=refuse)


def is_json(request: Request) -> bool:
    """Whether a request carries a JSON text at all."""
    try:
        json_of(request)
    except ValueError:
        return False
    return True


def differences(left: Any, right: Any, place: str = "") -> Iterator[str]:
    """Every place in which two JSON values differ, as deep as they are of one shape."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            if key not in left or key not in right:
                yield f"{place}/{key}"
            else:
                yield from differences(left[key], right[key], f"{place}/{key}")
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for index, pair in enumerate(zip(left, right, strict=True)):
            yield from differences(*pair, f"{place}/{index}")
    elif type(left) is not type(right) or left != right:
        yield place


def outside_the_body(request: Request) -> tuple[Any, ...]:
    """All of a request but its body."""
    headers = tuple(sorted((name.lower(), value) for name, value in request.headers))
    return (request.method, dict(request.path_parameters), request.query, headers, dict(request.credentials))


def test_valid_bodies_validate(plans: Any) -> None:
    """What is to be accepted matches the request schema of the document, or is rightly no body at all."""
    valid = [case for case in plans.cases if case.expectation in VALID]

    wrong = [
        case.id
        for case in valid
        if (
            plans.contract.body.required
            if case.request.body is None
            else not plans.validator.is_valid(json_of(case.request))
        )
    ]

    assert len(valid) > 10
    assert [] == wrong


def test_invalid_bodies_do_not_validate(plans: Any) -> None:
    """What is to be refused as invalid breaks the request schema, is no JSON, or is a body that is not there."""
    invalid = [case for case in plans.cases if case.expectation is Expectation.REFUSED]

    wrong = [
        case.id
        for case in invalid
        if (
            not plans.contract.body.required
            if case.request.body is None
            else is_json(case.request) and plans.validator.is_valid(json_of(case.request))
        )
    ]

    assert len(invalid) >= 15
    assert [] == wrong


def test_an_invalid_body_has_a_single_fault(plans: Any) -> None:
    """A refused JSON body differs from the body of its control in one place, and all else is the same."""
    invalid = [
        case
        for case in plans.cases
        if case.expectation is Expectation.REFUSED and isinstance(case.request.body, JsonBody)
    ]

    assert invalid
    for case in invalid:
        assert case.control is not None
        places = list(differences(json_of(case.control.request), json_of(case.request)))
        assert 1 == len(places), f"{case.id} ({case.edit}) differs from its control at {places}"
        assert outside_the_body(case.control.request) == outside_the_body(case.request)


def test_an_invalid_body_is_wrong_in_one_place(plans: Any) -> None:
    """Every breach that an independent validator finds in a refused body lies in the field that it is named for."""
    invalid = [
        case
        for case in plans.cases
        if case.expectation is Expectation.REFUSED and isinstance(case.request.body, JsonBody)
    ]

    for case in invalid:
        (place,) = differences(json_of(case.control.request), json_of(case.request))
        found = [
            "/".join(["", *map(str, error.instance_path)]).rstrip("/")
            for error in plans.validator.iter_errors(json_of(case.request))
        ]
        if case.requirement.endswith("/required"):
            found = [f"{where}/{place.rpartition('/')[2]}" for where in found]
        assert found, case.id
        assert {place} == set(found), f"{case.id} ({case.edit})"


def test_a_wire_fault_is_in_the_payload_alone(plans: Any) -> None:
    """A payload that is no JSON goes to the same place with the same credentials as its control."""
    raw = [
        case
        for case in plans.cases
        if isinstance(case.request.body, RawBody) and case.expectation in (Expectation.REFUSED, Expectation.UNSUPPORTED)
    ]

    assert raw
    for case in raw:
        assert case.control is not None
        *here, headers, credentials = outside_the_body(case.request)
        *there, control_headers, control_credentials = outside_the_body(case.control.request)
        assert there == here
        assert control_credentials == credentials
        assert {n for n, _ in control_headers} == {n for n, _ in headers}
        if case.expectation is Expectation.REFUSED:
            assert control_headers == headers


def test_an_unsupported_media_type_hides_a_valid_body(plans: Any) -> None:
    """At least one case of every wrong media type carries the control's own bytes, so that the type alone is wrong."""
    by_requirement: dict[str, list[Case]] = {}
    for case in plans.cases:
        if case.expectation is Expectation.UNSUPPORTED:
            by_requirement.setdefault(case.requirement, []).append(case)

    assert by_requirement
    for cases in by_requirement.values():
        same = [
            case
            for case in cases
            if case.control is not None
            and is_json(case.request)
            and json_of(case.control.request) == json_of(case.request)
        ]
        assert same


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


def test_an_unknown_name_is_within_its_limits(plans: Any) -> None:
    """A request that names what does not exist is valid in all else: only the name tells it from its control."""
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


def test_controls_are_valid_requests_with_valid_credentials(plans: Any) -> None:
    """Whatever serves as a control is itself to be accepted, and shared by all whom it serves."""
    controls = [case.control for case in plans.cases if case.control is not None]

    assert controls
    for control in controls:
        assert Expectation.ACCEPTED is control.expectation
        assert control.shared
        assert {} == control.request.credentials


def test_every_invalid_case_has_a_control(plans: Any) -> None:
    """No 4xx is credited to anything unless the neighbouring valid request is sent as well."""
    alone = [case.id for case in plans.cases if case.control is None and case.expectation not in VALID]

    assert [] == alone


def test_links_are_filled_in_within_the_body(plans: Any) -> None:
    """A value that comes from an earlier answer goes to a field that the body has, and needs that answer's control."""
    bound = [case for case in plans.cases if isinstance(case.request.body, JsonBody) and case.request.body.bindings]

    for case in bound:
        assert case.control is not None
        for target in case.request.body.bindings:
            assert target.removeprefix("/") in case.request.body.value
