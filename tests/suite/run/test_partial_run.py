"""Runs of some requirements: what --only selects, and that nothing of it is a certificate."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chatcert.run.partial_run import is_selected


@pytest.mark.parametrize(
    ("pattern", "selected"),
    [
        ("polyai/auth/X-TOKEN/missing", True),
        ("auth/X-TOKEN/missing", True),
        ("auth", True),
        ("auth/", True),
        ("auth/*", True),
        ("*/missing", True),
        ("polyai", True),
        ("auth/X-TOKEN/miss", False),
        ("X-TOKEN", False),
        ("agencii/*", False),
        ("AUTH/*", False),
    ],
)
def test_what_a_pattern_selects(pattern: str, selected: bool) -> None:
    """An id with or without its vendor, and what is below a part of it."""
    assert selected is is_selected("polyai/auth/X-TOKEN/missing", [pattern])


@pytest.mark.slow
def test_a_partial_run_is_no_certificate(certify: Any, mock: Any) -> None:
    """What is selected is tested, the exit status is its own, and the report says that it is partial."""
    options = ("--url", f"{mock.url}/polyai", "--only", "auth/X-TOKEN", "--only", "polyai/accepts/required-only")
    run = certify("polyai", *options, variables=dict(mock.environment))
    report = run.report("polyai")

    assert 0 == run.status, run.text
    assert ("no-verdict", False) == (report["outcome"], report["complete"])
    assert "This is a partial run of" in run.text
    assert re.search(
        r"No verdict\. Partial run: all \d+ requirements that apply hold, of 19 selected; no certificate\.", run.text
    )
    tested = {name for name, word in run.words("polyai").items() if word != "not-run"}
    assert {name for name in run.words("polyai") if is_selected(name, options[3::2])} == tested
    assert "--only auth/X-TOKEN --only polyai/accepts/required-only" in report["command"]


def test_a_pattern_without_a_match(certify: Any) -> None:
    """A pattern that matches nothing is a mistake: exit 5, and the nearest id."""
    run = certify("polyai", "--url", "http://127.0.0.1:9", "--only", "auth/X-TOKN/missing")

    assert 5 == run.status
    assert "did you mean polyai/auth/X-TOKEN/missing?" in run.text


def test_a_partial_run_is_not_signed(certify: Any) -> None:
    """--only and --sign exclude each other."""
    run = certify("polyai", "--url", "http://127.0.0.1:9", "--only", "auth", "--sign", "key")

    assert 2 == run.status
    assert "no certificate" in run.text
