"""The order of sending: what is worth most first, controls before what needs them, everything once."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from chatcert.cases.case import Expectation, JsonBody, RawBody
from chatcert.cases.order import Route, by_rank
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind, Level
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.vendors import known_vendors, open_vendor

INTERVAL = RetryPolicy().spread_interval
CONTROL_INTERVAL = RetryPolicy().control_interval
LAST = (Kind.ROBUSTNESS, Kind.FRAMING, Kind.STATE)
TWO_FAULTS = "response/any/two-faults"
"""A rule on errors with requests of its own, some of which are logins."""

KNOWN = {vendor: {name: f"known-{name}" for name in resource_names(open_vendor(vendor))} for vendor in known_vendors()}
"""Names of things that exist, as a user configures them."""


@pytest.fixture(scope="module")
def routes() -> dict[str, tuple[Any, Planner, Route, list[Any]]]:
    """Catalogue, planner, route and steps of every vendor, at the profile quick."""
    found = {}
    for vendor in known_vendors():
        catalogue = derive(open_vendor(vendor))
        planner = Planner(catalogue.contract, {}, PROFILES["quick"], 1)
        route = Route(catalogue.requirements.values(), planner.plan, INTERVAL)
        found[vendor] = (catalogue, planner, route, list(route))
    return found


@pytest.mark.parametrize("vendor", known_vendors())
def test_every_case_is_sent_exactly_once(routes: Any, vendor: str) -> None:
    """The steps hold each case of the plan, each control and each shared request, and none of them twice.

    The control of a case that shares a request is sent where that is refused, with the case.
    """
    catalogue, planner, _, steps = routes[vendor]
    planned = {*planner.shared.requests}
    for requirement in catalogue.requirements.values():
        for case in planner.plan(requirement).cases:
            one = case
            while one is not None:
                planned.add(one.id)
                one = one.control if not one.is_part else None

    sent = [case.id for step in steps for case in step.cases]

    assert planned == set(sent)
    assert len(planned) == len(sent)


@pytest.mark.parametrize("vendor", known_vendors())
def test_a_control_stands_before_what_differs_from_it(routes: Any, vendor: str) -> None:
    """Whatever builds upon an answer comes after it, and names the step that brings it."""
    _, _, _, steps = routes[vendor]
    places = {step.key: place for place, step in enumerate(steps)}

    for place, step in enumerate(steps):
        for case in step.cases:
            if case.control is not None and not case.is_part:
                assert step.control == case.control.id
                assert places[step.control] < place


@pytest.mark.parametrize("vendor", known_vendors())
def test_cases_that_overlap_stay_together_and_those_that_wait_come_last(routes: Any, vendor: str) -> None:
    """A group is one step, and a case that is sent at its own time delays no other."""
    _, _, _, steps = routes[vendor]

    for step in steps:
        assert 1 == len({case.group for case in step.cases})
        assert step.cases[0].group or 1 == len(step.cases)
    waits = [any(case.wait for case in step.cases) for step in steps]
    assert sorted(waits) == waits
    assert any(step.cases[0].group for step in steps)


@pytest.mark.parametrize("vendor", known_vendors())
def test_a_requirement_knows_all_of_its_steps(routes: Any, vendor: str) -> None:
    """Once these steps are over, every case of the requirement was sent."""
    catalogue, planner, route, steps = routes[vendor]
    keys = {case.id: step.key for step in steps for case in step.cases}

    for requirement in catalogue.requirements.values():
        assert {keys[case.id] for case in planner.plan(requirement).cases} == route.needed[requirement.id]


@pytest.mark.parametrize("vendor", known_vendors())
def test_valid_requests_are_spread_among_the_others(routes: Any, vendor: str) -> None:
    """Each proves what was answered before it, so that half of all runs of others at least have no control to pay."""
    _, _, _, steps = routes[vendor]
    paid = unproven = spread = 0
    for step in steps:
        if step.cases[0].is_conditional:
            continue
        if step.is_valid:
            spread += unproven >= INTERVAL // 2
            unproven = 0
        else:
            paid += unproven >= CONTROL_INTERVAL
            unproven = 1 if unproven >= CONTROL_INTERVAL else unproven + len(step.cases)

    assert spread > paid


@pytest.mark.parametrize("vendor", known_vendors())
def test_valid_requests_follow_refusals_of_many_kinds(routes: Any, vendor: str) -> None:
    """Right after a wrong field, a body that is no JSON, and a login that is refused: each may leave a trace."""
    _, _, _, steps = routes[vendor]
    sent = [step for step in steps if not step.cases[0].is_conditional]
    before = [one.cases[-1] for one, other in pairwise(sent) if other.is_valid and not one.is_valid]

    assert any(case.has_bad_credentials for case in before)
    for kind in (JsonBody, RawBody):
        assert any(case.expectation is Expectation.REFUSED and isinstance(case.request.body, kind) for case in before)


@pytest.mark.parametrize("every", range(2, 11))
@pytest.mark.parametrize("vendor", known_vendors())
def test_a_server_that_fails_regularly_is_met(routes: Any, vendor: str, every: int) -> None:
    """If every tenth request fails, as behind ten servers of which one is broken, a valid request is among them."""
    _, _, _, steps = routes[vendor]
    cases = [case for step in steps for case in step.cases]

    for first in range(every):
        assert any(case.is_valid for case in cases[first::every]), first


@pytest.mark.parametrize("vendor", known_vendors())
def test_what_must_hold_comes_before_what_should(vendor: str) -> None:
    """The smallest valid request is first, then credentials; recommendations, hostile input and logins come last."""
    order = by_rank(derive(open_vendor(vendor)).requirements.values())

    assert "accepts/required-only" == order[0].path
    assert Kind.AUTHENTICATION is order[1].kind
    order = [one for one in order if one.path != TWO_FAULTS]
    logins = [one.kind is Kind.AUTHENTICATION and one.intrusive for one in order]
    assert sorted(logins) == logins
    order = [one for one, is_login in zip(order, logins, strict=True) if not is_login]
    hostile = [one.kind in LAST for one in order]
    assert sorted(hostile) == hostile
    should = [one.level is Level.SHOULD for one in order if one.kind not in LAST]
    assert sorted(should) == should
    refusals = [one for one in order if one.kind is Kind.REFUSAL and one.level is Level.MUST]
    required = [one.path.endswith("/required") for one in refusals]
    assert sorted(required, reverse=True) == required


@pytest.mark.parametrize("vendor", known_vendors())
def test_what_comes_last_is_proven_as_well(vendor: str) -> None:
    """If the credentials die when a run is nearly over, few of its last answers are without proof."""
    catalogue = derive(open_vendor(vendor))
    planner = Planner(catalogue.contract, KNOWN[vendor], PROFILES["quick"], 1)
    steps = Route(catalogue.requirements.values(), planner.plan, INTERVAL)
    proves = [step.is_valid for step in steps for case in step.cases if not step.cases[0].is_conditional]

    assert True in proves[-INTERVAL:]


@pytest.mark.parametrize("vendor", known_vendors())
def test_few_requirements_wait_for_the_end(vendor: str) -> None:
    """What is needless once a shared request is served follows that request, and does not wait behind others."""
    catalogue = derive(open_vendor(vendor))
    planner = Planner(catalogue.contract, KNOWN[vendor], PROFILES["quick"], 1)
    route = Route(catalogue.requirements.values(), planner.plan, INTERVAL)
    steps = [*route]
    sent = [place for place, step in enumerate(steps) if not step.cases[0].is_conditional]
    late = {step.key for step in steps[sent[len(sent) * 95 // 100] :]}

    assert 6 > 100 * sum(bool(keys & late) for keys in route.needed.values()) / len(route.needed)


@pytest.mark.parametrize("vendor", known_vendors())
def test_with_several_jobs_nothing_long_is_left_for_the_end(vendor: str) -> None:
    """After the last refused login come valid requests that a right server serves, if there are any left."""
    catalogue = derive(open_vendor(vendor))
    planner = Planner(catalogue.contract, {}, PROFILES["quick"], 1)
    steps = [*Route(catalogue.requirements.values(), planner.plan, INTERVAL, jobs=8)]
    single = [*Route(catalogue.requirements.values(), planner.plan, INTERVAL)]
    places = [place for place, step in enumerate(steps) if any(case.has_bad_credentials for case in step.cases)]
    tail = [step for step in steps[places[-1] + 1 :] if not any(case.wait for case in step.cases)]

    assert sorted(step.key for step in single) == sorted(step.key for step in steps)
    assert all(step.is_valid or step.cases[0].is_conditional for step in tail)
