"""The sample register in reports/register/: what its page says of it holds, and nobody can add to it."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from chatcert.cli.main import main

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = ROOT / "reports" / "register"
DAY = set(re.findall(r"--at (\d{4}-\d\d-\d\d)", (ROOT / "reports" / "README.md").read_text(encoding="utf-8")))


def test_the_sample_is_as_it_was_signed(capsys: pytest.CaptureFixture[str]) -> None:
    """It verifies at the day that its page gives, and holds what the page says."""
    (day,) = DAY
    options = ["--register", str(SAMPLE), "--at", day]
    assert 0 == main(["register", "verify", *options, "--root", str(SAMPLE / "metadata" / "1.root.json")])
    assert "a rehearsal: as it was signed" in capsys.readouterr().out

    assert 0 == main(["register", "list", "--format", "json", *options])
    rows = json.loads(capsys.readouterr().out)["result"]
    assert {"certified": 6, "expired": 1, "revoked": 1} == Counter(row["status"] for row in rows)
    assert [2, 2, 2, 2] == [*Counter(row["vendor"] for row in rows).values()]
    (challenge,) = [one for row in rows for one in row["challenges"]]
    assert ("dismissed", True) == (challenge["ruling"]["decision"], bool(challenge["reply"]))


def test_the_sample_is_small_and_holds_no_key() -> None:
    """It has no private key, and some hundred kilobytes."""
    files = [path for path in SAMPLE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 500_000
    assert all(b"PRIVATE KEY" not in path.read_bytes() for path in files)
    assert all(path.suffix == ".json" for path in files)
