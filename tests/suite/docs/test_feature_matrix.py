"""The matrix of features shows what runs find: a sample of its rows is made again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "feature-matrix.md").read_text(encoding="utf-8").splitlines()


NAMES = [
    "exclusiveMaximum",
    "items: false",
    "array in query, pipes",
    "object in path, matrix, explode",
    "multipart with encoding",
    "response header, object, explode",
    "NDJSON, itemSchema",
    "security: conjunction",
    "callbacks",
]


@pytest.mark.slow
def test_rows_of_the_matrix() -> None:
    """The row of each feature is what the program makes of it today."""
    chosen = [argument for name in NAMES for argument in ("--only", name)]
    command = [sys.executable, str(ROOT / "bench" / "features.py"), *chosen]
    made = subprocess.run(command, capture_output=True, text=True, timeout=240, check=True).stdout.splitlines()

    for name in NAMES:
        rows = [line for line in made if line.startswith(f"| {name} ")]
        assert rows
        assert rows == [line for line in PAGE if line.startswith(f"| {name} ")]
        assert "no" not in {cell.strip() for row in rows for cell in row.split("|")}
