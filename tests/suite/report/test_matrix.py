"""matrix.html: what stands beside it is what it tells."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType

import pytest

from chatcert.exceptions import SuiteError
from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import build_report
from chatcert.report.views.matrix import render_matrix, shared_kind, write_matrix
from chatcert.text import one_line


def test_one_vendor_alone_has_no_matrix(samples: ModuleType, tmp_path: Path) -> None:
    """Below two reports there is nothing to lay side by side, and no page of an earlier run stays behind."""
    (tmp_path / "matrix.html").write_text("old")
    samples.write(tmp_path / "acme", samples.report_input())

    assert write_matrix(tmp_path) is None
    assert ["acme"] == [path.name for path in tmp_path.iterdir()]


def test_the_matrix_holds_every_report_beside_it(samples: ModuleType, tmp_path: Path) -> None:
    """Vendors of this run and of earlier ones stand side by side, as their reports now are."""
    samples.write(tmp_path / "acme", samples.report_input())
    samples.write(tmp_path / "zeta", samples.report_input({0: VerdictKind.FAIL}, facts=samples.facts(vendor="zeta")))

    assert tmp_path / "matrix.html" == write_matrix(tmp_path)
    text = (tmp_path / "matrix.html").read_text()
    assert "2 vendors side by side" in text
    assert 'href="acme/report.html#requirements?kind=acceptance"' in text
    assert 'href="zeta/report.html#requirements?kind=acceptance"' in text
    assert {"acme", "zeta", "matrix.html"} == {path.name for path in tmp_path.iterdir()}


def test_a_report_that_cannot_be_read_is_not_a_pass(samples: ModuleType, tmp_path: Path) -> None:
    """A broken report stands in the matrix as one without a verdict, with what is wrong with it."""
    samples.write(tmp_path / "acme", samples.report_input())
    path = samples.write(tmp_path / "zeta", samples.report_input(facts=samples.facts(vendor="zeta")))
    report = json.loads(path.read_text())
    report["totals"]["pass"] += 1
    path.write_text(json.dumps(report))

    write_matrix(tmp_path)

    text = one_line((tmp_path / "matrix.html").read_text())
    assert "<h3>zeta</h3><p><strong>No verdict.</strong> Its report.json cannot be read: not a valid report" in text
    assert 'href="zeta/' not in text


@pytest.mark.parametrize(
    ("words", "worst"),
    [
        ((VerdictKind.PASS, VerdictKind.NOT_APPLICABLE), "pass"),
        ((VerdictKind.NOT_APPLICABLE, VerdictKind.NOT_APPLICABLE), "not-applicable"),
        ((VerdictKind.PASS, VerdictKind.WARN), "warn"),
        ((VerdictKind.WARN, VerdictKind.NOT_RUN), "not-run"),
        ((VerdictKind.NOT_RUN, VerdictKind.INCONCLUSIVE), "inconclusive"),
        ((VerdictKind.INCONCLUSIVE, VerdictKind.FAIL), "fail"),
    ],
)
def test_a_cell_is_named_after_its_worst_verdict(
    samples: ModuleType, words: tuple[VerdictKind, VerdictKind], worst: str
) -> None:
    """Nothing untested, unjudged or broken hides behind a pass of the same kind."""
    report = build_report(
        samples.report_input(dict(zip((0, len(samples.KINDS)), words, strict=True)), count=2 * len(samples.KINDS))
    )

    text = render_matrix({"acme": report})

    assert f'kind=acceptance"><span class="pill {worst}">{worst}</span>' in text


@pytest.mark.parametrize(
    ("name", "shared"),
    [
        ("acme/request/body/name/maxLength", "request…maxLength"),
        ("other/request/body/title/deep/maxLength", "request…maxLength"),
        ("acme/accepts/required-only", "accepts…required-only"),
        ("acme/alone", "alone"),
        ("odd", "odd"),
    ],
)
def test_requirements_are_matched_by_their_ends(name: str, shared: str) -> None:
    """The same kind of requirement has one name at every vendor."""
    assert shared == shared_kind(name)


def test_a_folder_that_takes_nothing_is_reported(tmp_path: Path, samples: ModuleType) -> None:
    """Where the page cannot be put in place, one line says so and nothing half-written stays."""
    for name in ("acme", "zeta"):
        samples.write(tmp_path / name, samples.report_input(facts=samples.facts(vendor=name)))
    (tmp_path / "matrix.html").mkdir()

    with pytest.raises(SuiteError, match="the matrix cannot be written"):
        write_matrix(tmp_path)
    assert {"acme", "zeta", "matrix.html"} == {path.name for path in tmp_path.iterdir()}
