"""What the profile leaves out of a large document: named, never taken for a pass, and no reason for no verdict."""

from __future__ import annotations

from dataclasses import replace
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pytest

from chatcert.cases.plan import TOO_MANY
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.report.builder import build_report
from chatcert.report.outcome_sentence import outcome_sentence
from chatcert.report.reader import check_report
from chatcert.report.selection import NOT_SELECTED
from chatcert.report.views.junit import render_junit

TAIL = "no certificate."


def report(samples: ModuleType, *others: VerdictKind) -> Any:
    """A report whose last two requirements were left out by the profile; the first ones have these verdicts."""
    source = samples.report_input(dict(enumerate(others)))
    left_out = list(source.verdicts)[-2:]
    rows = {name: Verdict(name, VerdictKind.NOT_RUN, reason=TOO_MANY) for name in left_out}
    return build_report(replace(source, verdicts={**source.verdicts, **rows}))


@pytest.mark.parametrize(
    ("others", "outcome", "sentence"),
    [
        (
            (),
            "conformant-with-remarks",
            "No binding requirement of the 6 tested is broken; 2 left to a larger profile.",
        ),
        (
            (VerdictKind.WARN,),
            "conformant-with-remarks",
            "No binding requirement of the 6 tested is broken; 1 remark, 2 left to a larger profile.",
        ),
        (
            (VerdictKind.FAIL,),
            "not-conformant",
            "1 of 6 requirements tested is broken; 2 left to a larger profile.",
        ),
        (
            (VerdictKind.INCONCLUSIVE,),
            "no-verdict",
            "1 of 8 requirements could not be judged or did not run; 2 left to a larger profile.",
        ),
        (
            (VerdictKind.NOT_RUN,),
            "no-verdict",
            "1 of 8 requirements could not be judged or did not run; 2 left to a larger profile.",
        ),
        ((VerdictKind.NOT_APPLICABLE,) * 6, "no-verdict", "None of 8 requirements passed; 2 left to a larger profile."),
    ],
)
def test_the_outcome_is_on_what_the_profile_selects(
    samples: ModuleType, others: tuple[VerdictKind, ...], outcome: str, sentence: str
) -> None:
    """It is never plainly conformant, and the report is not complete."""
    made = report(samples, *others)
    said = outcome_sentence(made)

    assert (outcome, 2, False) == (made["outcome"], made["outcome_rule"], made["complete"])
    assert "2 of 8 requirements are left to a larger profile than standard." == made["missing"][-1]
    assert sentence == str(said)
    assert all(claim.holds(made["requirements"]) for claim in said.claims)
    assert "" == check_report(made)


@pytest.mark.parametrize(
    ("selected", "sentence"),
    [
        ((VerdictKind.PASS,) * 3, "Partial run: all 3 requirements selected hold; no certificate."),
        ((VerdictKind.PASS,), "Partial run: the one requirement selected holds; no certificate."),
        (
            (VerdictKind.PASS, VerdictKind.PASS, VerdictKind.NOT_APPLICABLE),
            "Partial run: all 2 requirements that apply hold, of 3 selected; no certificate.",
        ),
        (
            (VerdictKind.PASS, VerdictKind.WARN, VerdictKind.WAIVED),
            "Partial run: no binding requirement of the 3 tested is broken; 1 remark; 1 breach is waived; " + TAIL,
        ),
        (
            (VerdictKind.PASS, VerdictKind.INCONCLUSIVE),
            "Partial run: 1 of 2 requirements selected could not be judged or did not run; no certificate.",
        ),
        ((VerdictKind.NOT_APPLICABLE,) * 2, "Partial run: none of 2 requirements selected passed; no certificate."),
        ((), "Partial run: no requirement of the contract was selected; no certificate."),
        (
            (VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.INCONCLUSIVE),
            "1 of 2 requirements tested is broken; 1 more could not be judged; partial run, 5 not selected.",
        ),
    ],
)
def test_a_partial_run_says_what_it_selected(
    samples: ModuleType, selected: tuple[VerdictKind, ...], sentence: str
) -> None:
    """The sentence is on the selected requirements, says that the run is partial, and follows from the verdicts."""
    source = samples.report_input(dict(enumerate(selected)))
    others = list(source.verdicts)[len(selected) :]
    rows = {name: Verdict(name, VerdictKind.NOT_RUN, reason=NOT_SELECTED) for name in others}
    made = build_report(replace(source, verdicts={**source.verdicts, **rows}))
    said = outcome_sentence(made)

    assert sentence == str(said)
    assert all(claim.holds(made["requirements"]) for claim in said.claims)


@pytest.mark.parametrize("spoil", [{"outcome_rule": 1}, {"outcome": "conformant"}])
def test_another_outcome_does_not_follow(samples: ModuleType, spoil: dict[str, Any]) -> None:
    """By the first rule there is no verdict, and by the second one a remark at the least."""
    made = report(samples)
    made.update(spoil)

    assert "outcome: it does not follow from the verdicts" == check_report(made)


def test_a_build_server_skips_what_is_left_out(samples: ModuleType) -> None:
    """It is neither a success nor an error there."""
    suite = ElementTree.fromstring(render_junit(report(samples), []))

    assert ("0", "0", "2") == (suite.get("failures"), suite.get("errors"), suite.get("skipped"))
