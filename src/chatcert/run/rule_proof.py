"""Prove own rules before they are used: each fails on the answers that its fault breaks, and passes without the fault.

The proof is made as a run is: requests are sent to mock servers in a thread of this process, and judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chatcert.cases.profile import profile_named
from chatcert.exceptions import ConfigurationError
from chatcert.judge.verdict import BREACHES, Verdict, VerdictKind
from chatcert.mock.backend import Backend, environment
from chatcert.mock.deviation.faulty_service import FaultyService
from chatcert.mock.faults import faults_of
from chatcert.mock.faults.own import keeping
from chatcert.mock.server import serving
from chatcert.names import MOCK_STATUS_HEADER
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.own import installed_rule
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.run.execution import Execution
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.target import Target, from_environment

_GOOD: Final = "good"
_AT_ONCE: Final = RetryPolicy(backoff=0.01, max_backoff=0.01, cool_downs=(0.01,), control_delays=(0.01,))


@dataclass(frozen=True, slots=True)
class RuleProof:
    """What an own rule says of a server that keeps it, and of one that has its fault."""

    requirement: Requirement
    kept: Verdict
    broken: Verdict

    @property
    def problem(self) -> str:
        """Return why the rule proves nothing; empty if it does."""
        if self.kept.kind is not VerdictKind.PASS:
            return f"on the mock, without its fault, it is {self.kept.kind}, not pass: {_why(self.kept)}"
        if self.broken.kind not in BREACHES:
            return f"with its fault it is {self.broken.kind}, so it could miss every breach{_because(self.broken)}"
        return ""

    @property
    def advice(self) -> str:
        """Return what is to be done about the problem; empty if there is none."""
        if self.kept.kind is VerdictKind.ERROR:
            return "mend that line"
        if self.kept.kind is not VerdictKind.PASS:
            return "mend its judge, or give keep: what makes an answer of the mock keep it"
        return "mend its fault or its judge" if self.problem else ""


def _why(verdict: Verdict) -> str:
    return verdict.finding.actual if verdict.finding is not None else verdict.reason


def _because(verdict: Verdict) -> str:
    return f": {verdict.reason}" if verdict.reason else ""


def check_rules(catalogue: Catalogue) -> None:
    """Check that each own rule of a catalogue is proven.

    Raises:
        ConfigurationError: one is not.
    """
    for proof in proofs_of(catalogue):
        if proof.problem:
            installed = installed_rule(proof.requirement)
            raise ConfigurationError(
                f"{installed.rule.name} is refused: {proof.problem}",
                where=f"own rules in {installed.origin}",
                hint=proof.advice,
            )


def proofs_of(catalogue: Catalogue) -> Iterator[RuleProof]:
    """Yield the proof of each own rule of a catalogue, in its order; nothing is sent where there is none."""
    contract = catalogue.contract
    rules = [one for one in catalogue.requirements.values() if one.kind is Kind.OWN]
    if not rules:
        return
    installed = [installed_rule(one) for one in rules]
    faults = {fault.breaks[0]: fault for fault in faults_of(contract, installed) if fault.family is Kind.OWN}
    backend, kept = Backend.of(contract, 0), keeping(installed)
    services = {_GOOD: FaultyService(contract, backend, kept)}
    services |= {
        str(n): FaultyService(contract, backend, kept | faults[one.id].deviations) for n, one in enumerate(rules)
    }
    credentials, resources = from_environment(contract, environment(contract, backend))
    with serving(services) as url:

        def verdict_at(place: str, rule: Requirement) -> Verdict:
            target = Target(
                url=f"{url}/{place}",
                credentials=credentials,
                resources=resources,
                mode="mock",
                status_header=MOCK_STATUS_HEADER,
            )
            execution = Execution(catalogue, target, profile_named("quick"), retry_policy=_AT_ONCE)
            try:
                execution.run_all([rule])
                return execution.judge(rule, provisional=False)
            finally:
                execution.close()

        for number, rule in enumerate(rules):
            yield RuleProof(rule, verdict_at(_GOOD, rule), verdict_at(str(number), rule))
