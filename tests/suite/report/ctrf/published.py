"""ctrf.json against the published schema: `tox -e ctrf` installs that and runs this file, which needs Node.js."""

from __future__ import annotations

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.views.ctrf import render_ctrf

SCHEMA = Path(__file__).parent / "node_modules" / "ctrf" / "dist" / "ctrf-schema-0.0.json"


def problems(source: ReportInput) -> list[str]:
    """What is wrong with the document of a report, by the published schema."""
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    document = json.loads(json.dumps(render_ctrf(build_report(source), source.exchanges), allow_nan=False))
    validator = jsonschema.Draft7Validator(schema, format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER)
    assert [] != [error.message for error in validator.iter_errors({**document, "results": {}})]
    return [error.message for error in validator.iter_errors(document)]


@pytest.mark.parametrize("word", VerdictKind)
def test_every_verdict(samples: ModuleType, word: VerdictKind) -> None:
    """Reports with each verdict make a valid document."""
    assert [] == problems(samples.report_input({0: word}))


def test_every_payload(samples: ModuleType, payload: str) -> None:
    """Whatever a server sends, the document is valid."""
    assert [] == problems(samples.hostile_input(payload))
