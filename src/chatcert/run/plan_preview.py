"""Print what ``chatcert certify`` would send, for ``--plan``, without sending it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from chatcert.cases.case import Case, Expectation
from chatcert.cases.order import Route, by_rank
from chatcert.cases.planner import Planner
from chatcert.names import MOCK_STATUS_HEADER
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.check import of_other_account
from chatcert.requirements.requirement import Requirement
from chatcert.run.options import RunOptions
from chatcert.run.results import Taker
from chatcert.run.run_plan import RunPlan, prepare
from chatcert.run.table_printing import print_table
from chatcert.text import count
from chatcert.transport.destination import configured_credentials, known_resources
from chatcert.transport.resilience.retry import RetryPolicy


@dataclass(frozen=True, slots=True)
class VendorPlan:
    """Every request of one vendor's run, once each.

    Attributes:
        cases: requirement id to the ids of the cases that are sent for it first, in the order of sending.
        idle: requirement id to the reason why nothing is sent for it.
        complete: how many requests have to be sent, in that order, until all of a requirement's are, with the controls
            that are repeated in between.
        controls: how many controls are repeated, where every answer is what it should be.
        narrowing: how many requests are sent only where others show a breach, to find its cause.
        chats: about how many chats are created by a server that answers as it should.
        logins: how many requests with bad credentials have been sent by then, for each requirement.
    """

    cases: dict[str, tuple[str, ...]]
    idle: dict[str, str]
    complete: dict[str, int]
    controls: int
    narrowing: int
    chats: int
    logins: dict[str, int]

    @property
    def refused_logins(self) -> int:
        """Return the number of requests with bad credentials."""
        return max(self.logins.values(), default=0)

    @property
    def requests(self) -> int:
        """Return the number of requests if none has to be repeated."""
        return sum(map(len, self.cases.values()))

    @property
    def largest(self) -> int:
        """Return the greatest possible number of requests, with those that have to be repeated."""
        policy = RetryPolicy()
        most = self.requests + self.narrowing + policy.max_extra_requests
        return most + policy.max_controls(most)


def plan_of(requirements: Sequence[Requirement], planner: Planner) -> VendorPlan:
    """Plan requirements of one vendor; a request that serves several of them counts for the first."""
    policy = RetryPolicy()
    interval = policy.control_interval
    route = Route(requirements, planner.plan, policy.spread_interval)
    cases: dict[str, list[str]] = {requirement.id: [] for requirement in by_rank(requirements)}
    sent: dict[str, int] = {}
    logins: dict[str, int] = dict.fromkeys(cases, 0)
    refused = 0
    since_valid = total = controls = narrowing = chats = 0
    for step in route:
        if step.cases[0].is_conditional:
            narrowing += len(step.cases)
            sent[step.key] = total
            continue
        cases[step.requirement] += [case.id for case in step.cases]
        refused += sum(case.has_bad_credentials for case in step.cases)
        logins[step.requirement] = refused
        if since_valid >= interval and not step.is_valid:
            controls, total, since_valid = controls + 1, total + 1, 0
        for case in step.cases:
            since_valid = 0 if case.may_prove else since_valid + 1
        total += len(step.cases)
        chats += sum(_creates_chat(case, planner) for case in step.cases)
        sent[step.key] = total
    return VendorPlan(
        {name: tuple(found) for name, found in cases.items()},
        {one.id: plan.reason for one in requirements if (plan := planner.plan(one)).reason},
        {name: max((sent[key] for key in keys), default=0) for name, keys in route.needed.items()},
        controls + 1,
        narrowing,
        chats + controls + 1,
        logins,
    )


def _creates_chat(case: Case, planner: Planner) -> bool:
    """Return whether a case creates a chat on a correct server: it is sent, and it is valid or shares a valid request.

    Cases that wait are sent only if earlier answers do not decide their requirement. A value at a limit of a field that
    names something is an unknown name, so it creates no chat.
    """
    if case.wait:
        return False
    is_limit = case.expectation is Expectation.LIMIT and not planner.names_something(case)
    return case.expectation is Expectation.ACCEPTED or is_limit or bool(case.members)


def _planner(run_plan: RunPlan, catalogue: Catalogue, environment: Mapping[str, str]) -> Planner:
    """Return a planner that has the configured resources; stand-ins for the mock, which has one of each."""
    contract = catalogue.contract
    destination = run_plan.destinations.get(contract.vendor)
    if destination is None:
        names = resource_names(contract)
        known = {name: f"known-{name}" for name in (*names, *map(of_other_account, names))}
        return Planner(contract, known, run_plan.profile, run_plan.seed, status_header=MOCK_STATUS_HEADER)
    return Planner(
        contract,
        known_resources(destination, contract, environment),
        run_plan.profile,
        run_plan.seed,
        safe_only=destination.is_safe_only(contract),
        credentials=configured_credentials(destination, contract, environment),
    )


def print_plan(options: RunOptions, environment: Mapping[str, str], take: Taker | None = None) -> int:
    """Print the plan of every vendor; return the exit status.

    Args:
        take: takes the plans of all vendors, for programs.
    """
    run_plan = prepare(options)
    console = Console(highlight=False)
    console.soft_wrap = not console.is_terminal
    plans = {
        name: plan_of(run_plan.requirements(name), _planner(run_plan, catalogue, environment))
        for name, catalogue in run_plan.catalogues.items()
    }
    if take is not None:
        take([_plan_row(name, plan) for name, plan in plans.items()])
    for name, plan in plans.items():
        _print_vendor(console, name, run_plan.catalogues[name], plan, run_plan)
    return 0


def _plan_row(name: str, plan: VendorPlan) -> dict[str, Any]:
    requirements = [
        {"id": identity, "requests": len(cases), "why_none": plan.idle.get(identity, "")}
        for identity, cases in plan.cases.items()
    ]
    return {
        "vendor": name,
        "requests": plan.requests,
        "at_most": plan.largest,
        "controls": plan.controls,
        "chats": plan.chats,
        "refused_logins": plan.refused_logins,
        "requirements": requirements,
    }


def _print_vendor(console: Console, name: str, catalogue: Catalogue, plan: VendorPlan, run_plan: RunPlan) -> None:
    most = run_plan.limits(name).max_requests
    most_logins = run_plan.limits(name).max_refused_logins
    rows: list[tuple[str, ...]] = []
    kinds: Counter[str] = Counter()
    total = 0
    for identity, cases in plan.cases.items():
        kinds[catalogue.requirements[identity].kind.value] += len(cases)
        total += len(cases)
        why = plan.idle.get(identity, "" if cases else "judged on what the others bring")
        if most is not None and plan.complete[identity] >= most:
            why = "not run: the budget ends before"
        if most_logins is not None and plan.logins[identity] > most_logins and cases:
            why = "not run: too many refused logins"
        rows.append((identity, str(len(cases)), str(total), why))
    heads = "requirement, in this order", "requests", "sum", "why none"
    print_table(console, heads, rows, right=heads[1:3])
    if run_plan.options.spec is not None:
        console.print(f"{name}: {catalogue.contract.operation}", soft_wrap=True, markup=False)
    largest = min(plan.largest, most or plan.largest)
    parts = ", ".join(f"{kind} {number}" for kind, number in kinds.most_common())
    console.print(
        f"{name}: {count(plan.requests, 'request')} for {count(len(plan.cases), 'requirement')} at the profile "
        f"{run_plan.profile.name} ({parts}), and {count(plan.controls, 'valid one')} more to prove that the "
        f"credentials still hold; {largest} at most, where answers have to be asked for again"
    )
    console.print(f"about {plan.chats} chats are created: each success is one")
    console.print(
        f"{plan.refused_logins} of them have bad credentials; all but missing and wrong ones are sent at the end"
    )
    if most is not None:
        run = sum(complete < most for complete in plan.complete.values())
        console.print(f"{most} requests are enough for {run} of them, and for fewer where answers are asked for again")
    console.print()
