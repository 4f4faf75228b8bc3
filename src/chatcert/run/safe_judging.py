"""Judge requirements so that a defect of ours costs one verdict, never the run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final

import chatcert
from chatcert.judge.blame.folding import fold
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import FAMILIES, judge
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.report.selection import NOT_SELECTED
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.own_rule import InvalidTrial
from chatcert.requirements.requirement import Requirement, is_own
from chatcert.transport.exchange import Exchange

_OURS: Final = Path(chatcert.__file__).parent


def broken_verdict(requirement: str, error: Exception) -> Verdict:
    """Return the verdict on a requirement where chatcert itself failed, or the code of a user's own rule.

    It names the type and the place of the error, but not its text, which may quote a credential. The place of an error
    of an own rule is the last one in the rule's code, or in what that code calls of others.
    """
    steps = list(_steps(error))
    if is_own(requirement):
        steps = [step for step in steps if not Path(step.tb_frame.f_code.co_filename).is_relative_to(_OURS)] or steps
    place = f" at {Path(steps[-1].tb_frame.f_code.co_filename).name}:{steps[-1].tb_lineno}" if steps else ""
    who = f"the own rule {requirement.rpartition('/')[2]}" if is_own(requirement) else "chatcert"
    what = f": {error}" if isinstance(error, InvalidTrial) else ""
    return Verdict(requirement, VerdictKind.ERROR, reason=f"{who} broke{place}: {type(error).__name__}{what}")


def _steps(error: Exception) -> Iterator[TracebackType]:
    """Yield the steps of a traceback that are in files, the outermost first."""
    step = error.__traceback__
    while step is not None:
        if not step.tb_frame.f_code.co_filename.startswith("<"):
            yield step
        step = step.tb_next


def safely_judged(evidence: Evidence, requirement: Requirement, reason: str) -> Verdict:
    """Return the verdict of the judge, or an ``error`` where the judge fails."""
    try:
        return judge(evidence, requirement, reason=reason)
    except Exception as error:  # noqa: BLE001  our own defect costs one requirement and is reported as ours
        return broken_verdict(requirement.id, error)


def judge_all(
    catalogue: Catalogue,
    exchanges: Iterable[Exchange],
    reasons: dict[str, str],
    unfinished: dict[str, Verdict],
    selected: Iterable[str] | None = None,
) -> dict[str, Verdict]:
    """Return all verdicts of a catalogue over all exchanges; requirements that were not selected are ``not-run``."""
    evidence = Evidence(catalogue.contract, catalogue.requirements, sorted(exchanges, key=lambda e: e.number))
    chosen = set(catalogue.requirements if selected is None else selected)
    verdicts: dict[str, Verdict] = {}
    for name, requirement in catalogue.requirements.items():
        if name not in chosen:
            verdicts[name] = Verdict(name, VerdictKind.NOT_RUN, reason=NOT_SELECTED)
        elif name in unfinished:
            verdicts[name] = unfinished[name]
        else:
            verdicts[name] = safely_judged(evidence, requirement, reasons.get(name, ""))
    return verdicts


def fold_all(
    catalogue: Catalogue, exchanges: Iterable[Exchange], verdicts: Mapping[str, Verdict]
) -> dict[str, Verdict]:
    """Return the verdicts of a catalogue with what follows from another finding folded under that.

    Own rules explain no other finding, and none explains them.

    Args:
        verdicts: as waivers leave them.
    """
    ours = {name: one for name, one in catalogue.requirements.items() if not is_own(name)}
    whole = Evidence(catalogue.contract, ours, sorted(exchanges, key=lambda e: e.number)).without_own_rules
    evidence = whole.proven
    known = {name: verdict for name, verdict in verdicts.items() if not is_own(name)}
    folded = fold(evidence, ours, known, lambda one: FAMILIES[one.kind](evidence, one))
    return {name: folded.get(name, verdict) for name, verdict in verdicts.items()}
