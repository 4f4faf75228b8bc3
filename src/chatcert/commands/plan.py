"""``chatcert certify --plan``: what would be sent, without sending it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from chatcert.cases.case import Case
from chatcert.cases.planning import Planner
from chatcert.contract.catalogue import Catalogue
from chatcert.runs import RunOptions, Setting, prepare
from chatcert.target.aim import known_resources
from chatcert.target.settings import resource_names


@dataclass(frozen=True, slots=True)
class VendorPlan:
    """Every request of one vendor's run, once each.

    Attributes:
        cases: requirement id to the ids of the cases that are sent for it first.
        idle: requirement id to the reason why nothing is sent for it.
    """

    cases: dict[str, tuple[str, ...]]
    idle: dict[str, str]

    @property
    def requests(self) -> int:
        """How many requests are sent where no answer has to be asked for again."""
        return sum(map(len, self.cases.values()))


def plan_of(catalogue: Catalogue, planner: Planner) -> VendorPlan:
    """The plan of one vendor; a request that serves several requirements counts with the first."""
    sent: set[str] = set()
    cases: dict[str, tuple[str, ...]] = {}
    idle: dict[str, str] = {}
    for requirement in catalogue.requirements.values():
        plan = planner.plan(requirement)
        if plan.reason:
            idle[requirement.id] = plan.reason
        new: list[str] = []
        for case in plan.cases:
            for needed in _with_controls(case):
                if needed.id not in sent:
                    sent.add(needed.id)
                    new.append(needed.id)
        cases[requirement.id] = tuple(new)
    return VendorPlan(cases, idle)


def _with_controls(case: Case) -> list[Case]:
    return [*(_with_controls(case.control) if case.control is not None else []), case]


def _planner(setting: Setting, catalogue: Catalogue, environment: Mapping[str, str]) -> Planner:
    """A planner that knows the configured names of existing things; for the mock, which has one of each, stand-ins."""
    contract = catalogue.contract
    aim = setting.aims.get(contract.vendor)
    if aim is None:
        known = {name: f"known-{name}" for name in resource_names(contract)}
        return Planner(contract, known, setting.profile, setting.seed)
    return Planner(contract, known_resources(aim, contract, environment), setting.profile, setting.seed,
                   gentle=aim.is_gentle(contract))  # fmt: skip


def print_plan(options: RunOptions, environment: Mapping[str, str]) -> int:
    """Print the plan of every vendor asked for; returns the exit status."""
    setting = prepare(options)
    console = Console(highlight=False)
    for name, catalogue in setting.catalogues.items():
        plan = plan_of(catalogue, _planner(setting, catalogue, environment))
        _print_vendor(console, name, catalogue, plan, setting)
    return 0


def _print_vendor(console: Console, name: str, catalogue: Catalogue, plan: VendorPlan, setting: Setting) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("requirement", overflow="fold")
    table.add_column("requests", justify="right")
    table.add_column("why none", overflow="fold")
    kinds: Counter[str] = Counter()
    for requirement in catalogue.requirements.values():
        count = len(plan.cases[requirement.id])
        kinds[requirement.kind.value] += count
        why = plan.idle.get(requirement.id, "" if count else "judged on what the others bring")
        table.add_row(requirement.id, str(count), why)
    console.print(table)
    parts = ", ".join(f"{kind} {count}" for kind, count in kinds.most_common())
    console.print(
        f"{name}: {plan.requests} requests for {len(catalogue.requirements)} requirements at the profile "
        f"{setting.profile.name} ({parts}), and a few more where an answer has to be asked for again\n"
    )
